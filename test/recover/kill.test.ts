import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import { listArchives } from '../../src/operation/archives.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { recover } from '../../src/operation/recover.js';
import type { Context } from '../../src/workspace/open.js';
import { leaksIn, TYPED } from '../commands/needles.js';
import { gdpr, ROOT } from '../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { backends, goneBut } from './victims.js';

const PRELOAD = join(ROOT, 'test', 'recover', 'steps.mjs');
const EXPORT = ['customer', 'export', '--email', TYPED.email, '--verified', 'account login'];

/** One in so many of the steps that only read. */
const SAMPLE = 100;

let workspace: TestWorkspace;
let context: Context;
let client: pg.Client;
let steps: string[];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  const list = join(workspace.root, 'steps.txt');
  // The first export makes what later ones find, such as the journal.
  expect((await gdpr(EXPORT, { cwd: workspace.root, environment: workspace.environment })).code).toBe(0);
  const { code } = await gdpr(EXPORT, {
    cwd: workspace.root,
    environment: { ...workspace.environment, GDPR_TEST_STEPS: list },
    preload: [PRELOAD],
  });
  expect(code).toBe(0);
  steps = (await readFile(list, 'utf8')).trimEnd().split('\n');
  await rm(list);
});
afterAll(async () => {
  await client.end();
  await context.database.close();
  await workspace.remove();
});

const count = async (sql: string): Promise<number> =>
  Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`)).rows[0]?.n);

async function filesLeft(): Promise<string[]> {
  const names = await Promise.all(
    ['archives', join('.gdpr', 'tmp')].map((folder) => readdir(join(workspace.root, folder)).catch(() => [])),
  );
  return names.flat().filter((name) => !name.endsWith('.asice'));
}

/** What must hold whenever nothing runs: no loose ends, and every archive is exactly what the log says. */
async function expectOrder(): Promise<void> {
  expect(await filesLeft()).toEqual([]);
  expect(await count("gdpr.operation WHERE state = 'started'")).toBe(0);
  const log = await verifyAuditLog(context);
  expect(log.problems).toEqual([]);
  expect(log.valid).toBe(true);
  // One intent and one outcome for every operation, and nothing else.
  expect(
    await count(
      '(SELECT operation FROM gdpr.audit_entry GROUP BY operation HAVING array_agg(kind ORDER BY sequence) <> $${intent,outcome}$$) o',
    ),
  ).toBe(0);
  expect(
    await count(
      'gdpr.operation o FULL JOIN (SELECT DISTINCT operation FROM gdpr.audit_entry) e ON e.operation = o.id WHERE e.operation IS NULL OR o.id IS NULL',
    ),
  ).toBe(0);
  const archives = await listArchives(context);
  expect(archives.filter(({ state }) => state !== 'present')).toEqual([]);
  expect((await readdir(join(workspace.root, 'archives'))).sort()).toEqual(
    archives.map(({ archive }) => archive.replace(/^.*\//, '')).sort(),
  );
}

/** What a crash leaves changes at these alone: a commit before and after it is sent, files, locks of the session. */
const MATTERS = /^(open|rename|unlink|mkdir|sent)| half$|^query (COMMIT|.*(try_advisory_lock|advisory_unlock))/;

/** The steps to die at: from the intent on all that matter, and a sample of the rest. */
function chosen(): number[] {
  const intent = steps.findIndex((step) => step.startsWith('query INSERT INTO gdpr.operation'));
  return steps.flatMap((step, i) => ((i >= intent - 4 && MATTERS.test(step)) || i % SAMPLE === 0 ? [i + 1] : []));
}

describe('an export killed at any step', { timeout: 600_000 }, () => {
  it('touches the log before the data, and renames the archive last', () => {
    const at = (pattern: RegExp) => steps.findIndex((step) => pattern.test(step));
    expect(at(/INSERT INTO gdpr\.audit_entry/)).toBeGreaterThan(0);
    expect(at(/open export-\*\.asice\.partial/)).toBeGreaterThan(at(/INSERT INTO gdpr\.audit_entry/));
    expect(at(/UPDATE gdpr\.operation/)).toBeGreaterThan(at(/^sync/));
    expect(at(/rename to export-\*\.asice/)).toBeGreaterThan(
      steps.findLastIndex((step) => step.startsWith('query INSERT INTO gdpr.audit_checkpoint')),
    );
  });

  it('is finished or taken back by recover, which then has nothing to do', async () => {
    const outcomes = new Map<string, number>();
    expect(chosen().length).toBeGreaterThan(20);
    for (const step of chosen()) {
      const where = `step ${step}: ${steps[step - 1]}`;
      const before = await count('gdpr.operation');
      const own = await backends(client);
      const killed = await gdpr(EXPORT, {
        cwd: workspace.root,
        environment: { ...workspace.environment, GDPR_TEST_KILL_AT: String(step) },
        preload: [PRELOAD],
      });
      expect({ where, signal: killed.signal }).toEqual({ where, signal: 'SIGKILL' });
      await goneBut(client, own);
      const recovered = await recover(context);
      expect({ where, again: await recover(context) }).toEqual({ where, again: [] });
      try {
        await expectOrder();
        if ((await count('gdpr.operation')) > before) {
          const { rows } = await client.query<{ state: string; archive: string | null; archive_sha256: string | null }>(
            'SELECT state, archive, archive_sha256 FROM gdpr.operation ORDER BY started_at DESC LIMIT 1',
          );
          const [{ state, archive, archive_sha256: sha256 } = { state: 'none', archive: null, archive_sha256: null }] =
            rows;
          outcomes.set(state, (outcomes.get(state) ?? 0) + 1);
          expect(['done', 'abandoned']).toContain(state);
          expect(archive === null).toBe(state === 'abandoned');
          expect(sha256 === null).toBe(state === 'abandoned');
          if (archive !== null) {
            const { valid } = await verifyArchive(join(workspace.root, 'archives', archive), {
              signers: [context.keys.ids.signing],
            });
            expect(valid).toBe(true);
          }
        } else {
          outcomes.set('not begun', (outcomes.get('not begun') ?? 0) + 1);
          expect(recovered).toEqual([]);
        }
      } catch (error) {
        throw new Error(`after a kill at ${where}; recover did ${JSON.stringify(recovered)}`, { cause: error });
      }
    }
    // Each way out was taken, or the steps were not where they seem to be.
    expect([...outcomes.keys()].sort()).toEqual(['abandoned', 'done', 'not begun']);
  });

  it('leaves a workspace in which the next export works, and no value of the person anywhere', async () => {
    const next = await gdpr([...EXPORT, '--json'], { cwd: workspace.root, environment: workspace.environment });
    expect(next.code).toBe(0);
    await expectOrder();
    const journal = await readFile(join(workspace.root, '.gdpr', 'journal.jsonl'), 'utf8');
    expect(leaksIn(journal)).toEqual([]);
  });
});
