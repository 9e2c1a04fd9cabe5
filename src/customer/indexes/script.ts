import { createHash } from 'node:crypto';
import { quoteIdentifier, quoteName } from '../../database/session.js';
import { parseTableName, type TableName } from '../../datamap/names.js';
import type { IndexState } from './states.js';
import type { WantedIndex } from './wanted.js';

/** A table of a partition tree, the root first and each after its parent; a table without partitions is its own tree. */
export interface TreeTable extends TableName {
  readonly parent: TableName | undefined;
  readonly leaf: boolean;
}

/** What the database has besides the indexes themselves. */
export interface LiveTables {
  /** By canonical name. */
  readonly trees: ReadonlyMap<string, readonly TreeTable[]>;
  /** Indexes under names as `indexName` makes them, that no statement asks for: an earlier version's. */
  readonly unasked: readonly TableName[];
  /** Indexes under such names which an interrupted CREATE INDEX CONCURRENTLY left, as `quoteName` writes them. */
  readonly broken: ReadonlySet<string>;
}

/** How names that `indexName` makes are known again. */
export const NAME_PATTERN = '^gdpr_[a-z0-9_]{1,49}_[0-9a-f]{8}$';

/** At most 63 bytes of ASCII; another definition has another name, so that IF NOT EXISTS never takes one for the other. */
export function indexName({ schema, table }: TableName, { why, methods, keys }: WantedIndex): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([schema, table, methods[0], keys]))
    .digest('hex');
  const words = `${table}_${why}`.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  return `gdpr_${words.slice(0, 49)}_${digest.slice(0, 8)}`;
}

/** Statements that make the missing indexes, for psql in autocommit mode; the rest of what is known as comments. */
export function indexScript(states: readonly IndexState[], live: LiveTables): string {
  const missing = states.filter(({ state }) => state === 'missing');
  const impossible = states.flatMap((each) => (each.state === 'impossible' ? [each] : []));
  const existing = states.flatMap((each) => (each.state === 'exists' ? [each] : []));
  return [
    [
      '-- Indexes by which gdpr finds, exports and erases one person without reading whole tables. gdpr runs none of this:',
      "-- look at it, then give it to psql as the owner of the shop's tables, without -1. Nobody is kept from writing.",
      `-- Asked for: ${states.length}. Missing: ${missing.length}.`,
    ],
    missing.length === 0
      ? []
      : ["SET client_encoding = 'UTF8';", 'SET search_path = pg_catalog;', 'SET statement_timeout = 0;'],
    ...missing.map((each) => [comment(title(each)), ...createIndex(each, live)]),
    missing.length === 0
      ? []
      : [
          '-- The planner learns what the new expressions hold',
          ...[...new Set(missing.map(({ table }) => table))].map((name) => `ANALYZE ${written(name)};`),
        ],
    ...impossible.map((each) => [comment(`Not possible: ${title(each)}: ${each.because}`)]),
    live.unasked.length === 0
      ? []
      : [
          '-- Not asked for any more:',
          ...live.unasked.map(({ schema, table }) => comment(`DROP INDEX CONCURRENTLY ${quoteName(schema, table)};`)),
        ],
    existing.length === 0
      ? []
      : ['-- There already:', ...existing.map((each) => comment(`${title(each)}: ${each.name}`))],
  ]
    .filter((part) => part.length > 0)
    .map((part) => `${part.join('\n')}\n`)
    .join('\n');
}

/**
 * On a partitioned table nothing is made concurrently: the index is made on it alone, which holds no rows, then on each
 * partition, and the partitions' are attached, the lowest first.
 */
function createIndex(index: WantedIndex, { trees, broken }: LiveTables): string[] {
  const tree = trees.get(index.table) ?? [];
  const using = `USING ${index.methods[0]} (${index.keys.join(', ')})`;
  const nameOf = (table: TableName) => quoteIdentifier(indexName(table, index));
  const full = (table: TableName) => `${quoteIdentifier(table.schema)}.${nameOf(table)}`;
  const create = tree.flatMap((table) => {
    const on = quoteName(table.schema, table.table);
    if (!table.leaf) return [`CREATE INDEX IF NOT EXISTS ${nameOf(table)} ON ONLY ${on} ${using};`];
    return [
      ...(broken.has(full(table)) ? [`DROP INDEX CONCURRENTLY IF EXISTS ${full(table)};`] : []),
      `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${nameOf(table)} ON ${on} ${using};`,
    ];
  });
  const attach = tree.toReversed().flatMap((table) => {
    return table.parent === undefined ? [] : [`ALTER INDEX ${full(table.parent)} ATTACH PARTITION ${full(table)};`];
  });
  return [...create, ...attach];
}

function title({ table, on, why }: WantedIndex): string {
  return `${table}, ${on} (${why})`;
}

function written(name: string): string {
  const table = parseTableName(name);
  return table === undefined ? name : quoteName(table.schema, table.table);
}

/** A name can hold a line break, which would end the comment. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/\p{Cc}/gu, ' ')}`;
}
