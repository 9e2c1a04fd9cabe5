import { stringify } from 'csv-stringify/sync';
import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { CANDIDATES, JUDGED } from './candidates.js';
import type { ListColumn, Recipient } from './columns.js';

const CHUNK = 1000;

/** The recipients of the list that was judged, in the order of their addresses, in constant memory. */
export async function* recipientsOf(
  session: Session,
  urlOf: (recipient: { source: string; key: readonly string[]; address: string }) => { url: string; token: string },
): AsyncGenerator<Recipient> {
  const sql = `SELECT j.address, c.name, c.given_name, c.family_name, c.language, j.basis, j.consent,
      ${timeText('j.since')}, c.source, c.key
    FROM ${JUDGED} j JOIN ${CANDIDATES} c USING (n)
    WHERE j.reason IS NULL ORDER BY j.address COLLATE "C"`;
  for await (const [address, name, given, family, language, basis, consent, since, source, key] of session.stream(
    sql,
  )) {
    const { url, token } = urlOf({
      source: source ?? '',
      key: JSON.parse(key ?? '[]') as string[],
      address: address ?? '',
    });
    yield {
      address: address ?? '',
      name: name ?? null,
      'given-name': given ?? null,
      'family-name': family ?? null,
      language: language?.trim() ?? null,
      basis: basis ?? null,
      consent: consent ?? null,
      since: since ?? null,
      unsubscribe: url,
      token,
    };
  }
}

/** The list as CSV (RFC 4180): UTF-8, CRLF, a heading, every recipient a record. */
export async function* listCsv(
  columns: readonly ListColumn[],
  recipients: AsyncIterable<Recipient>,
): AsyncGenerator<Uint8Array> {
  const print = (records: string[][]) => Buffer.from(stringify(records, { record_delimiter: 'windows' }));
  yield print([columns.map(({ heading }) => heading)]);
  let records: string[][] = [];
  for await (const recipient of recipients) {
    records.push(columns.map(({ cell }) => cell(recipient)));
    if (records.length < CHUNK) continue;
    yield print(records);
    records = [];
  }
  if (records.length > 0) yield print(records);
}
