import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gdprWords } from '../gdpr.js';
import type { Bench, Job, Pair } from '../job.js';
import { type Measure, running } from '../measure.js';
import type { Shop } from '../shops.js';

/** Every table of a customer of the bookshop, with the condition that a person would write by hand. */
const TABLES: Readonly<Record<string, string>> = {
  customers: 'id = $id',
  addresses: 'customer_id = $id',
  loyalty_cards: 'customer_id = $id',
  carts: 'customer_id = $id OR lower(email) = $email',
  orders: 'customer_id = $id OR lower(guest_email) = $email',
  order_lines: 'order_id IN $orders',
  payments: 'order_id IN $orders',
  invoices: 'order_id IN $orders',
  shipments: 'order_id IN $orders',
  gift_recipients: 'order_id IN $orders OR lower(email) = $email',
  reviews: 'customer_id = $id',
  wishlists: 'customer_id = $id',
  support_tickets: 'customer_id = $id OR lower(email) = $email',
  newsletter_subscriptions: 'lower(email) = $email',
  sessions: 'customer_id = $id',
  page_views: 'customer_id = $id',
  password_resets: 'customer_id = $id',
  event_log: "payload #>> '{customer,id}' = '$id'",
};
const ORDERS = '(SELECT id FROM shop.orders WHERE customer_id = $id OR lower(guest_email) = $email)';

const ANNA = 'anna.berzina@pasts.example';

/** What an operator without the tool would run with a customer's e-mail: a CSV a table, a ZIP, a signature. */
function script(url: string, key: string): string {
  const copies = Object.entries(TABLES).map(([table, condition]) => {
    const where = condition.replace('$orders', ORDERS).replaceAll('$email', `'$email'`).replaceAll("'$id'", "'$id'");
    return `psql -qX '${url}' -c "\\copy (SELECT * FROM shop.${table} WHERE ${where}) TO '$dir/${table}.csv' CSV HEADER"`;
  });
  return [
    'set -e',
    'for email in "$@"; do',
    'dir=$(mktemp -d)',
    `id=$(psql -qXAt '${url}' -c "SELECT id FROM shop.customers WHERE lower(email) = '$email'")`,
    ...copies,
    '(cd "$dir"; zip -q export.zip *.csv)',
    `openssl dgst -sha256 -sign '${key}' -out "$dir/export.sig" "$dir/export.zip"`,
    'rm -rf "$dir"',
    'done',
    '',
  ].join('\n');
}

async function rival(shop: Shop, emails: readonly string[], folder: string) {
  const [key, file] = [join(folder, 'rival.pem'), join(folder, 'export.sh')];
  const words = ['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key];
  await running({ words, folder })();
  await writeFile(file, script(shop.url, key));
  return running({ words: ['sh', file, ...emails], folder }, shop);
}

function one(measure: Measure, goal: number): Job {
  return {
    name: `customer export, one person${measure === 'database' ? ': in the database' : ''}`,
    rival: 'psql \\copy per table, zip, openssl',
    goal,
    measure,
    unit: 'customers',
    sizes: [10_000, 100_000],
    quick: 10_000,
    once: false,
    pair: async ({ shops, folder }: Bench, size): Promise<Pair> => {
      const shop = await shops.clone(size);
      const words = gdprWords('customer', 'export', '--email', ANNA, '--verified', 'bench');
      return {
        ours: running({ words, folder: shop.folder, environment: shop.environment }, shop),
        theirs: await rival(shop, [ANNA], folder),
        done: shop.drop,
      };
    },
  };
}

const PEOPLE = 1000;
/** So many by the script: a thousand would take a quarter of an hour. */
const BY_SCRIPT = 20;

const many: Job = {
  name: `customer export, ${PEOPLE.toLocaleString('en')} people`,
  rival: `the same script in a loop (${BY_SCRIPT} people, times ${PEOPLE / BY_SCRIPT})`,
  goal: 0.05,
  measure: 'wall',
  unit: 'customers',
  sizes: [10_000, 100_000],
  once: false,
  pair: async ({ shops, folder }: Bench, size): Promise<Pair> => {
    const shop = await shops.clone(size);
    const rows = await shop.query<{ email: string }>(
      `SELECT lower(email) AS email FROM shop.customers WHERE kind = 'private' AND deleted_at IS NULL AND id > 1000 ORDER BY id LIMIT ${PEOPLE}`,
    );
    const emails = rows.map(({ email }) => email);
    const list = join(folder, 'people.csv');
    await writeFile(list, `email,verified\n${emails.map((email) => `${email},bench\n`).join('')}`);
    const words = gdprWords('customer', 'export', '--from', list, '--again');
    return {
      ours: running({ words, folder: shop.folder, environment: shop.environment }, shop),
      theirs: await rival(shop, emails.slice(0, BY_SCRIPT), folder),
      theirsTimes: PEOPLE / BY_SCRIPT,
      done: shop.drop,
    };
  },
};

export const exports_: readonly Job[] = [one('wall', 1), one('database', 1.2), many];
