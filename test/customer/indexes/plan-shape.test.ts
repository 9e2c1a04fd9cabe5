import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { gdpr } from '../../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { makeIndexes, printIndexes, run } from './support.js';

/** Tables of more rows than this are big in a shop of so many customers. */
const BIG = 400;
const CUSTOMERS = 3000;

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await bookshopWorkspace({ customers: CUSTOMERS });
  await run(workspace, 'ANALYZE');
  expect((await makeIndexes(workspace)).missing).toBeGreaterThan(20);
}, 300_000);
afterAll(() => workspace.remove());

/** Big tables of the shop that a command read whole, with how often: what PostgreSQL itself has counted. */
async function readWhole(...args: string[]): Promise<{ name: string; scans: number }[]> {
  const before = await scans();
  const { code, stderr } = await gdpr(args, { cwd: workspace.root, environment: workspace.environment });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const after = await scans();
  return [...after].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more === 0 ? [] : [{ name, scans: more }];
  });
}

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
    `SELECT s.relname AS name, s.seq_scan::text AS scans FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
     WHERE s.schemaname = 'shop' AND c.reltuples > ${BIG} ORDER BY 1`,
  );
  return new Map(rows.map(({ name, scans: count }) => [name, Number(count)]));
}

describe('with the indexes, no big table is read whole', { timeout: 300_000 }, () => {
  const VERIFIED = ['--verified', 'account login'];

  it('has nothing missing any more', async () => {
    const { missing, indexes, unasked } = await printIndexes(workspace);
    expect({ missing, unasked, states: [...new Set(indexes.map(({ state }) => state))] }).toEqual({
      missing: 0,
      unasked: [],
      states: ['exists'],
    });
  });

  it('knows the tables of which it speaks', async () => {
    const big = await scans();
    for (const table of ['customers', 'orders', 'order_lines', 'event_log', 'shipments', 'addresses'])
      expect([...big.keys()]).toContain(table);
  });

  it.each([
    ['an e-mail', ['--email', PEOPLE.anna.email]],
    ['a phone', ['--phone', '21234567']],
    ['a name', ['--name', 'Anna Bērziņa', '--email', PEOPLE.anna.email]],
    ['an order', ['--order', 'RB-2014-000001']],
    ['a row', ['--id', 'shop.customers:1']],
  ])('find by %s', async (_, query) => {
    const { code } = await gdpr(['customer', 'find', ...query], {
      cwd: workspace.root,
      environment: workspace.environment,
    });
    expect(code).toBe(0);
    expect(await readWhole('customer', 'find', ...query)).toEqual([]);
  });

  it('export', async () => {
    expect(await readWhole('customer', 'export', '--email', PEOPLE.anna.email, ...VERIFIED)).toEqual([]);
  });

  it('erase, planned and done: its proof goes through tables page by page, which is no scan', async () => {
    const [person] = await run<{ email: string }>(
      workspace,
      `SELECT email FROM shop.customers c WHERE kind = 'private' AND deleted_at IS NULL AND id > 100
         AND (SELECT count(*) FROM shop.orders o WHERE o.customer_id = c.id) > 1
         AND NOT EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND (o.disputed_at IS NOT NULL
           OR o.status NOT IN ('completed', 'cancelled')
           OR EXISTS (SELECT FROM shop.invoices i WHERE i.order_id = o.id AND i.paid_on IS NULL)))
       ORDER BY id LIMIT 1`,
    );
    const erase = ['customer', 'erase', '--email', person?.email ?? '', ...VERIFIED, '--ground', '17(1)(b)'];
    // The smallest of the big ones are a few pages, which are read as fast as an index is.
    const small = ['gift_recipients'];
    const whole = async (how: string) =>
      (await readWhole(...erase, how, '--json')).filter(({ name }) => !small.includes(name));
    expect(await whole('--plan')).toEqual([]);
    expect(await whole('--yes')).toEqual([]);
  });
});
