import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportPrepared, prepareExport } from '../../src/customer/export-customer.js';
import { type Context, openContext } from '../../src/workspace/open.js';
import { gdpr, ROOT } from '../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { readArchive } from './support/archive.js';
import { nobodyToAsk } from './support/export.js';

const PRELOAD = [pathToFileURL(join(import.meta.dirname, 'support', 'peak-memory.mjs')).href];
/** More than both would take if every row were held. */
const GROWTH_MB = 120;
const MOST_MB = 400;
/** In every row that is added. */
const NEEDLE = 'JanaDaudzieSkati';

let workspace: TestWorkspace;

async function addPageViews(from: number, to: number): Promise<void> {
  const context = await workspace.context();
  try {
    await context.database.transaction('read committed', (session) =>
      session.run(
        `INSERT INTO shop.page_views (viewed_at, session_id, customer_id, path, referrer, dwell_ms)
         SELECT timestamptz '2025-01-01 00:00:00+00' + n * interval '1 second', 3, 3, '/gramata/' || n || '?${NEEDLE}',
           'https://meklētājs.example/lapa/' || n, n % 90000
         FROM generate_series($1::integer, $2::integer) n`,
        [from, to],
      ),
    );
  } finally {
    await context.database.close();
  }
}

beforeAll(async () => {
  spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT });
  workspace = await bookshopWorkspace();
});
afterAll(() => workspace.remove());

async function exportByProgram(): Promise<{ peak: number; archive: string }> {
  const { code, stdout, stderr } = await gdpr(
    ['customer', 'export', '--id', '3', '--verified', 'account login', '--json'],
    {
      cwd: workspace.root,
      environment: workspace.environment,
      preload: PRELOAD,
    },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^peak memory \d+ MB\n$/) });
  return { peak: Number(/\d+/.exec(stderr)?.[0]), archive: JSON.parse(stdout).archive };
}

describe('the temporary files of an export', () => {
  let context: Context;
  const stop = new AbortController();
  beforeAll(async () => {
    await addPageViews(1, 20_000);
    context = await openContext({ ...workspace.surroundings, signal: stop.signal });
  });
  afterAll(() => context.database.close());

  it('cannot be read while it runs, and are gone once it is stopped, as is the archive', async () => {
    const { temporary, archives } = context.paths;
    const before = await readdir(archives).catch(() => []);
    const seen: Buffer[] = [];
    const looks: Promise<void>[] = [];
    const look = async () => {
      for (const name of await readdir(temporary)) {
        expect(name).toMatch(/^[0-9a-f]{24}\.spool$/);
        seen.push(await readFile(join(temporary, name)));
      }
    };
    const prepared = await prepareExport(context, { id: '3' }, nobodyToAsk);
    const work = exportPrepared(context, prepared, { verified: 'account login', language: 'lv' }, ({ table }) => {
      if (table !== 'shop.carts') return;
      // The table after the page views: their part of the page waits on the disk.
      looks.push(look());
      stop.abort();
    });
    await expect(work).rejects.toMatchObject({ code: 'INTERRUPTED', exit: 130 });
    await Promise.all(looks);
    const size = seen.reduce((sum, { length }) => sum + length, 0);
    expect(size).toBeGreaterThan(5_000_000);
    for (const bytes of seen) {
      // Words of three letters may stand in so many random bytes by chance.
      for (const word of [NEEDLE, 'meklētājs', 'gramata', '</td>', 'Bērziņš']) expect(bytes.includes(word)).toBe(false);
    }
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(archives)).toEqual(before);
  }, 120_000);
});

describe('an export of very many rows', () => {
  it('takes no more memory than one of a tenth of them', async () => {
    const few = await exportByProgram();
    await addPageViews(20_001, 200_000);
    const many = await exportByProgram();
    expect(many.peak).toBeLessThan(MOST_MB);
    expect(many.peak - few.peak).toBeLessThan(GROWTH_MB);
    // Two of his views are of before.
    const { manifest, files } = await readArchive(many.archive);
    expect(manifest.tables).toContainEqual(expect.objectContaining({ table: 'shop.page_views', rows: 200_002 }));
    const lines = (name: string) =>
      files
        .get(name)
        ?.toString('utf8')
        .split('\n')
        .filter((line) => line.includes(NEEDLE)).length;
    expect(lines('data/shop.page_views.json')).toBe(200_000);
    expect(lines('data/shop.page_views.csv')).toBe(200_000);
  }, 600_000);
});
