import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyArchive } from '../../../src/archive/verify.js';
import { exportPrepared, prepareExport } from '../../../src/customer/export-customer.js';
import { exportMany } from '../../../src/customer/export-many.js';
import { findCustomer } from '../../../src/customer/find-customer.js';
import { placeHold } from '../../../src/customer/hold/place.js';
import { ERASURE_TABLES } from '../../../src/customer/own/erasures.js';
import type { PersonQuery } from '../../../src/customer/resolve.js';
import { addDays, todayIn } from '../../../src/request/day.js';
import { closeRequest } from '../../../src/request/end.js';
import { verifyIdentity } from '../../../src/request/identity.js';
import { openRequest } from '../../../src/request/open.js';
import type { Context } from '../../../src/workspace/open.js';
import { pageText } from '../../law/shop.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { readArchive } from '../support/archive.js';
import { exportPerson, nobodyToAsk } from '../support/export.js';
import { erasePerson } from './support.js';

vi.setConfig({ testTimeout: 120_000 });

const ANNA = { email: 'anna.berzina@pasts.example' };
const PETR = { email: 'petr.ivanov@pasts.example' };
const NAMESAKE = { email: 'anna.berzina2@pasts.example' };
/** Delivered and paid: without a hold everything but the invoice goes. */
const HELD_ORDER = 'RB-2022-000003';

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const rows = <R extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []) =>
  context.database.transaction('read committed', (session) => session.query<R>(sql, values));
const change = (sql: string) => context.database.transaction('read committed', (session) => session.run(sql));

const failure = (query: PersonQuery) =>
  prepareExport(context, query, nobodyToAsk).then(
    () => undefined,
    (error: { code?: string; details?: { candidates?: { id: string; kind: string }[] } }) => error,
  );

describe('an erased person, of whose order a hold is kept that nobody may be told of', () => {
  const gagUntil = addDays(todayIn('Europe/Riga'), 10);
  let subject: string;
  let hold: string;

  beforeAll(async () => {
    // Nothing of hers waits: no open order or unpaid invoice keeps her e-mail.
    await change(
      `UPDATE shop.orders SET status = 'completed', completed_at = coalesce(completed_at, now()) WHERE customer_id = 1`,
    );
    await change(
      'UPDATE shop.invoices SET paid_on = issued_on WHERE paid_on IS NULL AND order_id IN (SELECT id FROM shop.orders WHERE customer_id = 1)',
    );
    const until = addDays(todayIn('Europe/Riga'), 30);
    const target = { scope: 'order', number: HELD_ORDER } as const;
    const placed = { target, reference: 'KPL 191/2026-7', authority: 'Valsts policija', until, gagUntil };
    ({ hold } = await placeHold(context, placed, nobodyToAsk));
    ({ subject } = await erasePerson(context, ANNA));
  });

  it('is exported by the old e-mail: what is kept, each with its ground and day, and nothing of the hold', async () => {
    const found = await findCustomer(context, ANNA);
    expect([found.matches, found.erased?.map((one) => one.subject)]).toEqual([[], [subject]]);
    const { result, archive } = await exportPerson(context, ANNA);
    expect(result.subject).toBe(subject);
    expect((await verifyArchive(result.archive, { signers: [context.keys.ids.signing] })).valid).toBe(true);
    const invoices = await rows<{ number: string }>(
      `SELECT i.number FROM shop.invoices i JOIN gdpr.kept_row k ON k.table_name = 'shop.invoices'
         AND k.key::jsonb ->> 0 = i.id::text AND k.source = 'rule' AND k.subject = $1`,
      [subject],
    );
    expect(invoices.length).toBeGreaterThan(0);
    expect(archive.rows('shop.invoices').map(({ number }) => number)).toEqual(
      expect.arrayContaining(invoices.map(({ number }) => number)),
    );
    expect(result.kept).toContainEqual({
      table: 'shop.invoices',
      columns: expect.arrayContaining([expect.any(String)]),
      source: 'rule',
      id: 'source-documents',
      law: expect.stringMatching(/./),
      rows: expect.any(Number),
      until: expect.stringMatching(/^\d{4}-01-01$/),
    });
    expect(archive.manifest.kept).toEqual(result.kept);
    expect(archive.rows('gdpr.tombstone')).toMatchObject([{ ground: 'Art. 17(1)(b)', codes: expect.any(Number) }]);
    expect(archive.rows('gdpr.kept_row')).toContainEqual(
      expect.objectContaining({ data: 'shop.invoices', reason: 'rule source-documents', term: null }),
    );
    const page = pageText(archive.text('index.html'));
    for (const { entry } of ERASURE_TABLES)
      for (const text of [entry.title, entry.description, entry.keptBecause])
        expect([text?.lv, text?.en].filter((part) => part === undefined || !page.includes(part))).toEqual([]);
    for (const text of ['Jūsu datus esam dzēsuši', 'piekrišana atsaukta', 'Rēķini']) expect(page).toContain(text);
    // What the hold alone keeps is in the database, and not in the copy.
    const held = await rows<{ table: string; id: string; columns: string }>(
      `SELECT h.table_name AS "table", h.key::jsonb ->> 0 AS id, array_to_json(ARRAY(SELECT unnest(h.columns) EXCEPT
         SELECT unnest(k.columns) FROM gdpr.kept_row k WHERE k.subject = h.subject AND k.source <> 'hold'
           AND k.table_name = h.table_name AND k.key = h.key))::text AS columns
       FROM gdpr.kept_row h WHERE h.subject = $1 AND h.source = 'hold' AND h.table_name <> 'shop.order_lines'`,
      [subject],
    );
    const shown = held.map(({ table, id, columns }) => {
      const row = archive.rows(table).find((each) => String(each.id) === id);
      expect([
        table,
        (JSON.parse(columns) as string[]).filter((column) => row !== undefined && row[column] !== null),
      ]).toEqual([table, []]);
      return `${table} ${row === undefined ? 'hidden' : 'in part'}`;
    });
    expect(shown).toEqual(expect.arrayContaining(['shop.orders in part', 'shop.shipments hidden']));
    for (const text of [
      JSON.stringify([found, result]),
      ...[...archive.files.values()].map((file) => file.toString('utf8')),
    ]) {
      for (const word of [hold, 'Valsts policija', '"reason":"hold']) expect(text).not.toContain(word);
    }
  });

  it('is told of the hold once the gag has ended, with the rows that it keeps', async () => {
    vi.stubEnv('GDPR_NOW', `${addDays(gagUntil, 1)}T12:00:00Z`);
    const { archive, result } = await exportPerson(context, ANNA);
    expect(result.kept?.map(({ source, id }) => `${source} ${id}`)).toContain(`hold ${hold}`);
    expect(archive.rows('shop.orders').map(({ order_number }) => order_number)).toContain(HELD_ORDER);
    expect(archive.rows('gdpr.kept_row').map(({ reason }) => reason)).toContain('hold');
  });

  it('asks with a request of the register, which notes and finds them', async () => {
    const asked = { kind: 'access', channel: 'email', received: 'today', query: ANNA } as const;
    const opened = await openRequest(context, { ...asked, unknown: false, again: false }, nobodyToAsk);
    await verifyIdentity(context, opened.request, { query: {}, how: 'known e-mail answered' }, nobodyToAsk);
    const prepared = await prepareExport(context, {}, nobodyToAsk, undefined, opened.request);
    expect(prepared.match.subject).toBe(subject);
    const result = await exportPrepared(context, prepared, { verified: undefined, language: 'lv' }, () => {});
    expect((await readArchive(result.archive)).manifest.request).toBe(opened.request);
    await closeRequest(context, opened.request);
  });

  it('is told from whoever has the e-mail now: both are shown, and one has to be named', async () => {
    await change(
      `INSERT INTO shop.customers (id, email, first_name, last_name, created_at) OVERRIDING SYSTEM VALUE
       VALUES (900001, '${ANNA.email}', 'Anna', 'Liepa', now())`,
    );
    const found = await findCustomer(context, ANNA);
    expect(found.matches.map(({ id }) => id)).toEqual(['shop.customers:900001']);
    expect(found.erased?.map((one) => one.subject)).toEqual([subject]);
    const error = await failure(ANNA);
    expect([error?.code, error?.details?.candidates?.map(({ id, kind }) => `${kind} ${id}`)]).toEqual([
      'SEVERAL',
      ['Customer shop.customers:900001', `erased person ${subject}`],
    ]);
    const living = await exportPerson(context, { id: 'shop.customers:900001' });
    expect(living.archive.rows('shop.customers')).toMatchObject([{ last_name: 'Liepa' }]);
    expect([living.result.kept, living.archive.rows('gdpr.tombstone')]).toEqual([undefined, []]);
    const erased = await exportPerson(context, { id: subject });
    expect(erased.result.subject).toBe(subject);
    expect([...erased.archive.files.values()].some((file) => file.includes('Liepa'))).toBe(false);

    const verified = 'account login';
    const lines = [ANNA, { id: subject }, { email: 'nobody@pasts.example' }].map((query, i) => ({
      line: i + 1,
      query,
      verified,
      language: 'lv' as const,
    }));
    const none = async () => ({});
    const hooks = { onProgress: () => {}, deliver: none, deliverEarlier: none };
    const { people } = await exportMany(context, lines, { again: false }, hooks);
    expect(people.map((line) => (line.state === 'refused' ? line.code : line.subject))).toEqual([
      'SEVERAL',
      subject,
      'NOBODY',
    ]);
  });
});

