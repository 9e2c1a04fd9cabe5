import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eraseRows, rehearseErase } from '../../../src/customer/erase/engine.js';
import { prepareErase } from '../../../src/customer/erase/erase-customer.js';
import { withWhatWasKept } from '../../../src/customer/erase/kept-person.js';
import { noteKeptRows } from '../../../src/customer/erase/kept-rows.js';
import { keptByHolds } from '../../../src/customer/hold/kept.js';
import { peopleOf } from '../../../src/customer/people.js';
import { readCatalog } from '../../../src/datamap/catalog.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { nobodyToAsk } from '../support/export.js';
import { changesBetween, shopSnapshot } from './snapshot.js';
import { erasePerson, GROUND } from './support.js';

let workspace: TestWorkspace;
let context: Context;
let client: pg.Client;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await context.database.close();
  await workspace.remove();
});

const BUYER = 'davinata.davana@pasts.example';

/** One gift to somebody without an e-mail, one to somebody with one, and a parcel home. */
const GIFTS = `
  INSERT INTO shop.customers (id, email, first_name, last_name, created_at) VALUES (800001, '${BUYER}', 'Dāvinata', 'Dāvana', '2016-01-01');
  INSERT INTO shop.orders (id, order_number, customer_id, status, placed_at, paid_at, completed_at, goods_total)
    SELECT id, 'RB-2024-' || id, 800001, 'completed', timestamptz '2024-03-01', '2024-03-02', '2024-03-09', 12 FROM unnest(ARRAY[800001, 800002, 800003]) id;
  INSERT INTO shop.gift_recipients (id, order_id, name, phone, email, street, city, postcode, created_at) VALUES
    (800001, 800001, 'Bezpasta Bērtule', '+371 29999991', NULL, 'Klusā iela 1', 'Kandava', 'LV-3120', '2024-03-01'),
    (800002, 800002, 'Arpasta Arnolde', '+371 29999992', 'arpasta@pasts.example', 'Skaļā iela 2', 'Sabile', 'LV-3294', '2024-03-01');
  INSERT INTO shop.shipments (id, order_id, gift_recipient_id, carrier, recipient_name, recipient_phone, street, city, postcode, status, delivered_at) VALUES
    (800001, 800001, 800001, 'pasts', 'Bezpasta Bērtule', '+371 29999991', 'Klusā iela 1', 'Kandava', 'LV-3120', 30, '2024-03-09'),
    (800002, 800002, 800002, 'pasts', 'Arpasta Arnolde', '+371 29999992', 'Skaļā iela 2', 'Sabile', 'LV-3294', 30, '2024-03-09'),
    (800003, 800003, NULL, 'pasts', 'Dāvinata Dāvana', '+371 29999993', 'Savā iela 3', 'Talsi', 'LV-3201', 30, '2024-03-09');`;

it('takes the address of a gift with the record of who got it, at once', { timeout: 240_000 }, async () => {
  await client.query(GIFTS);
  const before = await shopSnapshot(context);
  const result = await erasePerson(context, { email: BUYER });
  expect(result.residue).toEqual({ clean: true, hits: expect.anything() });
  const after = await shopSnapshot(context);
  expect(changesBetween(before, after).filter(({ row }) => row.startsWith('gift_recipients'))).toEqual([
    expect.objectContaining({ row: 'gift_recipients 800001', is: undefined }),
  ]);
  const { rows } = await client.query(
    'SELECT id::integer, gift_recipient_id::integer AS gift, recipient_name AS name, recipient_phone AS phone, street, city, postcode FROM shop.shipments WHERE id >= 800001 ORDER BY id',
  );
  const empty = { gift: null, name: 'Dzēsts', phone: null, street: null, city: null, postcode: null };
  expect(rows).toEqual([
    { id: 800001, ...empty },
    {
      id: 800002,
      gift: 800002,
      name: 'Arpasta Arnolde',
      phone: '+371 29999992',
      street: 'Skaļā iela 2',
      city: 'Sabile',
      postcode: 'LV-3294',
    },
    { id: 800003, ...empty },
  ]);
  const counted = result.tables.find(({ table }) => table === 'shop.shipments');
  expect(counted).toEqual({ table: 'shop.shipments', deleted: 0, changed: 2, kept: 0 });
  // What is kept of her is all that a second plan finds.
  const again = await prepareErase(context, { order: 'RB-2024-800003' }, GROUND, nobodyToAsk).catch(() => undefined);
  expect((again?.rehearsal.tables ?? []).filter(({ deleted, changed }) => deleted + changed > 0)).toEqual([]);
  // Whoever got the other gift has all of it still to be erased.
  const theirs = await erasePerson(context, { email: 'arpasta@pasts.example' });
  expect(theirs.residue.clean).toBe(true);
  expect(theirs.tables).toContainEqual({ table: 'shop.shipments', deleted: 0, changed: 1, kept: 0 });
});

