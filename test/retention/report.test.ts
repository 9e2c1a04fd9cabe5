import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { retentionReport } from '../../src/retention/report.js';
import { type RunResult, runRetention } from '../../src/retention/run.js';
import type { Context } from '../../src/workspace/open.js';
import { trustOf } from '../../src/workspace/signers.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { unzip } from '../customer/support/archive.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { pageText } from '../law/shop.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agreed } from './agreed.js';
import { readExposition } from './exposition.js';

interface Report {
  readonly run: { readonly operation: string; readonly continues: string | null };
  readonly stopped: string | null;
  readonly endedAt: string | null;
  readonly ruleSet: { readonly digest: string; readonly approvedBy: string; readonly content: unknown };
  readonly figures: readonly {
    readonly rule: string;
    readonly table: string;
    readonly month: string;
    readonly eligible: number;
    readonly held: number;
    readonly deleted: number;
    readonly changed: number;
  }[];
}

let workspace: TestWorkspace;
let context: Context;
let first: RunResult;
let second: RunResult;
let people: readonly { readonly name: string; readonly email: string }[];
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  await appendFile(`${workspace.root}/gdpr.yaml`, 'retention: { maxShare: 100 }\n');
  context = await workspace.context();
  await agreed(context);
  people = await rows('SELECT last_name AS name, email FROM shop.customers WHERE length(last_name) > 4');
  const [ordered] = await rows<{ id: string }>(
    'SELECT id::text AS id FROM shop.password_resets ORDER BY requested_at LIMIT 1',
  );
  await placeHold(
    context,
    {
      target: { scope: 'rows', rows: [`shop.password_resets:${ordered?.id ?? ''}`] },
      reference: 'KPL 191/2026-7',
      authority: 'Rīgas tiesa',
      until: new Date(Date.now() + 300 * 86_400_000).toISOString().slice(0, 10),
    },
    nobodyToAsk,
  );
  first = await runRetention(context, { confirm: {}, maxRows: 400 }, () => {});
  second = await runRetention(context, { confirm: {} }, () => {});
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

function rows<R extends Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<R[]> {
  return context.database.transaction('read committed', (session) => session.query<R>(sql, values));
}

async function filesOf(archive: string): Promise<{ page: string; report: Report; names: string[] }> {
  const files = await unzip(archive);
  const text = (name: string) => files.get(name)?.toString('utf8') ?? '';
  return { page: text('index.html'), report: JSON.parse(text('report.json')) as Report, names: [...files.keys()] };
}

