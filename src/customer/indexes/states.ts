import { quoteIdentifier, quoteName, type Session } from '../../database/session.js';
import type { Catalog, CatalogTable } from '../../datamap/catalog.js';
import { parseTableName, type TableName } from '../../datamap/names.js';
import { groupBy } from '../../foundation/group.js';
import type { WantedIndex } from './wanted.js';

/** A wanted index beside what the database has. */
export type IndexState = WantedIndex &
  (
    | { readonly state: 'exists'; readonly name: string }
    | { readonly state: 'missing' }
    | { readonly state: 'impossible'; readonly because: string }
  );

/** One key of an index: its definition as PostgreSQL prints it, operator class and collation. */
type Key = readonly [definition: string, operators: string, collation: string];

interface LiveIndex {
  readonly name: string;
  readonly method: string;
  readonly keys: readonly Key[];
  readonly predicate: string | null;
}

/** The text of JSON that is no `jsonb` is read through this function of the tool's own. */
const OWN_FUNCTION = 'gdpr.json_or_null(text)';

/**
 * Compares what is wanted with what is there, whoever made it and under whatever name: each wanted index is made on an
 * empty temporary copy of its table, and PostgreSQL's own words for it are looked for among those of the table's.
 * Runs in the caller's transaction.
 */
export async function indexStates(
  session: Session,
  catalog: Catalog,
  wanted: readonly WantedIndex[],
): Promise<IndexState[]> {
  const granted = await everybodyMayCall(session);
  const states = new Map<WantedIndex, IndexState>();
  for (const [name, group] of groupBy(wanted, ({ table }) => table)) {
    const table = catalog.get(name);
    const written = parseTableName(name);
    if (table === undefined || written === undefined) continue;
    const there = await indexesOf(session, quoteName(written.schema, written.table));
    const copy = quoteName('pg_temp', 'gdpr_indexed');
    await session.run(`CREATE TEMPORARY TABLE gdpr_indexed (LIKE ${quoteName(written.schema, written.table)})`);
    for (const each of group) {
      const because = await hindrance(session, table, written, each, granted);
      const models = because === undefined ? await modelsOf(session, copy, each) : [];
      const found = there.find((index) => models.some((model) => serves(index, model, each)));
      if (found !== undefined) states.set(each, { ...each, state: 'exists', name: found.name });
      else if (because !== undefined) states.set(each, { ...each, state: 'impossible', because });
      else if (models.length > 0) states.set(each, { ...each, state: 'missing' });
      else states.set(each, { ...each, state: 'impossible', because: 'PostgreSQL takes no index on this expression' });
    }
    await session.run(`DROP TABLE ${copy}`);
  }
  return wanted.flatMap((each) => states.get(each) ?? []);
}

/** Why the index cannot be, or should not be, made as things are. */
async function hindrance(
  session: Session,
  table: CatalogTable,
  { schema, table: name }: TableName,
  { keys }: WantedIndex,
  granted: boolean,
): Promise<string | undefined> {
  if (table.kind === 'foreign') return 'the table is on another server';
  if (!granted && keys.some((key) => key.includes('gdpr.'))) {
    return `whoever may not call ${OWN_FUNCTION} could not store a row any more; first run GRANT EXECUTE ON FUNCTION ${OWN_FUNCTION} TO PUBLIC`;
  }
  const [foreign] = await session.query(
    `SELECT FROM pg_partition_tree($1::regclass) p JOIN pg_class c ON c.oid = p.relid WHERE c.relkind = 'f' LIMIT 1`,
    [quoteName(schema, name)],
  );
  return foreign === undefined ? undefined : 'a partition is on another server';
}

/** A stored row's expressions are computed by whoever stores it, who may be any role of the shop's. */
async function everybodyMayCall(session: Session): Promise<boolean> {
  const [row] = await session.query<{ granted: boolean }>(
    `SELECT has_function_privilege('public', $1, 'EXECUTE') AS granted`,
    [OWN_FUNCTION],
  );
  return row?.granted === true;
}

/** The wanted index as PostgreSQL understands it, with each of its methods; none where it takes no such index. */
async function modelsOf(session: Session, copy: string, { methods, keys }: WantedIndex): Promise<LiveIndex[]> {
  await session.run('SAVEPOINT gdpr_model');
  try {
    for (const method of methods) {
      await session.run(`CREATE INDEX ON ${copy} USING ${method} (${keys.join(', ')})`);
    }
    const models = await indexesOf(session, copy);
    await session.run('ROLLBACK TO SAVEPOINT gdpr_model');
    return models;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !UNINDEXABLE.has(String(error.code))) throw error;
    await session.run('ROLLBACK TO SAVEPOINT gdpr_model');
    return [];
  }
}

/** invalid_object_definition: a cast that depends on settings; undefined_object: a type without an operator class. */
const UNINDEXABLE = new Set(['42P17', '42704']);

async function indexesOf(session: Session, table: string): Promise<LiveIndex[]> {
  const rows = await session.query<{ name: string; method: string; keys: string; predicate: string | null }>(
    `SELECT i.relname AS name, m.amname AS method, pg_get_expr(x.indpred, x.indrelid, true) AS predicate,
       (SELECT json_agg(json_build_array(pg_get_indexdef(x.indexrelid, k, true), x.indclass[k - 1]::text, x.indcollation[k - 1]::text) ORDER BY k)
        FROM generate_series(1, x.indnkeyatts::integer) k)::text AS keys
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
     WHERE x.indrelid = $1::regclass AND x.indisvalid AND x.indisready ORDER BY i.relname`,
    [table],
  );
  return rows.map((row) => ({ ...row, keys: JSON.parse(row.keys) as Key[] }));
}

/**
 * Whether the index finds what the wanted one finds: it begins with the wanted keys in any order, between columns that
 * the statement gives a value too; rows that it leaves out because a wanted column is NULL are never looked for.
 */
function serves(index: LiveIndex, model: LiveIndex, { beside }: WantedIndex): boolean {
  if (index.method !== model.method) return false;
  if (index.predicate !== null && !model.keys.some(([key]) => index.predicate === `${key} IS NOT NULL`)) return false;
  const text = (key: Key) => JSON.stringify(key);
  const wanted = new Set(model.keys.map(text));
  const free = new Set(beside);
  // A GIN index finds by any of its columns, a B-tree by those that it begins with.
  const other = index.keys.findIndex((key) => !wanted.has(text(key)) && !free.has(quoted(key[0])));
  const usable = index.method === 'gin' || other === -1 ? index.keys : index.keys.slice(0, other);
  const found = new Set(usable.map(text));
  return [...wanted].every((key) => found.has(key));
}

/** PostgreSQL prints a name with quotation marks only where it needs them. */
function quoted(definition: string): string {
  return definition.startsWith('"') ? definition : quoteIdentifier(definition);
}
