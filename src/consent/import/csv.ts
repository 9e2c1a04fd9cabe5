import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { asFileError } from '../../foundation/durable.js';
import { GdprError } from '../../foundation/errors.js';
import { looksPersonal } from '../../foundation/personal-text.js';

/** A line of a file, by column; a `fault` where it has more or fewer fields than the first. */
export type CsvLine<C extends string> =
  | { readonly line: number; readonly values: Readonly<Partial<Record<C, string>>> }
  | { readonly line: number; readonly fault: string };

export interface CsvOptions<C extends string> {
  /** The columns that are known; the first line names those that there are, in any order. */
  readonly columns: readonly C[];
  /** Those without which it is no line of names, but maybe somebody's data. */
  readonly required: readonly C[];
  /** Other names of columns. */
  readonly synonyms?: Readonly<Record<string, C>>;
  /** Whether other columns are passed over; they are refused if not. */
  readonly ignoreOthers: boolean;
}

/** No form holds as much; an unclosed quote is noticed before it has swallowed the file. */
const LONGEST_LINE = 1 << 16;
const DELIMITERS = [',', ';', '\t'];
const NEWLINE = 0x0a;

/**
 * A CSV file (RFC 4180; comma, semicolon or tab; UTF-8 with or without a byte order mark) as a stream of lines, in
 * constant memory. What is wrong with the file as a whole ends it: nobody can tell where lines begin after a broken
 * quote, or what letters of another encoding are.
 */
export class CsvFile<C extends string> {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  /** @param file its path, or `-` for standard input */
  constructor(
    private readonly file: string,
    private readonly options: CsvOptions<C>,
  ) {}

  /** Bytes read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 of the bytes in lower-case hexadecimal, once they were all read. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** @throws GdprError INPUT_INVALID, naming lines and never what stands there; FILE_UNAVAILABLE */
  async *lines(): AsyncGenerator<CsvLine<C>> {
    const blocks = this.#blocks();
    const first = await blocks.next();
    if (first.done === true) throw invalid('the file is empty');
    yield* this.#records(first.value, blocks);
  }

  /** The same of a file whose first line names that column; of another one, each line is a value of it. */
  async *linesOrValues(column: C): AsyncGenerator<CsvLine<C>> {
    const blocks = this.#blocks();
    const first = await blocks.next();
    if (first.done === true) return;
    if (
      headOf(first.value)
        .toLowerCase()
        .split(delimiterOf(first.value))
        .some((name) => name.trim() === column)
    ) {
      yield* this.#records(first.value, blocks);
      return;
    }
    let line = 0;
    for await (const block of following(first.value, blocks)) {
      const texts = block.toString('utf8').split('\n');
      if (texts.at(-1) === '') texts.pop();
      for (const text of texts) {
        line += 1;
        const value = text.replace(/^\ufeff/, '').trim();
        if (value !== '') yield { line, values: { [column]: value } as Partial<Record<C, string>> };
      }
    }
  }

  async *#records(first: Buffer, blocks: AsyncIterable<Buffer>): AsyncGenerator<CsvLine<C>> {
    const parser = parse({
      delimiter: delimiterOf(first),
      record_delimiter: ['\r\n', '\n'],
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: LONGEST_LINE,
    });
    // What fails upstream reaches the reader of `parser`.
    pipeline(Readable.from(following(first, blocks)), parser, () => {});
    let columns: readonly (C | undefined)[] | undefined;
    // The parser counts a line break of two characters inside of quotes as two.
    let twice = 0;
    try {
      for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
        twice += count(record, '\r');
        if (columns === undefined) columns = columnsOf(record, this.options);
        else yield lineOf(columns, record, info.lines - twice);
      }
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      throw invalid(`line ${(error as CsvError & { lines?: number }).lines ?? '?'} is not CSV`, {
        cause: error,
        hint:
          error.code === 'CSV_MAX_RECORD_SIZE'
            ? 'a quote may have been left open before it'
            : 'a field with a quote stands in quotes, and each quote in it is doubled (RFC 4180)',
      });
    }
    if (columns === undefined) throw invalid('the file is empty');
  }

  /** The file in blocks of whole lines, each checked to be UTF-8 text. */
  async *#blocks(): AsyncGenerator<Buffer> {
    let rest: Buffer = Buffer.alloc(0);
    let lines = 0;
    const checked = (block: Buffer): Buffer => {
      assertText(block, lines);
      lines += countLines(block);
      return block;
    };
    const source: AsyncIterable<Buffer> = this.file === '-' ? process.stdin : createReadStream(this.file);
    const chunks = source[Symbol.asyncIterator]();
    for (;;) {
      const next = await asFileError(this.file, () => chunks.next());
      if (next.done === true) break;
      this.#hash.update(next.value);
      this.#bytes += next.value.length;
      const chunk = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      rest = chunk.subarray(end);
      if (end > 0) yield checked(chunk.subarray(0, end));
      else if (rest.length > LONGEST_LINE) {
        assertText(rest.subarray(0, LONGEST_LINE - 4), lines);
        throw invalid(`line ${lines + 1} is longer than ${LONGEST_LINE / 1024} kB`);
      }
    }
    if (rest.length > 0) yield checked(rest);
  }
}