it('leaves nothing for a second erasure, whoever is erased together', { timeout: 600_000 }, async () => {
  const { database, model } = context;
  const catalog = await database.transaction('repeatable read', readCatalog);
  const { rows } = await client.query<{ id: string | null; email: string | null }>(
    `SELECT id::text, NULL AS email FROM shop.customers
     UNION ALL SELECT DISTINCT NULL, lower(guest_email) FROM shop.orders WHERE guest_email IS NOT NULL ORDER BY 1, 2`,
  );
  const givers = await client.query<{ id: string }>(
    `SELECT DISTINCT o.customer_id::text AS id FROM shop.shipments s JOIN shop.gift_recipients g ON g.id = s.gift_recipient_id
     JOIN shop.orders o ON o.id = s.order_id WHERE g.email IS NULL AND o.customer_id IS NOT NULL`,
  );
  expect(givers.rows.length).toBeGreaterThan(0);
  const rollback = new Error('rolled back');
  const sets = fc.tuple(
    fc.uniqueArray(fc.nat(rows.length - 1), { minLength: 1, maxLength: 40 }),
    fc.uniqueArray(fc.nat(givers.rows.length - 1), { maxLength: 3 }),
  );
  const check = ([some, giving]: readonly [readonly number[], readonly number[]]) =>
    database
      .transaction('read committed', async (session) => {
        const anchors = [
          ...some.map((i) => rows[i]),
          ...giving.map((i) => ({ id: givers.rows[i]?.id, email: null })),
        ].map((each) =>
          each?.email == null
            ? { kind: 'root' as const, person: 'customer', row: { table: 'shop.customers', key: [each?.id ?? ''] } }
            : { kind: 'identifier' as const, identifier: 'email', value: each.email },
        );
        const found = await peopleOf(session, model, catalog, anchors);
        const people = [...new Set(anchors.flatMap((anchor) => found.of(anchor)))];
        const subjects = people.map(
          (_, i) => `subject:${'a'.repeat(24)}${'abcdefghij'[Math.floor(i / 10)]}${'abcdefghij'[i % 10]}`,
        );
        const request = { model, catalog, people, at: new Date().toISOString(), more: keptByHolds(model, catalog) };
        const done = await eraseRows(session, request, (hash) => Buffer.from(hash));
        expect(done.tables.some(({ changed }) => changed > 0)).toBe(true);
        await session.run(
          "INSERT INTO gdpr.operation (id, action, state, operator, subjects) VALUES ('20260101-aaaaaaaaaaaaaaaa', 'customer erase', 'started', 'tester', '{}')",
        );
        await noteKeptRows(session, done.ruling, '20260101-aaaaaaaaaaaaaaaa', subjects);
        const temporary = await session.query<{ name: string }>(
          "SELECT quote_ident(relname) AS name FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'",
        );
        await session.run(`DROP TABLE ${temporary.map(({ name }) => `pg_temp.${name}`).join(', ')}`);
        const still = await withWhatWasKept(
          session,
          model,
          people.map((person, i) => ({ person, subject: subjects[i] ?? '' })),
        );
        const again = await rehearseErase(session, { ...request, people: still });
        expect(again.tables.filter(({ deleted, changed }) => deleted + changed > 0)).toEqual([]);
        throw rollback;
      })
      .catch((error: unknown) => {
        if (error !== rollback) throw error;
      });
  await fc.assert(fc.asyncProperty(sets, check), { numRuns: 4, endOnFailure: true });
});
