import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../support/postgres.js';
import { gdpr, ROOT, startGdpr } from './program.js';
import { jsonErrorOf, jsonOf } from './schemas.js';

interface Demo {
  readonly workspace: string;
  readonly export: { readonly archive: string };
  readonly archiveValid: boolean;
  readonly logValid: boolean;
  readonly logSize: number;
}

const STEPS = join(ROOT, 'test', 'recover', 'steps.mjs');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gdpr-demo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The commands under "Try next", as words; a shell's double quotes hold words together. */
function suggestions(text: string): string[][] {
  const [, list = ''] = text.split(/^Try next.*$/m);
  return list
    .split('\n')
    .map((line) => line.trim().split(/ {3,}/)[0] ?? '')
    .filter((line) => line !== '')
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ''));
}

describe('the demo on the embedded database', { timeout: 400_000 }, () => {
  it('makes a shop, exports Anna, and what it tells to try next works; the second run uses the shop', async () => {
    const run = (...args: string[]) => gdpr(args, { cwd: folder });
    const first = await run('demo', '--workspace', 'tried');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/A bookshop with \d+ rows stands in /);
    expect(first.stdout).toMatch(/signature {2}valid/);
    expect(first.stdout).toMatch(/audit log {2}whole/);
    const [archive = ''] = /\/\S+\.asice/.exec(first.stdout) ?? [];
    expect(await readdir(join(folder, 'tried', 'archives'))).toEqual([archive.replace(/^.*\//, '')]);

    const next = suggestions(first.stdout);
    expect(next.length).toBeGreaterThan(4);
    for (const [program, ...args] of next) {
      expect(program).toBe('gdpr');
      const { code } = await gdpr(args, { cwd: join(folder, 'tried') });
      // Two people bear the name that is searched for.
      expect({ args, code }).toEqual({ args, code: args.includes('--name') ? 4 : 0 });
    }

    const second = jsonOf<Demo>(await run('demo', '--workspace', 'tried', '--json'), 'demo');
    expect(second).toMatchObject({ workspace: join(folder, 'tried'), archiveValid: true, logValid: true });
    expect(second.export.archive).not.toBe(archive);
  });

  it('goes on after it was killed while the database was made', async () => {
    const { child, ended } = startGdpr(['demo', '--workspace', 'killed', '--json'], { cwd: folder });
    const data = join(folder, 'killed', '.gdpr', 'data');
    // The database's own first files are there, its last ones are not.
    while ((await readdir(data).catch(() => [])).length < 3 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    expect((await ended).signal).toBe('SIGKILL');
    const { archiveValid, logValid } = jsonOf<Demo>(
      await gdpr(['demo', '--workspace', 'killed', '--json'], { cwd: folder }),
      'demo',
    );
    expect({ archiveValid, logValid }).toEqual({ archiveValid: true, logValid: true });
  });
});

describe('the demo on a server', { timeout: 400_000 }, () => {
  it('is finished by the next run wherever it was killed', async () => {
    // Around the files of the workspace, the migrations, the shop and the keys.
    const database = await testDatabase();
    const environment = { DATABASE_URL: database.url };
    const args = ['demo', '--workspace', 'server', '--json'];
    let finished = false;
    for (let killAt = 2; !finished && killAt < 20_000; killAt = Math.ceil(killAt * 1.5)) {
      const ran = await gdpr(args, {
        cwd: folder,
        environment: { ...environment, GDPR_TEST_KILL_AT: String(killAt) },
        preload: [STEPS],
      });
      finished = ran.signal === null;
      if (finished) expect(jsonOf<Demo>(ran, 'demo')).toMatchObject({ archiveValid: true, logValid: true });
    }
    expect(finished).toBe(true);
    await gdpr(['recover', '--workspace', 'server'], { cwd: folder, environment });
    expect(jsonOf<Demo>(await gdpr(args, { cwd: folder, environment }), 'demo')).toMatchObject({
      archiveValid: true,
      logValid: true,
    });
    await database.drop();
  });

  it("does not touch a stranger's schema of the same name", async () => {
    const database = await testDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('CREATE SCHEMA shop; CREATE TABLE shop.mine AS SELECT 1 AS one');
    const ran = await gdpr(['demo', '--workspace', 'stranger', '--json'], {
      cwd: folder,
      environment: { DATABASE_URL: database.url },
    });
    expect(jsonErrorOf(ran)).toMatchObject({
      code: 'WRONG_DATABASE',
      exit: 6,
      message: expect.stringContaining('"shop"'),
    });
    expect((await client.query("SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace")).rows).toEqual(
      [{ relname: 'mine' }],
    );
    await client.end();
    await database.drop();
  });
});
