import { type BookshopOptions, createBookshop, type TableCount } from '../../examples/bookshop/generate.js';
import { connectServer, type PooledDatabase } from '../../src/database/connect.js';
import { type Database, quoteName, type Session } from '../../src/database/session.js';
import { testDatabase } from '../support/postgres.js';

export interface Bookshop {
  readonly database: PooledDatabase;
  readonly counts: readonly TableCount[];
  drop(): Promise<void>;
}

/** A bookshop in a database of its own on a test server. */
export async function openBookshop(options: BookshopOptions, make = () => testDatabase()): Promise<Bookshop> {
  const { url, drop } = await make();
  const database = await connectServer({ url, timeZone: 'UTC' });
  const counts = await database.transaction('read committed', (session) => createBookshop(session, options));
  return {
    database,
    counts,
    async drop() {
      await database.close();
      await drop();
    },
  };
}

/** Rows of a query in a transaction of its own. */
export function rowsOf<R extends Record<string, unknown>>(database: Database, sql: string): Promise<R[]> {
  return database.transaction('read committed', (session) => session.query<R>(sql));
}

/** Tables of the shop, without partitions. */
export async function shopTables(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c
     WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
  );
  return rows.map((row) => row.name);
}

/** A digest of every table's rows, whatever their order. */
export function tableDigests(database: Database): Promise<Record<string, string>> {
  return database.transaction('repeatable read', async (session) => {
    const digests: Record<string, string> = {};
    for (const table of await shopTables(session)) {
      const [row] = await session.query<{ digest: string }>(
        `SELECT md5(coalesce(string_agg(line, '' ORDER BY line COLLATE "C"), '')) AS digest
         FROM (SELECT md5(t::text) AS line FROM ${quoteName('shop', table)} t) lines`,
      );
      digests[table] = row?.digest ?? '';
    }
    return digests;
  });
}
