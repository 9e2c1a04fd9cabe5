import type { Session } from '../database/session.js';
import { groupBy } from '../foundation/group.js';
import { formatTableName } from './names.js';

export interface CatalogColumn {
  readonly name: string;
  /** The type as SQL writes it, e.g. `character varying(80)`, schema-qualified where it is not a system type. */
  readonly type: string;
  /** The type below any domain. */
  readonly baseType: string;
  readonly notNull: boolean;
  readonly generated: boolean;
  /** The most characters of a text type with a limit, through any domains. */
  readonly maxLength: number | undefined;
  /** The collation as SQL writes it, where it is not the database's own. */
  readonly collation: string | undefined;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: string;
  readonly referencedColumns: readonly string[];
  /** What the database itself does when the referenced key changes or goes. */
  readonly onUpdate: KeyAction;
  readonly onDelete: KeyAction;
}

type KeyAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

/** A CHECK constraint over columns of one row. */
export interface Check {
  readonly name: string;
  readonly columns: readonly string[];
  /** As the catalogue prints it, e.g. `CHECK ((rating >= 1))`; names the columns without their table. */
  readonly definition: string;
}

export interface CatalogTable {
  /** Canonical `schema.table`. */
  readonly name: string;
  readonly columns: ReadonlyMap<string, CatalogColumn>;
  /** Columns of the primary key, or else of a unique index without NULLs; empty when the table has neither. */
  readonly key: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Columns of each unique index, the primary key's included; those over expressions are left out. */
  readonly uniques: readonly (readonly string[])[];
  readonly checks: readonly Check[];
  /** An ordinary or partitioned table, a foreign one, or a materialised view, which nothing can write to. */
  readonly kind: 'table' | 'foreign' | 'view';
  /** Whether other tables inherit from it without being its partitions; it is then read with ONLY. */
  readonly hasChildren: boolean;
}

/** Every table of the live database that can hold rows of its own, by canonical name. */
export type Catalog = ReadonlyMap<string, CatalogTable>;

const SYSTEM = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'gdpr')`;

/** Ordinary, partitioned and foreign tables and materialised views; partitions stand behind their parent. */
const TABLES = `
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       EXISTS (SELECT FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
               WHERE i.inhparent = c.oid AND NOT child.relispartition) AS has_children
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relispartition AND ${SYSTEM}
ORDER BY 2, 3`;

/** A domain may stand on a domain; `below` leads from each of them down to a type. */
const COLUMNS = `
WITH RECURSIVE below (domain, type, not_null, modifier) AS (
  SELECT oid, typbasetype, typnotnull, typtypmod FROM pg_type WHERE typtype = 'd'
  UNION ALL
  SELECT b.domain, t.typbasetype, b.not_null OR t.typnotnull, greatest(b.modifier, t.typtypmod)
  FROM below b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT a.attrelid::text AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       format_type(coalesce(b.type, a.atttypid), -1) AS base_type,
       a.attnotnull OR coalesce(b.not_null, false) AS not_null, a.attgenerated <> '' AS generated,
       CASE WHEN coalesce(b.type, a.atttypid) IN ('varchar'::regtype, 'bpchar'::regtype)
            THEN nullif(greatest(a.atttypmod, b.modifier, -1), -1) - 4 END AS max_length,
       (SELECT quote_ident(m.nspname) || '.' || quote_ident(l.collname)
        FROM pg_collation l JOIN pg_namespace m ON m.oid = l.collnamespace
        WHERE l.oid = a.attcollation AND l.collname <> 'default') AS collation
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN below b ON b.domain = a.atttypid AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = b.type AND t.typtype = 'd')
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relispartition AND ${SYSTEM}
ORDER BY a.attrelid, a.attnum`;

/** The primary key first, then unique indexes over whole NOT NULL columns, the narrowest first. */
const KEYS = `
SELECT DISTINCT ON (x.indrelid) x.indrelid::text AS oid,
       ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (attnum, n)
             JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
             WHERE k.n <= x.indnkeyatts ORDER BY k.n) AS columns
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL AND ${SYSTEM}
  AND NOT EXISTS (SELECT FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (attnum, n)
                  JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                  WHERE k.n <= x.indnkeyatts AND NOT a.attnotnull)
