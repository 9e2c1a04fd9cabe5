import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
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
