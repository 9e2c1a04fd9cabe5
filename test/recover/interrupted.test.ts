import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr, type Ran, startGdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const EXPORT = ['customer', 'export', '--email', TYPED.email, '--verified', 'account login'];
const ROWS = 25_000;

let workspace: TestWorkspace;
let client: pg.Client;
const run = (...args: string[]) => gdpr(args, { cwd: workspace.root, environment: workspace.environment });

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  await client.query(
    `INSERT INTO shop.page_views (viewed_at, customer_id, path, search_terms)
     SELECT timestamptz '2026-03-01' + n * interval '1 second', 1, '/books/' || n, md5(n::text) FROM generate_series(1, $1::int) n`,
    [ROWS],
  );
});
afterAll(async () => {
  await client.end();
  await workspace.remove();
});

const folderOf = (name: string) => readdir(join(workspace.root, name)).catch(() => []);

async function partial(): Promise<string | undefined> {
  return (await folderOf('archives')).find((name) => name.endsWith('.partial'));
}

/** Starts the export and waits until it is in the middle of the many rows. */
async function startedExport(...more: string[]): Promise<ReturnType<typeof startGdpr>> {
  const started = startGdpr([...EXPORT, ...more], { cwd: workspace.root, environment: workspace.environment });
  let ended = false;
  void started.ended.then(() => {
    ended = true;
  });
  for (;;) {
    const name = await partial();
    // The archive is written in pieces of 256 KiB, the small tables before the large one are far less.
    if (name !== undefined && (await stat(join(workspace.root, 'archives', name)).catch(() => ({ size: 0 }))).size > 0)
      return started;
    if (ended) throw new Error(`the export ended too early: ${JSON.stringify(await started.ended)}`);
    await sleep(5);
  }
}

async function left(): Promise<string[]> {
  const archives = (await folderOf('archives')).filter((name) => !name.endsWith('.asice'));
  return [...archives, ...(await folderOf(join('.gdpr', 'tmp')))];
}

async function lastOutcome(): Promise<unknown> {
  const { entries } = jsonOf<{ entries: unknown[] }>(await run('audit', 'list', '--json'), 'audit-list');
  return entries.at(-1);
}

async function states(): Promise<string[]> {
  const { rows } = await client.query<{ state: string }>('SELECT state FROM gdpr.operation ORDER BY started_at DESC');
  return rows.map(({ state }) => state);
}

/** The server notices only at its next write that a killed program is gone. */
async function backendsGone(): Promise<void> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gdpr'";
  while ((await client.query(sql)).rows.length > 0) await sleep(20);
}

function expectQuiet(ran: Ran): void {
  expect(leaksIn(ran.stdout + ran.stderr)).toEqual([]);
}

describe('Ctrl-C', { timeout: 240_000 }, () => {
  it('once ends the export cleanly: logged as failed, nothing left', async () => {
    const { child, ended } = await startedExport();
    child.kill('SIGINT');
    const ran = await ended;
    expect(ran).toMatchObject({ code: 130, signal: null, stdout: '' });
    expect(ran.stderr).toMatch(/stopping; press Ctrl-C again to stop at once/);
    expect(ran.stderr).toMatch(/gdpr: stopped as asked/);
    expectQuiet(ran);
    expect(await left()).toEqual([]);
    expect(await lastOutcome()).toMatchObject({
      action: 'customer export',
      kind: 'outcome',
      result: 'failed',
      code: 'INTERRUPTED',
    });
    expect((await run('recover')).stdout).toBe('Nothing to recover.\n');
  });

  it('twice ends it at once, and recover tidies up', async () => {
    const { child, ended } = await startedExport();
    // The outcome cannot be logged for now, so the export cannot end by itself.
    await client.query('BEGIN; LOCK TABLE gdpr.audit_entry IN EXCLUSIVE MODE');
    child.kill('SIGINT');
    const blocked =
      "SELECT 1 FROM pg_stat_activity WHERE application_name = 'gdpr' AND datname = current_database() AND wait_event_type = 'Lock'";
    while ((await client.query(blocked)).rows.length === 0) await sleep(20);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '' });
    await client.query('ROLLBACK');
    await backendsGone();
    expect((await states())[0]).toBe('started');
    const { recovered } = jsonOf<{ recovered: { what: string }[] }>(await run('recover', '--json'), 'recover');
    expect(recovered).toContainEqual(expect.objectContaining({ what: 'abandoned' }));
    expect(await left()).toEqual([]);
    expect(await states()).not.toContain('started');
    expect((await run('recover')).stdout).toBe('Nothing to recover.\n');
  });

  it('under --json is an error document with exit code 130', async () => {
    const { child, ended } = await startedExport('--json');
    child.kill('SIGINT');
    const ran = await ended;
    const { stderr, ...rest } = ran;
    expect(stderr).toMatch(/stopping/);
    expect(jsonErrorOf({ ...rest, stderr: '' })).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });
});

describe('a connection that is lost in the middle', { timeout: 240_000 }, () => {
  it.each([{ json: [] as string[] }, { json: ['--json'] }])(
    'is exit code 7 ($json), and recover tidies up',
    async ({ json }) => {
      const { ended } = await startedExport(...json);
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gdpr'",
      );
      const ran = await ended;
      expect(ran.code).toBe(7);
      if (json.length > 0) expect(jsonErrorOf(ran)).toMatchObject({ code: 'DATABASE_UNAVAILABLE', exit: 7 });
      else expect(ran.stderr).toMatch(/^gdpr: .*(connection|database)/);
      expectQuiet(ran);
      await backendsGone();
      expect((await run('recover')).code).toBe(0);
      expect(await left()).toEqual([]);
      expect(['failed', 'abandoned']).toContain((await states())[0]);
      expect(jsonOf<{ valid: boolean }>(await run('audit', 'verify', '--json'), 'audit-verify').valid).toBe(true);
    },
  );
});

describe('recover beside a running export', { timeout: 240_000 }, () => {
  it('leaves it alone, says so, and both succeed', async () => {
    const { ended } = await startedExport('--json');
    const { recovered } = jsonOf<{ recovered: { what: string; operation: string }[] }>(
      await run('recover', '--json'),
      'recover',
    );
    const result = jsonOf<{ operation: string; archive: string; tables: { table: string; rows: number }[] }>(
      await ended,
      'customer-export',
    );
    expect(recovered).toEqual([{ what: 'running', operation: result.operation }]);
    expect(result.tables.find(({ table }) => table === 'shop.page_views')?.rows).toBe(ROWS + 2);
    expect((await run('archive', 'verify', result.archive)).code).toBe(0);
    expect(await left()).toEqual([]);
    expect((await run('recover')).stdout).toBe('Nothing to recover.\n');
  });
});

describe.skipIf(process.platform !== 'linux')('process arguments', { timeout: 240_000 }, () => {
  it('hold nothing of the person who is named on standard input', async () => {
    const input = `email: ${TYPED.email}\nname: "${TYPED.name}"\n`;
    const started = startGdpr(['customer', 'find', '--person-file', '-', '--json'], {
      cwd: workspace.root,
      environment: workspace.environment,
      input,
    });
    let commandLine = '';
    while (!commandLine.includes('--person-file'))
      commandLine = await readFile(`/proc/${started.child.pid}/cmdline`, 'utf8');
    expect(leaksIn(commandLine.replaceAll('\0', ' '))).toEqual([]);
    expect(jsonOf<{ matches: unknown[] }>(await started.ended, 'customer-find').matches).toHaveLength(1);
  });
});
