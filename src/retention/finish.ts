import type { Session } from '../database/session.js';
import type { DataMapModel } from '../datamap/model.js';
import { textLiteral } from '../datamap/sql.js';
import { endAs } from '../request/end.js';
import { addEvent } from '../request/history.js';
import type { Desk } from '../request/register.js';
import type { Unit } from './units.js';

/** Who does it, and by what day the register reckons. */
export interface Finisher {
  readonly operator: string;
  readonly operation: string;
  readonly desk: Desk;
}

/**
 * Forgets what an erasure had kept of rows that have just gone or changed, and finishes the erasures of which nothing is
 * left: their open requests are closed. In the transaction that took the rows.
 * @param keys the rows' keys, as `gdpr.kept_row` writes them, as a query of one column `key`
 * @returns the references of the people whose last kept row it was
 */
export async function forgetKept(
  session: Session,
  { erase: { table }, does, steps }: Unit,
  keys: string,
  finisher: Finisher,
): Promise<string[]> {
  const gone = does === 'delete' ? 'true' : 'r.columns <@ $1::text[]';
  const values = does === 'delete' ? [] : [steps.map(({ column }) => column.name)];
  const where = `r.table_name = ${textLiteral(table.name)} AND r.key IN (${keys})`;
  const touched = await session.query<{ subject: string }>(
    `DELETE FROM gdpr.kept_row r WHERE ${where} AND ${gone} RETURNING r.subject`,
    values,
  );
  if (does === 'change') {
    await session.run(
      `UPDATE gdpr.kept_row r SET columns = ARRAY(SELECT c FROM unnest(r.columns) c WHERE NOT c = ANY ($1::text[])) WHERE ${where} AND r.columns && $1::text[]`,
      values,
    );
  }
  return finishErasures(
    session,
    touched.map(({ subject }) => subject),
    finisher,
  );
}

/**
 * Forgets kept columns that stay as they are when their rule has run out: without the rest they are about nobody.
 * @param asOf ISO 8601
 * @returns as `forgetKept`
 */
export async function forgetLeft(
  session: Session,
  model: DataMapModel,
  asOf: string,
  finisher: Finisher,
): Promise<string[]> {
  const touched: string[] = [];
  for (const table of model.tables) {
    const left = table.columns.flatMap(({ name, entry: { erase } }) =>
      typeof erase === 'object' && 'keep' in erase && erase.then === 'leave' ? [name] : [],
    );
    if (left.length === 0) continue;
    const where = `r.table_name = $1 AND r.source = 'rule' AND r.until <= ($2::timestamptz AT TIME ZONE $3)::date`;
    const values = [table.name, asOf, model.map.timeZone, left];
    const rows = await session.query<{ subject: string }>(
      `DELETE FROM gdpr.kept_row r WHERE ${where} AND r.columns <@ $4::text[] RETURNING r.subject`,
      values,
    );
    touched.push(...rows.map(({ subject }) => subject));
    await session.run(
      `UPDATE gdpr.kept_row r SET columns = ARRAY(SELECT c FROM unnest(r.columns) c WHERE NOT c = ANY ($4::text[])) WHERE ${where} AND r.columns && $4::text[]`,
      values,
    );
  }
  return finishErasures(session, touched, finisher);
}

async function finishErasures(session: Session, touched: readonly string[], finisher: Finisher): Promise<string[]> {
  if (touched.length === 0) return [];
  const people = await session.query<{ subject: string; requests: string }>(
    `SELECT u.subject, (SELECT coalesce(json_agg(DISTINCT q.number), '[]') FROM gdpr.tombstone t JOIN gdpr.request q ON q.number = t.request
       WHERE t.subject = u.subject AND q.state = 'open')::text AS requests
     FROM (SELECT DISTINCT unnest($1::text[]) AS subject) u
     WHERE NOT EXISTS (SELECT FROM gdpr.kept_row r WHERE r.subject = u.subject) ORDER BY u.subject`,
    [touched],
  );
  for (const { requests } of people) {
    for (const number of JSON.parse(requests) as string[]) {
      await endAs(session, 'closed', number, finisher.desk);
      await addEvent(session, finisher, number, { what: 'closed', note: 'the last that a rule had kept is gone' });
    }
  }
  return people.map(({ subject }) => subject);
}
