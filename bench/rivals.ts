/** Every table of a customer of the bookshop, with the condition that a person would write by hand for customer 1. */
const TABLES: Readonly<Record<string, string>> = {
  customers: 'id = 1',
  addresses: 'customer_id = 1',
  carts: 'customer_id = 1',
  orders: "customer_id = 1 OR lower(guest_email) = 'anna.berzina@pasts.example'",
  order_lines: 'order_id IN (SELECT id FROM shop.orders WHERE customer_id = 1)',
  payments: 'order_id IN (SELECT id FROM shop.orders WHERE customer_id = 1)',
  invoices: 'order_id IN (SELECT id FROM shop.orders WHERE customer_id = 1)',
  shipments: 'order_id IN (SELECT id FROM shop.orders WHERE customer_id = 1)',
  gift_recipients:
    "order_id IN (SELECT id FROM shop.orders WHERE customer_id = 1) OR lower(email) = 'anna.berzina@pasts.example'",
  reviews: 'customer_id = 1',
  wishlists: 'customer_id = 1',
  support_tickets: 'customer_id = 1',
  newsletter_subscriptions: "lower(email) = 'anna.berzina@pasts.example'",
  sessions: 'customer_id = 1',
  page_views: 'customer_id = 1',
};

/** What an operator without the tool would run: a CSV a table, a ZIP, a signature. */
export function exportScript(url: string, key: string): string {
  const copies = Object.entries(TABLES).map(
    ([table, condition]) =>
      `psql -qX '${url}' -c "\\copy (SELECT * FROM shop.${table} WHERE ${condition}) TO '$dir/${table}.csv' CSV HEADER"`,
  );
  return [
    'set -e',
    'dir=$(mktemp -d)',
    ...copies,
    'cd "$dir"',
    'zip -q export.zip *.csv',
    `openssl dgst -sha256 -sign '${key}' -out export.sig export.zip`,
    'rm -rf "$dir"',
    '',
  ].join('\n');
}

/** One query by e-mail. */
export function findScript(url: string): string {
  return `exec psql -qXAt '${url}' -c "SELECT id FROM shop.customers WHERE lower(email) = 'anna.berzina@pasts.example'"\n`;
}
