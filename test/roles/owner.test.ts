import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDemo } from '../../examples/bookshop/demo.js';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { printRoles } from '../../src/roles/print-roles.js';
import { openWorkspace } from '../../src/workspace/open.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { plainEnvironment } from '../support/run-process.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace } from '../support/workspace.js';
import { dropRoles, makeLogin, rolePrefix, run, urlAs } from './support.js';

const prefix = rolePrefix();
let database: TestDatabase;
let root: string;

beforeAll(async () => {
  database = await testDatabase();
  root = await mkdtemp(join(tmpdir(), 'gdpr-test-owner-'));
  await run(
    database.url,
    `CREATE ROLE ${prefix}owner NOLOGIN; GRANT CREATE ON DATABASE ${database.name} TO ${prefix}owner`,
  );
  await makeLogin(database.url, `${prefix}admin`, [`${prefix}owner`]);
  await run(database.url, `ALTER ROLE ${prefix}admin SET role = ${prefix}owner`);
});
afterAll(async () => {
  await database.drop();
  await rm(root, { recursive: true, force: true });
  await dropRoles(prefix);
});

describe('the owner', { timeout: 240_000 }, () => {
  const environment = () => ({ GDPR_OPERATOR: 'admin', DATABASE_URL: urlAs(database.url, `${prefix}admin`) });
  const command = (...args: string[]) => gdpr(args, { cwd: root, environment: environment() });

  it('makes and migrates the tables without being a superuser, and everything in them is theirs', async () => {
    expect((await command('init')).code).toBe(0);
    const { migrations } = jsonOf<{ migrations: string[] }>(await command('db', 'migrate', '--json'), 'db-migrate');
    expect(migrations.length).toBeGreaterThan(4);
    const owners = await run(
      database.url,
      `SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'gdpr'::regnamespace
       UNION SELECT DISTINCT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'gdpr'::regnamespace`,
    );
    expect(owners).toEqual([{ owner: `${prefix}owner` }]);
    expect((await command('db', 'migrate')).stdout).toContain('up to date');
  });
});

describe('a hosted server without a superuser', { timeout: 240_000 }, () => {
  it('runs the SQL as the owner of the database, who may make roles', async () => {
    const hosted = await testDatabase();
    const shop = await mkdtemp(join(tmpdir(), 'gdpr-test-hosted-'));
    try {
      const login = `${prefix}hosted`;
      await makeLogin(hosted.url, login, []);
      await run(hosted.url, `ALTER ROLE ${login} CREATEROLE; ALTER DATABASE ${hosted.name} OWNER TO ${login}`);
      const url = urlAs(hosted.url, login);
      const environment = { ...plainEnvironment(), GDPR_OPERATOR: 'hosted', DATABASE_URL: url };
      const surroundings = {
        folder: shop,
        environment,
        passphrase: async () => undefined,
        signal: new AbortController().signal,
      };
      await makeDemo(surroundings, shop, { customers: 200, seed: 1 }, () => {});
      const print = async () => {
        const open = await openWorkspace(surroundings);
        try {
          return (await printRoles(open, { prefix: `${prefix}hosted_` })).sql;
        } finally {
          await open.database.close();
        }
      };
      await run(url, await print());
      await run(url, await print());
      await makeLogin(url, `${prefix}ilze`, [`${prefix}hosted_operator`]);
      const args = ['customer', 'export', '--email', PEOPLE.petr.email, '--verified', 'account login', '--json'];
      const ilze = { ...environment, DATABASE_URL: urlAs(hosted.url, `${prefix}ilze`) };
      jsonOf(await gdpr(args, { cwd: shop, environment: ilze }), 'customer-export');
      await expect(run(ilze.DATABASE_URL, 'DELETE FROM gdpr.audit_entry')).rejects.toMatchObject({ code: '42501' });
    } finally {
      await hosted.drop();
      await rm(shop, { recursive: true, force: true });
    }
  });
});

describe('gdpr db roles', { timeout: 240_000 }, () => {
  it('prints SQL and what it is about, and takes a prefix and purposes', async () => {
    const workspace = await bookshopWorkspace();
    try {
      const roles = (...args: string[]) =>
        gdpr(['db', 'roles', ...args], { cwd: workspace.root, environment: workspace.environment });
      const text = await roles('--prefix', 'privacy_', '--audience', 'wishes');
      expect(text).toMatchObject({ code: 0, stderr: '' });
      expect(text.stdout).toMatch(/^GRANT SELECT \(.*"segment".*\) ON "shop"\."customers" TO "privacy_marketer";$/m);
      const json = jsonOf<{ sql: string; roles: Record<string, string> }>(await roles('--json'), 'db-roles');
      expect(json).toMatchObject({ audience: ['marketing'], rowSecurity: [], roles: { owner: 'gdpr_owner' } });
      expect(json.sql).not.toContain('privacy_');
      for (const prefix of ['pg_', 'A', 'a"b', `a${'b'.repeat(50)}`])
        expect(jsonErrorOf(await roles('--prefix', prefix, '--json'))).toMatchObject({ code: 'USAGE' });
      expect(jsonErrorOf(await roles('--audience', 'nothing', '--json'))).toMatchObject({ code: 'USAGE' });
    } finally {
      await workspace.remove();
    }
  });

  it.skipIf(!outsideTool('postgresql-15').available)('prints what PostgreSQL 15 takes', async () => {
    const workspace = await bookshopWorkspace({ server: 'pg15' });
    try {
      const url = workspace.url ?? '';
      const ran = await gdpr(['db', 'roles'], { cwd: workspace.root, environment: workspace.environment });
      await run(url, ran.stdout);
      await run(url, ran.stdout);
      await makeLogin(url, `${prefix}ilze`, ['gdpr_operator']);
      const args = ['customer', 'export', '--email', PEOPLE.petr.email, '--verified', 'account login', '--json'];
      const environment = { ...workspace.environment, DATABASE_URL: urlAs(url, `${prefix}ilze`) };
      jsonOf(await gdpr(args, { cwd: workspace.root, environment }), 'customer-export');
    } finally {
      await workspace.remove();
    }
  });

  it('has nothing to print for the embedded database', async () => {
    const workspace = await bookshopWorkspace({ server: 'embedded' });
    try {
      const ran = await gdpr(['db', 'roles', '--json'], { cwd: workspace.root, environment: workspace.environment });
      expect(jsonErrorOf(ran)).toMatchObject({ code: 'REFUSED', exit: 3 });
    } finally {
      await workspace.remove();
    }
  });
});
