import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gdpr, gdprWords } from '../gdpr.js';
import type { Bench, Job, Pair } from '../job.js';
import { running } from '../measure.js';
import { rival } from '../rivals.js';
import type { Shop } from '../shops.js';

const GROUND = ['--ground', '17(1)(b)'];

/** Private customers of whom nothing is open: an order under way, an unpaid invoice or a dispute would keep their data. */
async function people(shop: Shop, limit: number): Promise<string[]> {
  const rows = await shop.query<{ email: string }>(
    `WITH open AS (SELECT o.customer_id, lower(o.guest_email) AS email FROM shop.orders o
       WHERE o.status NOT IN ('completed', 'cancelled') OR o.disputed_at IS NOT NULL
         OR EXISTS (SELECT FROM shop.invoices i WHERE i.order_id = o.id AND i.paid_on IS NULL))
     SELECT lower(c.email) AS email FROM shop.customers c
     WHERE c.kind = 'private' AND c.deleted_at IS NULL AND c.id > 1000
       AND NOT EXISTS (SELECT FROM open o WHERE o.customer_id = c.id)
       AND NOT EXISTS (SELECT FROM open o WHERE o.email = lower(c.email))
     ORDER BY c.id LIMIT ${limit}`,
  );
  if (rows.length < limit) throw new Error(`the shop has only ${rows.length} people to erase`);
  return rows.map(({ email }) => email);
}

/** One clone to erase in with the program, and one by hand. */
async function sides(bench: Bench, customers: number, count: number) {
  const [mine, theirs] = [await bench.shops.clone(customers), await bench.shops.clone(customers)];
  const emails = await people(mine, count);
  await writeFile(join(bench.folder, 'emails.csv'), `email\n${emails.join('\n')}\n`);
  for (const shop of [mine, theirs]) await shop.query('CHECKPOINT');
  const words = ['psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', rival('erase.sql'), theirs.url];
  return {
    mine,
    emails,
    theirs: running({ words, folder: bench.folder }, theirs),
    done: async () => {
      await mine.drop();
      await theirs.drop();
    },
  };
}

const common = { rival: 'SQL by hand', goal: 1.3, measure: 'wall', once: true } as const;
/** 5: something of theirs is left, in texts that the map does not reach; the erasure is done. */
const ANSWERS = [0, 5];

const one: Job = {
  name: 'customer erase, one person',
  ...common,
  unit: 'customers',
  sizes: [10_000, 100_000],
  quick: 10_000,
  pair: async (bench, size): Promise<Pair> => {
    const { mine, emails, ...rest } = await sides(bench, size, 1);
    const words = gdprWords('customer', 'erase', '--email', emails[0] ?? '', ...GROUND, '--verified', 'bench', '--yes');
    return {
      ...rest,
      ours: running({ words, folder: mine.folder, environment: mine.environment, answers: ANSWERS }, mine),
    };
  },
};

const many: Job = {
  name: 'customer erase, many people at once',
  ...common,
  goalFrom: 10_000,
  unit: 'people',
  sizes: [100, 1000, 10_000],
  pair: async (bench, size): Promise<Pair> => {
    const { mine, emails, ...rest } = await sides(bench, size > 1000 ? 100_000 : 10_000, size);
    const list = join(mine.folder, 'people.csv');
    await writeFile(list, `email,verified\n${emails.map((email) => `${email},bench\n`).join('')}`);
    const asked = ['customer', 'erase', '--from', list, ...GROUND];
    const { digest } = JSON.parse(await gdpr([...asked, '--plan', '--json'], mine.folder, mine.environment)) as {
      digest: string;
    };
    await gdpr(['approve', digest, '--yes'], mine.folder, { ...mine.environment, GDPR_OPERATOR: 'second' });
    const words = gdprWords(...asked, '--plan-digest', digest, '--yes');
    return {
      ...rest,
      ours: running({ words, folder: mine.folder, environment: mine.environment, answers: ANSWERS }, mine),
    };
  },
};

export const erasures: readonly Job[] = [one, many];
