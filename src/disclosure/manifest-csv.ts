import { stringify } from 'csv-stringify/sync';
import type { Session } from '../database/session.js';
import { defused } from '../foundation/csv-cell.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import type { Context } from '../workspace/open.js';
import { MANIFEST, type ManifestColumn } from './manifest.js';

/** Each person in the list, with how many of its rows are about them. */
export const SUBJECTS = `SELECT s.subject, count(*) AS rows FROM pg_temp.manifest_subject s
  WHERE NOT EXISTS (SELECT FROM pg_temp.manifest_left l WHERE l.n = s.n) GROUP BY s.subject`;

/** How things stand when the operator stops it. */
export const NOTHING_GIVEN = 'nothing was given';

const CHUNK = 1000;

/** The list as CSV (RFC 4180): UTF-8, CRLF, a heading, in constant memory. */
export async function* csvOf(
  session: Session,
  context: Context,
  columns: readonly ManifestColumn[],
): AsyncGenerator<Uint8Array> {
  const print = (records: readonly (readonly string[])[]) =>
    Buffer.from(stringify([...records], { record_delimiter: 'windows' }));
  yield print([columns.map(({ heading }) => heading)]);
  let records: string[][] = [];
  const cells = columns.map((_, i) => `r.c${i + 1}`).join(', ');
  const rows = session.stream(
    `SELECT ${cells} FROM ${MANIFEST} r WHERE NOT EXISTS (SELECT FROM pg_temp.manifest_left l WHERE l.n = r.n) ORDER BY r.n`,
  );
  for await (const row of rows) {
    records.push(row.map((cell, i) => (columns[i]?.plain(cell ?? '') === true ? (cell ?? '') : defused(cell ?? ''))));
    if (records.length < CHUNK) continue;
    assertGoingOn(context.surroundings.signal, NOTHING_GIVEN);
    yield print(records);
    records = [];
  }
  if (records.length > 0) yield print(records);
}

/** Everybody in the list by their reference, with how many of its rows are about them. */
export async function* subjectsCsv(session: Session): AsyncGenerator<Uint8Array> {
  yield Buffer.from('subject,rows\n');
  for await (const [subject, rows] of session.stream(`${SUBJECTS} ORDER BY s.subject`))
    yield Buffer.from(`${subject},${rows}\n`);
}
