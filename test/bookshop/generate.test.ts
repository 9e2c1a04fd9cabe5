import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBookshop } from '../../examples/bookshop/generate.js';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { quoteName, type Session } from '../../src/database/session.js';
import { type Bookshop, openBookshop, rowsOf } from './support.js';

const CUSTOMERS = 2000;
let shop: Bookshop;
const steps: { step: string; done: number; total: number }[] = [];

beforeAll(async () => {
  shop = await openBookshop({
    customers: CUSTOMERS,
    seed: 11,
    onProgress: (step, done, total) => steps.push({ step, done, total }),
  });
});
afterAll(() => shop.drop());

const one = async <R extends Record<string, unknown>>(sql: string): Promise<R | undefined> =>
  (await rowsOf<R>(shop.database, sql))[0];

describe('a bookshop of 2,000 customers', () => {
  it('reports the rows that it made', async () => {
    for (const { table, rows } of shop.counts) {
      const found = await one<{ n: number }>(`SELECT count(*)::int AS n FROM ${quoteName('shop', table.slice(5))}`);
      expect(found?.n, table).toBe(rows);
      expect(rows, table).toBeGreaterThan(0);
    }
    expect(shop.counts).toHaveLength(31);
    expect(shop.counts.find(({ table }) => table === 'shop.customers')?.rows).toBe(CUSTOMERS);
  });

  it('tells of its progress to the end of each step', () => {
    expect(new Set(steps.map(({ step }) => step)).size).toBeGreaterThan(25);
    expect(steps.every(({ done, total }) => done > 0 && done <= total)).toBe(true);
    expect(steps.at(-1)).toMatchObject({ step: 'keys and indexes' });
    expect(steps.at(-1)?.done).toBe(steps.at(-1)?.total);
  });

  it('has some ten order lines a customer, most with an order or none, a few with a hundred', async () => {
    const lines = await one<{ n: number }>('SELECT count(*)::int AS n FROM shop.order_lines');
    expect(lines?.n).toBeGreaterThan(8.5 * CUSTOMERS);
    expect(lines?.n).toBeLessThan(11.5 * CUSTOMERS);
    const skew = await one<{ few: number; many: number; most: number }>(
      `SELECT count(*) FILTER (WHERE n <= 1)::int AS few, count(*) FILTER (WHERE n >= 100)::int AS many, max(n)::int AS most
       FROM (SELECT count(o.id) AS n FROM shop.customers c LEFT JOIN shop.orders o ON o.customer_id = c.id GROUP BY c.id) q`,
    );
    expect(skew?.few).toBeGreaterThan(0.6 * CUSTOMERS);
    expect(skew?.many).toBeGreaterThanOrEqual(2);
    expect(skew?.many).toBeLessThan(10);
    expect(skew?.most).toBe(400);
  });

  it('has valid keys between its tables, on every partition too', async () => {
    const keys = await one<{ keys: number; open: number; cycle: boolean }>(
      `SELECT count(*) FILTER (WHERE conparentid = 0)::int AS keys, count(*) FILTER (WHERE NOT convalidated)::int AS open,
         bool_or(condeferrable AND conrelid = 'shop.customers'::regclass AND confrelid = 'shop.addresses'::regclass) AS cycle
       FROM pg_constraint WHERE contype = 'f' AND connamespace = 'shop'::regnamespace`,
    );
    expect(keys).toEqual({ keys: 36, open: 0, cycle: true });
  });

  it('has an index for every key to another table', async () => {
    const missing = await rowsOf(
      shop.database,
      `SELECT k.conrelid::regclass::text AS table, k.conname FROM pg_constraint k
       WHERE k.contype = 'f' AND k.connamespace = 'shop'::regnamespace AND k.conparentid = 0 AND NOT EXISTS (
         SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND (i.indkey::int2[])[0] = k.conkey[1])
         AND k.confrelid NOT IN ('shop.books'::regclass)`,
    );
    expect(missing).toEqual([]);
  });

  it('fills every partition of the page views', async () => {
    const parts = await rowsOf<{ part: string; n: number }>(
      shop.database,
      'SELECT tableoid::regclass::text AS part, count(*)::int AS n FROM shop.page_views GROUP BY 1 ORDER BY 1',
    );
    expect(parts.map(({ part }) => part)).toEqual([
      'shop.page_views_2025',
      'shop.page_views_2026',
      'shop.page_views_before_2025',
    ]);
  });

  it('lets a new row take the next number', async () => {
    const ids = await shop.database.transaction('read committed', (session) =>
      session.query<{ id: string; top: string }>(
        `INSERT INTO shop.notes (subject_type, subject_id, body, written_by, written_at)
         VALUES ('customer', 1, 'x', 'y', '2026-11-01 00:00:00+00') RETURNING id, (SELECT max(id) FROM shop.notes) AS top`,
      ),
    );
    expect(Number(ids[0]?.id)).toBe(Number(ids[0]?.top) + 1);
    await shop.database.transaction('read committed', (session) =>
      session.run('DELETE FROM shop.notes WHERE id = $1', [ids[0]?.id]),
    );
  });

  it('writes only to example domains', async () => {
    const columns = await rowsOf<{ table: string; column: string }>(
      shop.database,
      `SELECT c.relname AS table, a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
         AND (a.atttypid = 'shop.email_address'::regtype OR a.attname = 'E-mail')`,
    );
    expect(columns).toHaveLength(9);
    for (const { table, column } of columns) {
      const outside = await rowsOf(
        shop.database,
        `SELECT 1 FROM ${quoteName('shop', table)} WHERE "${column}" !~* '\\.example$' LIMIT 1`,
      );
      expect(outside, `${table}.${column}`).toEqual([]);
    }
  });

  it('never gives anybody else a mobile number or a card of the fixed people', async () => {
    const digits = Object.values(PEOPLE).map(({ phone }) => phone.replaceAll(/\D/g, '').slice(-8));
    const phones = await one<{ n: number; lookalikes: number }>(
      `SELECT count(*)::int AS n, count(*) FILTER (WHERE right(regexp_replace(phone, '\\D', '', 'g'), 8) IN (${digits.map((d) => `'${d}'`).join(', ')}))::int AS lookalikes
       FROM (SELECT id, phone FROM shop.customers UNION ALL SELECT id, guest_phone FROM shop.orders
             UNION ALL SELECT id, phone FROM shop.gift_recipients UNION ALL SELECT id, mobile FROM shop.contact_persons) p
       WHERE id > 1000 AND phone IS NOT NULL`,
    );
    expect(phones?.n).toBeGreaterThan(1000);
    expect(phones?.lookalikes).toBe(0);
    const cards = await one("SELECT count(*)::int AS n FROM shop.loyalty_cards WHERE card_series = 'AA'");
    expect(cards).toEqual({ n: 4 });
  });

  it('has the people that make a search hard', async () => {
    const found = await one<Record<string, number>>(
      `SELECT
         (SELECT count(*) FROM (SELECT display_name FROM shop.customers GROUP BY 1 HAVING count(*) > 1) n)::int AS namesakes,
         (SELECT count(*) FROM (SELECT street, city FROM shop.addresses GROUP BY 1, 2 HAVING count(DISTINCT customer_id) > 1) h)::int AS households,
         (SELECT count(*) FROM shop.customers WHERE email <> lower(email))::int AS capitals,
         (SELECT count(*) FROM shop.customers WHERE last_name ~ '[А-я]')::int AS cyrillic,
         (SELECT count(*) FROM shop.customers WHERE landline ~ '^[0-9]{7}$')::int AS seven_digits,
         (SELECT count(*) FROM shop.customers WHERE phone ~ '^00371 ')::int AS double_zero,
         (SELECT count(*) FROM shop.orders o JOIN shop.customers c ON lower(c.email) = lower(o.guest_email) WHERE o.id > 1000)::int AS guests_with_account,
         (SELECT count(*) FROM shop.gift_recipients r JOIN shop.customers c ON c.email = r.email WHERE r.id > 1000)::int AS customers_as_recipients,
         (SELECT count(*) FROM shop.customers WHERE deleted_at IS NOT NULL)::int AS closed,
         (SELECT count(*) FROM shop.orders WHERE status IN ('packed', 'shipped') AND placed_at < '2026-01-01')::int AS stuck,
         (SELECT count(*) FROM shop.orders WHERE status = 'disputed')::int AS disputed,
         (SELECT count(*) FROM shop.invoices WHERE paid_on IS NULL AND due_on < '2026-11-01')::int AS overdue`,
    );
    const scarce = Object.entries(found ?? {}).filter(([, n]) => n < 3);
    expect(Object.keys(found ?? {})).toHaveLength(12);
    expect(scarce).toEqual([]);
  });

  it('gives Latvian women and men the surname of their gender', async () => {
    const mixed = await rowsOf(
      shop.database,
      `SELECT DISTINCT display_name FROM shop.customers
       WHERE (first_name IN ('Anna', 'Ilze', 'Kristīne', 'Rūta') AND last_name IN ('Bērziņš', 'Balodis', 'Jansons', 'Lācis'))
          OR (first_name IN ('Jānis', 'Juris', 'Mārtiņš', 'Ģirts') AND last_name IN ('Bērziņa', 'Balode', 'Jansone', 'Lāce'))`,
    );
    expect(mixed).toEqual([]);
    const women = await rowsOf(
      shop.database,
      "SELECT 1 FROM shop.customers WHERE last_name IN ('Bērziņa', 'Balode') LIMIT 20",
    );
    expect(women).toHaveLength(20);
  });

  it('has something due under every retention period', async () => {
    const due = await one<Record<string, number>>(
      `SELECT
         (SELECT count(*) FROM shop.invoices WHERE issued_on < '2021-01-01')::int AS source_documents,
         (SELECT count(*) FROM shop.orders WHERE completed_at < '2024-11-01')::int AS contact_copy,
         (SELECT count(*) FROM shop.orders WHERE disputed_at < '2016-11-01')::int AS claims,
         (SELECT count(*) FROM shop.customers c WHERE greatest(c.created_at, c.last_login_at) < '2021-11-01'
            AND NOT EXISTS (SELECT FROM shop.orders o WHERE o.customer_id = c.id AND o.placed_at >= '2021-11-01'))::int AS account,
         (SELECT count(*) FROM shop.wishlists WHERE created_at < '2024-11-01')::int AS wishes,
         (SELECT count(*) FROM shop.newsletter_subscriptions WHERE unsubscribed_at < '2024-11-01')::int AS marketing,
         (SELECT count(*) FROM shop.support_tickets WHERE closed_at < '2024-11-01')::int AS support,
         (SELECT count(*) FROM shop.carts WHERE updated_at < '2026-05-01')::int AS cart,
         (SELECT count(*) FROM shop.sessions WHERE last_seen_at < '2025-11-01')::int AS technical,
         (SELECT count(*) FROM shop.password_resets WHERE requested_at < '2026-10-01')::int AS security,
         (SELECT count(*) FROM shop."Import Log 2019" WHERE "Imported At" < '2019-11-01')::int AS migration`,
    );
    expect(Object.entries(due ?? {}).filter(([, n]) => n === 0)).toEqual([]);
    expect(Object.keys(due ?? {})).toHaveLength(11);
  });

  it('lets visits outlive their page views and carts, so that they can go first', async () => {
    const wrong = await rowsOf(
      shop.database,
      `SELECT 1 FROM shop.page_views v JOIN shop.sessions s ON s.id = v.session_id WHERE v.viewed_at > s.last_seen_at
       UNION ALL SELECT 1 FROM shop.carts c JOIN shop.sessions s ON s.id = c.session_id WHERE c.updated_at > s.last_seen_at`,
    );
    expect(wrong).toEqual([]);
  });

  it('keeps microseconds and nothing later than its day', async () => {
    const times = await one<{ fine: boolean; late: number }>(
      `SELECT bool_or(extract(microseconds FROM placed_at)::int % 1000 <> 0) AS fine,
         count(*) FILTER (WHERE greatest(placed_at, paid_at, completed_at, disputed_at) > '2026-11-01 00:00:00+00')::int AS late
       FROM shop.orders`,
    );
    expect(times).toEqual({ fine: true, late: 0 });
  });
});

describe('options out of range', () => {
  const untouched = new Proxy({} as Session, {
    get() {
      throw new Error('the database was touched');
    },
  });

  it.each([
    ['too few customers', { customers: 199, seed: 1 }],
    ['too many customers', { customers: 1_000_001, seed: 1 }],
    ['half a customer', { customers: 200.5, seed: 1 }],
    ['a seed that is no whole number', { customers: 200, seed: 0.1 }],
    ['a date that is none', { customers: 200, seed: 1, asOf: '2026-13-01' }],
    ['a date with SQL in it', { customers: 200, seed: 1, asOf: "2026-11-01'; --" }],
  ])('%s are refused before the database is touched', async (_, options) => {
    await expect(createBookshop(untouched, options)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
