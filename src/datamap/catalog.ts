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
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: string;
  readonly referencedColumns: readonly string[];
}

export interface CatalogTable {
  /** Canonical `schema.table`. */
  readonly name: string;
  readonly columns: ReadonlyMap<string, CatalogColumn>;
  /** Columns of the primary key, or else of a unique index without NULLs; empty when the table has neither. */
  readonly key: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Whether other tables inherit from it without being its partitions; it is then read with ONLY. */
  readonly hasChildren: boolean;
}

/** Every table of the live database that can hold rows of its own, by canonical name. */
export type Catalog = ReadonlyMap<string, CatalogTable>;

const SYSTEM = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'gdpr')`;

/** Ordinary, partitioned and foreign tables and materialised views; partitions stand behind their parent. */
const TABLES = `
SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name,
       EXISTS (SELECT FROM pg_inherits i JOIN pg_class child ON child.oid = i.inhrelid
               WHERE i.inhparent = c.oid AND NOT child.relispartition) AS has_children
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relispartition AND ${SYSTEM}
ORDER BY 2, 3`;

const COLUMNS = `
SELECT a.attrelid::text AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
       format_type(CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END, -1) AS base_type,
       a.attnotnull OR t.typnotnull AS not_null, a.attgenerated <> '' AS generated
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
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
  AND NOT EXISTS (SELECT FROM unnest(x.indkey::int2[]) k (attnum)
                  JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum WHERE NOT a.attnotnull)
ORDER BY x.indrelid, x.indisprimary DESC, x.indnkeyatts, x.indexrelid`;

const FOREIGN_KEYS = `
SELECT k.conrelid::text AS oid, k.conname AS name, rn.nspname AS ref_schema, r.relname AS ref_name,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (attnum, n)
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum ORDER BY u.n) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (attnum, n)
             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.attnum ORDER BY u.n) AS ref_columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND ${SYSTEM}
ORDER BY k.conrelid, k.conname`;

/** Reads the live catalogue in four statements, whatever the number of tables. */
export async function readCatalog(session: Session): Promise<Catalog> {
  const tables = await session.query<{ oid: string; schema: string; name: string; has_children: boolean }>(TABLES);
  const columns = await session.query<{
    oid: string;
    name: string;
    type: string;
    base_type: string;
    not_null: boolean;
    generated: boolean;
  }>(COLUMNS);
  const keys = await session.query<{ oid: string; columns: string }>(KEYS);
  const foreignKeys = await session.query<{
    oid: string;
    name: string;
    ref_schema: string;
    ref_name: string;
    columns: string;
    ref_columns: string;
  }>(FOREIGN_KEYS);
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
            },
          ]),
        ),
        key: textArray(keyOf.get(table.oid)),
        foreignKeys: (foreignKeysOf.get(table.oid) ?? []).map((key) => ({
          name: key.name,
          columns: textArray(key.columns),
          references: formatTableName({ schema: key.ref_schema, table: key.ref_name }),
          referencedColumns: textArray(key.ref_columns),
        })),
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
