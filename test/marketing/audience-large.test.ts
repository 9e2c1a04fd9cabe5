import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AudienceResult } from '../../src/marketing/audience.js';
import { gdpr } from '../commands/program.js';
import { jsonOf } from '../commands/schemas.js';
import { recordsSince, serverLogSize } from '../support/server-log.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { registerWordings } from './support.js';

const BATCH = 5000;
const FEW = 2 * BATCH;
const MANY = 16 * BATCH;
/** MB of heap: the program with a few batches has room in it; eighty thousand candidates as objects would not. */
const HEAP = 64;

let workspace: TestWorkspace;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const context = await workspace.context();
  await registerWordings(context).finally(() => context.database.close());
}, 240_000);
afterAll(() => workspace.remove());

describe('a list of eighty thousand', { timeout: 600_000 }, () => {
  it.skipIf((process.env.TEST_DATABASE_URL ?? '') !== '')(
    'takes a few statements a batch, and no memory for people who are done',
    async () => {
      const client = new pg.Client({ connectionString: workspace.url });
      await client.connect();
      try {
        const database = pg.escapeIdentifier(new URL(workspace.url ?? '').pathname.slice(1));
        await client.query(`ALTER DATABASE ${database} SET log_statement = 'all'`);
        const measured = async (from: number, to: number) => {
          await client.query(
            `INSERT INTO shop.customers (id, email, last_name, newsletter_opt_in, newsletter_opt_in_at, created_at)
             SELECT 1000000 + n, 'reader' || n || '@many.example', 'Lasītājs ' || n, true, '2024-01-01', '2020-01-01'
             FROM generate_series($1::bigint + 1, $2::bigint) n`,
            [from, to],
          );
          const since = await serverLogSize(client);
          const ran = await gdpr(['marketing', 'audience', '--channel', 'email', '--out', `${to}.csv`, '--json'], {
            cwd: workspace.root,
            environment: { ...workspace.environment, NODE_OPTIONS: `--max-old-space-size=${HEAP}` },
          });
          const result = jsonOf<AudienceResult>(ran, 'marketing-audience');
          expect(result.list).toBe(join(workspace.root, `${to}.csv`));
          const records = await recordsSince(client, since);
          const statements = records.filter(({ text }) => /LOG: {2}(?:statement|execute [^:]*): /.test(text)).length;
          return { rows: result.rows, statements };
        };
        const few = await measured(0, FEW);
        const many = await measured(FEW, MANY);
        expect(many.rows - few.rows).toBe(MANY - FEW);
        expect(few.statements).toBeGreaterThan(20);
        // Reading a batch, its addresses and its references, and fetching so many lines of the list.
        expect((many.statements - few.statements) / ((MANY - FEW) / BATCH)).toBeLessThan(10);
      } finally {
        await client.end();
      }
    },
  );
});
