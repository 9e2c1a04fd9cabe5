import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { prepareErase } from '../../src/customer/erase/erase-customer.js';
import { eraseCustomer, orderOf } from '../../src/customer/erase/run.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { objectCustomer } from '../../src/customer/object.js';
import { prepareRectify } from '../../src/customer/rectify/rectify-customer.js';
import { restrictCustomer } from '../../src/customer/restrict/restrict.js';
import { liftRestriction } from '../../src/customer/restrict/unrestrict.js';
import { NO_CAMPAIGN } from '../../src/marketing/campaign.js';
import { explainAudience } from '../../src/marketing/explain.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { openRequest } from '../../src/request/open.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { changesBetween, shopSnapshot } from './erase/snapshot.js';
import { erasePerson, GROUND } from './erase/support.js';
import { exportPerson, nobodyToAsk } from './support/export.js';

const QUERY = { email: 'anna.berzina@pasts.example' } as const;

let workspace: TestWorkspace;
let context: Context;
beforeEach(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 60_000);
afterEach(async () => {
  await context.database.close();
  await workspace.remove();
});

const restrict = (ground: string) => restrictCustomer(context, { query: QUERY, ground }, nobodyToAsk);

async function eraseOnRequest(): Promise<unknown> {
  const incoming = { kind: 'erasure', channel: 'email', received: 'today', unknown: false, again: false } as const;
  const { request } = await openRequest(context, { ...incoming, query: QUERY }, nobodyToAsk);
  const prepared = await prepareErase(context, QUERY, GROUND, nobodyToAsk, request);
  const order = orderOf(prepared, { ground: GROUND, verified: 'account login', language: 'lv' });
  return eraseCustomer(context, order, prepared.plan);
}

/** Found, exported with all rows, and told of what stands against operations. */
async function isFoundAndExported(told: Readonly<Record<string, number>>): Promise<void> {
  expect((await findCustomer(context, QUERY)).matches).toHaveLength(1);
  const { archive } = await exportPerson(context, QUERY);
  expect(archive.rows('shop.orders')).toHaveLength(6);
  for (const [table, rows] of Object.entries(told)) expect([table, archive.rows(table).length]).toEqual([table, rows]);
}

describe('a restricted person', { timeout: 120_000 }, () => {
  for (const ground of ['18(1)(b)', '18(1)(c)']) {
    it(`is found and exported; under ${ground} nothing is erased unless they ask`, async () => {
      await restrict(ground);
      await isFoundAndExported({ 'gdpr.restriction': 1 });
      const before = await shopSnapshot(context);
      await expect(erasePerson(context, QUERY)).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringContaining(`restricted under Art. ${ground} since`),
      });
      expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
      expect(await eraseOnRequest()).toMatchObject({ residue: { clean: true } });
    });
  }

  it('is erased where the accuracy is contested, and where the restriction was lifted', async () => {
    await restrict('18(1)(b)');
    await restrict('18(1)(a)');
    const lifted = await liftRestriction(context, { query: QUERY, ground: '18(1)(b)', informed: 'today' }, nobodyToAsk);
    expect(lifted.grounds).toEqual(['18(1)(b)']);
    await isFoundAndExported({ 'gdpr.restriction': 2 });
    expect((await erasePerson(context, QUERY)).residue.clean).toBe(true);
  });

  it('stays restricted when the account turns out to be that of somebody who is known already', async () => {
    const sql = (text: string) => context.database.transaction('read committed', (session) => session.run(text));
    const [older] = (await findCustomer(context, QUERY)).matches;
    await sql(
      `INSERT INTO shop.customers (id, email, first_name, last_name, created_at)
       VALUES (900001, 'a.berzina@darbs.example', 'Anna', 'Bērziņa', now())`,
    );
    const account = { id: 'shop.customers:900001' };
    const restricted = await restrictCustomer(context, { query: account, ground: '18(1)(b)' }, nobodyToAsk);
    expect(restricted.subject).not.toBe(older?.subject);
    await sql("UPDATE shop.customers SET personas_kods = '120385-11234' WHERE id = 900001");
    const [both] = (await findCustomer(context, account)).matches;
    expect(both?.subject).toBe(older?.subject);
    await expect(erasePerson(context, QUERY)).rejects.toMatchObject({ code: 'REFUSED' });
    const lifted = await liftRestriction(context, { query: QUERY, informed: 'today' }, nobodyToAsk);
    expect(lifted.grounds).toEqual(['18(1)(b)']);
  });
});