describe('an erased guest who orders again under the same e-mail', () => {
  it('is one person, whose copy holds the new order and what was kept of the old ones', async () => {
    const { subject } = await erasePerson(context, PETR);
    const before = await exportPerson(context, PETR);
    const old = before.archive.rows('shop.orders').map(({ order_number }) => order_number);
    await change(
      `INSERT INTO shop.orders (id, order_number, guest_email, guest_name, status, placed_at, goods_total) OVERRIDING SYSTEM VALUE
       VALUES (900001, 'RB-2026-900001', '${PETR.email}', 'Petr Ivanov', 'new', now(), 12.50)`,
    );
    const found = await findCustomer(context, PETR);
    expect(found.matches.map((match) => match.subject)).toEqual([subject]);
    expect(found.erased?.map((one) => one.subject)).toEqual([subject]);
    const { result, archive } = await exportPerson(context, PETR);
    expect(result.subject).toBe(subject);
    const orders = archive.rows('shop.orders').map(({ order_number }) => order_number);
    expect(orders.toSorted()).toEqual([...old, 'RB-2026-900001'].toSorted());
    expect(result.kept).toEqual(before.result.kept);
  });
});

describe('an erased person of whom nothing is kept', () => {
  it('gets a copy that says so, and when they were erased', async () => {
    const { subject } = await erasePerson(context, NAMESAKE);
    await change(`DELETE FROM gdpr.kept_row WHERE subject = '${subject}'`);
    const { result, archive } = await exportPerson(context, { id: subject });
    expect(result.kept).toBeUndefined();
    expect(archive.manifest.tables.filter(({ rows: n, table }) => n > 0 && !table.startsWith('gdpr.'))).toEqual([]);
    expect(archive.rows('gdpr.tombstone')).toHaveLength(1);
  });
});
