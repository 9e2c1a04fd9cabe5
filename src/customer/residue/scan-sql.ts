import { quoteIdentifier } from '../../database/session.js';
import type { IdPlaces } from './id-places.js';
import type { CompiledNeedles } from './needles.js';
import { numbersOf } from './numbers.js';
import { chunkNarrowing, type NarrowPatterns, ROW_END, rowNarrowing } from './pattern.js';
import type { NumberColumn, SearchedColumn, SearchedTable } from './searchable.js';

/**
 * The statement that narrows one table's rows. Result, as text: the first page of a chunk and how many rows the chunk
 * has, both null for a table that is not kept in pages; whether a row follows; the row's key, columns, id columns and
 * number columns in order.
 */
export interface ScanStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Columns in which an id of a row of `target` may stand. */
  readonly idColumns: readonly { readonly column: string; readonly target: string }[];
  readonly numberColumns: readonly NumberColumn[];
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

/**
 * Pages whose rows are searched as one text. PostgreSQL builds a pattern's automaton anew for each text, which takes
 * more than to run it over a row: see docs/residue.md for what chunks of several sizes took.
 */
const CHUNK = 8;
/** A row with a longer stored value is searched by itself, so that a chunk's text has an end. */
const LONGEST_IN_CHUNK = 1000;

/**
 * Compiles the search of a table or of some of its pages; undefined where nothing of it can hold a needle. The OFFSETs
 * keep the planner from merging the levels, which would print JSON anew for each condition, and let each chunk's pages
 * be found by their numbers.
 */
export function compileScan(
  table: SearchedTable,
  people: readonly CompiledNeedles[],
  patterns: NarrowPatterns,
  places: IdPlaces,
  pages: PageRange | undefined,
): ScanStatement | undefined {
  const values: unknown[] = [];
  const bound = new Map<string, string>();
  const bind = (value: unknown, type: string) => {
    const id = JSON.stringify([value, type]);
    const known = bound.get(id) ?? `$${values.push(value)}::${type}`;
    bound.set(id, known);
    return known;
  };
  const text = (value: string) => bind(value, 'text');
  const { columns, numbers } = table;
  const targets = [...new Set(people.flatMap(({ ids }) => ids.map(({ table: target }) => target)))];
  const idColumns = targets.flatMap((target) =>
    places
      .columns(table.name, [...table.others, ...columns.map(({ name }) => name)], target)
      .map((column) => ({ column, target })),
  );
  const wanted = [...new Set(people.flatMap((needles) => [...numbersOf(needles).keys()]))];
  const numberColumns = wanted.length === 0 ? [] : numbers;
  const exact = [
    ...idColumns.map(({ column, target }) => idCondition(table, column, idsOf(people, target), bind)),
    ...numberColumns.map((column) => numberCondition(column, wanted, bind)),
  ];
  const inTexts = columns.length === 0 ? undefined : rowNarrowing(patterns, 's.x', text);
  if (inTexts === undefined && exact.length === 0) return undefined;
  const large = columns.flatMap(({ reading }, i) => (reading === 'bytes' ? [tooLarge(`s.c${i}`)] : []));
  const select = [
    "'t' AS met",
    ...table.key.map((_, i) => `s.k${i}::text AS k${i}`),
    ...columns.map(({ reading }, i) =>
      reading === 'bytes'
        ? `CASE WHEN ${tooLarge(`s.c${i}`)} THEN E'${MARK}' ELSE s.c${i}::text END AS c${i}`
        : `s.c${i}`,
    ),
    ...idColumns.map((_, i) => `s.i${i}`),
    ...numberColumns.map((_, i) => `s.n${i}`),
  ];
  const raw = [
    ...table.key.map((part, i) => `${part} AS k${i}`),
    ...columns.map((column, i) => `${column.reading === 'bytes' ? nameOf(column) : textOf(column)} AS c${i}`),
    ...idColumns.map(({ column }, i) => `${nameOf({ name: column })}::text AS i${i}`),
    ...numberColumns.map((column, i) => `${numberText(column)} AS n${i}`),
    `${exact.length === 0 ? 'false' : exact.map((condition) => `coalesce(${condition}, false)`).join(' OR ')} AS e`,
  ];
  const within = pages === undefined ? 'true' : WITHIN;
  const rows = `(SELECT ${raw.join(', ')} FROM ${table.from} t WHERE ${within} OFFSET 0) r`;
  const texts = columns.map(({ reading }, i) => (reading === 'bytes' ? bytesText(`r.c${i}`) : `r.c${i}`));
  const conditions = ['s.e', ...(inTexts === undefined ? [] : [inTexts]), ...large].join(' OR ');
  const found = (gate: string) =>
    `(SELECT ${select.join(', ')} FROM (SELECT r.*, lower(${joined(texts)} COLLATE "C") AS x FROM ${rows} OFFSET 0) s WHERE ${gate} (${conditions}) OFFSET 0)`;
  if (pages === undefined)
    return { sql: `SELECT NULL, NULL, f.* FROM ${found('')} f`, values, idColumns, numberColumns };
  const chunk = [
    'count(*) AS n',
    `bool_or(${exact.length === 0 ? 'false' : exact.join(' OR ')}) AS e`,
    ...(inTexts === undefined ? [] : [`lower(${chunkText(table)} COLLATE "C") AS x`]),
    ...(table.isToasted && columns.length > 0 ? [`bool_or(${isLong(columns)}) AS l`] : []),
  ];
  const gate = [
    'c.e',
    ...(inTexts === undefined ? [] : [chunkNarrowing(patterns, 'c.x', text)]),
    ...(table.isToasted && columns.length > 0 ? ['c.l'] : []),
  ].join(' OR ');
  const chunks = `generate_series(${bind(pages.first, 'int8')}, ${bind(pages.end - 1, 'int8')}, ${CHUNK}) b (p)`;
  return {
    sql: `SELECT b.p::text, c.n::text, f.* FROM ${chunks} CROSS JOIN LATERAL (SELECT ${chunk.join(', ')} FROM ${table.from} t WHERE ${WITHIN}) c LEFT JOIN LATERAL ${found(`(${gate}) AND`)} f ON true`,
    values,
    idColumns,
    numberColumns,
  };
}

