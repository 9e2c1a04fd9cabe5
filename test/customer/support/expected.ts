import type { Session } from '../../../src/database/session.js';

/** Who somebody is, as the test's author knows it: nothing of this comes from the program or its map. */
export interface KnownPerson {
  readonly customers?: readonly number[];
  readonly contacts?: readonly number[];
  /** In lower case. */
  readonly emails?: readonly string[];
}

/**
 * For each table, by hand: the columns that name a row, and which rows are the person's. `$1` lists customer ids,
 * `$2` contact person ids, `$3` e-mails in lower case. `bought` are orders whose buyer the person is.
 */
const ROWS: Readonly<Record<string, { readonly key: readonly string[]; readonly sql: string }>> = {
  'shop.customers': { key: ['id'], sql: 'FROM shop.customers t WHERE t.id = ANY ($1)' },
  'shop.contact_persons': {
    key: ['id'],
    sql: 'FROM shop.contact_persons t WHERE t.id = ANY ($2) OR t.customer_id = ANY ($1)',
  },
  'shop.addresses': { key: ['id'], sql: 'FROM shop.addresses t WHERE t.customer_id = ANY ($1)' },
  'shop.loyalty_cards': {
    key: ['card_series', 'card_no'],
    sql: 'FROM shop.loyalty_cards t WHERE t.customer_id = ANY ($1)',
  },
  'shop.loyalty_movements': {
    key: ['card_series', 'card_no', 'seq'],
    sql: `FROM shop.loyalty_movements t
          JOIN shop.loyalty_cards c ON c.card_series = t.card_series AND c.card_no = t.card_no
          WHERE c.customer_id = ANY ($1)`,
  },
  'shop.orders': {
    key: ['id'],
    sql: 'FROM shop.orders t WHERE t.id IN (SELECT id FROM bought) OR t.contact_person_id = ANY ($2)',
  },
  'shop.order_lines': {
    key: ['order_id', 'line_no'],
    sql: 'FROM shop.order_lines t JOIN bought b ON b.id = t.order_id',
  },
  'shop.gift_recipients': {
    key: ['id'],
    sql: 'FROM shop.gift_recipients t WHERE t.order_id IN (SELECT id FROM bought) OR lower(t.email) = ANY ($3)',
  },
  'shop.payments': { key: ['id'], sql: 'FROM shop.payments t JOIN bought b ON b.id = t.order_id' },
  'shop.invoices': { key: ['id'], sql: 'FROM shop.invoices t JOIN bought b ON b.id = t.order_id' },
  'shop.refunds': {
    key: ['id'],
    sql: 'FROM shop.refunds t JOIN shop.payments p ON p.id = t.payment_id JOIN bought b ON b.id = p.order_id',
  },
  'shop.shipments': {
    key: ['id'],
    sql: `FROM shop.shipments t LEFT JOIN shop.gift_recipients g ON g.id = t.gift_recipient_id
          WHERE t.order_id IN (SELECT id FROM bought) OR lower(g.email) = ANY ($3)`,
  },
  'shop.sessions': { key: ['id'], sql: 'FROM shop.sessions t WHERE t.customer_id = ANY ($1)' },
  'shop.page_views': {
    key: ['viewed_at', 'session_id', 'path'],
    sql: `FROM shop.page_views t LEFT JOIN shop.sessions s ON s.id = t.session_id
          WHERE t.customer_id = ANY ($1) OR s.customer_id = ANY ($1)`,
  },
  'shop.carts': { key: ['id'], sql: 'FROM carted t' },
  'shop.cart_items': { key: ['cart_id', 'book_id'], sql: 'FROM shop.cart_items t JOIN carted c ON c.id = t.cart_id' },
  'shop.reviews': { key: ['id'], sql: 'FROM shop.reviews t WHERE t.customer_id = ANY ($1)' },
  'shop.wishlists': { key: ['id'], sql: 'FROM shop.wishlists t WHERE t.customer_id = ANY ($1)' },
  'shop.wishlist_items': {
    key: ['wishlist_id', 'book_id'],
    sql: `FROM shop.wishlist_items t JOIN shop.wishlists w ON w.id = t.wishlist_id
          WHERE w.customer_id = ANY ($1) OR lower(t.reserved_by_email) = ANY ($3)`,
  },
  'shop.newsletter_subscriptions': {
    key: ['email'],
    sql: 'FROM shop.newsletter_subscriptions t WHERE lower(t.email) = ANY ($3)',
  },
  'shop.support_tickets': { key: ['id'], sql: 'FROM asked t' },
  'shop.support_messages': {
    key: ['id'],
    sql: 'FROM shop.support_messages t JOIN asked a ON a.id = t.ticket_id',
  },
  'shop.notes': {
    key: ['id'],
    sql: `FROM shop.notes t
          WHERE (t.subject_type = 'customer' AND t.subject_id = ANY ($1))
             OR (t.subject_type = 'order' AND t.subject_id IN (SELECT id FROM bought))
             OR (t.subject_type = 'ticket' AND t.subject_id IN (SELECT id FROM asked))`,
  },
  'shop.password_resets': { key: ['id'], sql: 'FROM shop.password_resets t WHERE t.customer_id = ANY ($1)' },
  'shop.event_log': {
    key: ['id'],
    sql: `FROM shop.event_log t
          WHERE t.payload #>> '{customer,id}' = ANY ($1::text[])
             OR lower(t.payload #>> '{customer,email}') = ANY ($3)
             OR lower(t.payload #>> '{recipient,email}') = ANY ($3)`,
  },
  'shop.Import Log 2019': {
    key: ['Row No'],
    sql: `FROM shop."Import Log 2019" t WHERE t."customerId" = ANY ($1) OR lower(t."E-mail") = ANY ($3)`,
  },
};

