import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { prepareErase } from '../../../src/customer/erase/erase-customer.js';
import { findErased } from '../../../src/customer/erase/find-erased.js';
import { eraseCustomer, orderOf } from '../../../src/customer/erase/run.js';
import { type HoldOrder, placeHold } from '../../../src/customer/hold/place.js';
import { releaseHold } from '../../../src/customer/hold/release.js';
import { residueCustomer } from '../../../src/customer/residue/residue-customer.js';
import { addDays, todayIn } from '../../../src/request/day.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { changesBetween, shopSnapshot } from '../erase/snapshot.js';
import { erasePerson, GROUND } from '../erase/support.js';
import { unzip } from '../support/archive.js';
import { exportPerson, nobodyToAsk } from '../support/export.js';

const { anna } = PEOPLE;
/** Delivered and paid: without a hold everything but the invoice goes. */
const ORDER = 'RB-2022-000003';
const HANGS_ON_ORDER = /^(orders 3|order_lines 3\/|shipments |payments |refunds |gift_recipients )/;

let workspace: TestWorkspace;
let context: Context;
beforeEach(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 60_000);
afterEach(async () => {
  vi.unstubAllEnvs();
  await context.database.close();
  await workspace.remove();
});

const today = () => todayIn('Europe/Riga');

function place(order: Partial<HoldOrder> & Pick<HoldOrder, 'target'>) {
  const { target, until = addDays(today(), 30), gagUntil } = order;
  return placeHold(
    context,
    { target, reference: 'KPL 191/2026-7', authority: 'Valsts policija', until, gagUntil },
    nobodyToAsk,
  );
}

/** The order's own row and those that hang on it, by name. */
async function rowsOfOrder(): Promise<string[]> {
  const snapshot = await shopSnapshot(context);
  const id = [...snapshot.values()].find((row) => row.order_number === ORDER && 'placed_at' in row)?.id;
  return [...snapshot].flatMap(([name, row]) =>
    name === `orders ${id}` ||
    (row.order_id === id && HANGS_ON_ORDER.test(`${name} `.replace(/^order_lines \d+/, 'order_lines 3')))
      ? [name]
      : [],
  );
}

