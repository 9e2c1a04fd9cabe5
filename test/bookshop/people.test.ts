import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXED_ROWS, type FixedRow, PEOPLE, type PersonKey } from '../../examples/bookshop/people.js';
import { quoteName } from '../../src/database/session.js';
import { type Bookshop, openBookshop, rowsOf, shopTables } from './support.js';

const IMPERSONAL = ['app_settings', 'books', 'categories', 'parcel_machines', 'publishers'];
const KEYS = Object.keys(PEOPLE) as PersonKey[];

/** Tables that cannot hold the person, or that would be odd for them. */
const WITHOUT: Record<PersonKey, readonly string[]> = {
  anna: [],
  namesake: ['contact_persons'],
  janis: ['contact_persons'],
  // A company did not exist in the previous shop; its person is Ilze.
  lasitava: ['contact_persons', 'Import Log 2019'],
  // Ilze has no account: she appears where she acts for the company or is named.
  ilze: [
    'customers',
    'loyalty_cards',
    'password_resets',
    'sessions',
    'page_views',
    'carts',
    'cart_items',
    'reviews',
    'wishlists',
    'notes',
    'Import Log 2019',
  ],
  // Pyotr is a guest: nothing that hangs on an account.
  petr: [
    'customers',
    'contact_persons',
    'addresses',
    'loyalty_cards',
    'loyalty_movements',
    'password_resets',
    'reviews',
    'wishlists',
  ],
};

let shop: Bookshop;
/** Every row of every table as PostgreSQL prints it, in lower case, without the catalogue. */
const rows = new Map<string, string[]>();
let tables: string[];

beforeAll(async () => {
  shop = await openBookshop({ customers: 2000, seed: 3 });
  tables = await shop.database.transaction('read committed', (session) => shopTables(session));
  for (const table of tables) {
    const found = await rowsOf<{ row: string }>(
      shop.database,
      `SELECT to_jsonb(t)::text AS row FROM ${quoteName('shop', table)} t`,
    );
    rows.set(
      table,
      found.map(({ row }) => row),
    );
  }
});
afterAll(() => shop.drop());

/** Rows of a table that hold a text, whatever its case; JSON inside a text column is escaped twice. */
function holding(table: string, needle: string): number {
  const forms = [needle, JSON.stringify(needle).slice(1, -1)].map((form) => form.toLowerCase());
  return (rows.get(table) ?? []).filter((row) => forms.some((form) => row.toLowerCase().includes(form))).length;
}

/** The same for the rows that people.ts declares. */
function declared(table: string, needle: string): readonly (readonly PersonKey[])[] {
  const forms = [needle, JSON.stringify(needle).slice(1, -1)].map((form) => form.toLowerCase());
  return FIXED_ROWS.filter((row) => row.table === table)
    .filter(({ row }) => forms.some((form) => textOf(row).toLowerCase().includes(form)))
    .map(({ of }) => of);
}

/** A declared row as text, with the card number that the database generates from its parts. */
function textOf(row: FixedRow['row']): string {
  const cardNumber = `${row.card_series}-${String(row.card_no).padStart(8, '0')}`;
  return JSON.stringify('holder_name' in row ? { ...row, cardNumber } : row);
}

describe('the fixed people', () => {
  it.each(KEYS)('%s has a row in every table that can hold one', (person) => {
    const present = new Set(FIXED_ROWS.filter(({ of }) => of.includes(person)).map(({ table }) => table));
    const absent = tables.filter((table) => !IMPERSONAL.includes(table) && !present.has(table));
    expect(absent.sort()).toEqual([...WITHOUT[person]].sort());
  });

  it.each(KEYS)('%s: each needle occurs in rows about them and in no other row of the database', (person) => {
    for (const needle of [...PEOPLE[person].needles, ...PEOPLE[person].secrets]) {
      let total = 0;
      for (const table of tables) {
        const expected = declared(table, needle);
        expect(holding(table, needle), `rows of ${table} with "${needle}"`).toBe(expected.length);
        expect(
          expected.every((of) => of.includes(person)),
          `"${needle}" in ${table} is theirs`,
        ).toBe(true);
        total += expected.length;
      }
      expect(total, `occurrences of "${needle}"`).toBeGreaterThan(0);
    }
  });

  it.each(KEYS)('%s: the e-mail is a needle, and no needle is a part of another person', (person) => {
    const { needles, email } = PEOPLE[person];
    expect(needles).toContain(email);
    const others = KEYS.filter((key) => key !== person).flatMap((key) => PEOPLE[key].needles);
    const shared = needles.filter((needle) =>
      others.some((other) => other.toLowerCase().includes(needle.toLowerCase())),
    );
    expect(shared).toEqual([]);
  });

  it('keep their numbers: Anna is customer 1, and everything they own is below 1000', async () => {
    const [anna] = await rowsOf(
      shop.database,
      "SELECT id, email FROM shop.customers WHERE email = 'anna.berzina@pasts.example'",
    );
    expect(anna).toEqual({ id: '1', email: 'anna.berzina@pasts.example' });
    for (const { table, row } of FIXED_ROWS) {
      if ('id' in row) expect(row.id, `id in ${table}`).toBeLessThan(1000);
    }
  });

  it('Anna and Jānis share an address and a landline, Anna and her namesake only a name', async () => {
    const household = await rowsOf(
      shop.database,
      `SELECT c.id, c.landline, a.street FROM shop.customers c JOIN shop.addresses a ON a.id = c.default_address_id
       WHERE c.id IN (1, 2, 3) ORDER BY c.id`,
    );
    expect(household).toEqual([
      { id: '1', landline: '+371 67123456', street: 'Brīvības iela 214-17' },
      { id: '2', landline: null, street: 'Rožu gatve 88-203' },
      { id: '3', landline: '+371 67123456', street: 'Brīvības iela 214-17' },
    ]);
    const names = await rowsOf(shop.database, 'SELECT DISTINCT display_name FROM shop.customers WHERE id IN (1, 2)');
    expect(names).toEqual([{ display_name: 'Anna Bērziņa' }]);
  });

  it("Anna's orders span more than ten years, one is open, one was placed as a guest under another spelling", async () => {
    const orders = await rowsOf<{ order_number: string; status: string; guest_email: string | null }>(
      shop.database,
      `SELECT order_number, status::text AS status, guest_email FROM shop.orders
       WHERE customer_id = 1 OR lower(guest_email) = 'anna.berzina@pasts.example' ORDER BY placed_at`,
    );
    expect(orders.map((order) => order.order_number).sort()).toEqual([...PEOPLE.anna.orders].sort());
    expect(orders[0]).toEqual({ order_number: 'RB-2014-000001', status: 'completed', guest_email: null });
    expect(orders.at(-1)).toEqual({ order_number: 'RB-2026-000005', status: 'packed', guest_email: null });
    expect(orders.filter((order) => order.guest_email !== null)).toEqual([
      { order_number: 'RB-2021-000006', status: 'completed', guest_email: 'Anna.Berzina@Pasts.example' },
    ]);
  });

  it('each order adds up: lines, invoice and payment', async () => {
    const wrong = await rowsOf(
      shop.database,
      `SELECT o.id FROM shop.orders o
       JOIN LATERAL (SELECT sum(line_total) AS goods FROM shop.order_lines l WHERE l.order_id = o.id) l ON true
       LEFT JOIN shop.invoices i ON i.order_id = o.id LEFT JOIN shop.payments p ON p.order_id = o.id
       WHERE l.goods IS DISTINCT FROM o.goods_total OR i.total <> o.total OR p.amount <> o.total`,
    );
    expect(wrong).toEqual([]);
  });
});