ORDER BY x.indrelid, x.indisprimary DESC, x.indnkeyatts, x.indexrelid`;

/** A key of or to a partition counts as one of or to the table that it belongs to. */
const FOREIGN_KEYS = `
SELECT c.oid::text AS oid, k.conname AS name, rn.nspname AS ref_schema, r.relname AS ref_name,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.n) AS columns,
       k.confupdtype::text AS on_update, k.confdeltype::text AS on_delete,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (attnum, n)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.n) AS ref_columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = coalesce(pg_partition_root(k.conrelid), k.conrelid)
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = coalesce(pg_partition_root(k.confrelid), k.confrelid)
JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND ${SYSTEM}
ORDER BY c.oid, k.conname`;

const UNIQUES = `
SELECT x.indrelid::text AS oid,
       ARRAY(SELECT a.attname::text FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (attnum, n)
             JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
             WHERE k.n <= x.indnkeyatts ORDER BY k.n) AS columns
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE x.indisunique AND x.indexprs IS NULL AND ${SYSTEM}
ORDER BY x.indrelid, x.indexrelid`;

const CHECKS = `
SELECT k.conrelid::text AS oid, k.conname AS name, pg_get_constraintdef(k.oid) AS definition,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) u (attnum)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY a.attnum) AS columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND ${SYSTEM}
ORDER BY k.conrelid, k.conname`;

const ACTIONS: Readonly<Record<string, KeyAction>> = {
  a: 'no action',
  r: 'restrict',
  c: 'cascade',
  n: 'set null',
  d: 'set default',
};

/** Reads the live catalogue in six statements, whatever the number of tables. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const tables = await session.query<{
    oid: string;
    schema: string;
    name: string;
    kind: string;
    has_children: boolean;
  }>(TABLES);
  const columns = await session.query<{
    oid: string;
    name: string;
    type: string;
    base_type: string;
    not_null: boolean;
    generated: boolean;
    max_length: number | null;
    collation: string | null;
  }>(COLUMNS);
  const keys = await session.query<{ oid: string; columns: string }>(KEYS);
  const foreignKeys = await session.query<{
    oid: string;
    name: string;
    ref_schema: string;
    ref_name: string;
    columns: string;
    ref_columns: string;
    on_update: string;
    on_delete: string;
  }>(FOREIGN_KEYS);
  const uniques = await session.query<{ oid: string; columns: string }>(UNIQUES);
  const checks = await session.query<{ oid: string; name: string; definition: string; columns: string }>(CHECKS);
  const uniquesOf = groupBy(uniques, (unique) => unique.oid);
  const checksOf = groupBy(checks, (check) => check.oid);
  const columnsOf = groupBy(columns, (column) => column.oid);
  const keyOf = new Map(keys.map((key) => [key.oid, key.columns]));
  const foreignKeysOf = groupBy(foreignKeys, (key) => key.oid);
  return new Map(
    tables.map((table) => {
      const name = formatTableName({ schema: table.schema, table: table.name });
      const entry: CatalogTable = {
        name,
        columns: new Map(
          (columnsOf.get(table.oid) ?? []).map((column) => [
            column.name,
            {
              name: column.name,
              type: column.type,
              baseType: column.base_type,
              notNull: column.not_null,
              generated: column.generated,
              maxLength: column.max_length ?? undefined,
              collation: column.collation ?? undefined,
            },
          ]),
        ),
        key: textArray(keyOf.get(table.oid)),
        foreignKeys: (foreignKeysOf.get(table.oid) ?? []).map((key) => ({
          name: key.name,
          columns: textArray(key.columns),
          references: formatTableName({ schema: key.ref_schema, table: key.ref_name }),
          referencedColumns: textArray(key.ref_columns),
          onUpdate: ACTIONS[key.on_update] ?? 'no action',
          onDelete: ACTIONS[key.on_delete] ?? 'no action',
        })),
        uniques: (uniquesOf.get(table.oid) ?? []).map((unique) => textArray(unique.columns)),
        checks: (checksOf.get(table.oid) ?? []).map((check) => ({ ...check, columns: textArray(check.columns) })),
        kind: table.kind === 'm' ? 'view' : table.kind === 'f' ? 'foreign' : 'table',
        hasChildren: table.has_children,
      };
      return [name, entry] as const;
    }),
  );
}

/** A one-dimensional text[] in PostgreSQL's text form, without NULLs. */
function textArray(text: string | undefined): string[] {
  if (text === undefined) return [];
  return [...text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g)].map(
    (match) => match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '',
  );
}
