import { quoteIdentifier } from '../../database/session.js';
import type { IdPlaces } from './id-places.js';
import type { CompiledNeedles } from './needles.js';
import type { NumberColumn, SearchedColumn, SearchedTable } from './searchable.js';

/** The statements that search some pages of a table, or a table that has none. */
export interface ScanStatements {
  /**
   * Queries for `copy`: the places of rows, six bytes each as PostgreSQL sends a `tid`, and their texts, each row's with
   * an end but the last. The texts of a long row come in several pieces. None where no text can stand.
   */
  readonly texts: readonly string[];
  /** The places of the rows that are certain without their texts; undefined where there can be none. */
  readonly exact: Statement | undefined;
  /** Of rows: their keys, columns, id columns and number columns in order, as text. */
  rows(places: readonly string[]): Statement;
  /** Columns in which an id of a row of `target` may stand. */
  readonly idColumns: readonly { readonly column: string; readonly target: string }[];
  readonly numberColumns: readonly NumberColumn[];
}

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Pages of a table, the last one not included. */
export interface PageRange {
  readonly first: number;
  readonly end: number;
}

/** PostgreSQL prints a byte as up to four characters, and a text ends at 1 GB. */
const MOST_BYTES = 64 * 1024 * 1024;
const MARK = '\\x01\\x01too large\\x01';
/** What stands for bytes that were left out; bytes themselves are printed as `\\x…`. */
export const TOO_LARGE = '\u0001\u0001too large\u0001';

/** Pages whose rows come as one text, 128 to 256 kB of it: a message and a round of the executor cost a few rows'. */
const CHUNK = 32;
/** A row with a longer stored value comes by itself, so that a chunk's text has an end. */
const LONGEST_IN_CHUNK = 1000;
/** A longer row comes in pieces of so many bytes, each with the beginning of the next, in which a value has room. */
const PIECE = 1024 * 1024;
const OVERLAP = 4096;

/**
 * Compiles the search of a table or of some of its pages. Texts are compared by the program, so SQL holds no value.
 * `wanted` is what a column of numbers may hold.
 */
export function compileScan(
  table: SearchedTable,
  people: readonly CompiledNeedles[],
  wanted: readonly string[],
  places: IdPlaces,
  pages: PageRange | undefined,
): ScanStatements {
  const { columns, numbers, others } = table;
  const targets = [...new Set(people.flatMap(({ ids }) => ids.map(({ table: target }) => target)))];
  const idColumns = targets.flatMap((target) =>
    places
      .columns(
        table.name,
        [...others, ...columns].map(({ name }) => name),
        target,
      )
      .map((column) => ({ column, target })),
  );
  const numberColumns = wanted.length === 0 ? [] : numbers;
  const select = [
    ...table.key.map((part) => `${part}::text`),
    ...columns.map((column) =>
      column.reading === 'bytes'
        ? `CASE WHEN ${tooLarge(column)} THEN E'${MARK}' ELSE ${nameOf(column)}::text END`
        : textOf(column),
    ),
    ...idColumns.map(({ column }) => `${nameOf({ name: column })}::text`),
    ...numberColumns.map(numberText),
  ];
  const values: unknown[] = [];
  const bind = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const exact = [
    ...idColumns.flatMap(({ column, target }) => idCondition(table, column, idsOf(people, target), bind)),
    ...numberColumns.flatMap((column) => numberCondition(column, wanted, bind)),
    ...columns.flatMap((column) => (column.reading === 'bytes' ? [tooLarge(column)] : [])),
  ];
  return {
    texts: pages === undefined || columns.length === 0 ? [] : textQueries(table, pages),
    exact:
      exact.length === 0 || pages === undefined
        ? undefined
        : {
            sql: `SELECT t.ctid::text FROM ${table.from} t WHERE ${inPages(pages)} AND (${exact.join(' OR ')})`,
            values,
          },
    rows: (met) => ({
      sql: `SELECT ${select.join(', ')} FROM ${table.from} t${pages === undefined ? '' : ' WHERE t.ctid = ANY ($1::tid[])'}`,
      values: pages === undefined ? [] : [met],
    }),
    idColumns,
    numberColumns,
  };
}

/** The texts of all rows of some pages; see `ScanStatements`. */
export function textQueries({ from, columns, isToasted }: SearchedTable, { first, end }: PageRange): string[] {
  const row = `concat_ws(E'\\x1f', ${columns.map(textOf).join(', ')})`;
  const short = isToasted ? ` AND (${isLong(columns)}) IS NOT TRUE` : '';
  const chunks = `generate_series(${first}::int8, ${end - 1}::int8, ${CHUNK}) b (p)`;
  const texts = `SELECT c.i, c.x FROM ${chunks} CROSS JOIN LATERAL (SELECT string_agg(tidsend(t.ctid), '') AS i, string_agg(${row}, E'\\x1e') AS x FROM ${from} t WHERE ${within(end)}${short}) c WHERE c.x IS NOT NULL`;
  if (!isToasted) return [texts];
  // The OFFSET keeps a row's text from being made anew for each of its pieces.
  const long = `SELECT t.ctid AS i, convert_to(${row}, 'UTF8') AS x FROM ${from} t WHERE ${inPages({ first, end })} AND ${isLong(columns)} OFFSET 0`;
  const pieces = `SELECT tidsend(s.i), substring(s.x FROM p FOR ${PIECE + OVERLAP}) FROM (${long}) s CROSS JOIN LATERAL generate_series(1, octet_length(s.x), ${PIECE}) g (p)`;
  return [texts, pieces];
}

