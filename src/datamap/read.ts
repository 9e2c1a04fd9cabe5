import type { Catalog } from './catalog.js';
import { rowsOf } from './collect-plan.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from './model.js';
import type { NotPortable } from './portable.js';
import { column, fromTable, keyOf } from './sql.js';

/**
 * Why a value is not given to the person; `reviewed`: somebody at the controller read it and decided so; `not-asked`: a
 * court or an authority asked for other categories.
 */
export type CellReason = 'secret' | 'third-party' | 'free-text' | 'reviewed' | 'not-asked';

/** Why a column, or everything under an identifier, is listed as withheld; `redacted`: words of it are covered. */
export type WithheldReason = CellReason | NotPortable | 'redacted' | 'shared-identifier';

/** The statement that reads one table's collected rows, and what its result's columns are. */
export interface TableRead {
  readonly table: PersonalTableModel;
  /**
   * Result: person, owners (bit mask), hidden, then `columns` and `key` in order, as text; ordered by person and key.
   * `hidden` lists, separated by commas, the positions in `columns` of another owner's values: they come as NULL.
   */
  readonly sql: string;
  /** What `sql` binds; nothing if left out. */
  readonly values?: readonly unknown[];
  readonly columns: readonly ColumnModel[];
  /**
   * What the columns of a row's key are called, or its place in a table without one; where it is left out, nothing
   * tells the row's free texts from those of another.
   */
  readonly key?: readonly string[];
  /** Columns that do not leave the database, with the reason. */
  readonly left: readonly { readonly column: ColumnModel; readonly reason: CellReason | NotPortable }[];
}

/** Whether a person who owns a row as `owners` (bit mask) may see the column of it. */
export function mayGive(table: PersonalTableModel, owner: string, owners: number): boolean {
  if (owner === 'shared') return true;
  const index = table.owners.find((candidate) => candidate.id === owner)?.index;
  return index !== undefined && (owners & (1 << index)) !== 0;
}

/**
 * The owners (bit mask) who may see something of a column, undefined when all may. The places of a JSON document
 * have owners of their own.
 */
function maskOf(table: PersonalTableModel, { owner, entry }: ColumnModel): number | undefined {
  const owners = new Set([owner, ...(entry.json ?? []).map((node) => node.owner ?? owner)]);
  if (owners.has('shared')) return undefined;
  const mask = table.owners.filter(({ id }) => owners.has(id)).reduce((bits, { index }) => bits | (1 << index), 0);
  return mask === 2 ** table.owners.length - 1 ? undefined : mask;
}

/**
 * The values of a table's columns over aliases `t` and `r`. Another owner's come as NULL, so that a third party's data
 * does not leave the database; `hidden` is the list that tells such a NULL from an empty value.
 */
export function cellsSql(
  table: PersonalTableModel,
  columns: readonly ColumnModel[],
): { hidden: string; values: string[] } {
  const limited = columns.map((col) => {
    const mask = maskOf(table, col);
    return mask === undefined ? undefined : `r.owners & ${mask} <> 0`;
  });
  const hidden = limited.flatMap((mine, i) =>
    mine === undefined
      ? []
      : [`CASE WHEN NOT ${mine} AND ${column('t', columns[i]?.name ?? '')} IS NOT NULL THEN '${i}' END`],
  );
  const values = columns.map((col, i) => {
    const value = column('t', col.name);
    return limited[i] === undefined ? value : `CASE WHEN ${limited[i]} THEN ${value} END`;
  });
  // An array, since a function takes at most 100 arguments.
  return { hidden: hidden.length === 0 ? "''" : `array_to_string(ARRAY[${hidden.join(', ')}]::text[], ',')`, values };
}

/**
 * Compiles one read a table over the rows that were collected. `leave` may name further columns that stay, with the
 * reason; a table that has none to give is not left out, but has a read without columns.
 */
export function compileReads(
  model: DataMapModel,
  catalog: Catalog,
  leave: (column: ColumnModel) => NotPortable | undefined = () => undefined,
): TableRead[] {
  return model.tables.map((table) => {
    const left = table.columns.flatMap((col) => {
      const reason = col.entry.secret !== undefined ? 'secret' : col.owner === 'other' ? 'third-party' : leave(col);
      return reason === undefined ? [] : [{ column: col, reason } as const];
    });
    const columns = table.columns.filter((col) => !left.some((item) => item.column === col));
    const key = keyOf(table, catalog);
    const names = key.map((_, i) => `k${i + 1}`).join(', ');
    const join = key.map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
    const { hidden, values } = cellsSql(table, columns);
    const keys = key.map((_, i) => `r.k${i + 1}`);
    return {
      table,
      columns,
      key: key.map(({ column: name, type }) => name ?? type),
      left,
      sql: [
        `SELECT ${['r.person', 'r.owners', hidden, ...values, ...keys].join(', ')}`,
        `FROM (SELECT person, ${names}, bit_or(1 << owner) AS owners FROM ${rowsOf(table)} GROUP BY person, ${names}) r`,
        `JOIN ${fromTable(table, catalog)} t ON ${join}`,
        `ORDER BY r.person, ${key.map((_, i) => `r.k${i + 1}`).join(', ')}`,
      ].join('\n'),
    };
  });
}
