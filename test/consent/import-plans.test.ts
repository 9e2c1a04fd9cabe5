import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr } from '../commands/program.js';
import { run } from '../customer/indexes/support.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const BATCH = 5000;
const TABLES = ['consent_event', 'objection', 'subject', 'subject_alias', 'subject_superseded', 'suppression'];

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
}, 240_000);
afterAll(() => workspace.remove());

async function imported(from: number, lines: number, ...flags: string[]): Promise<void> {
  const rows = Array.from({ length: lines }, (_, i) => {
    const n = from + i;
    const what = n % 10 === 0 ? 'withdrawn' : n % 10 === 5 ? 'objected' : 'given';
    return `plan${n}@pasts.example,email,${what},2025-06-01T10:00:00Z,web-form,form-${n}`;
  });
  await writeFile(join(workspace.root, 'in.csv'), `email,channel,what,at,mechanism,evidence\n${rows.join('\n')}\n`);
  const { code, stderr } = await gdpr(['consent', 'import', 'in.csv', ...flags], {
    cwd: workspace.root,
    environment: workspace.environment,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** How often each of the ledger's tables was read whole, as PostgreSQL itself has counted. */
async function scans(): Promise<Map<string, number>> {
  // A backend hands its counts over as it ends, before it leaves the list.
  for (;;) {
    const busy = await run(
      workspace,
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gdpr'",
    );
    if (busy.length === 0) break;
  }
  const rows = await run<{ name: string; scans: string }>(
    workspace,
    `SELECT relname AS name, seq_scan::text AS scans FROM pg_stat_user_tables
     WHERE schemaname = 'gdpr' AND relname IN (${TABLES.map((name) => `'${name}'`).join(', ')})`,
  );
  return new Map(rows.map(({ name, scans: count }) => [name, Number(count)]));
}

async function readWhole(from: number, lines: number): Promise<Record<string, number>> {
  const before = await scans();
  await imported(from, lines, '--dry-run');
  const after = await scans();
  return Object.fromEntries(
    TABLES.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)] as const).filter(([, n]) => n > 0),
  );
}

describe('the import of consents', { timeout: 300_000 }, () => {
  it('looks people and events up by their keys, whatever the statistics say and however many batches there are', async () => {
    // The ledger fills within one transaction, during which the planner knows it as it was before.
    await imported(0, 4 * BATCH);
    for (const name of TABLES) {
      await run(workspace, `UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'gdpr.${name}'::regclass`);
    }
    // Known people with what is new and what is not, then new people. Only once, whether all suppressed addresses can be
    // compared is asked of every row.
    const half = 2 * BATCH;
    expect(await readWhole(half, 4 * BATCH)).toEqual({ suppression: 1 });
    expect(await readWhole(10 * BATCH, 3 * BATCH)).toEqual({ suppression: 1 });
  });
});
