import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { linkedDocument } from '../../../src/customer/portable/linked-document.js';
import { compileLinked } from '../../../src/customer/portable/linked-read.js';
import { readCatalog } from '../../../src/datamap/catalog.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { exportPortable, graphOf, misfits, type Node } from './support.js';

vi.setConfig({ testTimeout: 120_000 });

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await context.database.transaction('read committed', async (session) => {
    await session.run(
      `INSERT INTO shop.event_log (id, event, occurred_at, payload)
       VALUES (950001, 'order.placed', now(), '{"recipient": {"email": "tikai@zurnals.example"}}')`,
    );
    await session.run("UPDATE shop.customers SET birth_date = 'infinity' WHERE id = 3");
    await session.run("UPDATE shop.orders SET placed_at = '1901-02-03 04:05:06+00' WHERE id = 7");
  });
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const nodesOf = async (email: string) =>
  graphOf((await exportPortable(context, { email })).archive.text('portable.jsonld'));
const query = <R extends Record<string, unknown>>(sql: string) =>
  context.database.transaction('repeatable read', (session) => session.query<R>(sql));
const list = (value: unknown): Node[] =>
  value === undefined ? [] : ((Array.isArray(value) ? value : [value]) as Node[]);

describe('portable.jsonld', () => {
  it('holds nothing that is not in the vocabulary of schema.org', async () => {
    const seen = new Set<string>();
    for (const email of ['anna.berzina@pasts.example', 'janis.berzins@pasts.example', 'petr.ivanov@pasts.example']) {
      const nodes = await nodesOf(email);
      expect(nodes.flatMap(misfits)).toEqual([]);
      const look = (node: Node): void => {
        seen.add(node['@type']);
        for (const value of Object.values(node)) for (const one of list(value)) if (typeof one === 'object') look(one);
      };
      nodes.forEach(look);
    }
    expect([...seen].sort()).toEqual([
      'Book',
      'Invoice',
      'Offer',
      'Order',
      'Organization',
      'ParcelDelivery',
      'Person',
      'PostalAddress',
      'PriceSpecification',
      'QuantitativeValue',
    ]);
  });

  it('says of each order what the shop has stored, nested by its keys', async () => {
    const nodes = await nodesOf('anna.berzina@pasts.example');
    const orders = nodes.filter((node) => node['@type'] === 'Order');
    const stored = await query<Record<string, string>>(
      `SELECT o.order_number, to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS placed, o.currency::text AS currency,
         (SELECT json_agg(json_build_object('isbn', b.isbn, 'title', b.title, 'quantity', l.quantity, 'price', l.unit_price::text) ORDER BY l.line_no)::text
          FROM shop.order_lines l JOIN shop.books b ON b.id = l.book_id WHERE l.order_id = o.id) AS lines,
         (SELECT json_agg(s.tracking_number ORDER BY s.id)::text FROM shop.shipments s WHERE s.order_id = o.id) AS parcels,
         (SELECT json_agg(json_build_array(i.number, i.total::text) ORDER BY i.id)::text FROM shop.invoices i WHERE i.order_id = o.id) AS invoices
       FROM shop.orders o WHERE o.customer_id = 1 OR lower(o.guest_email) = 'anna.berzina@pasts.example' ORDER BY o.id`,
    );
    expect(stored.length).toBe(6);
    const told = orders.map((order) => ({
      order_number: order.orderNumber,
      placed: order.orderDate,
      lines: list(order.acceptedOffer).map((offer) => ({
        isbn: (offer.itemOffered as Node).isbn,
        title: (offer.itemOffered as Node).name,
        quantity: (offer.eligibleQuantity as Node).value,
        price: offer.price,
        currency: offer.priceCurrency,
      })),
      parcels: list(order.orderDelivery).map((parcel) => parcel.trackingNumber ?? null),
      invoices: list(order.partOfInvoice).map(({ identifier, totalPaymentDue }) => [
        identifier,
        (totalPaymentDue as Node).price,
        (totalPaymentDue as Node).priceCurrency,
      ]),
    }));
    expect(told.map((order) => ({ ...order, placed: micros(String(order.placed)) }))).toEqual(
      stored.map(({ order_number, placed, currency, lines, parcels, invoices }) => ({
        order_number,
        placed: micros(placed ?? ''),
        lines: (JSON.parse(lines ?? '[]') as object[]).map((line) => ({ ...line, currency })),
        parcels: JSON.parse(parcels ?? '[]'),
        invoices: (JSON.parse(invoices ?? '[]') as unknown[][]).map((invoice) => [...invoice, currency]),
      })),
    );
    expect(String(orders[0]?.orderDate)).toMatch(/\.123456\+0\d:00$/);
  });

  it('is about one person, whom each order and guest order names', async () => {
    const nodes = await nodesOf('anna.berzina@pasts.example');
    const people = nodes.filter((node) => node['@type'] === 'Person');
    expect(people).toHaveLength(1);
    expect(people[0]).toMatchObject({ givenName: 'Anna', familyName: 'Bērziņa', birthDate: '1985-03-12' });
    expect(list(people[0]?.address).map((address) => address.streetAddress)).toEqual([
      'Brīvības iela 214-17',
      'Sūnu kāpu iela 9',
    ]);
    const orders = nodes.filter((node) => node['@type'] === 'Order');
    for (const order of orders) expect((order.customer as Node)['@id']).toBe(people[0]?.['@id']);
    const guest = orders.find(({ orderNumber }) => orderNumber === 'RB-2021-000006');
    expect(guest?.customer).toMatchObject({ email: 'Anna.Berzina@Pasts.example', name: 'Anna Berzina' });
  });

  it('keeps the recipient of a gift out of the order, and the order out of what the recipient gets', async () => {
    const anna = await nodesOf('anna.berzina@pasts.example');
    const gift = anna.find(({ orderNumber }) => orderNumber === 'RB-2019-000002');
    expect(list(gift?.orderDelivery)).toEqual([
      { '@type': 'ParcelDelivery', provider: expect.anything(), trackingNumber: 'FX000000002LV' },
    ]);
    const janis = await nodesOf('janis.berzins@pasts.example');
    const parcel = janis.find((node) => node['@type'] === 'ParcelDelivery');
    expect(parcel).toMatchObject({ trackingNumber: 'FX000000002LV', deliveryAddress: { name: 'Jānis Bērziņš' } });
    expect(JSON.stringify(janis)).not.toContain('RB-2019-000002');
  });

  it('leaves out a date that ISO 8601 has no word for, and keeps the day where only the offset has none', async () => {
    const janis = await nodesOf('janis.berzins@pasts.example');
    expect(janis[0]).toMatchObject({ '@type': 'Person', givenName: 'Jānis' });
    expect(janis[0]).not.toHaveProperty('birthDate');
    const old = janis.find(({ orderNumber }) => orderNumber === 'RB-2023-000007');
    expect(old?.orderDate).toBe('1901-02-03');
  });

  it('is a bare person where nothing is portable, and the archive says what is left out', async () => {
    const { archive, result } = await exportPortable(context, { email: 'tikai@zurnals.example' });
    expect(graphOf(archive.text('portable.jsonld'))).toEqual([{ '@type': 'Person', '@id': '_:person' }]);
    expect([...archive.files.keys()].filter((name) => name.startsWith('data/'))).toEqual([]);
    expect(result.tables.every(({ rows }) => rows === 0)).toBe(true);
    expect(archive.manifest.withheld).toContainEqual({
      table: 'shop.event_log',
      column: 'payload',
      reason: 'basis',
      rows: 1,
    });
    expect(archive.text('index.html')).toContain('Mums nav Jūsu datu, uz kuriem attiektos');
  });
});

