import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectEmbedded } from '../../src/database/embedded.js';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr, type Ran, ROOT } from '../commands/program.js';
import { faults, type JsonError, jsonErrorOf } from '../commands/schemas.js';
import { testDatabase } from '../support/postgres.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const EXPORT = ['customer', 'export', '--email', TYPED.email, '--verified', 'account login'];

let workspace: TestWorkspace;
let copies: string[] = [];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  // The journal is made before the folder is copied: without it a copy would rightly be refused.
  await gdpr(['audit', 'checkpoint'], { cwd: workspace.root, environment: workspace.environment });
});
afterAll(() => workspace.remove());
afterEach(async () => {
  for (const copy of copies) await rm(copy, { recursive: true, force: true });
  copies = [];
});

/** The workspace's files in another folder, over the same database. */
async function copyOf({ root }: TestWorkspace): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gdpr-refusal-'));
  copies.push(folder);
  await cp(root, folder, { recursive: true });
  return folder;
}

async function sql(url: string | undefined, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

interface Refused {
  readonly error: JsonError;
  readonly text: Ran;
}

/** The same refusal as text and as JSON: clean streams, one exit code, nothing of the person, nothing left behind. */
async function refused(
  folder: string,
  environment: NodeJS.ProcessEnv,
  args: readonly string[] = EXPORT,
): Promise<Refused> {
  const text = await gdpr(args, { cwd: folder, environment });
  const json = await gdpr([...args, '--json'], { cwd: folder, environment });
  const error = jsonErrorOf(json);
  expect(text).toMatchObject({ code: error.exit, stdout: '' });
  expect(text.stderr).toContain(error.message);
  expect(text.stderr).toContain(error.hint);
  expect(leaksIn(text.stderr + json.stdout)).toEqual([]);
  expect(error.message + error.hint).not.toContain(new URL(workspace.url ?? '').password);
  const archives = await readdir(join(folder, 'archives')).catch(() => []);
  expect(archives.filter((name) => name.endsWith('.partial'))).toEqual([]);
  return { error, text };
}

describe('a workspace whose files are not in order', { timeout: 240_000 }, () => {
  it('needs a gdpr.yaml without unknown keys, and says which', async () => {
    const folder = await copyOf(workspace);
    await writeFile(join(folder, 'gdpr.yaml'), 'database: server\narchivs: archives\n');
    const { error } = await refused(folder, workspace.environment);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exit: 2, message: expect.stringContaining('archivs') });
  });

  it('needs a valid map', async () => {
    const folder = await copyOf(workspace);
    await writeFile(
      join(folder, 'datamap.yaml'),
      (await readFile(join(folder, 'datamap.yaml'), 'utf8')).replace('    kind: email', '    kind: e-mail'),
    );
    await writeFile(
      join(folder, 'datamap.yaml'),
      `${await readFile(join(folder, 'datamap.yaml'), 'utf8')}\nsurprise: true\n`,
    );
    const { error } = await refused(folder, workspace.environment);
    expect(error).toMatchObject({ code: 'MAP_INVALID', exit: 2, message: expect.stringContaining('surprise') });
  });

  it('is one folder with its state: a damaged installation id is no bug', async () => {
    const folder = await copyOf(workspace);
    await writeFile(join(folder, '.gdpr', 'installation.json'), '{"id": ');
    const { error } = await refused(folder, workspace.environment);
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('installation.json is damaged'),
    });
  });

  it('needs its keys: missing, readable by others, or of another installation', async () => {
    const missing = await copyOf(workspace);
    await rm(join(missing, '.gdpr', 'keys'), { recursive: true });
    expect((await refused(missing, workspace.environment)).error).toMatchObject({ code: 'KEY_MISSING', exit: 7 });

    const exposed = await copyOf(workspace);
    await chmod(join(exposed, '.gdpr', 'keys', 'signing.key.pem'), 0o644);
    expect((await refused(exposed, workspace.environment)).error).toMatchObject({
      code: 'KEY_EXPOSED',
      exit: 3,
      hint: expect.stringContaining('chmod 600'),
    });

    const { initKeys } = await import('../../src/keys/keys.js');
    const wrong = await copyOf(workspace);
    await rm(join(wrong, '.gdpr', 'keys'), { recursive: true });
    await initKeys(join(wrong, '.gdpr', 'keys'), { organization: 'Other', commonName: 'other', now: new Date() });
    expect((await refused(wrong, workspace.environment)).error).toMatchObject({ code: 'KEY_WRONG', exit: 6 });
  });

  it('cannot write into archives that it may not write, and says so without trace', async () => {
    const folder = await copyOf(workspace);
    await writeFile(join(folder, 'archives'), 'not a folder');
    const { error } = await refused(folder, workspace.environment);
    expect(error).toMatchObject({ code: 'FILE_UNAVAILABLE', exit: 7, message: expect.stringContaining('archives') });
  });
});

