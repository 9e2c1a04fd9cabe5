import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '../../src/operation/log.js';
import { recover } from '../../src/operation/recover.js';
import type { Context } from '../../src/workspace/open.js';
import { type Ran, startGdpr } from '../commands/program.js';
import { changesBetween, type ShopSnapshot, shopSnapshot } from '../customer/erase/snapshot.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, fillOld, sizeOf } from './support.js';

const ROWS = sizeOf(40_000);
const NOW = new Date().toISOString();

interface Shop {
  readonly workspace: TestWorkspace;
  readonly context: Context;
  readonly before: ShopSnapshot;
}
const shops: Shop[] = [];

async function shop(): Promise<Shop> {
  const workspace = await bookshopWorkspace();
  const context = await workspace.context();
  await agree(context);
  await appendFile(join(workspace.root, 'gdpr.yaml'), '\nretention:\n  maxShare: 100\n');
  const before = await shopSnapshot(context);
  await fillOld(context, ROWS);
  const made = { workspace, context, before };
  shops.push(made);
  return made;
}

function start({ workspace }: Shop, ...args: string[]) {
  return startGdpr(['retention', 'run', '--json', ...args], {
    cwd: workspace.root,
    environment: { ...workspace.environment, GDPR_NOW: NOW },
  });
}

/** Waits until the run that goes on has taken so many rows beyond those that were taken before. */
async function taken({ context }: Shop, rows: number): Promise<void> {
  for (;;) {
    const [sum] = await ask<{ rows: string }>(
      context,
      'SELECT coalesce(sum(deleted + changed), 0)::text AS rows FROM gdpr.retention_figure',
    );
    if (Number(sum?.rows) >= rows) return;
    await sleep(20);
  }
}

/** The server notices a while after a kill that nobody is there any more. */
async function nobodyRuns({ context }: Shop): Promise<void> {
  for (;;) {
    const release = await context.database.lock('retention run');
    await release?.();
    if (release !== undefined) return;
    await sleep(50);
  }
}

const changes = async ({ context, before }: Shop) =>
  changesBetween(before, await shopSnapshot(context))
    .map(({ row, column }) => `${row} ${column ?? ''}`)
    .sort();

const json = (ran: Ran) => JSON.parse(ran.stdout);

let unbroken: Shop;
let broken: Shop;
beforeAll(async () => {
  unbroken = await shop();
  broken = await shop();
}, 600_000);
afterAll(async () => {
  for (const { context, workspace } of shops) {
    await context.database.close();
    await workspace.remove();
  }
});

describe('a run that is killed', { timeout: 900_000 }, () => {
  it('twice, told to stop, and run again leaves what an unbroken one leaves; two at once are refused', async () => {
    const whole = json(await start(unbroken).ended);
    expect(whole).toMatchObject({ stopped: 'done', locked: 0 });
    expect(whole.rows).toBeGreaterThan(ROWS);

    for (const rows of [3000, 9000]) {
      const { child, ended } = start(broken);
      await taken(broken, rows);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      await nobodyRuns(broken);
    }
    const stopped = start(broken);
    await taken(broken, 16_000);
    stopped.child.kill('SIGTERM');
    const told = await stopped.ended;
    expect(told.code).toBe(0);
    expect(json(told)).toMatchObject({ stopped: 'signal', continues: expect.any(String) });
    const long = json(await start(broken, '--max-duration', '1s').ended);
    expect(['duration', 'done']).toContain(long.stopped);
    const few = json(await start(broken, '--max-rows', '700').ended);
    expect(few).toMatchObject({ stopped: 'rows', rows: 700 });

    const release = await broken.context.database.lock('retention run');
    const second = await start(broken).ended;
    await release?.();
    expect(second.code).toBe(7);
    expect(json(second)).toMatchObject({ error: { code: 'LOCKED', exit: 7 } });
    expect(json(await start(broken).ended)).toMatchObject({ stopped: 'done', locked: 0 });

    const [left] = await ask(
      broken.context,
      "SELECT count(*)::int AS n FROM shop.password_resets WHERE requested_at < now() - interval '31 days'",
    );
    expect(left).toEqual({ n: 0 });
    expect(await changes(broken)).toEqual(await changes(unbroken));
    const [sums] = await ask<{ n: number; asof: number }>(
      broken.context,
      'SELECT (SELECT sum(deleted + changed)::int FROM gdpr.retention_figure) AS n, (SELECT count(DISTINCT as_of)::int FROM gdpr.retention_run) AS asof',
    );
    expect(sums).toEqual({ n: whole.rows, asof: 1 });
    const states = await ask(
      broken.context,
      "SELECT state, count(*)::int AS n FROM gdpr.operation WHERE action = 'retention run' GROUP BY state ORDER BY state",
    );
    expect(states).toContainEqual({ state: 'abandoned', n: 2 });
    expect(await recover(broken.context)).toEqual([]);
    expect((await verifyAuditLog(broken.context)).valid).toBe(true);
  });
});
