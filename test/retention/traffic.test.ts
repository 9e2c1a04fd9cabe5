import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '../../src/workspace/open.js';
import { plainEnvironment } from '../support/run-process.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { agree, ask, fillOld, run, sizeOf } from './support.js';

const ROWS = sizeOf(40_000);
const pgbench = outsideTool('pgbench');

/** What a shop does all day: somebody orders, logs in, looks around and forgets a password; also in old rows. */
const SCRIPT = `
\\set customer random(1, 200)
\\set old random(1, ${ROWS / 10})
BEGIN;
INSERT INTO shop.orders (order_number, customer_id, status, placed_at, goods_total)
  SELECT 'RB-2099-' || lpad(nextval('public.traffic')::text, 9, '0'), id, 'new', now(), 10 FROM shop.customers ORDER BY id OFFSET :customer - 1 LIMIT 1;
UPDATE shop.customers SET last_login_at = now() WHERE id = (SELECT id FROM shop.customers ORDER BY id OFFSET :customer - 1 LIMIT 1);
INSERT INTO shop.password_resets (customer_id, token_hash, requested_at) SELECT id, 'new', now() FROM shop.customers ORDER BY id OFFSET :customer - 1 LIMIT 1;
UPDATE shop.sessions SET last_seen_at = now() WHERE token = 'old-' || :old;
DELETE FROM shop.password_resets WHERE id = (SELECT max(id) FROM shop.password_resets WHERE requested_at < now() - interval '60 days');
SELECT count(*) FROM shop.carts WHERE updated_at > now() - interval '1 day';
END;
`;

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await agree(context);
  await fillOld(context, ROWS);
  await ask(context, 'CREATE SEQUENCE public.traffic');
  await ask(context, 'CREATE INDEX ON shop.password_resets (requested_at)');
}, 600_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

describe('the shop during a run', { timeout: 600_000 }, () => {
  it.skipIf(!pgbench.available)('loses no transaction and waits for no lock beyond the timeout', async () => {
    const script = join(workspace.root, 'traffic.sql');
    await writeFile(script, SCRIPT);
    const traffic = promisify(execFile)(
      pgbench.path,
      ['-n', '-c', '4', '-j', '2', '-T', `${15 + Math.ceil(ROWS / 12_000)}`, '-f', script, workspace.url ?? ''],
      {
        env: { ...plainEnvironment(), PGOPTIONS: '-c lock_timeout=1000' },
      },
    );
    const result = await run(context);
    const { stdout, stderr } = await traffic;
    expect(stdout).toMatch(/number of failed transactions: 0 /);
    expect(`${stdout}${stderr}`).not.toMatch(/abort|ERROR/);
    expect(Number(/transactions actually processed: (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(100);
    expect(result).toMatchObject({ stopped: 'done' });
    // Visits that began anew meanwhile are not due, and stay.
    const [rows] = await ask<Record<string, number>>(
      context,
      `SELECT (SELECT count(*)::int FROM shop.password_resets WHERE requested_at < now() - interval '31 days') AS due,
         (SELECT count(*)::int FROM shop.sessions WHERE token LIKE 'old-%' AND last_seen_at > now() - interval '1 day') AS back,
         (SELECT count(*)::int FROM shop.sessions WHERE token LIKE 'old-%' AND last_seen_at < now() - interval '1 year') AS old`,
    );
    expect(rows?.due).toBe(result.locked === 0 ? 0 : rows?.due);
    expect(rows?.back).toBeGreaterThan(0);
    expect(rows?.old).toBeLessThanOrEqual(result.locked);
  });
});
