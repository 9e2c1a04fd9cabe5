import type { Session } from '../database/session.js';
import { quoteName } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { keyOf, live } from '../datamap/sql.js';
import { surveyOf } from './ruling.js';
import type { Unit } from './units.js';

/** Rows that a slice holds, or about so many where it is cut by a sample; a batch takes some slices at once. */
export const SLICE = 500;
/** Of these so many are looked at where a sample tells: then slices differ by a third or so, and batches of some less. */
const SAMPLED = 10;

/** So few due rows are named one by one, whatever the table holds beside them. */
const FEW = 2000;
/** So many may be named, where they are less than one in `SPARSE` of their table: between their keys lie too many others. */
const NAMED_AT_MOST = 100_000;
const SPARSE = 10;

/**
 * Where a unit's due rows lie: `named` by their keys (as texts), or between keys (as texts; the first excluded, the last included, null: no end), or, in a
 * table without a key, between pages. `whole`: in a table whose keys cannot be put in order here.
 */
export type Slices =
  | { readonly kind: 'named'; readonly keys: readonly (readonly string[])[] }
  | { readonly kind: 'keys'; readonly ends: readonly (readonly string[])[] }
  | { readonly kind: 'pages'; readonly pages: number; readonly perSlice: number }
  | { readonly kind: 'whole' };

/**
 * Cuts the due rows of a survey, in its transaction.
 * @param eligible how many are free to go
 * @param all how many the table has
 */