/** The rows of the chunk that begins with page `b.p`. */
const WITHIN = `t.ctid >= ('(' || b.p || ',0)')::tid AND t.ctid < ('(' || b.p + ${CHUNK} || ',0)')::tid`;

function nameOf({ name }: { readonly name: string }): string {
  return `t.${quoteIdentifier(name)}`;
}

function textOf(column: SearchedColumn): string {
  return column.reading === 'bytes' ? bytesText(nameOf(column)) : `${nameOf(column)}::text`;
}

function tooLarge(bytes: string): string {
  return `octet_length(${bytes}) > ${MOST_BYTES}`;
}

function bytesText(bytes: string): string {
  return `CASE WHEN NOT ${tooLarge(bytes)} THEN encode(${bytes}, 'escape') END`;
}

/** The text of a row, in which no row ends. */
function joined(texts: readonly string[]): string {
  return texts.length === 0 ? "''" : `replace(concat_ws(E'\\x1f', ${texts.join(', ')}), E'${ROW_END}', ' ')`;
}

/** Whether a value of the row is too long for a chunk's text; reads no value that is stored apart. */
function isLong(columns: readonly SearchedColumn[]): string {
  return `greatest(${columns.map((column) => `pg_column_size(${nameOf(column)})`).join(', ')}) > ${LONGEST_IN_CHUNK}`;
}

function chunkText({ columns, isToasted }: SearchedTable): string {
  const row = joined(columns.map(textOf));
  return `string_agg(${isToasted ? `CASE WHEN ${isLong(columns)} THEN NULL ELSE ${row} END` : row}, E'${ROW_END}')`;
}

type Bind = (value: unknown, type: string) => string;

function idsOf(people: readonly CompiledNeedles[], target: string): string[] {
  const keys = people.flatMap(({ ids }) => ids.filter(({ table }) => table === target).map(({ key }) => key));
  return [...new Set(keys.flatMap((key) => (key.length === 1 ? [(key[0] ?? '').toLowerCase()] : [])))];
}

/** Numbers, dates and UUIDs are printed in one way; only texts have cases. */
function idCondition({ others }: SearchedTable, column: string, ids: readonly string[], bind: Bind): string {
  const text = `${nameOf({ name: column })}::text`;
  return `${others.includes(column) ? text : `lower(${text})`} = ANY (${bind(ids, 'text[]')})`;
}

/** As the column's own type: numbers that it cannot hold are left out. */
function numberCondition(column: NumberColumn, numbers: readonly string[], bind: Bind): string {
  const held = column.type === 'numeric' ? numbers : numbers.filter((number) => number.length <= LONGEST_NUMBER);
  return `${nameOf(column)} = ANY (${bind(held, `${column.type}[]`)})`;
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

/** A query of the texts of a table's chunks; without the rows that `longTexts` has. */
export function chunkTexts(table: SearchedTable, { first, end }: PageRange): string {
  return `SELECT c.x FROM generate_series(${first}::int8, ${end - 1}::int8, ${CHUNK}) b (p) CROSS JOIN LATERAL (SELECT ${chunkText(table)} AS x FROM ${table.from} t WHERE ${WITHIN}) c WHERE c.x IS NOT NULL`;
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