describe('an order on hold', { timeout: 120_000 }, () => {
  it('is kept with what hangs on it, until the day after its last, and the rest goes', async () => {
    const hold = await place({ target: { scope: 'order', number: ORDER } });
    const held = await rowsOfOrder();
    expect(held.length).toBeGreaterThan(3);
    const before = await shopSnapshot(context);
    const prepared = await prepareErase(context, { email: anna?.email }, GROUND, nobodyToAsk);
    expect((prepared.plan.plan as { holds: string[] }).holds).toEqual([hold.hold]);
    const result = await erasePerson(context, { email: anna?.email });
    const changed = new Set(changesBetween(before, await shopSnapshot(context)).map(({ row }) => row));
    expect(held.filter((row) => changed.has(row))).toEqual([]);
    expect(changed.has('customers 1')).toBe(true);
    expect(result.residue.clean).toBe(true);
    const kept = result.kept.filter(({ source }) => source === 'hold');
    expect(kept.map(({ table }) => table)).toContain('shop.shipments');
    for (const { id, first, last } of kept) {
      const day = addDays(hold.until, 1);
      expect({ id, first, last }).toEqual({ id: hold.hold, first: day, last: day });
    }
    const letter = (await unzip(result.certificate)).get('letter.html')?.toString('utf8') ?? '';
    expect(letter).toContain('Iestādes vai tiesas prasība datus saglabāt');

    const released = await releaseHold({ ...context, operator: 'karlis' }, hold.hold, 'case closed');
    expect(released.waiting).toEqual([{ subject: result.subject, rows: expect.any(Number) }]);
    const again = await erasePerson(context, { id: 'shop.customers:1' });
    expect(again.subject).toBe(result.subject);
    expect(again.kept.filter(({ source }) => source === 'hold')).toEqual([]);
    expect(again.tables.reduce((sum, { deleted, changed: n }) => sum + deleted + n, 0)).toBeGreaterThan(0);
  });

  it('is kept and not told of while a gag lasts: not in plan, result, certificate, letter, export', async () => {
    const hold = await place({ target: { scope: 'order', number: ORDER }, gagUntil: addDays(today(), 10) });
    const held = await rowsOfOrder();
    const before = await shopSnapshot(context);
    const { archive } = await exportPerson(context, { email: anna?.email });
    expect(archive.rows('gdpr.hold')).toEqual([]);
    expect(archive.rows('gdpr.access').map(({ action }) => action)).not.toContain('hold place');
    const prepared = await prepareErase(context, { email: anna?.email }, GROUND, nobodyToAsk);
    const result = await erasePerson(context, { email: anna?.email });
    const changed = new Set(changesBetween(before, await shopSnapshot(context)).map(({ row }) => row));
    expect(held.filter((row) => changed.has(row))).toEqual([]);
    const residue = await residueCustomer(context, { email: anna?.email }, () => {});
    const erased = await findErased(context, { email: anna?.email });
    expect(erased).toMatchObject([{ subject: result.subject, kept: expect.arrayContaining([expect.anything()]) }]);
    const certificate = [...(await unzip(result.certificate)).values()].map((file) => file.toString('utf8'));
    const exported = [...archive.files.values()].map((file) => file.toString('utf8'));
    for (const text of [
      JSON.stringify(prepared.plan),
      JSON.stringify(result),
      JSON.stringify(residue),
      JSON.stringify(erased),
      ...certificate,
      ...exported,
    ]) {
      expect(text).not.toContain(hold.hold);
      expect(text).not.toContain('Valsts policija');
      expect(text).not.toContain('"hold"');
    }
    expect(result.kept.filter(({ source }) => source === 'hold')).toEqual([]);
    for (const { table, kept } of result.tables) {
      const told = result.kept.filter((line) => line.table === table).reduce((sum, { rows }) => sum + rows, 0);
      expect({ table, kept: Math.min(kept, told) }).toEqual({ table, kept });
    }
  });

  it('that was placed after the plan was agreed on makes another plan', async () => {
    const { plan } = await prepareErase(context, { email: anna?.email }, GROUND, nobodyToAsk);
    await place({ target: { scope: 'order', number: ORDER } });
    const prepared = await prepareErase(context, { email: anna?.email }, GROUND, nobodyToAsk);
    const flags = { ground: GROUND, verified: 'account login', language: 'lv', 'plan-digest': plan.digest };
    const order = orderOf(prepared, flags);
    await expect(eraseCustomer(context, order, prepared.plan)).rejects.toMatchObject({ code: 'PLAN_CHANGED' });
    await expect(eraseCustomer(context, order, plan)).rejects.toMatchObject({ code: 'PLAN_CHANGED' });
  });
});

it('a row on hold keeps the places of its document that are of others than the row', { timeout: 120_000 }, async () => {
  const payload = { customer: { id: 3 }, recipient: { name: anna?.name, email: anna?.email } };
  const rows = await context.database.transaction('read committed', (session) =>
    session.query<{ id: string }>(
      "INSERT INTO shop.event_log (event, payload, occurred_at) SELECT 'order.placed', $1, now() FROM generate_series(1, 2) RETURNING id::text",
      [JSON.stringify(payload)],
    ),
  );
  const [held, free] = rows.map(({ id }) => id);
  const hold = await place({ target: { scope: 'rows', rows: [`shop.event_log:${held}`] } });
  const before = await shopSnapshot(context);
  const result = await erasePerson(context, { email: anna?.email });
  const changed = changesBetween(before, await shopSnapshot(context)).map(({ row }) => row);
  expect(changed).toContain(`event_log ${free}`);
  expect(changed).not.toContain(`event_log ${held}`);
  expect(result.kept).toContainEqual(expect.objectContaining({ table: 'shop.event_log', id: hold.hold, rows: 1 }));
  expect(result.residue.clean).toBe(true);
});

