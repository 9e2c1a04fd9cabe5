import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import type { ExportedRow, ReadArchive } from './support/archive.js';
import { exportPerson } from './support/export.js';
import { occurring, readable } from './support/leaks.js';

const THIRD_PARTY = { withheld: 'third-party' };

let workspace: TestWorkspace;
let context: Context;
let anna: ReadArchive;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  anna = (await exportPerson(context, { email: PEOPLE.anna.email })).archive;
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

function row(archive: ReadArchive, table: string, of: Record<string, unknown>): ExportedRow {
  const found = archive
    .rows(table)
    .filter((candidate) => Object.entries(of).every(([key, value]) => candidate[key] === value));
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

const listed = (archive: ReadArchive, table: string, reason: string) =>
  Object.fromEntries(
    archive.manifest.withheld
      .filter((item) => item.table === table && item.reason === reason)
      .map(({ column, rows }) => [column, rows]),
  );

describe('a gift to Anna in an order of Jānis', () => {
  it('is there with what is hers, without the order and its buyer', () => {
    expect(row(anna, 'shop.gift_recipients', { id: '7' })).toEqual({
      id: '7',
      order_id: '7',
      name: 'Anna Bērziņa',
      phone: '+371 21234567',
      email: 'anna.berzina@pasts.example',
      street: 'Dzirnavu iela 140, reģistratūra',
      city: 'Rīga',
      postcode: 'LV-1050',
      message: 'Mīļajai Annai no vīra',
      created_at: '2023-03-06 18:20:30.40506+02',
    });
    expect(row(anna, 'shop.shipments', { id: '7' })).toMatchObject({
      recipient_name: 'Anna Bērziņa',
      recipient_phone: '+371 21234567',
    });
    for (const table of ['orders', 'order_lines', 'payments', 'invoices', 'refunds', 'loyalty_movements']) {
      const orders = anna.rows(`shop.${table}`).map((item) => (table === 'orders' ? item.id : item.order_id));
      expect(orders).not.toContain('7');
    }
  });

  it('is in the event log with the buyer’s part left out and counted', () => {
    expect(row(anna, 'shop.event_log', { id: '3' }).payload).toEqual({
      customer: { id: THIRD_PARTY, email: THIRD_PARTY, phone: THIRD_PARTY },
      order: { number: 'RB-2023-000007', total: THIRD_PARTY },
      recipient: { name: 'Anna Bērziņa', email: 'anna.berzina@pasts.example', phone: '+371 21234567' },
      items: [{ book: THIRD_PARTY, quantity: THIRD_PARTY, dedication: THIRD_PARTY }],
      client: { ip: THIRD_PARTY, agent: THIRD_PARTY },
    });
    expect(listed(anna, 'shop.event_log', 'third-party')).toMatchObject({
      'payload.customer.email': 1,
      'payload.recipient.email': 1,
      'payload.items.*.dedication': 1,
    });
  });
});

describe('a gift to Jānis in an order of Anna', () => {
  it('is there, with what is his redacted and listed with the reason', () => {
    expect(row(anna, 'shop.gift_recipients', { id: '2' })).toEqual({
      id: '2',
      order_id: '2',
      name: THIRD_PARTY,
      phone: THIRD_PARTY,
      email: THIRD_PARTY,
      street: THIRD_PARTY,
      city: THIRD_PARTY,
      postcode: THIRD_PARTY,
      message: 'Daudz laimes dzimšanas dienā!',
      created_at: '2019-11-25 21:45:01.000002+02',
    });
    const parts = { name: 1, phone: 1, email: 1, street: 1, city: 1, postcode: 1 };
    expect(listed(anna, 'shop.gift_recipients', 'third-party')).toEqual(parts);
    const shipment = { recipient_name: 1, recipient_phone: 1, street: 1, city: 1, postcode: 1 };
    expect(listed(anna, 'shop.shipments', 'third-party')).toEqual(shipment);
  });

  it('is marked as withheld in the CSV too, where an empty cell stays empty', () => {
    const [header = '', ...lines] = anna
      .text('data/shop.gift_recipients.csv')
      .replace(/^\uFEFF/, '')
      .trim()
      .split('\n');
    expect(header).toBe('id,order_id,name,phone,email,street,city,postcode,message,created_at');
    expect(lines[0]).toBe(
      `2,2,${Array(6).fill('[withheld: third-party]').join(',')},Daudz laimes dzimšanas dienā!,2019-11-25 21:45:01.000002+02`,
    );
    const reserved = anna.text('data/shop.wishlist_items.csv');
    expect(reserved).toContain(
      '3,43,[withheld: third-party],Anna B.,Anna.Berzina@pasts.example,[withheld: third-party]',
    );
  });
});

describe('a card of another name', () => {
  it('is redacted and listed; her own name stays, in any spelling', () => {
    const names = anna.rows('shop.payments').map((payment) => [payment.id, payment.cardholder_name]);
    expect(Object.fromEntries(names)).toEqual({
      1: null,
      2: 'ANNA BERZINA',
      3: THIRD_PARTY,
      4: 'ANNA BERZINA',
      5: 'ANNA BERZINA',
      6: 'ANNA BERZINA',
    });
    expect(listed(anna, 'shop.payments', 'third-party')).toEqual({ cardholder_name: 1 });
  });

  it('is hers as well in another script', async () => {
    const { archive } = await exportPerson(context, { email: PEOPLE.petr.email });
    expect(archive.rows('shop.payments').map((payment) => payment.cardholder_name)).toEqual([
      'PETR IVANOV',
      'PETR IVANOV',
    ]);
  });
});

describe('secrets', () => {
  it('are listed as withheld, in a column that is not in the table at all', () => {
    const secrets: Record<string, string> = {
      'shop.customers': 'password_hash',
      'shop.sessions': 'token',
      'shop.wishlists': 'share_token',
      'shop.newsletter_subscriptions': 'confirm_token',
      'shop.password_resets': 'token_hash',
    };
    for (const [table, column] of Object.entries(secrets)) {
      expect({ table, ...listed(anna, table, 'secret') }).toEqual({ table, [column]: 1 });
      expect(anna.tables.get(table)?.columns).not.toHaveProperty(column);
      expect(anna.rows(table)[0]).not.toHaveProperty(column);
    }
    expect(anna.manifest.withheld.filter(({ reason }) => reason === 'secret')).toHaveLength(5);
  });
});

describe('a message that mentions somebody else', () => {
  it('is withheld as free text and listed; the others stay', () => {
    expect(anna.rows('shop.support_messages').map(({ id, body }) => [id, body])).toEqual([
      ['1', { withheld: 'free-text' }],
      ['2', 'Labdien, Anna! Naudu par grāmatu ar trūkstošajām lappusēm atmaksāsim trīs dienās.'],
    ]);
    expect(listed(anna, 'shop.support_messages', 'free-text')).toEqual({ body: 1 });
  });
});

describe('the page', () => {
  it('tells each withheld thing with its reason', () => {
    const page = anna.text('index.html');
    for (const words of ['It concerns another person', 'Security data such as', 'Freely written text'])
      expect(page).toContain(words);
  });
});

describe('the company and its contact person', () => {
  it('give each their own: the company not the person, the person not the company', async () => {
    const company = (await exportPerson(context, { email: PEOPLE.lasitava.email })).archive;
    expect(row(company, 'shop.contact_persons', { id: '1' })).toMatchObject({
      customer_id: '4',
      name: THIRD_PARTY,
      email: THIRD_PARTY,
      mobile: THIRD_PARTY,
      position: THIRD_PARTY,
    });
    expect(row(company, 'shop.support_tickets', { id: '4' })).toMatchObject({
      email: THIRD_PARTY,
      name: THIRD_PARTY,
      subject: 'Atlikt LSTV-902 apmaksu',
    });
    // The company's name and hers stand in one field.
    expect(row(company, 'shop.addresses', { id: '4' })).toMatchObject({
      recipient_name: THIRD_PARTY,
      street: 'Skolas dambis 41C, 6. stāvs',
    });
    expect(occurring(readable(company), ['Ilze Kalniņa', 'Anna Bērziņa', ...PEOPLE.anna.needles])).toEqual([]);

    const ilze = (await exportPerson(context, { email: PEOPLE.ilze.email })).archive;
    expect(row(ilze, 'shop.support_tickets', { id: '4' })).toMatchObject({
      email: 'ilze.kalnina@lasitava.example',
      name: 'Ilze Kalniņa',
    });
    expect(row(ilze, 'shop.orders', { id: '11' })).toMatchObject({
      order_number: 'RB-2023-000011',
      total: THIRD_PARTY,
      customer_note: THIRD_PARTY,
    });
    expect([...ilze.tables.keys()]).not.toContain('shop.customers');
  });
});
