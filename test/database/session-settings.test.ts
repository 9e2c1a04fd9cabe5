import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { connectServer, type PooledDatabase } from '../../src/database/connect.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const TIMEOUTS =
  "SELECT current_setting('idle_session_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout') AS both";
const timeouts = (database: PooledDatabase) =>
  database.transaction('read committed', async (session) => (await session.query<{ both: string }>(TIMEOUTS))[0]?.both);

let workspace: TestWorkspace;
let client: pg.Client;
const role = `gdpr_test_${randomBytes(5).toString('hex')}`;
const EXPORT = ['customer', 'export', '--email', PEOPLE.anna.email, '--verified', 'account login'];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'test'`);
  await client.query(
    `GRANT USAGE ON SCHEMA shop, gdpr TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO ${role}`,
  );
  await client.query(
    `GRANT ALL ON ALL TABLES IN SCHEMA gdpr TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA gdpr TO ${role}`,
  );
});
afterAll(async () => {
  await client.query(`DROP OWNED BY ${role}`);
  await client.query(`DROP ROLE ${role}`);
  await client.end();
  await workspace.remove();
});

function urlAs(user: string): string {
  const url = new URL(workspace.url ?? '');
  url.username = user;
  url.password = 'test';
  return url.href;
}

async function exported(environment: NodeJS.ProcessEnv) {
  return gdpr([...EXPORT, '--json'], {
    cwd: workspace.root,
    environment: { ...workspace.environment, ...environment },
  });
}
const operations = async () => (await client.query('SELECT id, state, subjects FROM gdpr.operation ORDER BY id')).rows;
const archives = () => readdir(join(workspace.root, 'archives')).catch(() => []);

describe('row-level security', { timeout: 60_000 }, () => {
  it('does not matter to a role that no policy concerns', async () => {
    expect((await exported({ DATABASE_URL: urlAs(role) })).code).toBe(0);
  });

  it('that would hide rows refuses the export, which is logged, and nothing else is written', async () => {
    await client.query(
      `ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY; CREATE POLICY halved ON shop.orders FOR SELECT TO ${role} USING (id % 2 = 0)`,
    );
    const [before, known] = [await archives(), await operations()];
    const ran = await exported({ DATABASE_URL: urlAs(role) });
    await client.query('DROP POLICY halved ON shop.orders; ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY');
    const error = jsonErrorOf(ran);
    expect(error).toMatchObject({
      code: 'REFUSED',
      exit: 3,
      message: expect.stringContaining('row-level security'),
      hint: expect.stringContaining('BYPASSRLS'),
    });
    expect(leaksIn(ran.stdout)).toEqual([]);
    expect(await archives()).toEqual(before);
    const logged = (await operations()).filter(({ id }) => !known.some((other) => other.id === id));
    expect(logged).toEqual([expect.objectContaining({ state: 'refused', subjects: [] })]);
  });
});

describe('a connection', { timeout: 60_000 }, () => {
  it('is not ended for resting, whatever the server says', async () => {
    await client.query(
      `ALTER ROLE ${role} SET idle_session_timeout = '1s'; ALTER ROLE ${role} SET idle_in_transaction_session_timeout = '1s'`,
    );
    const database = await connectServer({ url: urlAs(role), timeZone: 'UTC' });
    expect(await timeouts(database)).toBe('0 0');
    await database.close();
    await client.query(`ALTER ROLE ${role} RESET ALL`);
  });

  it('to a database that is read only says to name the primary', async () => {
    await client.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    const error = jsonErrorOf(await exported({ DATABASE_URL: urlAs(role) }));
    await client.query(`ALTER ROLE ${role} RESET ALL`);
    expect(error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('read-only replica'),
      hint: expect.stringContaining('primary'),
    });
  });
});

describe('a database in another encoding', { timeout: 60_000 }, () => {
  const name = `${inject('testServer').prefix}latin1`;
  beforeAll(() =>
    client.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`),
  );
  afterAll(() => client.query(`DROP DATABASE ${name} WITH (FORCE)`));

  it.each([[EXPORT], [['db', 'migrate']]])('is refused before anything is done: %s', async (args) => {
    const url = new URL(workspace.url ?? '');
    url.pathname = name;
    const ran = await gdpr([...args, '--json'], {
      cwd: workspace.root,
      environment: { ...workspace.environment, DATABASE_URL: url.href },
    });
    expect(jsonErrorOf(ran)).toMatchObject({
      code: 'WRONG_DATABASE',
      exit: 6,
      message: expect.stringContaining('LATIN1'),
      hint: expect.stringContaining('UTF8'),
    });
  });
});
