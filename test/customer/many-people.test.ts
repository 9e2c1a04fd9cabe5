import { spawn, spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import type { LineResult, ManyResult } from '../../src/customer/export-many.js';
import { digestFile } from '../../src/foundation/digest-file.js';
import { trustOf } from '../../src/workspace/signers.js';
import { gdpr, ROOT } from '../commands/program.js';
import { faults } from '../commands/schemas.js';
import { recordsSince, serverLogSize } from '../support/server-log.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const PEOPLE = 1000;
const PRELOAD = [pathToFileURL(join(import.meta.dirname, 'support', 'peak-memory.mjs')).href];
/** What eight hundred archives more may take beside caches that fill; their data is several times that. */
const GROWTH_MB = 100;

let workspace: TestWorkspace;
const archives = () => join(workspace.root, 'archives');
const list = (name: string) => join(workspace.root, `${name}.csv`);

/** Customers by their rows; `again` stand at the end once more. */
async function writeList(name: string, from: number, to: number, ...again: number[]): Promise<string> {
  const ids = [...Array.from({ length: to - from + 1 }, (_, i) => from + i), ...again];
  const rows = ids.map((id) => `shop.customers:${id},account login`);
  await writeFile(list(name), `id,verified\n${rows.join('\n')}\n`);
  return list(name);
}

const exportList = (file: string, ...more: string[]) =>
  gdpr(['customer', 'export', '--from', file, '--json', ...more], {
    cwd: workspace.root,
    environment: workspace.environment,
    preload: PRELOAD,
  });

async function finished(file: string): Promise<{ result: ManyResult; peak: number }> {
  const { stdout, stderr } = await exportList(file);
  expect(faults('customer-export', JSON.parse(stdout))).toEqual([]);
  return { result: JSON.parse(stdout), peak: Number(/peak memory (\d+) MB/.exec(stderr)?.[1]) };
}

beforeAll(async () => {
  spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT });
  workspace = await bookshopWorkspace({ customers: 2 * PEOPLE });
});
afterAll(() => workspace.remove());

/** Starts the export and kills it, with no warning, once so many archives are there. */
async function killedAfter(file: string, there: number): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'run.js'), 'customer', 'export', '--from', file], {
    cwd: workspace.root,
    env: workspace.environment,
    stdio: 'ignore',
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('close', (_, signal) => resolve(signal)));
  const watch = setInterval(async () => {
    const names = await readdir(archives()).catch(() => []);
    if (names.filter((name) => name.endsWith('.asice')).length >= there) child.kill('SIGKILL');
  }, 50);
  expect(await ended).toBe('SIGKILL');
  clearInterval(watch);
}

