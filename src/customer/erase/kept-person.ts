import type { Session } from '../../database/session.js';
import type { DataMapModel } from '../../datamap/model.js';
import { now } from '../../foundation/clock.js';
import { groupBy } from '../../foundation/group.js';
import { isTold } from '../hold/told.js';
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
  /** False while nobody may be told of the hold that is its reason. */
  readonly told: boolean;
}

/**
 * What earlier erasures kept of the people, by their references, and whether each may be told of today; rows of tables
 * that the map has no more are left out.
 */
export async function keptRowsOf(
  session: Session,
  model: DataMapModel,
  subjects: readonly string[],
): Promise<KeptRow[]> {
  const rows = await session.query<Omit<KeptRow, 'key' | 'columns'> & { key: string; columns: string }>(
    `SELECT subject, table_name AS "table", key, owner, array_to_json(columns)::text AS columns, source, reason AS id, until::text AS until, ${isTold('r', '$2')} AS told
     FROM gdpr.kept_row r WHERE subject = ANY ($1::text[]) ORDER BY r.id`,
    [subjects, now().toISOString()],
  );
  return rows
    .map((row) => ({ ...row, key: JSON.parse(row.key) as string[], columns: JSON.parse(row.columns) as string[] }))
    .filter(({ table, owner }) =>
      model.tables.some(({ name, owners }) => name === table && owners.some(({ id }) => id === owner)),
    );
}

/** Kept rows of one table that one reason keeps until one day. */
export interface KeptPart {
  readonly table: string;
  readonly columns: readonly string[];
  readonly source: KeptSource;
  readonly id: string;
  /** The law that the map gives for the reason; missing for a hold. */
  readonly law?: string;
  readonly rows: number;
  /** ISO 8601; null while the reason has no day. */
  readonly until: string | null;
}

/** What was kept, by table, columns, reason and day. */
export function keptParts({ map }: DataMapModel, kept: readonly KeptRow[]): KeptPart[] {
  const groups = groupBy(kept, ({ table, columns, source, id, until }) =>
    JSON.stringify([table, columns, source, id, until]),
  );
  return [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const { table, columns, source, id, until } = first;
    const law =
      source === 'rule' ? map.retention[id]?.law : source === 'ground' ? map.keptGrounds?.[id]?.law : undefined;
    return [{ table, columns, source, id, ...(law !== undefined && { law }), rows: rows.length, until }];
  });
}

/** Whether nothing but a tombstone leads to the person. */
export function isErased({ roots, rows, identifiers }: FoundPerson): boolean {
  return roots.length + rows.length + identifiers.length === 0;
}

/** The people with the rows that earlier erasures kept of them, to which nothing else may lead any more. */
export async function withWhatWasKept(
  session: Session,
  model: DataMapModel,
  people: readonly { readonly person: FoundPerson; readonly subject: string }[],
): Promise<FoundPerson[]> {
  const subjects = people.map(({ subject }) => subject);
  const kept = groupBy(await keptRowsOf(session, model, subjects), ({ subject }) => subject);
  return people.map(({ person, subject }) => withKeptRows(person, kept.get(subject) ?? []));
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