describe('the report of a retention run', { timeout: 120_000 }, () => {
  it('is written by the run itself: signed, with counts that are the run’s, by table and month', async () => {
    for (const run of [first, second]) {
      expect((await verifyArchive(run.archive, await trustOf(workspace.root, undefined, {}))).valid).toBe(true);
      const { report } = await filesOf(run.archive);
      expect(report.run.operation).toBe(run.operation);
      expect(report.stopped).toBe(run.stopped);
      const sums = run.rules.filter(({ deleted, changed }) => deleted + changed > 0);
      expect(
        sums.map(({ rule }) => {
          const mine = report.figures.filter((figure) => figure.rule === rule);
          const sum = (of: 'deleted' | 'changed') => mine.reduce((total, figure) => total + figure[of], 0);
          return { rule, deleted: sum('deleted'), changed: sum('changed') };
        }),
      ).toEqual(sums);
      expect(report.figures.every(({ month }) => /^\d{4}-\d{2}-01$/.test(month))).toBe(true);
    }
    expect([first.stopped, second.stopped, second.continues]).toEqual(['rows', 'done', first.operation]);
    expect((await filesOf(second.archive)).report.run.continues).toBe(first.operation);
    const { report } = await filesOf(first.archive);
    expect(report.figures.filter(({ rule }) => rule === 'security').reduce((sum, { held }) => sum + held, 0)).toBe(1);
  });

  it('holds the rules word for word, whose SHA-256 two people agreed to', async () => {
    const { report } = await filesOf(second.archive);
    const [stored] = await rows<{ rules: string }>('SELECT rules FROM gdpr.retention_rule_set WHERE digest = $1', [
      report.ruleSet.digest,
    ]);
    expect(
      `sha256:${createHash('sha256')
        .update(stored?.rules ?? '')
        .digest('hex')}`,
    ).toBe(report.ruleSet.digest);
    expect(report.ruleSet.content).toEqual(JSON.parse(stored?.rules ?? ''));
    expect(report.ruleSet.approvedBy).toBe('juris');
  });

  it('shows in both languages what was due, what went, under which law and by whose decision', async () => {
    const { page } = await filesOf(first.archive);
    const text = pageText(page);
    const told = [
      ...['Retention run', 'its number of rows was used up', 'Delivery and contact data', 'P2Y from the event'],
      ...['Glabāšanas termiņu izpilde', 'sasniegts tai atvēlētais rindu skaits', 'Piegādes un saziņas dati'],
      ...[
        'Patērētāju tiesību aizsardzības likums, 27. pants',
        'Biedrības valde, 2026-01-15',
        'P5Y no finanšu gada beigām',
      ],
      ...['juris', 'liga', first.operation, 'Rows that were free to go', 'Palikušas'],
    ];
    expect(told.filter((part) => !text.includes(part))).toEqual([]);
    const bars = [...page.matchAll(/<rect class="(went|left|waits)" x="([\d.]+)%" y="0" width="([\d.]+)%"/g)];
    expect(new Set(bars.map(([, kind]) => kind))).toEqual(new Set(['went', 'left', 'waits']));
    expect(bars.every(([, , x, width]) => Number(x) + Number(width) <= 100.01)).toBe(true);
  });

  it('says nothing about anybody', async () => {
    expect(people.length).toBeGreaterThan(50);
    for (const run of [first, second]) {
      const { page, report } = await filesOf(run.archive);
      const told = `${page}\n${JSON.stringify(report)}`;
      expect(people.filter(({ name, email }) => told.includes(name) || told.includes(email))).toEqual([]);
    }
  });

  it('is written again with the same files, for the last run or a named one', async () => {
    const again = await retentionReport(context, undefined);
    expect(again).toMatchObject({ run: second.operation, stopped: 'done' });
    expect(await contents(again.archive)).toEqual(await contents(second.archive));
    const ran = await gdpr(['retention', 'report', first.operation, '--json'], {
      cwd: workspace.root,
      environment: workspace.environment,
    });
    const named = jsonOf<{ archive: string; run: string }>(ran, 'retention-report');
    expect(named.run).toBe(first.operation);
    expect(await contents(named.archive)).toEqual(await contents(first.archive));
    const text = await gdpr(['retention', 'report'], { cwd: workspace.root, environment: workspace.environment });
    expect([text.code, text.stderr]).toEqual([0, '']);
    expect(text.stdout.split('\n').filter((line) => line.startsWith('contact-copy'))).toHaveLength(1);
    const none = await gdpr(['retention', 'report', '20200101-aaaaaaaaaaaaaaaa', '--json'], {
      cwd: workspace.root,
      environment: workspace.environment,
    });
    expect(jsonErrorOf(none)).toMatchObject({ code: 'NOT_FOUND', exit: 2 });
  });

  it('of a run that was killed says that it was cut short; of one that goes on there is none yet', async () => {
    const ended = 'UPDATE gdpr.retention_run SET ended_at = $2, stopped = $3 WHERE operation = $1';
    const [was] = await rows<{ at: string }>(
      'SELECT ended_at::text AS at FROM gdpr.retention_run WHERE operation = $1',
      [second.operation],
    );
    await rows(ended, [second.operation, null, null]);
    const other = await workspace.context();
    const release = await other.database.lock('retention run');
    await expect(retentionReport(context, undefined)).rejects.toMatchObject({ code: 'LOCKED', exit: 7 });
    await release?.();
    await other.database.close();
    const { page, report } = await filesOf((await retentionReport(context, undefined)).archive);
    await rows(ended, [second.operation, was?.at, 'done']);
    expect(report).toMatchObject({ run: { operation: second.operation }, endedAt: null, stopped: null });
    expect(pageText(page)).toContain('it was cut short');
  });

  it('goes with figures for Prometheus, also of a run that refuses', async () => {
    const later = `${new Date().getUTCFullYear() + 1}-06-01T00:00:00Z`;
    const run = (...args: string[]) =>
      gdpr(['retention', 'run', '--metrics', 'gdpr.prom', '--json', ...args], {
        cwd: workspace.root,
        environment: { ...workspace.environment, GDPR_NOW: later, GDPR_TEST_CLOCK: 'ahead' },
      });
    const metrics = async () => readExposition(await readFile(`${workspace.root}/gdpr.prom`, 'utf8'));
    const value = async (name: string, labels = '') =>
      (await metrics()).get(`gdpr_retention_${name}`)?.samples.get(labels);
    const done = JSON.parse((await run('--max-rows', '5')).stdout) as RunResult;
    expect(await value('last_run_exit_code')).toBe(0);
    expect(await value('run_complete')).toBe(0);
    const taken = [...((await metrics()).get('gdpr_retention_rows')?.samples.values() ?? [])];
    expect(taken.reduce((sum, each) => sum + each, 0)).toBe(done.rows);
    const success = await value('last_success_timestamp_seconds');
    expect(success).toBe(Date.parse(later) / 1000);
    await context.database.transaction('read committed', (session) =>
      session.run('ALTER TABLE shop.reviews ADD COLUMN unknown text'),
    );
    expect(jsonErrorOf(await run()).code).toBe('DRIFT');
    expect(await value('last_run_exit_code')).toBe(6);
    expect(await value('last_success_timestamp_seconds')).toBe(success);
  });
});

async function contents(archive: string): Promise<Record<string, string>> {
  const files = await unzip(archive);
  return Object.fromEntries(
    [...files].filter(([name]) => !name.startsWith('META-INF/')).map(([name, bytes]) => [name, bytes.toString('utf8')]),
  );
}
