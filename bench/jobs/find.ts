import { gdprWords } from '../gdpr.js';
import type { Job, Pair } from '../job.js';
import { type Measure, running } from '../measure.js';

/** How a customer is looked for, and the one query by hand that an index answers. */
const BY: Readonly<Record<string, { readonly value: string; readonly sql: string }>> = {
  email: {
    value: 'anna.berzina@pasts.example',
    sql: `SELECT id FROM shop.customers WHERE lower(email) = 'anna.berzina@pasts.example'`,
  },
  phone: {
    value: '21234567',
    sql: `SELECT id FROM shop.customers WHERE right(regexp_replace(phone, '\\D', '', 'g'), 8) = '21234567'`,
  },
  name: {
    value: 'Anna Bērziņa',
    sql: `SELECT id FROM shop.customers WHERE lower(first_name || ' ' || last_name) = 'anna bērziņa'`,
  },
};

/** The indexes of these queries; those of the program are there in any case. */
const INDEXES = [
  `CREATE INDEX ON shop.customers (right(regexp_replace(phone, '\\D', '', 'g'), 8))`,
  `CREATE INDEX ON shop.customers (lower(first_name || ' ' || last_name))`,
  'ANALYZE shop.customers',
];

function find(by: string, measure: Measure): Job {
  const { value, sql } = BY[by] ?? { value: '', sql: '' };
  return {
    name: `customer find --${by}`,
    rival: 'one indexed psql query',
    goal: 1.2,
    measure,
    unit: 'customers',
    sizes: [10_000, 100_000, 1_000_000],
    quick: 10_000,
    once: false,
    pair: async ({ shops, folder }, size): Promise<Pair> => {
      const shop = await shops.clone(size);
      for (const index of INDEXES) await shop.query(index);
      const words = gdprWords('customer', 'find', `--${by}`, value);
      const { environment } = shop;
      return {
        // 4: several people may have that name.
        ours: running({ words, folder: shop.folder, environment, answers: [0, 4] }, shop),
        theirs: running({ words: ['psql', '-qXAt', shop.url, '-c', sql], folder }, shop),
        done: shop.drop,
      };
    },
  };
}

export const finds: readonly Job[] = Object.keys(BY).map((by) => find(by, 'database'));