describe('a workspace and a database', { timeout: 240_000 }, () => {
  it('belong together: the database of another installation is refused', async () => {
    const folder = await copyOf(workspace);
    await writeFile(
      join(folder, '.gdpr', 'installation.json'),
      `${JSON.stringify({ id: 'a'.repeat(26), database: 'server' })}\n`,
    );
    const { error } = await refused(folder, workspace.environment);
    expect(error).toMatchObject({ code: 'WRONG_DATABASE', exit: 6 });
    expect((await refused(folder, workspace.environment, ['db', 'migrate'])).error).toMatchObject({
      code: 'WRONG_DATABASE',
      exit: 6,
    });
  });

  it('of a server: without DATABASE_URL no embedded one is opened in its place', async () => {
    const folder = await copyOf(workspace);
    const { DATABASE_URL: _, ...without } = workspace.environment;
    expect((await refused(folder, without)).error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('DATABASE_URL'),
    });
    expect((await refused(folder, { ...without, DATABASE_URL: '' })).error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    // Not even when gdpr.yaml was changed to say so.
    await writeFile(join(folder, 'gdpr.yaml'), 'database: embedded\n');
    expect((await refused(folder, without)).error).toMatchObject({ code: 'WRONG_DATABASE', exit: 6 });
    expect(await readdir(join(folder, '.gdpr'))).not.toContain('data');
  });

  it('that cannot be reached, does not take the password, or is not there', async () => {
    const url = (change: (url: URL) => void) => {
      const changed = new URL(workspace.url ?? '');
      change(changed);
      return { ...workspace.environment, DATABASE_URL: changed.href };
    };
    const folder = await copyOf(workspace);
    const down = await refused(
      folder,
      url((it) => {
        it.port = '1';
      }),
    );
    expect(down.error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', exit: 7 });
    const password = await refused(
      folder,
      url((it) => {
        it.password = 'not-the-password';
      }),
    );
    expect(password.error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('password'),
    });
    expect(JSON.stringify(password)).not.toContain('not-the-password');
    const missing = await refused(
      folder,
      url((it) => {
        it.pathname = '/no_such_database';
      }),
    );
    expect(missing.error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', exit: 7 });
    const remote = await refused(folder, {
      ...workspace.environment,
      DATABASE_URL: 'postgresql://u:secret@db.example/shop?sslmode=disable',
    });
    expect(remote.error).toMatchObject({ code: 'REFUSED', exit: 3, message: expect.stringContaining('TLS') });
    const nonsense = await refused(folder, {
      ...workspace.environment,
      DATABASE_URL: 'mysql://u:secret@db.example/shop',
    });
    expect(nonsense.error).toMatchObject({ code: 'CONFIG_INVALID', exit: 2 });
    expect(JSON.stringify([remote, nonsense])).not.toContain('secret');
    await writeFile(join(folder, 'gdpr.yaml'), 'database: { ca: no-such-ca.pem, tls: require }\n');
    expect((await refused(folder, workspace.environment)).error).toMatchObject({
      code: 'FILE_UNAVAILABLE',
      exit: 7,
      message: expect.stringContaining('no-such-ca.pem'),
    });
  });

  it('that was never migrated, or by a newer version', async () => {
    const folder = await copyOf(workspace);
    const empty = await testDatabase();
    const { error } = await refused(folder, { ...workspace.environment, DATABASE_URL: empty.url });
    expect(error).toMatchObject({ code: 'NOT_MIGRATED', exit: 6, hint: expect.stringContaining('gdpr db migrate') });
    await empty.drop();

    const other = await bookshopWorkspace();
    await sql(other.url, "INSERT INTO gdpr.migration (name, batch, migration_time) VALUES ('9999_future', 9, now())");
    expect((await refused(other.root, other.environment)).error).toMatchObject({
      code: 'NOT_MIGRATED',
      exit: 6,
      message: expect.stringContaining('newer'),
    });
    expect((await refused(other.root, other.environment, ['db', 'migrate'])).error).toMatchObject({
      code: 'NOT_MIGRATED',
      exit: 6,
      message: expect.stringContaining('newer'),
    });
    await other.remove();
  });

  it('that has a column the map does not know', async () => {
    const other = await bookshopWorkspace();
    await sql(
      other.url,
      'ALTER TABLE shop.customers ADD COLUMN nickname text',
      'CREATE TABLE shop.friends (of bigint REFERENCES shop.customers, note text)',
    );
    const { error } = await refused(other.root, other.environment);
    expect(error).toMatchObject({
      code: 'DRIFT',
      exit: 6,
      message: expect.stringContaining('shop.customers.nickname'),
    });
    const check = await gdpr(['datamap', 'check', '--json'], { cwd: other.root, environment: other.environment });
    expect(check.code).toBe(6);
    const found = JSON.parse(check.stdout) as { drift: { table: string; column?: string }[] };
    expect(faults('datamap-check', found)).toEqual([]);
    expect(found.drift.map(({ table, column }) => `${table}.${column ?? ''}`)).toEqual(
      expect.arrayContaining(['shop.customers.nickname', 'shop.friends.']),
    );
    // The refusal is in the log.
    const list = await gdpr(['audit', 'list', '--json'], { cwd: other.root, environment: other.environment });
    expect((JSON.parse(list.stdout) as { entries: unknown[] }).entries.at(-1)).toMatchObject({
      action: 'customer export',
      result: 'refused',
      code: 'DRIFT',
    });
    await other.remove();
  });

  it('that was restored from an older backup: the journal is ahead', async () => {
    const other = await bookshopWorkspace();
    const backup = await testDatabase({ template: new URL(other.url ?? '').pathname.slice(1) });
    expect((await gdpr(EXPORT, { cwd: other.root, environment: other.environment })).code).toBe(0);
    const restored = { ...other.environment, DATABASE_URL: backup.url };
    for (const args of [EXPORT, ['customer', 'find', '--email', TYPED.email], ['recover'], ['audit', 'checkpoint']]) {
      expect((await refused(other.root, restored, args)).error).toMatchObject({ code: 'LOG_BEHIND_JOURNAL', exit: 5 });
    }
    const verify = await gdpr(['audit', 'verify', '--json'], { cwd: other.root, environment: restored });
    expect(verify.code).toBe(5);
    await backup.drop();
    await other.remove();
  });

  it('that is embedded is for one process at a time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gdpr-locked-'));
    copies.push(folder);
    await cp(join(workspace.root, 'datamap.yaml'), join(folder, 'datamap.yaml'));
    await writeFile(join(folder, 'gdpr.yaml'), 'database: embedded\n');
    await mkdir(join(folder, '.gdpr', 'data'), { recursive: true });
    const held = await connectEmbedded(join(folder, '.gdpr', 'data'), 'Europe/Riga');
    try {
      expect((await refused(folder, {})).error).toMatchObject({ code: 'LOCKED', exit: 7 });
    } finally {
      await held.close();
    }
  });
});