describe('the writing of it', () => {
  it('has written a row before it asks for the next one, also within one order', async () => {
    const catalog = await context.database.transaction('repeatable read', readCatalog);
    const { model } = context;
    const read = compileLinked(model, catalog);
    if (read === undefined) throw new Error('the bookshop names nothing');
    const at = (table: string) => read.sources.findIndex((source) => source.table.name === table);
    let asked = 0;
    async function* rows() {
      for (let n = 0; n < 50_000; n += 1) {
        asked += 1;
        const [source, number] = n === 0 ? [at('shop.orders'), '1'] : [at('shop.order_lines'), '1'];
        yield [String(source), number, '1', '', ...Array.from({ length: 20 }, () => '7')];
      }
    }
    let [written, most] = [0, 0];
    const document = linkedDocument(read, rows(), { model, traits: new Map(), signal: new AbortController().signal });
    for await (const chunk of document) {
      written += chunk.match(/"@type":"Offer"/g)?.length ?? 0;
      most = Math.max(most, asked - written);
    }
    expect(written).toBe(49_999);
    expect(most).toBeLessThan(3);
  });
});

/** Microseconds since 1970, of a moment in ISO 8601. */
function micros(moment: string): string {
  const fraction = /\.(\d+)/.exec(moment)?.[1] ?? '';
  const seconds = Date.parse(moment.replace(/\.\d+/, '')) / 1000;
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}
