/** Cells that stay on purpose. */
export interface KeptCells {
  /** Canonical name of the table. */
  readonly table: string;
  /** The texts of the row's key, in the order of the catalogue's key. */
  readonly key: readonly string[];
  /** The columns that stay; all when left out. */
  readonly columns?: readonly string[] | undefined;
  /** Id of the retention rule or the kept-ground. */
  readonly rule: string;
  /** The day on which it goes, ISO 8601; none while the ground stands. */
  readonly until?: string | undefined;
  /** Nobody may be told of it, by a hold's order. */
  readonly untold?: boolean | undefined;
}

/** Finds what keeps a cell. */
export function keptIndex(
  kept: readonly KeptCells[],
): (table: string, key: readonly string[], column: string) => KeptCells | undefined {
  const byRow = new Map<string, KeptCells[]>();
  const id = (table: string, key: readonly string[]) => JSON.stringify([table, ...key]);
  for (const cells of kept) {
    const list = byRow.get(id(cells.table, cells.key));
    if (list === undefined) byRow.set(id(cells.table, cells.key), [cells]);
    else list.push(cells);
  }
  return (table, key, column) =>
    byRow.get(id(table, key))?.find(({ columns }) => columns === undefined || columns.includes(column));
}