describe('what was tampered with', { timeout: 240_000 }, () => {
  it('is found in an archive', async () => {
    const folder = await copyOf(workspace);
    const exported = await gdpr([...EXPORT, '--json'], { cwd: folder, environment: workspace.environment });
    const { archive } = JSON.parse(exported.stdout) as { archive: string };
    const bytes = await readFile(archive);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(archive, bytes);
    const verify = await gdpr(['archive', 'verify', archive, '--json'], { cwd: folder });
    expect(verify.code).toBe(5);
    const result = JSON.parse(verify.stdout) as { valid: boolean; checks: { ok: boolean }[] };
    expect(faults('archive-verify', result)).toEqual([]);
    expect(result.valid).toBe(false);
    expect((await gdpr(['archive', 'verify', archive], { cwd: folder })).code).toBe(5);
    expect((await refused(folder, {}, ['archive', 'extract', archive, '--to', 'look'])).error).toMatchObject({
      code: 'VERIFICATION_FAILED',
      exit: 5,
    });
    expect(await readdir(folder)).not.toContain('look');
    const list = await gdpr(['archive', 'list', '--json'], { cwd: folder, environment: workspace.environment });
    expect(
      (JSON.parse(list.stdout) as { archives: { archive: string; state: string }[] }).archives.find(
        (listed) => listed.archive === archive,
      )?.state,
    ).toBe('changed');
  });
});

describe('a bug', { timeout: 240_000 }, () => {
  it('ends with exit code 1 and the places in the program, without what the error said', async () => {
    const preload = [join(ROOT, 'test', 'workspace', 'break.mjs')];
    const folder = await copyOf(workspace);
    const text = await gdpr(EXPORT, { cwd: folder, environment: workspace.environment, preload });
    expect(text).toMatchObject({ code: 1, stdout: '' });
    expect(text.stderr).toMatch(/at .*break\.mjs:\d+/);
    expect(text.stderr).toContain('gdpr: the program failed in a way it should not (TypeError)');
    const json = await gdpr([...EXPORT, '--json'], { cwd: folder, environment: workspace.environment, preload });
    const error = jsonErrorOf(json);
    expect(error).toMatchObject({ code: 'BUG', exit: 1 });
    expect(leaksIn(text.stderr + json.stdout)).toEqual([]);
  });
});
