import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreeOnRules, pendingRuleSet } from '../../src/retention/approve.js';
import { planRetention } from '../../src/retention/plan.js';
import { readRun } from '../../src/retention/record.js';
import { runRetention } from '../../src/retention/run.js';
import type { Context } from '../../src/workspace/open.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr } from '../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, run } from './support.js';

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 60_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const program = (args: readonly string[], operator = 'timer') =>
  gdpr(['retention', ...args], {
    cwd: workspace.root,
    environment: { ...workspace.environment, GDPR_OPERATOR: operator },
  });

async function refusal(work: Promise<unknown>) {
  return work.then(
    () => undefined,
    (error: { code: string; exit: number; message: string; details?: Record<string, unknown> }) => error,
  );
}

describe('retention on the bookshop', { timeout: 240_000 }, () => {
  it('plans under rules that nobody agreed on, and runs under those alone that two people agreed on', async () => {
    const plan = await planRetention(context);
    expect(plan).toMatchObject({ approved: false, continues: null, uncovered: [] });
    expect(plan.rules.reduce((sum, { eligible }) => sum + eligible, 0)).toBeGreaterThan(500);
    expect(plan.rules.find(({ rule }) => rule === 'security')).toMatchObject({
      eligible: 22,
      held: 0,
      oldest: expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
    });

    expect(await refusal(run(context))).toMatchObject({ code: 'REFUSED', exit: 3, details: { approval: 'none' } });
    const first = await program(['approve', '--yes'], 'ilze');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain(plan.digest);
    expect(first.stdout).toContain('confirmed by Biedrības valde, 2026-01-15, protokols Nr. 2');
    expect(await refusal(run(context))).toMatchObject({ code: 'REFUSED', details: { approval: 'one' } });
    expect((await program(['approve', '--yes'], 'ilze')).code).toBe(3);
    const second = await program(['approve', '--yes', '--json'], 'juris');
    expect(JSON.parse(second.stdout)).toMatchObject({
      step: 'agreed',
      digest: plan.digest,
      approval: { approvedBy: 'juris', mode: 'names' },
    });
    const shown = await program(['approve', '--show'], 'anybody');
    expect(shown.stdout).toContain('not enforced by the database');
  });

  it('refuses to take more than its share until somebody confirms these very figures, once', async () => {
    const plan = await planRetention(context);
    const over = plan.tables.filter((table) => table.over);
    const fault = await refusal(runRetention(context, { confirm: {} }, () => {}));
    expect(fault).toMatchObject({ code: 'REFUSED', exit: 3 });
    expect(fault?.message).toContain(
      `shop.sessions: ${over.find(({ table }) => table === 'shop.sessions')?.eligible} of `,
    );
    expect(await ask(context, 'SELECT FROM gdpr.retention_run')).toEqual([]);
    const confirm = Object.fromEntries(over.map(({ table, eligible }) => [table, eligible]));
    const short = { ...confirm, 'shop.sessions': (confirm['shop.sessions'] ?? 0) - 1 };
    expect(await refusal(runRetention(context, { confirm: short }, () => {}))).toMatchObject({ code: 'REFUSED' });
    expect(await refusal(runRetention(context, { confirm: { 'shop.nothing': 1 } }, () => {}))).toMatchObject({
      exit: 2,
    });
    const result = await runRetention(context, { confirm, maxRows: 1 }, () => {});
    expect(result).toMatchObject({ stopped: 'rows', rows: 1 });
    const run = await context.database.transaction('read committed', (session) => readRun(session, 'last'));
    expect(run.confirmed).toEqual(confirm);
    const [used] = over;
    expect(
      (await refusal(runRetention(context, { confirm: { [used?.table ?? '']: used?.eligible ?? 0 } }, () => {})))
        ?.message,
    ).toContain('counts once');
  });

  it('takes what it planned, under the same instant, and then nothing is left; no output tells of anybody', async () => {
    const before = await planRetention(context);
    expect(before.continues).not.toBeNull();
    const ran = await program(['run', '--json']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const result = JSON.parse(ran.stdout);
    expect(result).toMatchObject({ stopped: 'done', locked: 0, continues: before.continues, asOf: before.asOf });
    for (const { rule, deleted, changed } of result.rules) {
      expect({ rule, rows: deleted + changed }).toEqual({
        rule,
        rows: before.rules.find((each) => each.rule === rule)?.eligible,
      });
    }
    const after = await planRetention(context);
    expect(after.continues).toBeNull();
    expect(after.rules.filter(({ eligible }) => eligible > 0)).toEqual([]);
    const record = await context.database.transaction('read committed', (session) =>
      readRun(session, result.operation),
    );
    expect(record.figures.reduce((sum, { deleted, changed }) => sum + deleted + changed, 0)).toBe(result.rows);
    const kept = await ask<{ text: string }>(
      context,
      `SELECT coalesce(string_agg(x.t, ' '), '') AS text FROM (SELECT to_jsonb(f)::text AS t FROM gdpr.retention_figure f
         UNION ALL SELECT to_jsonb(r)::text FROM gdpr.retention_run r UNION ALL SELECT to_jsonb(e)::text FROM gdpr.audit_entry e) x`,
    );
    const line = await program(['run']);
    expect(line.stdout.trim().split('\n')).toHaveLength(1);
    expect(line.stdout).toMatch(/^Retention \S+: \d+ deleted, \d+ changed, stopped: done \(audit entry \d+\)\n$/);
    expect(leaksIn([ran.stdout, line.stdout, kept[0]?.text].join('\n'))).toEqual([]);
  });

  it('names a state that no rule ever reaches, and takes nothing while there is one', async () => {
    await ask(
      context,
      "UPDATE shop.orders SET completed_at = NULL, customer_note = 'x' WHERE id = (SELECT min(id) FROM shop.orders WHERE status = 'completed')",
    );
    const plan = await planRetention(context);
    expect(plan.uncovered).toEqual([
      {
        table: 'shop.orders',
        rule: 'contact-copy',
        state: { status: 'completed', channel: expect.any(String) },
        rows: 1,
      },
    ]);
    const fault = await refusal(run(context));
    expect(fault).toMatchObject({ code: 'DRIFT', exit: 6, details: { uncovered: plan.uncovered } });
    await ask(
      context,
      "UPDATE shop.orders SET completed_at = now() WHERE status = 'completed' AND completed_at IS NULL",
    );
    expect((await planRetention(context)).uncovered).toEqual([]);
  });

  it('asks for a new agreement when the rules change, and for who decided on a period', async () => {
    const file = join(workspace.root, 'datamap.yaml');
    const map = await readFile(file, 'utf8');
    await writeFile(file, map.replace('period: P30D', 'period: P31D'));
    const changed = await workspace.context();
    expect(await refusal(run(changed))).toMatchObject({ code: 'REFUSED', details: { approval: 'none' } });
    expect((await pendingRuleSet(changed)).step).toBe('prepare');
    await changed.database.close();
    await writeFile(file, map.replace(/(period: P30D[\s\S]*?)\n {4}confirmedBy: [^\n]*/, '$1'));
    const unconfirmed = await workspace.context();
    expect(await refusal(pendingRuleSet(unconfirmed))).toMatchObject({
      code: 'REFUSED',
      details: { rules: ['security'] },
    });
    await unconfirmed.database.close();
    await writeFile(file, map);
    // An agreement to rules that were shown before somebody else agreed is not taken twice.
    const pending = await pendingRuleSet(context);
    expect(pending.step).toBe('agreed');
    expect(await refusal(agreeOnRules({ ...context, operator: 'karlis' }, pending))).toMatchObject({
      code: 'PLAN_CHANGED',
    });
    await agree(context);
  });
});