/** The rows of the chunk that begins with page `b.p`; no page that belongs to the next range. */
function within(end: number): string {
  return `t.ctid >= ('(' || b.p || ',0)')::tid AND t.ctid < ('(' || least(b.p + ${CHUNK}, ${end}) || ',0)')::tid`;
}

function nameOf({ name }: { readonly name: string }): string {
  return `t.${quoteIdentifier(name)}`;
}

function textOf(column: SearchedColumn): string {
  if (column.reading !== 'bytes') return `${nameOf(column)}::text`;
  return `CASE WHEN NOT ${tooLarge(column)} THEN encode(${nameOf(column)}, 'escape') END`;
}

/** Of a column of bytes. */
function tooLarge(column: SearchedColumn): string {
  return `octet_length(${nameOf(column)}) > ${MOST_BYTES}`;
}

/** The text of a row, in which no row ends. */
function joined(texts: readonly string[]): string {
  return texts.length === 0 ? "''" : `replace(concat_ws(E'\\x1f', ${texts.join(', ')}), E'\\x1e', ' ')`;
}

/** Whether a value of the row is too long for a chunk's text; reads no value that is stored apart. */
function isLong(columns: readonly SearchedColumn[]): string {
  return `greatest(${columns.map((column) => `pg_column_size(${nameOf(column)})`).join(', ')}) > ${LONGEST_IN_CHUNK}`;
}

type Bind = (value: unknown, type: string) => string;

function idsOf(people: readonly CompiledNeedles[], target: string): string[] {
  const keys = people.flatMap(({ ids }) => ids.filter(({ table }) => table === target).map(({ key }) => key));
  return [...new Set(keys.flatMap((key) => (key.length === 1 ? [(key[0] ?? '').toLowerCase()] : [])))];
}

/** Numbers, dates and UUIDs are printed in one way; only texts have cases. In the column's own type an index helps. */
function idCondition({ others }: SearchedTable, column: string, ids: readonly string[], bind: Bind): string[] {
  const name = nameOf({ name: column });
  const other = others.find((each) => each.name === column);
  if (other === undefined) return [`lower(${name}::text) = ANY (${bind(ids, 'text[]')})`];
  if (other.type === undefined) return [`${name}::text = ANY (${bind(ids, 'text[]')})`];
  const held = ids.filter((id) => OF_TYPE[other.type ?? 'int8'].test(id));
  return held.length === 0 ? [] : [`${name} = ANY (${bind(held, `${other.type}[]`)})`];
}

/** Ids as PostgreSQL prints them. */
const OF_TYPE = {
  int8: /^(?:0|-?[1-9][0-9]{0,17})$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

/** As the column's own type: numbers that it cannot hold are left out. */
function numberCondition(column: NumberColumn, numbers: readonly string[], bind: Bind): string[] {
  const held = column.type === 'numeric' ? numbers : numbers.filter((number) => number.length <= LONGEST_NUMBER);
  return held.length === 0 ? [] : [`${nameOf(column)} = ANY (${bind(held, `${column.type}[]`)})`];
}

/** Every number of so many digits is an exact float8 and an int8. */
const LONGEST_NUMBER = 15;

/** Without the zeros after a point: 29123456.0 is 29123456. */
function numberText(column: NumberColumn): string {
  return `${column.type === 'numeric' ? `trim_scale(${nameOf(column)})` : nameOf(column)}::text`;
}

/** The rows of a range of pages. */
export function inPages(pages: PageRange | undefined): string {
  return pages === undefined ? 'true' : `t.ctid >= '(${pages.first},0)' AND t.ctid < '(${pages.end},0)'`;
}

/** A subquery of the text of each row as column `x`, lower case in ASCII: all rows, or those that are in no chunk's. */
export function longTexts({ columns, from }: SearchedTable, pages: PageRange | undefined): string {
  const long = pages === undefined ? 'true' : isLong(columns);
  return `(SELECT lower(${joined(columns.map(textOf))} COLLATE "C") AS x FROM ${from} t WHERE ${inPages(pages)} AND ${long} OFFSET 0)`;
}

/** A query of the distinct numbers of seven digits and more in a column. */
export function longNumbers({ from }: SearchedTable, column: NumberColumn, pages: PageRange | undefined): string {
  const most = column.type === 'numeric' ? '' : `AND ${nameOf(column)} < 1e${LONGEST_NUMBER}::${column.type}`;
  return `SELECT DISTINCT ${numberText(column)} FROM ${from} t WHERE ${inPages(pages)} AND ${nameOf(column)} >= 1000000 ${most}`;
}
