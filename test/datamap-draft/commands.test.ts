import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { connectServer } from '../../src/database/connect.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { completeDraft } from './complete.js';

let folder: string;
let shop: TestDatabase;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-draft-'));
  shop = await testDatabase();
  const connection = await connectServer({ url: shop.url, timeZone: 'UTC' });
  try {
    await connection.knex.raw('CREATE TABLE public.clients (id bigint PRIMARY KEY, email text, full_name text)');
    await connection.knex.raw("INSERT INTO public.clients VALUES (1, 'zane@pasts.example', 'Zane Kalniņa')");
  } finally {
    await connection.close();
  }
  environment = { DATABASE_URL: shop.url, GDPR_OPERATOR: 'tester', GDPR_COPY_PASSPHRASE: 'five random words of mine' };
});
afterAll(async () => {
  await shop?.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('from nothing to the first export of an own shop', () => {
  const run = (...args: string[]) => gdpr(args, { cwd: folder, environment });
  const map = () => join(folder, 'datamap.yaml');

  it('drafts outside a workspace what DATABASE_URL names, on a clean standard output', async () => {
    const { code, stdout, stderr } = await run('datamap', 'draft');
    expect(code).toBe(0);
    expect(Object.keys((parse(stdout) as { tables: object }).tables)).toEqual(['public.clients']);
    expect(stderr).toMatch(/^1 table, 1 with people in them; \d+ places to decide\.\n$/);
    expect(stdout).not.toContain('zane');
  });

  it('makes a workspace without touching a database, once', async () => {
    const made = await gdpr(['init', '--json'], { cwd: folder });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(jsonOf(made, 'init')).toEqual({ root: folder, config: join(folder, 'gdpr.yaml'), datamap: map() });
    expect((await stat(join(folder, '.gdpr'))).mode & 0o777).toBe(0o700);
    expect(await readFile(join(folder, 'gdpr.yaml'), 'utf8')).toMatch(/^database: server$/m);
    const again = await run('init', '--json');
    expect(again.code).toBe(2);
    expect(jsonErrorOf(again)).toMatchObject({ code: 'ALREADY_EXISTS', exit: 2 });
  });

  it('says that DATABASE_URL is missing instead of opening another database', async () => {
    const { code, stderr } = await gdpr(['datamap', 'draft'], { cwd: folder });
    expect(code).toBe(7);
    expect(stderr).toContain('DATABASE_URL');
  });

  it('makes its own tables before there is a map, and refuses to work without one', async () => {
    expect((await run('db', 'migrate')).code).toBe(0);
    const { code, stderr } = await run('datamap', 'check');
    expect(code).toBe(2);
    expect(stderr).toContain('controller.name: still to decide');
  });

  it('writes the draft over the untouched map only', async () => {
    const written = await run('datamap', 'draft', '--write');
    expect(written).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(map(), 'utf8')).toContain('public.clients:');
    const before = await readFile(map(), 'utf8');
    const again = await run('datamap', 'draft', '--write');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is not written over');
    expect(await readFile(map(), 'utf8')).toBe(before);
  });

  it('drafts a table that is asked for, and names one that is not there', async () => {
    const found = await run('datamap', 'draft', '--table', 'public.clients', '--json');
    expect(jsonOf(found, 'datamap-draft')).toMatchObject({
      tables: 1,
      personal: 1,
      text: expect.stringMatching(/^tables:\n {2}public\.clients:/),
    });
    const missing = await run('datamap', 'draft', '--table', 'public.client', '--json');
    expect(missing.code).toBe(2);
    expect(jsonErrorOf(missing)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('public.client'),
    });
    expect((await run('datamap', 'draft', '--write', '--table', 'public.clients')).code).toBe(2);
  });

  it('exports a person once the map is complete', async () => {
    await writeFile(map(), completeDraft(await readFile(map(), 'utf8')));
    expect(await run('datamap', 'check')).toMatchObject({ code: 0, stderr: '' });
    expect((await run('key', 'init', '--copy', join(folder, 'copy.age'))).code).toBe(0);
    const { code, stdout } = await run(
      'customer',
      'export',
      '--email',
      'ZANE@pasts.example',
      '--verified',
      'account login',
      '--json',
    );
    expect(code).toBe(0);
    const { tables } = JSON.parse(stdout) as { tables: { table: string; rows: number }[] };
    expect(tables.filter(({ table }) => !table.startsWith('gdpr.'))).toEqual([{ table: 'public.clients', rows: 1 }]);
  });
});
