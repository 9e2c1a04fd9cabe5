import { quoteName, type Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { parseTableName, type TableName } from '../../datamap/names.js';
import { GdprError } from '../../foundation/errors.js';
import type { OpenWorkspace } from '../../workspace/open.js';
import { indexName, indexScript, type LiveTables, NAME_PATTERN, type TreeTable } from './script.js';
import { type IndexState, indexStates } from './states.js';
import { type WantedIndex, wantedIndexes } from './wanted.js';

/** One index as the command tells of it. */
interface PrintedIndex {
  readonly table: string;
  readonly why: WantedIndex['why'];
  /** The columns, and places in their JSON, that it is on. */
  readonly on: string;
  readonly keys: readonly string[];
  readonly state: IndexState['state'];
  /** The index that serves, or the name under which the SQL makes it; null where it cannot be made. */
  readonly name: string | null;
  readonly because?: string;
}

export interface PrintedIndexes {
  readonly sql: string;
  readonly missing: number;
  readonly indexes: readonly PrintedIndex[];
  /** Indexes of an earlier version, which nothing asks for any more. */
  readonly unasked: readonly string[];
}

/**
 * The SQL that makes the indexes which this workspace's map asks for and the database does not have; nothing is changed.
 * @throws GdprError REFUSED on the embedded database, DRIFT
 */
export async function printIndexes({ database, model, config }: OpenWorkspace): Promise<PrintedIndexes> {
  if (config.database === 'embedded') {
    throw new GdprError('REFUSED', 'the embedded database takes no SQL from others', {
      hint: 'it is for trying the tool; indexes are for a PostgreSQL server',
    });
  }
  return database.transaction('read committed', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const states = await indexStates(session, catalog, wantedIndexes(model, catalog));
    const live = await readLive(session, states);
    return {
      sql: indexScript(states, live),
      missing: states.filter(({ state }) => state === 'missing').length,
      indexes: states.map(printed),
      unasked: live.unasked.map(({ schema, table }) => quoteName(schema, table)),
    };
  });
}

function printed(index: IndexState): PrintedIndex {
  const { table, why, on, keys, state } = index;
  if (state === 'impossible') return { table, why, on, keys, state, name: null, because: index.because };
  return { table, why, on, keys, state, name: state === 'exists' ? index.name : indexName(tableName(table), index) };
}

function tableName(name: string): TableName {
  const table = parseTableName(name);
  if (table === undefined) throw new Error(`${name} names no table`);
  return table;
}

async function readLive(session: Session, states: readonly IndexState[]): Promise<LiveTables> {
  const trees = new Map<string, TreeTable[]>();
  for (const { table, state } of states) {
    if (!trees.has(table) && state !== 'impossible') trees.set(table, await treeOf(session, tableName(table)));
  }
  const made = await session.query<{ schema: string; table: string; valid: boolean }>(
    `SELECT n.nspname AS schema, i.relname AS "table", x.indisvalid AS valid
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
     WHERE i.relname ~ $1 AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.oid) ORDER BY 1, 2`,
    [NAME_PATTERN],
  );
  const asked = new Set(
    states.flatMap((index) =>
      (trees.get(index.table) ?? []).map((table) => quoteName(table.schema, indexName(table, index))),
    ),
  );
  const full = ({ schema, table }: TableName) => quoteName(schema, table);
  return {
    trees,
    unasked: made.filter((index) => !asked.has(full(index))),
    broken: new Set(made.filter(({ valid }) => !valid).map(full)),
  };
}

async function treeOf(session: Session, table: TableName): Promise<TreeTable[]> {
  const rows = await session.query<{
    schema: string;
    table: string;
    leaf: boolean;
    parent_schema: string | null;
    parent: string | null;
  }>(
    `SELECT n.nspname AS schema, c.relname AS "table", c.relkind <> 'p' AS leaf,
       pn.nspname AS parent_schema, pc.relname AS parent
     FROM (SELECT relid, parentrelid, level FROM pg_partition_tree($1::regclass) UNION ALL
           SELECT $1::regclass, NULL, 0 WHERE NOT EXISTS (SELECT FROM pg_partition_tree($1::regclass))) p
     JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_class pc ON p.level > 0 AND pc.oid = p.parentrelid LEFT JOIN pg_namespace pn ON pn.oid = pc.relnamespace
     ORDER BY p.level, n.nspname, c.relname`,
    [quoteName(table.schema, table.table)],
  );
  return rows.map(({ schema, table: name, leaf, parent_schema, parent }) => ({
    schema,
    table: name,
    leaf,
    parent: parent_schema === null || parent === null ? undefined : { schema: parent_schema, table: parent },
  }));
}
