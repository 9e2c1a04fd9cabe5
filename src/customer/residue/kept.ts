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

/** What keeps cells of people, by their positions. */
export interface KeptIndex {
  /** Of whom something of the row is kept. */
  people(table: string, key: readonly string[]): Iterable<number>;
  /** What keeps the cell of the person. */
  cells(person: number, table: string, key: readonly string[], column: string): KeptCells | undefined;
}

export function keptIndex(kept: readonly (readonly KeptCells[])[]): KeptIndex {
  const byRow = new Map<string, { readonly person: number; readonly cells: KeptCells }[]>();
  const id = (table: string, key: readonly string[]) => JSON.stringify([table, ...key]);
  for (const [person, list] of kept.entries()) {
    for (const cells of list) {
      const row = byRow.get(id(cells.table, cells.key));
      if (row === undefined) byRow.set(id(cells.table, cells.key), [{ person, cells }]);
      else row.push({ person, cells });
    }
  }
  return {
    people: (table, key) => byRow.get(id(table, key))?.map(({ person }) => person) ?? [],
    cells: (person, table, key, column) =>
      byRow
        .get(id(table, key))
        ?.find((each) => each.person === person && (each.cells.columns?.includes(column) ?? true))?.cells,
  };
}