describe('a person who objected', { timeout: 120_000 }, () => {
  it('is found, exported with the objection, and erased, which the objection outlives', async () => {
    const { suppressed } = await objectCustomer(context, { query: QUERY, to: 'marketing' }, nobodyToAsk);
    await isFoundAndExported({ 'gdpr.objection': 1, 'gdpr.suppression': suppressed.email + suppressed.phone });
    expect((await erasePerson(context, QUERY)).residue.clean).toBe(true);
    const kept = await context.database.transaction('read committed', (session) =>
      session.query('SELECT purpose FROM gdpr.objection'),
    );
    expect(kept).toEqual([{ purpose: 'marketing' }]);
  });
});

describe('a person with rows on hold', { timeout: 120_000 }, () => {
  it('is found and exported whole, the held rows too', async () => {
    const until = addDays(todayIn('Europe/Riga'), 5);
    const target = { scope: 'order', number: 'RB-2022-000003' } as const;
    await placeHold(context, { target, reference: 'C 12/26', authority: 'Rigas tiesa', until }, nobodyToAsk);
    await isFoundAndExported({ 'gdpr.hold': 1 });
  });
});

describe('what stands against an operation, and being corrected or written to', { timeout: 180_000 }, () => {
  /** The reason for which her account is left out of a send list; null where it is in. */
  const leftOut = async () => {
    const settings = { channel: 'email', campaign: NO_CAMPAIGN, segment: null } as const;
    const { rows } = await explainAudience(context, settings, QUERY, nobodyToAsk);
    return rows.find(({ source }) => source === 'accounts')?.reason;
  };
  const corrects = async () => {
    const { rehearsal } = await prepareRectify(
      context,
      QUERY,
      [{ field: 'email', value: 'anna@jauns.example' }],
      nobodyToAsk,
    );
    return rehearsal.tables.some(({ rows }) => rows > 0);
  };

  it('an order on hold, an open request and a hold on her keep her in the list; a restriction and an objection do not, and both let her be corrected', async () => {
    await prepareMarketing(context);
    expect(await leftOut()).toBeNull();
    const until = addDays(todayIn('Europe/Riga'), 5);
    const hold = { reference: 'C 12/26', authority: 'Rigas tiesa', until };
    await placeHold(context, { ...hold, target: { scope: 'order', number: 'RB-2022-000003' } }, nobodyToAsk);
    const access = { kind: 'access', channel: 'email', received: 'today', unknown: false, again: false } as const;
    await openRequest(context, { ...access, query: QUERY }, nobodyToAsk);
    expect([await leftOut(), await corrects()]).toEqual([null, true]);
    await restrict('18(1)(a)');
    expect([await leftOut(), await corrects()]).toEqual(['restricted', true]);
    await liftRestriction(context, { query: QUERY, informed: 'today' }, nobodyToAsk);
    expect(await leftOut()).toBeNull();
    await placeHold(context, { ...hold, target: { scope: 'person', query: QUERY } }, nobodyToAsk);
    expect(await leftOut()).toBeNull();
    await expect(corrects()).rejects.toMatchObject({ code: 'REFUSED', exit: 3 });
    await objectCustomer(context, { query: QUERY, to: 'marketing' }, nobodyToAsk);
    expect(await leftOut()).toBe('objected');
  });
});
