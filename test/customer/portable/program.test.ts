import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdpr, ROOT } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { readArchive } from '../support/archive.js';
import { graphOf, type Node } from './support.js';

const PRELOAD = [pathToFileURL(join(import.meta.dirname, '..', 'support', 'peak-memory.mjs')).href];
/** More than both would take if the lines were held. */
const GROWTH_MB = 120;
const MOST_MB = 400;
const JANIS = ['--id', '3', '--portable'];

let workspace: TestWorkspace;
const run = (args: readonly string[], preload: readonly string[] = []) =>
  gdpr(['customer', 'export', ...args], { cwd: workspace.root, environment: workspace.environment, preload });

/** Lines of one order, and as many orders of one line. */
async function addLines(from: number, to: number): Promise<void> {
  const context = await workspace.context();
  try {
    await context.database.transaction('read committed', async (session) => {
      await session.run('ALTER TABLE shop.order_lines ALTER line_no TYPE integer');
      await session.run(
        `INSERT INTO shop.order_lines (order_id, line_no, book_id, quantity, unit_price)
         SELECT 7, n, 1 + n % 20, 1, 9.99 FROM generate_series($1::integer, $2::integer) n`,
        [from, to],
      );
      await session.run(
        `INSERT INTO shop.orders (id, order_number, customer_id, placed_at, goods_total)
         SELECT 1000000 + n, 'RB-2024-' || 1000000 + n, 3, timestamptz '2024-01-01 00:00:00+00' + n * interval '1 second', 1
         FROM generate_series($1::integer, $2::integer) n`,
        [from, to],
      );
    });
  } finally {
    await context.database.close();
  }
}

beforeAll(async () => {
  spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT });
  workspace = await bookshopWorkspace();
}, 120_000);
afterAll(() => workspace.remove());

async function exportByProgram(): Promise<{ peak: number; archive: string }> {
  const { code, stdout, stderr } = await run([...JANIS, '--verified', 'account login', '--json'], PRELOAD);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^peak memory \d+ MB\n$/) });
  return { peak: Number(/\d+/.exec(stderr)?.[0]), archive: JSON.parse(stdout).archive };
}

describe('gdpr customer export --portable', () => {
  it('plans what it will do under Art. 20, and does that plan only', async () => {
    const portable = jsonOf<{ digest: string; plan: { ground: string } }>(
      await run([...JANIS, '--plan', '--json']),
      'customer-export',
    );
    const access = jsonOf<{ digest: string }>(await run(['--id', '3', '--plan', '--json']), 'customer-export');
    expect(portable.plan.ground).toBe('Art. 20');
    expect(portable.digest).not.toBe(access.digest);
    const verified = ['--verified', 'account login', '--json'];
    const refused = await run([...JANIS, ...verified, '--plan-digest', access.digest]);
    expect(jsonErrorOf(refused)).toMatchObject({ code: 'PLAN_CHANGED' });
    const done = jsonOf<{ archive: string; planDigest: string; operation: string }>(
      await run([...JANIS, ...verified, '--plan-digest', portable.digest]),
      'customer-export',
    );
    expect(done.planDigest).toBe(portable.digest);
    const at = { cwd: workspace.root, environment: workspace.environment };
    expect((await gdpr(['archive', 'verify', done.archive], at)).code).toBe(0);
    const log = JSON.parse((await gdpr(['audit', 'list', '--json'], at)).stdout) as {
      entries: { operation: string; ground?: string }[];
    };
    expect(log.entries.filter(({ operation }) => operation === done.operation).map(({ ground }) => ground)).toEqual([
      'Art. 20',
      'Art. 20',
    ]);
  }, 120_000);

  it('takes no more memory for an order of 100,000 lines and 100,000 orders than for a tenth of them', async () => {
    await addLines(100, 10_000);
    const few = await exportByProgram();
    await addLines(10_001, 100_000);
    const many = await exportByProgram();
    expect(many.peak).toBeLessThan(MOST_MB);
    expect(many.peak - few.peak).toBeLessThan(GROWTH_MB);
    const graph = graphOf((await readArchive(many.archive)).text('portable.jsonld'));
    const order = graph.find(({ orderNumber }) => orderNumber === 'RB-2023-000007');
    const offers = (order?.acceptedOffer ?? []) as Node[];
    expect(offers.length).toBeGreaterThan(99_900);
    expect(offers.at(-1)).toMatchObject({ price: '9.99', priceCurrency: 'EUR', itemOffered: { '@type': 'Book' } });
    expect(graph.filter((node) => node['@type'] === 'Order').length).toBeGreaterThan(99_900);
  }, 600_000);
});