function invalid(message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}): GdprError {
  return new GdprError('INPUT_INVALID', message, {
    hint: hint ?? 'a CSV file in UTF-8 is needed, whose first line names its columns',
    ...(cause !== undefined && { cause }),
  });
}

/** @param before lines before the block */
function assertText(block: Buffer, before: number): void {
  if (isUtf8(block) && !block.includes(0)) return;
  let line = before;
  for (let from = 0; from < block.length; ) {
    line += 1;
    const end = block.indexOf(NEWLINE, from);
    const text = block.subarray(from, end < 0 ? block.length : end);
    if (!isUtf8(text) || text.includes(0)) break;
    from = end < 0 ? block.length : end + 1;
  }
  throw invalid(`line ${line} is not UTF-8 text`, { hint: 'save the file as UTF-8, and run the command again' });
}

function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = block.indexOf(NEWLINE); at >= 0; at = block.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

async function* following(first: Buffer, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* blocks;
}

/** The first line with anything in it. */
function headOf(block: Buffer): string {
  const text = block
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  return text.split(/\r?\n/, 1)[0] ?? '';
}

/** The delimiter that the first line has most of. */
function delimiterOf(block: Buffer): string {
  const head = headOf(block);
  const times = (delimiter: string) => head.split(delimiter).length;
  return DELIMITERS.reduce((best, each) => (times(each) > times(best) ? each : best));
}

function columnsOf<C extends string>(
  names: readonly string[],
  { columns: known, required, synonyms = {}, ignoreOthers }: CsvOptions<C>,
): readonly (C | undefined)[] {
  const plain = names.map((name) => name.toLowerCase().replaceAll('_', '-'));
  const columns = plain.map((name) => known.find((column) => column === name) ?? synonyms[name]);
  const hint = `the columns are ${known.join(', ')}`;
  const missing = required.find((name) => !columns.includes(name));
  if (missing !== undefined) throw invalid(`the first line names no column "${missing}"`, { hint });
  const other = columns.indexOf(undefined);
  if (other >= 0 && !ignoreOthers) {
    const name = plain[other] ?? '';
    const named = /^[\p{L}][\p{L}\p{N} .-]{0,39}$/u.test(name) && !looksPersonal(name) ? `"${name}"` : `${other + 1}`;
    throw invalid(`column ${named} of the first line is none that is known`, {
      hint: `${hint}; --ignore-columns passes over others`,
    });
  }
  const present = columns.filter((column) => column !== undefined);
  if (new Set(present).size !== present.length) throw invalid('the first line names a column twice', { hint });
  return columns;
}

/** @param last the number of the last line that the record takes */
function lineOf<C extends string>(
  columns: readonly (C | undefined)[],
  record: readonly string[],
  last: number,
): CsvLine<C> {
  const line = last - count(record, '\n');
  if (record.length !== columns.length)
    return { line, fault: `it has ${record.length} fields, and the first line has ${columns.length}` };
  const values: Partial<Record<C, string>> = {};
  columns.forEach((column, i) => {
    const value = record[i]?.trim();
    if (column !== undefined && value !== undefined && value !== '') values[column] = value;
  });
  return { line, values };
}

function count(record: readonly string[], letter: string): number {
  return record.reduce((sum, field) => sum + (field.includes(letter) ? field.split(letter).length - 1 : 0), 0);
}
