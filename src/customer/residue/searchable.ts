import { quoteIdentifier, quoteName, type Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { formatTableName } from '../../datamap/names.js';
import { groupBy } from '../../foundation/group.js';

/** How the content of a column is read: as text, as bytes that may be text, or as JSON. */
export type Reading = 'text' | 'bytes' | 'json';

export interface SearchedColumn {
  readonly name: string;
  readonly reading: Reading;
}

/** A column of numbers and the type to compare them in without making each a text. */
export interface NumberColumn {
  readonly name: string;
  readonly type: 'int8' | 'numeric' | 'float8';
}

/** A column in which no text can stand, and the type to compare ids in; undefined where they are compared as texts. */
export interface OtherColumn {
  readonly name: string;
  readonly type: 'int8' | 'uuid' | undefined;
}

/** A table that holds rows of its own; a partition is one, the table that it belongs to is none. */
export interface SearchedTable {
  /** Canonical name of the table, or of the one whose partition it is. */
  readonly name: string;
  /** SQL name with ONLY, since each heir is searched on its own. */
  readonly from: string;
  readonly columns: readonly SearchedColumn[];
  /** Other columns; ids may stand in them. */
  readonly others: readonly OtherColumn[];
  /** Columns of whole numbers that are no keys, in which a phone or another number may stand. */
  readonly numbers: readonly NumberColumn[];
  /** Pages of the heap; undefined for a table whose rows are not kept in pages. */
  readonly pages: number | undefined;
  /** Whether some of its values are kept apart from their rows, so that they may be long. */
  readonly isToasted: boolean;
  /** Expressions over alias `t` that name a row. */
  readonly key: readonly string[];
  /** Names of the key's columns; none where a row is named by its place. */
  readonly keyColumns: readonly string[];
  /** Whether the key's types can hold numbers, dates and the like only. */
  readonly plainKey: boolean;
}

export interface Unsearched {
  readonly table: string;
  readonly column?: string;
  readonly reason:
    | 'foreign-table'
    | 'no-privilege'
    | 'row-policy'
    | 'type'
    | 'too-large'
    | 'large-objects'
    | 'not-populated';
}

export interface Searchable {
  readonly tables: readonly SearchedTable[];
  readonly unsearched: readonly Unsearched[];
}

/** Partitions each for itself, without the tables that they belong to, which have no rows of their own. */
const RELATIONS = `
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.relispopulated AS populated,
       rn.nspname AS root_schema, r.relname AS root_name,
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
       row_security_active(c.oid) AS hidden,
       CASE WHEN m.amname = 'heap' THEN (pg_relation_size(c.oid) / current_setting('block_size')::int)::text END AS pages,
       c.reltoastrelid <> 0 AND pg_relation_size(c.reltoastrelid) > 0 AS toasted
FROM pg_class c LEFT JOIN pg_am m ON m.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relkind IN ('r', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 2, 3`;

/** The type below any domain and array; `assigned` says whether a sequence or another table gives the value. */
const COLUMNS = `
WITH RECURSIVE below (type, base) AS (
  SELECT oid, oid FROM pg_type
  UNION ALL
  SELECT b.type, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.typelem END
  FROM below b JOIN pg_type t ON t.oid = b.base
  WHERE t.typtype = 'd' OR t.typcategory = 'A' AND t.typelem <> 0
)
SELECT a.attrelid::text AS oid, a.attname AS name, t.typname AS type,
       t.typname <> 'numeric' OR coalesce((coalesce(nullif(a.atttypmod, -1), nullif(d.typtypmod, -1)) - 4) & 2047, 0) = 0 AS whole,
       a.attidentity <> '' OR coalesce(pg_get_expr(v.adbin, v.adrelid) LIKE '%nextval(%', false) OR EXISTS (
         SELECT FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)) AS assigned, t.typcategory::text AS category,
       a.atttypid <> t.oid AND EXISTS (SELECT FROM pg_type w WHERE w.oid = a.atttypid AND w.typcategory = 'A') AS is_array
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN below b ON b.type = a.atttypid JOIN pg_type t ON t.oid = b.base JOIN pg_type d ON d.oid = a.atttypid
LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND t.typtype <> 'd' AND NOT (t.typcategory = 'A' AND t.typelem <> 0)
  AND c.relkind IN ('r', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY a.attrelid, a.attnum`;

const OWN_KEYS = `
SELECT x.indrelid::text AS oid, a.attname AS name
FROM pg_index x CROSS JOIN unnest(x.indkey::int2[]) WITH ORDINALITY k (attnum, n)
JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
WHERE x.indisprimary AND x.indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'gdpr'::regnamespace)
ORDER BY x.indrelid, k.n`;

const JSON_TYPES = new Set(['json', 'jsonb']);
const TEXT_TYPES = new Set(['xml', 'citext', 'hstore', 'tsvector', 'ltree', 'lquery', 'jsonpath', 'tsquery']);
/** Types of category "user-defined" whose values are numbers of a kind. */
const NO_TEXT = new Set(
  ['uuid', 'pg_lsn', 'macaddr', 'macaddr8', 'tid', 'xid', 'xid8', 'cid', 'txid_snapshot', 'pg_snapshot'].concat([
    'aclitem',
    'oidvector',
    'int2vector',
    'gtsvector',
    'refcursor',
  ]),
);
const PLAIN_CATEGORIES = new Set(['N', 'D', 'B', 'E', 'T']);

/** What the tool's own tables hold of keyed codes and digests: random to whoever has not the key. */
const KEYED = /^(?:hmac|key_version|leaf_hash|frontier|digest|plan_digest|map_digest|archive_sha256)$/;

interface RelationRow {
  readonly [key: string]: unknown;
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly populated: boolean;
  readonly root_schema: string;
  readonly root_name: string;
  readonly readable: boolean;
  readonly hidden: boolean;
  readonly pages: string | null;
  readonly toasted: boolean;
}

interface ColumnRow {
  readonly [key: string]: unknown;
  readonly oid: string;
  readonly name: string;
  readonly type: string;
  readonly category: string;
  readonly is_array: boolean;
  readonly whole: boolean;
  readonly assigned: boolean;
}

/**
 * Every table and column in which a text can stand, mapped or not, in all schemas but the system's; what cannot be
 * read is listed with the reason. Four statements.
 */
export async function readSearchable(session: Session, catalog: Catalog): Promise<Searchable> {
  const relations = await session.query<RelationRow>(RELATIONS);
  const columns = groupBy(await session.query<ColumnRow>(COLUMNS), ({ oid }) => oid);
  const ownKeys = groupBy(await session.query<{ oid: string; name: string }>(OWN_KEYS), ({ oid }) => oid);
  const tables: SearchedTable[] = [];
  const unsearched: Unsearched[] = [];
  for (const relation of relations) {
    const name = formatTableName({ schema: relation.root_schema, table: relation.root_name });
    const reason = unreadable(relation);
    if (reason !== undefined) {
      unsearched.push({ table: formatTableName({ schema: relation.schema, table: relation.name }), reason });
      continue;
    }
    const own = relation.schema === 'gdpr';
    const all = columns.get(relation.oid) ?? [];
    const searched: SearchedColumn[] = [];
    const others: OtherColumn[] = [];
    const numbers: NumberColumn[] = [];
    for (const column of all) {
      const reading = own && KEYED.test(column.name) ? undefined : readingOf(column);
      if (reading === 'unknown') unsearched.push({ table: name, column: column.name, reason: 'type' });
      else if (reading !== undefined) searched.push({ name: column.name, reading });
      if (reading === undefined) others.push({ name: column.name, type: idType(column) });
      const type = own ? undefined : numberType(column);
      if (type !== undefined) numbers.push({ name: column.name, type });
    }
    const keyColumns = own ? (ownKeys.get(relation.oid) ?? []).map((key) => key.name) : (catalog.get(name)?.key ?? []);
    tables.push({
      name,
      from: `ONLY ${quoteName(relation.schema, relation.name)}`,
      columns: searched,
      others,
      numbers,
      pages: relation.pages === null ? undefined : Number(relation.pages),
      isToasted: relation.toasted,
      key: keyColumns.length === 0 ? ['t.tableoid', 't.ctid'] : keyColumns.map((key) => `t.${quoteIdentifier(key)}`),
      keyColumns,
      plainKey: keyColumns.every((key) => {
        const column = all.find((candidate) => candidate.name === key);
        return (
          column !== undefined && !column.is_array && (PLAIN_CATEGORIES.has(column.category) || column.type === 'uuid')
        );
      }),
    });
  }
  const [large] = await session.query<{ any: boolean }>('SELECT EXISTS (SELECT FROM pg_largeobject_metadata) AS any');
  if (large?.any === true) unsearched.push({ table: 'pg_catalog.pg_largeobject', reason: 'large-objects' });
  return { tables, unsearched };
}

function unreadable({ kind, readable, hidden, populated }: RelationRow): Unsearched['reason'] | undefined {
  if (kind === 'f') return 'foreign-table';
  if (!readable) return 'no-privilege';
  if (hidden) return 'row-policy';
  return populated ? undefined : 'not-populated';
}

/** Undefined where no text can stand. */
function readingOf({ type, category, is_array: isArray }: ColumnRow): Reading | 'unknown' | undefined {
  if (isArray && (type === 'int8' || type === 'numeric')) return 'text';
  if (type === 'bytea') return isArray ? 'text' : 'bytes';
  if (JSON_TYPES.has(type)) return isArray ? 'text' : 'json';
  if (category === 'S' || category === 'C' || TEXT_TYPES.has(type)) return 'text';
  return category === 'U' && !NO_TEXT.has(type) ? 'unknown' : undefined;
}

const ID_TYPES: Readonly<Record<string, OtherColumn['type']>> = {
  int2: 'int8',
  int4: 'int8',
  int8: 'int8',
  uuid: 'uuid',
};

function idType({ type, is_array: isArray }: ColumnRow): OtherColumn['type'] {
  return isArray ? undefined : ID_TYPES[type];
}

const NUMBER_TYPES: Readonly<Record<string, NumberColumn['type']>> = {
  int4: 'int8',
  int8: 'int8',
  numeric: 'numeric',
  float8: 'float8',
};

/** Undefined where no whole number of seven digits can stand, or the number only names a row. */
function numberType({ type, is_array: isArray, whole, assigned }: ColumnRow): NumberColumn['type'] | undefined {
  return isArray || !whole || assigned ? undefined : NUMBER_TYPES[type];
}
