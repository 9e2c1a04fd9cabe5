import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectServer, type PooledDatabase } from '../../src/database/connect.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let client: pg.Client;
const open: PooledDatabase[] = [];

async function connect(): Promise<PooledDatabase> {
  const database = await connectServer({ url: workspace.url ?? '', timeZone: 'Europe/Riga' });
  open.push(database);
  return database;
}

const HOLDERS = `SELECT count(DISTINCT pid)::int AS sessions, count(*)::int AS locks FROM pg_locks
  WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const holders = async () => (await client.query<{ sessions: number; locks: number }>(HOLDERS)).rows[0];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
});
afterAll(async () => {
  for (const database of open) await database.close();
  await client.end();
  await workspace.remove();
});

describe('locks that last beyond transactions', () => {
  it('share a connection, and leave it with the last of them', async () => {
    const database = await connect();
    const keys = Array.from({ length: 20 }, (_, i) => `operation ${i}`);
    const releases = await Promise.all(keys.map((key) => database.lock(key)));
    expect(await holders()).toEqual({ sessions: 1, locks: 20 });
    await Promise.all(releases.map((release) => release?.()));
    expect(await holders()).toEqual({ sessions: 0, locks: 0 });
  });

  it('are held by one at a time: not by another process, and not by this one again', async () => {
    const [one, other] = [await connect(), await connect()];
    const release = await one.lock('the list');
    expect(await one.lock('the list')).toBeUndefined();
    expect(await other.lock('the list')).toBeUndefined();
    await release?.();
    const again = await other.lock('the list');
    expect(again).toBeTypeOf('function');
    expect(await one.lock('the list')).toBeUndefined();
    await again?.();
    expect(await holders()).toEqual({ sessions: 0, locks: 0 });
  });

  it('are gone with a lost connection, after which the next is taken on another', async () => {
    const database = await connect();
    const release = await database.lock('first');
    await client.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await expect(database.lock('second')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const next = await database.lock('second');
    expect(next).toBeTypeOf('function');
    await release?.();
    expect(await holders()).toEqual({ sessions: 1, locks: 1 });
    await next?.();
    expect(await holders()).toEqual({ sessions: 0, locks: 0 });
  });
});