describe('the export of a thousand people', { timeout: 600_000 }, () => {
  let result: ManyResult;
  let peak = 0;
  let before = 0;
  const made = (line: LineResult) => (line.state === 'refused' ? [] : [line]);

  beforeAll(async () => {
    const file = await writeList('thousand', 1, PEOPLE, 7, 8);
    before = (await readdir(archives()).catch(() => [])).length;
    await killedAfter(file, before + 60);
    await killedAfter(file, before + 150);
    ({ result, peak } = await finished(file));
  }, 600_000);

  it('killed twice, makes every archive once', async () => {
    const lines = result.people.flatMap(made);
    expect(result.people.map(({ line }) => line)).toEqual(Array.from({ length: PEOPLE + 2 }, (_, i) => i + 2));
    expect(result.earlier).toBeGreaterThanOrEqual(150 - 1);
    expect(result.exported).toBe(lines.length - result.earlier);
    expect(new Set(lines.map(({ subject }) => subject)).size).toBe(lines.length);
    const names = await readdir(archives());
    expect(names.filter((name) => !name.endsWith('.asice'))).toEqual([]);
    expect(names.length - before).toBe(lines.length);
    expect(new Set(lines.map(({ archive }) => archive)).size).toBe(lines.length);
  });

  it('leaves out whoever stands there twice, and says on which line first', () => {
    expect(result.people.filter(({ state }) => state === 'refused')).toEqual(
      [8, 9].map((first, i) => ({
        line: PEOPLE + 2 + i,
        state: 'refused',
        code: 'REFUSED',
        exit: 3,
        message: `the same person stands on line ${first}`,
      })),
    );
  });

  it('makes archives that all verify', async () => {
    const trust = await trustOf(workspace.root, undefined, {});
    for (const { archive, sha256 } of result.people.flatMap(made)) {
      expect(await digestFile(archive)).toBe(sha256);
      expect((await verifyArchive(archive, trust)).valid).toBe(true);
    }
  });

  it('leaves a log that is whole, and nothing to recover', async () => {
    const options = { cwd: workspace.root, environment: workspace.environment };
    expect((await gdpr(['audit', 'verify'], options)).code).toBe(0);
    expect(JSON.parse((await gdpr(['recover', '--json'], options)).stdout)).toMatchObject({ recovered: [] });
    expect(
      (await readdir(join(workspace.root, '.gdpr', 'spool')).catch(() => [])).filter((name) => name.endsWith('.spool')),
    ).toEqual([]);
  });

  it('takes little more memory than one of two hundred', async () => {
    const few = await finished(await writeList('fewer', PEOPLE + 401, PEOPLE + 600));
    expect(few.result.exported).toBeGreaterThan(150);
    expect(peak - few.peak).toBeLessThan(GROWTH_MB);
  });

  it('makes nothing anew when it is run once more, unless it is told to', async () => {
    const file = await writeList('three', PEOPLE + 61, PEOPLE + 63);
    const first = (await finished(file)).result;
    const second = (await finished(file)).result;
    expect([first.exported, first.earlier, second.exported, second.earlier]).toEqual([3, 0, 0, 3]);
    const third = JSON.parse((await exportList(file, '--again')).stdout) as ManyResult;
    const fourth = (await finished(file)).result;
    expect([third.exported, third.earlier, fourth.exported, fourth.earlier]).toEqual([3, 0, 0, 3]);
    expect(fourth.people.flatMap(made).map(({ archive }) => archive)).toEqual(
      third.people.flatMap(made).map(({ archive }) => archive),
    );
  });
});

describe('the statements of an export', { timeout: 240_000 }, () => {
  it.skipIf((process.env.TEST_DATABASE_URL ?? '') !== '')('are no more for 100 people than for 10', async () => {
    const client = new pg.Client({ connectionString: workspace.url });
    await client.connect();
    try {
      const database = pg.escapeIdentifier(new URL(workspace.url ?? '').pathname.slice(1));
      await client.query(`ALTER DATABASE ${database} SET log_statement = 'all'`);
      const statements = async (from: number, to: number) => {
        const since = await serverLogSize(client);
        const { result } = await finished(await writeList(`statements-${to - from}`, from, to));
        expect(result.exported).toBeGreaterThan((to - from) * 0.8);
        const records = await recordsSince(client, since);
        // The shop's tables only: what the tool notes of each archive is a statement each. The rest of a long result is
        // fetched from the statement that is open.
        const texts = records
          .filter(({ text }) => !text.includes('LOG:  execute fetch from'))
          .flatMap(({ text }) => /LOG: {2}(?:statement|execute [^:]*): ([\s\S]*)/.exec(text)?.[1] ?? []);
        const counts = new Map<string, number>();
        for (const text of texts.filter((each) => /"shop"\./.test(each))) counts.set(text, (counts.get(text) ?? 0) + 1);
        return counts;
      };
      const few = await statements(PEOPLE + 101, PEOPLE + 110);
      const many = await statements(PEOPLE + 201, PEOPLE + 300);
      expect(few.size).toBeGreaterThan(31);
      // Some search runs again over what it found; how often does not depend on how many people there are.
      expect(Math.max(...many.values())).toBeLessThanOrEqual(Math.max(...few.values()) + 1);
      expect(Math.max(...many.values())).toBeLessThan(6);
    } finally {
      await client.end();
    }
  });
});
