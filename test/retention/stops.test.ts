import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { placeHold } from '../../src/customer/hold/place.js';
import { releaseHold } from '../../src/customer/hold/release.js';
import { objectCustomer } from '../../src/customer/object.js';
import { restrictCustomer } from '../../src/customer/restrict/restrict.js';
import { liftRestriction } from '../../src/customer/restrict/unrestrict.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { closeRequest } from '../../src/request/end.js';
import { openRequest } from '../../src/request/open.js';
import { planRetention } from '../../src/retention/plan.js';
import type { Context } from '../../src/workspace/open.js';
import { changesBetween, type ShopSnapshot, shopSnapshot } from '../customer/erase/snapshot.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, rowsOfPerson, run } from './support.js';

/** Long after the last order, so that everything of everybody is due. */
const LATER = '2040-06-01T12:00:00Z';
const WHO = [
  'order',
  'gagged',
  'whole',
  'restrictedB',
  'restrictedC',
  'access',
  'openOrder',
  'objected',
  'nothing',
] as const;
type Who = (typeof WHO)[number];

let workspace: TestWorkspace;
let context: Context;
let before: ShopSnapshot;
let after: ShopSnapshot;
const ids = new Map<Who, string>();
const rows = new Map<Who, readonly string[]>();
const orders = new Map<Who, string>();
const id = (who: Who) => ({ id: `shop.customers:${ids.get(who)}` });
const holds: string[] = [];
let request = '';

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  vi.stubEnv('GDPR_NOW', LATER);
  context = await workspace.context();
  await agree(context);
  const people = await ask<{ id: string; number: string }>(
    context,
    `SELECT c.id::text AS id, min(o.order_number) AS number FROM shop.customers c JOIN shop.orders o ON o.customer_id = c.id
     WHERE c.kind = 'private' AND c.id > 20 AND c.personas_kods IS NULL
       AND NOT EXISTS (SELECT FROM shop.orders x WHERE x.customer_id = c.id AND (x.status NOT IN ('completed', 'cancelled', 'returned') OR EXISTS
         (SELECT FROM shop.invoices i WHERE i.order_id = x.id AND i.paid_on IS NULL)))
     GROUP BY c.id HAVING count(*) > 1 ORDER BY count(*) DESC, c.id LIMIT ${WHO.length}`,
  );
  WHO.forEach((who, i) => {
    ids.set(who, people[i]?.id ?? '');
    orders.set(who, people[i]?.number ?? '');
  });
  for (const who of WHO) rows.set(who, await rowsOfPerson(context, id(who)));
  const until = addDays(todayIn('Europe/Riga'), 300);
  const hold = { reference: 'KPL 191/2040-7', authority: 'Valsts policija', until };
  const placed = [
    await placeHold(context, { ...hold, target: { scope: 'order', number: orders.get('order') ?? '' } }, nobodyToAsk),
    await placeHold(
      context,
      { ...hold, gagUntil: until, target: { scope: 'order', number: orders.get('gagged') ?? '' } },
      nobodyToAsk,
    ),
    await placeHold(context, { ...hold, target: { scope: 'person', query: id('whole') } }, nobodyToAsk),
  ];
  holds.push(...placed.map((each) => each.hold));
  await restrictCustomer(context, { query: id('restrictedB'), ground: '18(1)(b)' }, nobodyToAsk);
  await restrictCustomer(context, { query: id('restrictedC'), ground: '18(1)(c)' }, nobodyToAsk);
  await objectCustomer(context, { query: id('objected'), to: 'insight' }, nobodyToAsk);
  const opened = await openRequest(
    context,
    { kind: 'access', channel: 'email', received: 'today', unknown: false, again: false, query: id('access') },
    nobodyToAsk,
  );
  request = opened.request;
  await ask(context, `UPDATE shop.orders SET status = 'packed' WHERE order_number = '${orders.get('openOrder')}'`);
  before = await shopSnapshot(context);
  const plan = await planRetention(context);
  expect(plan.uncovered).toEqual([]);
  expect(plan.rules.some(({ held }) => held > 0)).toBe(true);
  expect(plan.rules.some(({ excepted }) => excepted > 0)).toBe(true);
  expect(JSON.stringify(plan)).not.toContain('Valsts policija');
  const result = await run(context);
  expect(result).toMatchObject({
    stopped: 'done',
    locked: 0,
    rows: plan.rules.reduce((sum, { eligible }) => sum + eligible, 0),
  });
  after = await shopSnapshot(context);
}, 300_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await context.database.close();
  await workspace.remove();
});

function changedOf(who: Who, from = before, to = after): string[] {
  const changed = new Set(changesBetween(from, to).map(({ row }) => row));
  return (rows.get(who) ?? []).filter((row) => changed.has(row));
}

/** The order's row and what hangs on it. */
function hanging(who: Who): string[] {
  const order = [...before.values()].find((row) => row.order_number === orders.get(who));
  const payments = new Set(
    [...before].flatMap(([name, row]) => (name.startsWith('payments ') && row.order_id === order?.id ? [row.id] : [])),
  );
  return [...before].flatMap(([name, row]) =>
    row === order ||
    (row.order_id === order?.id && !name.startsWith('support_tickets') && !name.startsWith('loyalty')) ||
    (name.startsWith('refunds ') && payments.has(row.payment_id))
      ? [name]
      : [],
  );
}

describe('what stops retention', { timeout: 120_000 }, () => {
  for (const who of ['order', 'gagged'] as const) {
    it(`${who}: an order on hold survives with all that belongs to it, the rest of the person's goes`, () => {
      const held = hanging(who);
      expect(held.length).toBeGreaterThan(2);
      const changed = changedOf(who);
      expect(held.filter((row) => changed.includes(row))).toEqual([]);
      expect(changed).toContain(`customers ${ids.get(who)}`);
    });
  }

  for (const who of ['whole', 'restrictedB', 'restrictedC', 'access'] as const) {
    it(`${who}: nothing of the person's is touched`, () => {
      expect(rows.get(who)?.length).toBeGreaterThan(3);
      expect(changedOf(who)).toEqual([]);
    });
  }

  it('an open order keeps what it needs, with that ground, and the rest goes', () => {
    const customer = `customers ${ids.get('openOrder')}`;
    const cells = changesBetween(before, after).filter(({ row }) => row === customer);
    expect(cells.length).toBeGreaterThan(0);
    expect(
      cells
        .map(({ column }) => column)
        .filter((name) => ['email', 'first_name', 'last_name', 'phone'].includes(name ?? '')),
    ).toEqual([]);
  });

  it('an objection, and nothing at all, stop nothing', () => {
    for (const who of ['objected', 'nothing'] as const) expect(changedOf(who)).toContain(`customers ${ids.get(who)}`);
  });

  it('once nothing stands against it any more, the next run takes the rest', async () => {
    for (const hold of holds) await releaseHold({ ...context, operator: 'juris' }, hold, 'the case is closed');
    for (const who of ['restrictedB', 'restrictedC'] as const)
      await liftRestriction(context, { query: id(who), informed: 'today' }, nobodyToAsk);
    await closeRequest(context, request);
    expect((await run(context)).stopped).toBe('done');
    const last = await shopSnapshot(context);
    for (const who of ['order', 'gagged', 'whole', 'restrictedB', 'restrictedC', 'access'] as const)
      expect(changedOf(who, after, last).length).toBeGreaterThan(0);
    expect((await planRetention(context)).rules.every(({ held }) => held === 0)).toBe(true);
  });
});