describe('a person on hold', { timeout: 120_000 }, () => {
  const target = { scope: 'person', query: { email: anna?.email } } as const;

  it('is not erased, though found and exported, until the hold has ended', async () => {
    const hold = await place({ target });
    const before = await shopSnapshot(context);
    await expect(erasePerson(context, { email: anna?.email })).rejects.toMatchObject({
      code: 'REFUSED',
      exit: 3,
      message: `the data may not be erased at present: ${hold.hold} by Valsts policija until ${hold.until}`,
    });
    expect(changesBetween(before, await shopSnapshot(context))).toEqual([]);
    const { archive } = await exportPerson(context, { email: anna?.email });
    expect(archive.rows('gdpr.hold')).toMatchObject([
      {
        scope: 'person',
        authority: 'Valsts policija',
        reference: 'KPL 191/2026-7',
        until: hold.until,
        released_at: null,
      },
    ]);
    expect(archive.rows('gdpr.access').map(({ action }) => action)).toContain('hold place');
    expect(archive.manifest.withheld).toContainEqual({
      table: 'gdpr.hold',
      column: 'placed_by',
      reason: 'third-party',
      rows: 1,
    });
    vi.stubEnv('GDPR_NOW', `${addDays(hold.until, 1)}T12:00:00Z`);
    const result = await erasePerson(context, { email: anna?.email });
    expect(result.residue.clean).toBe(true);
  });

  it('is refused without a word of why while a gag lasts, and told of afterwards', async () => {
    const gagUntil = addDays(today(), 10);
    await place({ target, gagUntil });
    await expect(erasePerson(context, { email: anna?.email })).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'the data may not be erased at present',
    });
    const { archive } = await exportPerson(context, { email: anna?.email });
    expect(archive.rows('gdpr.hold')).toEqual([]);
    expect(archive.rows('gdpr.access').map(({ action }) => action)).not.toContain('hold place');
    vi.stubEnv('GDPR_NOW', `${addDays(gagUntil, 1)}T12:00:00Z`);
    const later = (await exportPerson(context, { email: anna?.email })).archive;
    expect(later.rows('gdpr.hold')).toHaveLength(1);
    expect(later.rows('gdpr.access').map(({ action }) => action)).toContain('hold place');
  });

  it('placed while the erasure was waiting for its confirmation still refuses', async () => {
    const prepared = await prepareErase(context, { email: anna?.email }, GROUND, nobodyToAsk);
    const order = orderOf(prepared, { ground: GROUND, verified: 'account login', language: 'lv' });
    await place({ target });
    await expect(eraseCustomer(context, order, prepared.plan)).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

it('nothing but a release changes a hold, and nothing removes one', async () => {
  const hold = await place({ target: { scope: 'rows', rows: ['shop.orders:1'] } });
  const attempt = (sql: string) =>
    context.database
      .transaction('read committed', (session) => session.run(sql))
      .then(
        () => 'done',
        () => 'refused',
      );
  for (const sql of [
    "UPDATE gdpr.hold SET until = '2020-01-01'",
    'UPDATE gdpr.hold SET gag_until = NULL, released_by = NULL',
    'DELETE FROM gdpr.hold_row',
    'DELETE FROM gdpr.hold',
    'TRUNCATE gdpr.hold CASCADE',
  ])
    expect([sql, await attempt(sql)]).toEqual([sql, 'refused']);
  await releaseHold({ ...context, operator: 'karlis' }, hold.hold, 'case closed');
  expect(await attempt("UPDATE gdpr.hold SET release_reason = 'another'")).toBe('refused');
  const journal = await readFile(context.paths.journal, 'utf8');
  expect(journal.match(/"type":"hold(-released)?"/g)).toEqual(['"type":"hold"', '"type":"hold-released"']);
});
