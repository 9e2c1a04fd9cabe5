import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import type { Language } from '../documents/page-model.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readNumber } from '../request/register.js';
import type { Kind } from '../request/request.js';
import { isEmptyQuery, type PersonQuery } from './resolve.js';

/** One line of a list of people. */
export interface PersonLine {
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly query: PersonQuery;
  readonly request?: string;
  readonly verified?: string;
  readonly language: Language;
}

const COLUMNS = ['request', 'email', 'phone', 'order', 'personas-kods', 'id', 'verified', 'language'] as const;
type Column = (typeof COLUMNS)[number];

const QUERIED: readonly (readonly [Column, keyof PersonQuery])[] = [
  ['email', 'email'],
  ['phone', 'phone'],
  ['order', 'order'],
  ['personas-kods', 'personasKods'],
  ['id', 'id'],
];

const MOST_PEOPLE = 10_000;
/** Generous: the register's own JSON takes some 600 bytes a request. */
const MOST_BYTES = 32 * 1024 * 1024;
const REQUEST = /^r-\d{4}-\d+$/i;

const HINT = `a CSV file whose first line names its columns (${COLUMNS.join(', ')}), a file with the number of a request on each line, or what "gdpr request list --json" prints`;

/**
 * Reads a list of people: CSV with a line of column names, numbers of requests, or the register's own list, of which
 * the requests of one kind count. A name is not among the columns: it identifies nobody, and nobody is there to ask.
 * @throws GdprError INPUT_INVALID, naming lines and never what stands there; FILE_UNAVAILABLE
 */
export async function readPeople(
  file: string,
  kind: Kind,
  defaults: { readonly verified?: string | undefined; readonly language: Language },
): Promise<PersonLine[]> {
  const text = decode(await asFileError(file, () => wholeOf(file === '-' ? process.stdin : createReadStream(file))));
  const lines = text.trimStart().startsWith('{') ? fromJson(text, kind) : fromCsv(text);
  if (lines.length === 0) throw invalid('the list of people is empty');
  if (lines.length > MOST_PEOPLE) {
    throw new GdprError('INPUT_INVALID', `the list has ${lines.length} people, more than ${MOST_PEOPLE}`, {
      hint: 'split it',
    });
  }
  return lines.map(({ line, values }) => personLine(line, values, defaults));
}

interface RawLine {
  readonly line: number;
  readonly values: ReadonlyMap<Column, string>;
}

function invalid(message: string): GdprError {
  return new GdprError('INPUT_INVALID', message, { hint: `--from takes ${HINT}` });
}

async function wholeOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) {
      throw new GdprError('INPUT_INVALID', `the list of people is larger than ${MOST_BYTES / 1024 / 1024} MB`, {
        hint: `it holds at most ${MOST_PEOPLE} people: is it the right file?`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new GdprError('INPUT_INVALID', 'the list of people is not UTF-8', { hint: 'save it as UTF-8' });
  }
}

function fromJson(text: string, kind: Kind): RawLine[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid('the list of people begins like JSON and is none');
  }
  const list = isRecord(document) ? document.requests : undefined;
  if (!Array.isArray(list)) throw invalid('the JSON holds no list of requests');
  return list.flatMap((entry: unknown, i) => {
    if (!isRecord(entry) || typeof entry.request !== 'string')
      throw invalid(`request ${i + 1} of the JSON has no number`);
    return 'kind' in entry && entry.kind !== kind
      ? []
      : [{ line: i + 1, values: new Map([['request' as const, entry.request]]) }];
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function fromCsv(text: string): RawLine[] {
  const [first = ''] = text.trimStart().split('\n', 1);
  const delimiter = [',', ';', '\t'].find((candidate) => first.includes(candidate)) ?? ',';
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { delimiter, info: true, skip_empty_lines: true, trim: true }) as never;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw invalid(
      `line ${(error as CsvError & { lines?: number }).lines ?? '?'} is not CSV with as many fields as the first`,
    );
  }
  const [head, ...body] = records;
  if (head === undefined) return [];
  if (head.record.length === 1 && REQUEST.test(head.record[0] ?? '')) {
    return records.map(({ record, info }) => ({ line: info.lines, values: new Map([['request', record[0] ?? '']]) }));
  }
  const columns = head.record.map((name, i) => {
    const column = COLUMNS.find((known) => known === name.toLowerCase().replaceAll('_', '-'));
    if (column === undefined) throw invalid(`column ${i + 1} of the first line is none that is known`);
    return column;
  });
  if (new Set(columns).size !== columns.length) throw invalid('the first line names a column twice');
  return body.map(({ record, info }) => ({
    line: info.lines,
    values: new Map(columns.flatMap((column, i) => (record[i] ? [[column, record[i]] as const] : []))),
  }));
}

function personLine(
  line: number,
  values: ReadonlyMap<Column, string>,
  defaults: { readonly verified?: string | undefined; readonly language: Language },
): PersonLine {
  const language = values.get('language')?.toLowerCase() ?? defaults.language;
  if (language !== 'lv' && language !== 'en') throw invalid(`line ${line}: the language is neither lv nor en`);
  const request = values.get('request');
  const verified = values.get('verified') ?? defaults.verified;
  const query: PersonQuery = Object.fromEntries(
    QUERIED.flatMap(([column, part]) => (values.has(column) ? [[part, values.get(column)]] : [])),
  );
  if (request === undefined && isEmptyQuery(query)) {
    throw invalid(`line ${line} names nobody`);
  }
  return {
    line,
    query,
    language,
    ...(request !== undefined && { request: numberOn(line, request) }),
    ...(verified !== undefined && { verified }),
  };
}

function numberOn(line: number, typed: string): string {
  try {
    return readNumber(typed);
  } catch {
    throw invalid(`line ${line}: this is not the number of a request`);
  }
}
