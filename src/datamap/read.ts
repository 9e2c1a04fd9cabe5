import type { Catalog } from './catalog.js';
import { rowsOf } from './collect.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from './model.js';
import { column, fromTable, keyOf } from './sql.js';

/** Why a value is not given to the person. */
export type CellReason = 'secret' | 'third-party' | 'free-text';

/** Why a column, or everything under an identifier, is listed as withheld. */
export type WithheldReason = CellReason | 'shared-identifier';

/** The statement that reads one table's collected rows, and what its result's columns are. */
export interface TableRead {
  readonly table: PersonalTableModel;
  /** Result: person, owners (bit mask), then `columns` in order, as text; ordered by person and key. */
  readonly sql: string;
  readonly columns: readonly ColumnModel[];
  /** Columns that never leave the database, with the reason. */
  readonly left: readonly { readonly column: ColumnModel; readonly reason: CellReason }[];
}

/** Whether a person who owns a row as `owners` (bit mask) may see the column of it. */
export function mayGive(table: PersonalTableModel, owner: string, owners: number): boolean {
  if (owner === 'shared') return true;
  const index = table.owners.find((candidate) => candidate.id === owner)?.index;
  return index !== undefined && (owners & (1 << index)) !== 0;
}

/**
 * Compiles one read a table over the rows that were collected. Another owner's columns come as NULL, so that a third
 * party's data does not leave the database; `mayGive` tells such a NULL from an empty value.
 */
export function compileReads(model: DataMapModel, catalog: Catalog): TableRead[] {
  return model.tables.map((table) => {
    const left = table.columns.flatMap((col) => {
      const reason: CellReason | undefined = col.entry.secret !== undefined ? 'secret' : col.owner === 'other' ? 'third-party' : undefined;
      return reason === undefined ? [] : [{ column: col, reason }];
    });
    const columns = table.columns.filter((col) => !left.some((item) => item.column === col));
    const key = keyOf(table, catalog);
    const names = key.map((_, i) => `k${i + 1}`).join(', ');
    const join = key.map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
    const select = columns.map((col) => {
      const index = table.owners.find((owner) => owner.id === col.owner)?.index;
      const value = column('t', col.name);
      return index === undefined || table.owners.length === 1 ? value : `CASE WHEN r.owners & ${1 << index} <> 0 THEN ${value} END`;
    });
    return {
      table,
      columns,
      left,
      sql: [
        `SELECT ${['r.person', 'r.owners', ...select].join(', ')}`,
        `FROM (SELECT person, ${names}, bit_or(1 << owner) AS owners FROM ${rowsOf(table)} GROUP BY person, ${names}) r`,
        `JOIN ${fromTable(table, catalog)} t ON ${join}`,
        `ORDER BY r.person, ${key.map((_, i) => `r.k${i + 1}`).join(', ')}`,
      ].join('\n'),
    };
  });
}
