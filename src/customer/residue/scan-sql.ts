import { quoteIdentifier } from '../../database/session.js';
import type { IdPlaces } from './id-places.js';
import type { CompiledNeedles } from './needles.js';
import { type NarrowPatterns, narrowing } from './pattern.js';
import type { SearchedTable } from './searchable.js';

/** The statement that narrows one table's rows. Result: the key's parts, the columns in order, the id columns; as text. */
export interface ScanStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
  /** Columns in which an id of a row of `target` may stand. */
  readonly idColumns: readonly { readonly column: string; readonly target: string }[];
}

/** PostgreSQL prints a byte as up to four characters, and a text ends at 1 GB. */
const MOST_BYTES = 64 * 1024 * 1024;
const MARK = '\\x01\\x01too large\\x01';
/** What stands for bytes that were left out; bytes themselves are printed as `\\x…`. */
export const TOO_LARGE = '\u0001\u0001too large\u0001';

/**
 * Compiles the search of a table; undefined where nothing of it can hold a needle. Each column is made text once: the
 * OFFSETs keep the planner from merging the levels, which would print JSON anew for each condition.
 */
export function compileScan(
  table: SearchedTable,
  people: readonly CompiledNeedles[],
  patterns: NarrowPatterns,
  places: IdPlaces,
): ScanStatement | undefined {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { columns } = table;
  const inTexts = columns.length === 0 ? undefined : narrowing(patterns, 's.x', bind);
  const targets = [...new Set(people.flatMap(({ ids }) => ids.map(({ table: target }) => target)))];
  const candidates = [...table.others, ...columns.map(({ name }) => name)];
  const idColumns = targets.flatMap((target) =>
    places.columns(table.name, candidates, target).map((column) => ({ column, target })),
  );
  const ids = idColumns.map(({ target }, i) => {
    const wanted = people.flatMap(({ ids: own }) =>
      own.flatMap(({ table: from, key }) =>
        from === target && key.length === 1 ? [(key[0] ?? '').toLowerCase()] : [],
      ),
    );
    return `lower(s.i${i}::text) = ANY (${bind(wanted)}::text[])`;
  });
  const conditions = [...(inTexts === undefined ? [] : [inTexts]), ...ids];
  if (conditions.length === 0) return undefined;
  const large = columns.flatMap(({ reading }, i) => (reading === 'bytes' ? [tooLarge('s', i)] : []));
  const select = [
    ...table.key.map((_, i) => `s.k${i}::text`),
    ...columns.map(({ reading }, i) =>
      reading === 'bytes' ? `CASE WHEN ${tooLarge('s', i)} THEN E'${MARK}' ELSE s.c${i}::text END` : `s.c${i}`,
    ),
    ...idColumns.map((_, i) => `s.i${i}::text`),
  ];
  const raw = [
    ...table.key.map((part, i) => `${part} AS k${i}`),
    ...columns.map(
      ({ name, reading }, i) => `t.${quoteIdentifier(name)}${reading === 'bytes' ? '' : '::text'} AS c${i}`,
    ),
    ...idColumns.map(({ column }, i) => `t.${quoteIdentifier(column)} AS i${i}`),
  ];
  const rows = `(SELECT ${raw.join(', ')} FROM ${table.from} t OFFSET 0) r`;
  return {
    sql: `SELECT ${select.join(', ')} FROM (SELECT r.*, ${joinedText(table)} AS x FROM ${rows} OFFSET 0) s WHERE ${[...conditions, ...large].join(' OR ')}`,
    values,
    idColumns,
  };
}

function tooLarge(alias: string, i: number): string {
  return `octet_length(${alias}.c${i}) > ${MOST_BYTES}`;
}

/** The text of a row over alias `r`, lower case in ASCII. */
function joinedText({ columns }: SearchedTable): string {
  const texts = columns.map(({ reading }, i) =>
    reading === 'bytes' ? `CASE WHEN NOT ${tooLarge('r', i)} THEN encode(r.c${i}, 'escape') END` : `r.c${i}`,
  );
  return `lower(array_to_string(ARRAY[${texts.join(', ')}]::text[], E'\\x1f') COLLATE "C")`;
}

/** A subquery whose one column `x` is the text of each row of the table. */
export function rowTexts(table: SearchedTable): string {
  const raw = table.columns.map(
    ({ name, reading }, i) => `t.${quoteIdentifier(name)}${reading === 'bytes' ? '' : '::text'} AS c${i}`,
  );
  return `(SELECT ${joinedText(table)} AS x FROM (SELECT ${raw.join(', ')} FROM ${table.from} t OFFSET 0) r OFFSET 0)`;
}