const SETS = `
  WITH bought AS (
    SELECT o.id FROM shop.orders o
    WHERE o.customer_id = ANY ($1) OR (o.customer_id IS NULL AND lower(o.guest_email) = ANY ($3))
  ), carted AS (
    SELECT c.* FROM shop.carts c
    WHERE c.customer_id = ANY ($1) OR (c.customer_id IS NULL AND lower(c.email) = ANY ($3))
  ), asked AS (
    SELECT a.* FROM shop.support_tickets a WHERE a.customer_id = ANY ($1) OR lower(a.email) = ANY ($3)
  ), given AS (SELECT $1::bigint[], $2::bigint[], $3::text[])`;

/** Every table that holds something of anybody, as this file knows them. */
export const TABLES = Object.keys(ROWS);

/** The program's own tables, of which test/customer/own.test.ts proves whose rows are exported. */
export const OWN = [
  'gdpr.request',
  'gdpr.request_event',
  'gdpr.access',
  'gdpr.restriction',
  'gdpr.objection',
  'gdpr.rectification',
  'gdpr.suppression',
  'gdpr.hold',
  'gdpr.tombstone',
  'gdpr.kept_row',
  'gdpr.consent_event',
  'gdpr.disclosure',
  'gdpr.subject',
];

/** The keys of the person's rows, by table, one text a row in order; tables without rows are left out. */
export async function expectedRows(session: Session, person: KnownPerson): Promise<Map<string, string[]>> {
  const { customers = [], contacts = [], emails = [] } = person;
  const found = new Map<string, string[]>();
  for (const [table, { key, sql }] of Object.entries(ROWS)) {
    const columns = key.map((name) => `t."${name}"::text`).join(', ');
    const rows = await session.query<{ key: string }>(
      `${SETS} SELECT DISTINCT to_json(ARRAY[${columns}])::text AS key ${sql}`,
      [customers, contacts, emails],
    );
    if (rows.length > 0) found.set(table, rows.map((row) => (JSON.parse(row.key) as string[]).join(' | ')).sort());
  }
  return found;
}

/** The same of an export's tables, the program's own left out. */
export function exportedRows(
  tables: ReadonlyMap<string, { readonly rows: readonly Record<string, unknown>[] }>,
): Map<string, string[]> {
  return new Map(
    [...tables]
      .filter(([table]) => !OWN.includes(table))
      .map(([table, { rows }]) => {
        const key = ROWS[table]?.key ?? [];
        return [table, rows.map((row) => key.map((name) => String(row[name])).join(' | ')).sort()];
      }),
  );
}
