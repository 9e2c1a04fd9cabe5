import type { Session } from '../../database/session.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { FoundPerson } from '../people.js';
import type { KeptSource } from './kept.js';

/** A row that an earlier erasure kept. */
export interface KeptRow {
  readonly subject: string;
  readonly table: string;
  readonly key: readonly string[];
  readonly owner: string;
  readonly columns: readonly string[];
  readonly source: KeptSource;
  /** The id of the retention rule, ground or hold. */
  readonly id: string;
  /** ISO 8601; null while the reason has no day. */
  readonly until: string | null;
}

/** What earlier erasures kept of the people, by their references; rows of tables that the map has no more are left out. */
export async function keptRowsOf(
  session: Session,
  model: DataMapModel,
  subjects: readonly string[],
): Promise<KeptRow[]> {
  const rows = await session.query<Omit<KeptRow, 'key' | 'columns'> & { key: string; columns: string }>(
    `SELECT subject, table_name AS "table", key, owner, array_to_json(columns)::text AS columns, source, reason AS id, until::text AS until
     FROM gdpr.kept_row WHERE subject = ANY ($1::text[]) ORDER BY id`,
    [subjects],
  );
  return rows
    .map((row) => ({ ...row, key: JSON.parse(row.key) as string[], columns: JSON.parse(row.columns) as string[] }))
    .filter(({ table, owner }) =>
      model.tables.some(({ name, owners }) => name === table && owners.some(({ id }) => id === owner)),
    );
}

/** The person with the rows that were kept of them, to which nothing else may lead any more. */
export function withKeptRows(person: FoundPerson, kept: readonly KeptRow[]): FoundPerson {
  const rows = kept.map(({ table, key, owner }) => ({ table, key, owner }));
  const known = new Set(person.rows.map(({ table, key, owner }) => JSON.stringify([table, key, owner])));
  const fresh = new Map(
    rows.map((row) => [JSON.stringify([row.table, row.key, row.owner]), row] as const).filter(([id]) => !known.has(id)),
  );
  return { ...person, rows: [...person.rows, ...fresh.values()] };
}
