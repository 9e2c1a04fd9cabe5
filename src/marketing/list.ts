import { stringify } from 'csv-stringify/sync';
import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { type CarriedText, JUDGED } from './candidates.js';
import type { Field, ListColumn, Recipient } from './columns.js';
import { FIRST } from './judge.js';

const CHUNK = 1000;

/** The texts of their row that recipients are listed with, and the fields of a list that show them. */
const TEXT_FIELDS = {
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  language: 'language',
} as const satisfies Partial<Record<CarriedText, Field>>;

/** The texts that a list shows in these columns. */
export function listedTexts(columns: readonly ListColumn[]): (keyof typeof TEXT_FIELDS)[] {
  const shown = new Set(columns.flatMap(({ field }) => (field === 'attributes' ? ['language'] : [field])));
  return (Object.keys(TEXT_FIELDS) as (keyof typeof TEXT_FIELDS)[]).filter((name) => shown.has(TEXT_FIELDS[name]));
}

/** Whom an unsubscribe address is made for: the number of their source in the map, the key of their row as JSON. */
export interface Listed {
  readonly place: number;
  readonly key: string;
  readonly address: string;
}

/** The recipients of the list that was judged, in the order of their addresses, in constant memory. */
export async function* recipientsOf(
  session: Session,
  texts: readonly (keyof typeof TEXT_FIELDS)[],
  urlOf: (listed: Listed) => { url: string; token: string },
): AsyncGenerator<Recipient> {
  const sql = `SELECT x.place, x.key, x.address, x.basis, x.consent, ${timeText('x.since')}${texts.map((name) => `, x.${name}`).join('')}
    FROM (SELECT DISTINCT ON (j.address COLLATE "C") j.* FROM ${JUDGED} j WHERE j.reason IS NULL ORDER BY j.address COLLATE "C", ${FIRST}) x
    ORDER BY x.address COLLATE "C"`;
  const told = texts.map((name) => TEXT_FIELDS[name]);
  for await (const [place, key, written, basis, consent, since, ...others] of session.stream(sql)) {
    const address = written ?? '';
    const { url, token } = urlOf({ place: Number(place), key: key ?? '[]', address });
    const recipient: Record<Field, string | null> = {
      address,
      name: null,
      'given-name': null,
      'family-name': null,
      language: null,
      basis: basis ?? null,
      consent: consent ?? null,
      since: since ?? null,
      unsubscribe: url,
      token,
    };
    told.forEach((field, i) => {
      const text = others[i] ?? null;
      recipient[field] = field === 'language' ? (text?.trim() ?? null) : text;
    });
    yield recipient;
  }
}

/** What a cell is quoted for (RFC 4180). */
const QUOTED = /[",\r\n]/;

/**
 * The list as CSV (RFC 4180): UTF-8, CRLF, a heading, every recipient a record. Nearly no record has anything to quote,
 * and csv-stringify, asked about each, took a third of the time of a list.
 * @param onRows told how many recipients each piece holds
 */
export async function* listCsv(
  columns: readonly ListColumn[],
  recipients: AsyncIterable<Recipient>,
  onRows: (more: number) => void,
): AsyncGenerator<Uint8Array> {
  const print = (record: string[]) =>
    record.some((cell) => QUOTED.test(cell))
      ? stringify([record], { record_delimiter: 'windows' })
      : `${record.join(',')}\r\n`;
  let text = print(columns.map(({ heading }) => heading));
  let rows = 0;
  for await (const recipient of recipients) {
    text += print(columns.map(({ cell }) => cell(recipient)));
    rows += 1;
    if (rows < CHUNK) continue;
    yield Buffer.from(text);
    onRows(rows);
    [text, rows] = ['', 0];
  }
  yield Buffer.from(text);
  onRows(rows);
}
