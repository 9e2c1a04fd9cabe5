import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recoverErasures } from '../../src/customer/erase/recover.js';
import { listArchives } from '../../src/operation/archives.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { recover } from '../../src/operation/recover.js';
import type { Context } from '../../src/workspace/open.js';
import { TYPED } from '../commands/needles.js';
import { gdpr, ROOT } from '../commands/program.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const PRELOAD = join(ROOT, 'test', 'recover', 'steps.mjs');
const ERASE = [
  'customer',
  'erase',
  '--email',
  TYPED.email,
  '--ground',
  '17(1)(b)',
  '--verified',
  'account login',
  '--yes',
];

let workspace: TestWorkspace;
let client: pg.Client;
let context: Context;

beforeEach(async () => {
  workspace = await bookshopWorkspace();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
});
afterEach(async () => {
  await context.database.close();
  await client.end();
  await workspace.remove();
});

const count = async (sql: string) =>
  Number((await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`)).rows[0]?.n);

async function killedBefore(words: string): Promise<void> {
  const { code } = await gdpr(ERASE, {
    cwd: workspace.root,
    environment: { ...workspace.environment, GDPR_TEST_KILL_BEFORE: words },
    preload: [PRELOAD],
  });
  expect(code).not.toBe(0);
  // Until the server has noticed that the program is gone, its locks are held.
  while ((await count("pg_stat_activity WHERE datname = current_database() AND application_name = 'gdpr'")) > 0)
    await sleep(20);
  context = await workspace.context();
}

describe('an erasure killed', { timeout: 120_000 }, () => {
  it.each([['UPDATE "shop"."orders"'], ['INSERT INTO gdpr.tombstone (subject'], ['SELECT (coalesce(max(sequence)']])(
    'before %s is wholly undone or was never begun',
    async (words) => {
      await killedBefore(words);
      expect(
        [...(await recover(context)), ...(await recoverErasures(context))].filter(({ what }) => what === 'certified'),
      ).toEqual([]);
      expect(await count('gdpr.tombstone')).toBe(0);
      expect(await count('shop.addresses WHERE customer_id = 1')).toBe(2);
      expect(await count("shop.customers WHERE id = 1 AND personas_kods = '120385-11234'")).toBe(1);
      expect((await verifyAuditLog(context)).problems).toEqual([]);
    },
  );

  it.each([['SELECT gdpr.certify_tombstones'], ['rename to erasure-']])(
    'before %s is wholly done, and gets its tombstone, proof and certificate',
    async (words) => {
      await killedBefore(words);
      expect(await count('shop.addresses WHERE customer_id = 1')).toBe(0);
      const recovered = [...(await recover(context)), ...(await recoverErasures(context))];
      expect(recovered.some(({ what }) => what === 'certified' || what === 'finished')).toBe(true);
      const certificates = (await listArchives(context)).filter(({ archive }) => archive.includes('erasure-'));
      expect(certificates.map(({ state }) => state)).toEqual(['present']);
      const journal = await readFile(context.paths.journal, 'utf8');
      expect(journal.match(/"type":"tombstone"/g)).toHaveLength(1);
      expect(await recoverErasures(context)).toEqual([]);
      expect((await verifyAuditLog(context)).problems).toEqual([]);
    },
  );
});