export async function cutSlices(
  session: Session,
  { index, erase: { table } }: Unit,
  catalog: Catalog,
  eligible: number,
  all: number,
): Promise<Slices> {
  const { key, columns, kind } = live(table, catalog);
  if (key.length === 0) {
    if (kind !== 'table') return { kind: 'whole' };
    const [row] = await session.query<{ pages: string; rows: string }>(
      `SELECT coalesce(max(ceil(pg_relation_size(l.relid) / current_setting('block_size')::numeric)), 0)::text AS pages,
         coalesce(sum(greatest(c.reltuples, 0)) / nullif(sum(c.relpages), 0), 50)::text AS rows
       FROM (SELECT relid FROM pg_partition_tree($1::regclass) WHERE isleaf UNION SELECT $1::regclass) l JOIN pg_class c ON c.oid = l.relid WHERE c.relkind = 'r'`,
      [quoteName(table.schema, table.table)],
    );
    return {
      kind: 'pages',
      pages: Number(row?.pages),
      perSlice: Math.max(1, Math.floor(SLICE / Math.max(1, Number(row?.rows)))),
    };
  }
  // The order of a type from elsewhere is not that of the operators which are in reach here.
  if (keyOf(table, catalog).some(({ type }) => type.includes('.'))) return { kind: 'whole' };
  const parts = key.map((name, i) => {
    const collation = columns.get(name)?.collation;
    return `k${i + 1}${collation === undefined ? '' : ` COLLATE ${collation}`}`;
  });
  const texts = key.map((_, i) => `k${i + 1}::text`);
  const named = eligible <= FEW || (eligible <= NAMED_AT_MOST && eligible < all / SPARSE);
  const free = `${surveyOf(table)} WHERE unit = ${index} AND NOT held AND NOT excepted`;
  // A sample tells well enough where so many rows part: sorting all of them takes longer than deleting some.
  const sample = `${surveyOf(table)} TABLESAMPLE BERNOULLI (${(100 * SAMPLED) / SLICE}) WHERE unit = ${index} AND NOT held AND NOT excepted`;
  const ends = `(SELECT ${key.map((_, i) => `k${i + 1}`).join(', ')}, row_number() OVER (ORDER BY ${parts.join(', ')}) AS n FROM ${sample}) s WHERE n % ${SAMPLED} = 0 ORDER BY n`;
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key FROM ${named ? `${free} ORDER BY ${parts.join(', ')}` : ends}`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  return named ? { kind: 'named', keys } : { kind: 'keys', ends: keys };
}

/** How many slices there are. */
export function slicesIn(slices: Slices): number {
  if (slices.kind === 'whole') return 1;
  if (slices.kind === 'named') return Math.ceil(slices.keys.length / SLICE);
  return slices.kind === 'keys' ? slices.ends.length + 1 : Math.ceil(slices.pages / slices.perSlice);
}

/** The condition that a row of alias `t` lies in slices `from` up to, and without, `to`; `values` takes what is bound. */
export function within(
  slices: Slices,
  { erase: { table } }: Pick<Unit, 'erase'>,
  catalog: Catalog,
  from: number,
  to: number,
  values: unknown[],
): string {
  if (slices.kind === 'whole') return 'true';
  if (slices.kind === 'pages') {
    // The last slice has no end: rows that changed meanwhile may stand behind it.
    const last = to >= slicesIn(slices) ? '' : ` AND t.ctid < '(${to * slices.perSlice},0)'::tid`;
    return `t.ctid >= '(${from * slices.perSlice},0)'::tid${last}`;
  }
  const key = keyOf(table, catalog);
  if (slices.kind === 'named') {
    const mine = slices.keys.slice(from * SLICE, to * SLICE);
    const lists = key.map(({ type }, i) => `$${values.push(mine.map((each) => each[i]))}::${type}[]`);
    return key.length === 1
      ? `${key[0]?.expression} = ANY (${lists[0]})`
      : `(${key.map(({ expression }) => expression).join(', ')}) IN (SELECT * FROM unnest(${lists.join(', ')}))`;
  }
  const row = `(${key.map(({ expression }) => expression).join(', ')})`;
  const bound = (end: readonly string[]) =>
    `(${key.map(({ type }, i) => `$${values.push(end[i])}::${type}`).join(', ')})`;
  const [low, high] = [slices.ends[from - 1], slices.ends[to - 1]];
  const parts = [...(low ? [`${row} > ${bound(low)}`] : []), ...(high ? [`${row} <= ${bound(high)}`] : [])];
  return parts.length === 0 ? 'true' : parts.join(' AND ');
}

/** What puts the rows of alias `t` in the order in which batches take them: keys, as text where their own order is out of reach. */
function inOrder(slices: Slices, { erase: { table } }: Pick<Unit, 'erase'>, catalog: Catalog) {
  return keyOf(table, catalog).map(({ expression, type }) =>
    slices.kind === 'whole' ? { expression: `${expression}::text COLLATE "C"`, type: 'text' } : { expression, type },
  );
}

/** The same as ORDER BY takes it. */
export function orderOf(slices: Slices, unit: Pick<Unit, 'erase'>, catalog: Catalog): string {
  return inOrder(slices, unit, catalog)
    .map(({ expression }) => expression)
    .join(', ');
}

/** The key (JSON list of texts) of the last row of the query `c`, whose columns are k1 … kn, in that order. */
export function lastOf(slices: Slices, unit: Pick<Unit, 'erase'>, catalog: Catalog): string {
  const names = keyOf(unit.erase.table, catalog).map((_, i) => `c.k${i + 1}`);
  const order = names.map((name) => (slices.kind === 'whole' ? `${name}::text COLLATE "C" DESC` : `${name} DESC`));
  return `(SELECT array_to_json(ARRAY[${names.map((name) => `${name}::text`).join(', ')}])::text FROM c ORDER BY ${order.join(', ')} LIMIT 1)`;
}

/** That the row of alias `t` comes after the row of this key (texts). */
export function behind(
  slices: Slices,
  unit: Pick<Unit, 'erase'>,
  catalog: Catalog,
  key: readonly string[],
  values: unknown[],
): string {
  const parts = inOrder(slices, unit, catalog);
  const bound = parts.map(({ type }, i) => `$${values.push(key[i])}::${type}`);
  return `(${parts.map(({ expression }) => expression).join(', ')}) > (${bound.join(', ')})`;
}
