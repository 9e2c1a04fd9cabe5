import { ORDER_NUMBER } from '../customer/resolve.js';
import { quoteName } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { hopsSql } from '../datamap/hops.js';
import { manifestWay } from '../datamap/manifest-problems.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName, parseTableName } from '../datamap/names.js';
import type { Hop } from '../datamap/paths.js';
import type { ColumnEntry, DataMap } from '../datamap/schema.js';
import { column, conditions, fromTable, keyOf, live, textLiteral } from '../datamap/sql.js';

export type Manifest = NonNullable<DataMap['recipients'][string]['manifest']>;

/** The temporary table of the rows that a manifest asks for: `n`, `key`, `open`, `kept`, `c1` …; gone with the transaction. */
export const MANIFEST = 'pg_temp.manifest_row';

/** A column of the list that is handed over. */
export interface ManifestColumn {
  readonly heading: string;
  readonly category: string;
  /** Whether a cell of a list that a spreadsheet opens is written as it is. */
  readonly plain: (cell: string) => boolean;
}

type Tables = ReadonlyMap<string, PersonalTableModel>;
type Source = Manifest['columns'][string];

const tablesOf = (model: DataMapModel): Tables => new Map(model.tables.map((table) => [table.name, table]));

/** The table whose rows a manifest hands over. */
export function manifestTable(model: DataMapModel, manifest: Manifest): PersonalTableModel {
  return model.table(canonicalName(manifest.table));
}

/** The columns under the given headings, with what the map says of each. */
export function manifestColumns(
  model: DataMapModel,
  catalog: Catalog,
  manifest: Manifest,
  headings: readonly string[],
): ManifestColumn[] {
  return headings.map((heading) => {
    const { entry, type } = described(model, catalog, manifest, heading);
    const kind = entry.identifier === undefined ? undefined : model.map.identifiers[entry.identifier]?.kind;
    return { heading, category: entry.category, plain: kind === 'phone' ? isPhone : () => PLAIN.has(type) };
  });
}

/** Types whose values cannot be read as a formula that does anything: numbers, days and times, yes and no. */
const PLAIN = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'uuid',
  'date',
  'time without time zone',
  'timestamp without time zone',
  'timestamp with time zone',
]);

