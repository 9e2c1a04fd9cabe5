import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { listArchives } from '../../src/operation/archives.js';
import { verifyAuditLog } from '../../src/operation/log.js';
import { recover } from '../../src/operation/recover.js';
import type { Context } from '../../src/workspace/open.js';
import { changesBetween, shopSnapshot } from '../customer/erase/snapshot.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { backends, goneBut, Victims, type Work } from './victims.js';

/** Where a crash could leave a half: each change of the shop, each commit before and after it is sent, each file. */
const MATTERS =
  /^(sent|rename|unlink|query (COMMIT|UPDATE "shop"|UPDATE gdpr\.operation|INSERT INTO gdpr\.subject_alias))/;
const PHONES = ['+371 29990011', '+371 29990022'] as const;

let workspace: TestWorkspace;
let context: Context;
let client: pg.Client;
let victims: Victims;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
  victims = new Victims();
});
afterAll(async () => {
  await victims.end();
  await client.end();
  await context.database.close();
  await workspace.remove();
});

const rectify = (from: string, phone: string): Work => ({
  folder: workspace.root,
  environment: workspace.environment,
  work: 'rectify',
  asked: { query: { id: 'shop.customers:1', phone: from }, set: [`phone=${phone}`] },
});
const other = (phone: string) => (phone === PHONES[0] ? PHONES[1] : PHONES[0]);

it('a correction killed at any step that matters is wholly done or wholly not, once recovered', {
  timeout: 600_000,
}, async () => {
  await victims.whole(rectify(PEOPLE.anna.phone, PHONES[1]));
  const steps = await victims.whole(rectify(PHONES[1], PHONES[0]));
  const chosen = steps.flatMap((step, i) => (MATTERS.test(step) ? [i + 1] : []));
  expect(steps.filter((step) => step.startsWith('query UPDATE "shop"')).length).toBeGreaterThan(1);
  const states = new Set<string>();
  let standing: string = PHONES[0];
  for (const step of chosen) {
    const where = `step ${step}: ${steps[step - 1]}`;
    const before = await shopSnapshot(context);
    const next = other(standing);
    const own = await backends(client);
    const { signal } = await victims.killed(rectify(standing, next), step);
    expect({ where, signal }).toEqual({ where, signal: 'SIGKILL' });
    await goneBut(client, own);
    await recover(context);
    expect({ where, again: await recover(context) }).toEqual({ where, again: [] });
    const after = await shopSnapshot(context);
    const done = after.get('customers 1')?.phone === next;
    const changed = changesBetween(before, after);
    expect({ where, changed: changed.length > 0 }).toEqual({ where, changed: done });
    if (done) {
      const left = [...after.values()].filter((row) => Object.values(row).includes(standing));
      expect({ where, left }).toEqual({ where, left: [] });
    }
    const { rows } = await client.query<{ state: string; archive: string | null }>(
      "SELECT state, archive FROM gdpr.operation WHERE action = 'customer rectify' ORDER BY started_at DESC LIMIT 1",
    );
    const state = rows[0]?.state ?? '';
    states.add(done ? 'done' : 'undone');
    if (done) {
      expect({ where, state }).toEqual({ where, state: 'done' });
      const path = join(workspace.root, 'archives', rows[0]?.archive ?? '');
      expect((await verifyArchive(path, { signers: [context.keys.ids.signing] })).valid).toBe(true);
    }
    expect({ where, problems: (await verifyAuditLog(context)).problems }).toEqual({ where, problems: [] });
    expect((await listArchives(context)).filter(({ state: each }) => each !== 'present')).toEqual([]);
    expect((await readdir(join(workspace.root, 'archives'))).filter((name) => !name.endsWith('.asice'))).toEqual([]);
    if (done) standing = next;
  }
  expect([...states].sort()).toEqual(['done', 'undone']);
});