/** A phone must keep its plus; whatever else stands in its column is a text like any other. */
function isPhone(cell: string): boolean {
  return /^\+?[\d(][\d\s()./-]*$/.test(cell);
}

function described(
  model: DataMapModel,
  catalog: Catalog,
  manifest: Manifest,
  heading: string,
): { entry: ColumnEntry; type: string } {
  const source = sourceOf(manifest, heading);
  const table = 'parent' in source ? model.table(canonicalName(source.parent)) : manifestTable(model, manifest);
  const entry = table.entry.columns[source.column];
  if (entry === undefined) throw new Error(`no column ${source.column} in ${table.name}`);
  const looked = 'lookup' in source && source.lookup !== undefined;
  return { entry, type: looked ? 'text' : (live(table, catalog).columns.get(source.column)?.baseType ?? 'text') };
}

function sourceOf(manifest: Manifest, heading: string): Source {
  const source = Object.hasOwn(manifest.columns, heading) ? manifest.columns[heading] : undefined;
  if (source === undefined) throw new Error(`no column ${heading} in a manifest`);
  return source;
}

/**
 * The statement that takes the rows of a manifest, with what is handed over of each, in one snapshot. `open` tells that
 * an order which is going on needs the row; `kept` that it is there only because an erasure kept it. Pure.
 * @param orders whether `$1`, a text[], limits it to orders with these numbers
 */
export function manifestSql(
  model: DataMapModel,
  catalog: Catalog,
  manifest: Manifest,
  headings: readonly string[],
  orders: boolean,
): string {
  const tables = tablesOf(model);
  const table = manifestTable(model, manifest);
  const way = (parent: string) => {
    const hops = manifestWay(table, parent, tables);
    if (hops === undefined) throw new Error(`no way from ${table.name} to ${parent}`);
    return hops;
  };
  const key = keyOf(table, catalog).map(({ expression }) => `${expression}::text`);
  const cells = headings.map((heading, i) => {
    const source = sourceOf(manifest, heading);
    return `${'parent' in source ? above(way(source.parent), catalog, source.column) : here(source)} AS c${i + 1}`;
  });
  const where = [
    ...conditions(manifest.when),
    ...(manifest.parents ?? []).map(({ parent, when }) =>
      exists(way(parent), catalog, conditions(when, last(way(parent)))),
    ),
    ...(orders
      ? [
          `(${
            numberOf(model, catalog, table, tables)
              .map((sql) => `${sql} = ANY ($1::text[])`)
              .join(' OR ') || 'false'
          })`,
        ]
      : []),
  ];
  return `CREATE TEMPORARY TABLE manifest_row ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY ${keyOf(table, catalog)
    .map(({ expression }) => expression)
    .join(', ')})::integer AS n,
  json_build_array(${key.join(', ')})::text AS key, (${openOrder(model, catalog, table, tables)}) AS open,
  EXISTS (SELECT FROM gdpr.kept_row k WHERE k.table_name = ${textLiteral(table.name)} AND k.key::jsonb = jsonb_build_array(${key.join(', ')})) AS kept,
  ${orders ? `coalesce(${numberOf(model, catalog, table, tables).join(', ') || 'NULL'})` : 'NULL::text'} AS order_number,
  ${cells.join(', ')}
FROM ${fromTable(table, catalog)} t WHERE ${where.join(' AND ') || 'true'}`;
}

function here(source: Exclude<Source, { parent: string }>): string {
  if (source.lookup === undefined) return `${column('t', source.column)}::text`;
  const { table, key, column: value } = source.lookup;
  const name = parseTableName(table);
  if (name === undefined) throw new Error('a table of the map has no name');
  return `(SELECT ${column('l', value)}::text FROM ${quoteName(name.schema, name.table)} l WHERE ${column('l', key)}::text = ${column('t', source.column)}::text)`;
}

function last(hops: readonly Hop[]): string {
  return `u${hops.length}`;
}

/** A value of the row that the way ends at; the way follows keys, so there is one. */
function above(hops: readonly Hop[], catalog: Catalog, name: string): string {
  const { from, where } = hopsSql(hops, catalog);
  return `(SELECT ${column(last(hops), name)}::text FROM ${from} WHERE ${where} LIMIT 1)`;
}

function exists(hops: readonly Hop[], catalog: Catalog, also: readonly string[]): string {
  const { from, where } = hopsSql(hops, catalog);
  return `EXISTS (SELECT FROM ${from} WHERE ${[where, ...also].join(' AND ')})`;
}

/** The number of the order that the row is or hangs on, for each table of orders. */
function numberOf(model: DataMapModel, catalog: Catalog, table: PersonalTableModel, tables: Tables): string[] {
  return model.tables.flatMap((orders) => {
    const name = orders.columns.find(({ entry }) => entry.identifier === ORDER_NUMBER)?.name;
    if (name === undefined) return [];
    if (orders === table) return [`${column('t', name)}::text`];
    const hops = manifestWay(table, orders.name, tables);
    return hops === undefined ? [] : [above(hops, catalog, name)];
  });
}

/** Whether an open order of the map's grounds is the row, or what the row hangs on. */
function openOrder(model: DataMapModel, catalog: Catalog, table: PersonalTableModel, tables: Tables): string {
  const grounds = Object.values(model.map.keptGrounds ?? {}).filter(({ kind }) => kind === 'open-order');
  const each = grounds
    .flatMap(({ rows }) => rows)
    .flatMap(({ table: written, when }) => {
      if (canonicalName(written) === table.name) return [`(${conditions(when).join(' AND ')})`];
      const hops = manifestWay(table, written, tables);
      return hops === undefined ? [] : [exists(hops, catalog, conditions(when, last(hops)))];
    });
  return each.join(' OR ') || 'false';
}
