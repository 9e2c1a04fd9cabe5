import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import type { AuditEntry } from '../../src/audit/entry.js';
import { exportPrepared, type PreparedExport, prepareExport } from '../../src/customer/export-customer.js';
import { listEntries, verifyAuditLog } from '../../src/operation/log.js';
import type { Context } from '../../src/workspace/open.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

// Whole exports, several to a test: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

let workspace: TestWorkspace;
let context: Context;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const change = (sql: string) => context.database.transaction('read committed', (session) => session.run(sql));
const prepare = (email: string) => prepareExport(context, { email }, nobodyToAsk);
const run = (prepared: PreparedExport, options: { verified?: string; planDigest?: string } = {}) =>
  exportPrepared(context, prepared, { verified: 'account login', language: 'lv', ...options }, () => {});
const archives = () => readdir(context.paths.archives).catch(() => []);
const entries = () => listEntries(context, {}, 1000);

describe('an export', () => {
  it('is logged before and after, under the person’s reference, with the digests of plan and archive', async () => {
    const prepared = await prepare(PEOPLE.anna.email);
    const result = await run(prepared);
    const [intent, outcome] = (await entries()).slice(-2);
    const both = {
      action: 'customer export',
      operation: result.operation,
      operator: { name: 'tester', databaseRole: context.databaseRole },
      subjects: [result.subject],
      planDigest: result.planDigest,
      ground: 'Art. 15',
      verified: 'account login',
    };
    expect(intent).toMatchObject({ ...both, kind: 'intent' });
    expect(intent).not.toHaveProperty('result');
    expect(outcome).toMatchObject({
      ...both,
      kind: 'outcome',
      result: 'done',
      archiveDigest: `sha256:${result.sha256}`,
    });
    expect(outcome?.counts).toEqual(
      Object.fromEntries(result.tables.filter(({ rows }) => rows > 0).map(({ table, rows }) => [table, rows])),
    );
    expect(outcome?.sequence).toBe(result.audit.sequence);
  });

  it('holds no value of a person in its log, plan and operation', async () => {
    await (await prepare(PEOPLE.anna.email)).store();
    const stored = await context.database.transaction('read committed', (session) =>
      session.query<{ text: string }>(
        `SELECT e::text AS text FROM gdpr.audit_entry e UNION ALL SELECT p::text FROM gdpr.plan p UNION ALL
         SELECT o::text FROM gdpr.operation o UNION ALL SELECT a::text FROM gdpr.subject_alias a`,
      ),
    );
    const text = stored
      .map((row) => row.text)
      .join('\n')
      .toLowerCase();
    expect(text).toContain('customer export');
    const values = Object.values(PEOPLE).flatMap(({ name, email, phone, needles }) => [
      name,
      email,
      phone.slice(-8),
      ...needles,
    ]);
    expect(values.filter((value) => text.includes(value.toLowerCase()))).toEqual([]);
  });
});

describe('an export that is not what was agreed on', () => {
  let before: { archives: string[]; entries: AuditEntry[] };
  beforeEach(async () => {
    before = { archives: await archives(), entries: await entries() };
  });

  /** Nothing was made, and the log has one intent more, which was refused. */
  async function expectRefusal(code: string, result = 'refused'): Promise<void> {
    expect(await archives()).toEqual(before.archives);
    expect(await readdir(context.paths.temporary).catch(() => [])).toEqual([]);
    const fresh = (await entries()).slice(before.entries.length);
    expect(fresh.map((entry) => [entry.kind, entry.action, entry.result, entry.code])).toEqual([
      ['intent', 'customer export', undefined, undefined],
      ['outcome', 'customer export', result, code],
    ]);
    expect((await verifyAuditLog(context)).valid).toBe(true);
  }

  it('is refused when the digest is another plan’s', async () => {
    const prepared = await prepare(PEOPLE.anna.email);
    const planDigest = `sha256:${'0'.repeat(64)}`;
    await expect(run(prepared, { planDigest })).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      exit: 3,
      details: { digest: prepared.plan.digest },
    });
    await expectRefusal('PLAN_CHANGED');
  });

  it('is refused with the digest of somebody else’s plan', async () => {
    const { plan } = await prepare(PEOPLE.janis.email);
    await expect(run(await prepare(PEOPLE.anna.email), { planDigest: plan.digest })).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
    });
    await expectRefusal('PLAN_CHANGED');
  });

  it('is done with the digest of its own, though a row has come since', async () => {
    const { plan } = await prepare(PEOPLE.anna.email);
    await change("INSERT INTO shop.page_views (viewed_at, customer_id, path) VALUES (now(), 1, '/')");
    const result = await run(await prepare(PEOPLE.anna.email), { planDigest: plan.digest });
    expect(result.planDigest).toBe(plan.digest);
  });

  it('is refused when a table has come between plan and run', async () => {
    const prepared = await prepare(PEOPLE.anna.email);
    await change('CREATE TABLE shop.fresh (id integer PRIMARY KEY, customer_id bigint REFERENCES shop.customers)');
    try {
      await expect(run(prepared)).rejects.toMatchObject({ code: 'DRIFT', exit: 6 });
      await expectRefusal('DRIFT');
      before = { archives: await archives(), entries: await entries() };
      await expect(prepare(PEOPLE.anna.email)).rejects.toMatchObject({ code: 'DRIFT' });
      await expectRefusal('DRIFT');
    } finally {
      await change('DROP TABLE shop.fresh');
    }
  });

  it('is refused when a column has come between plan and run', async () => {
    const prepared = await prepare(PEOPLE.anna.email);
    await change('ALTER TABLE shop.reviews ADD COLUMN mood text');
    try {
      await expect(run(prepared)).rejects.toMatchObject({
        code: 'DRIFT',
        message: expect.stringContaining('shop.reviews.mood'),
      });
      await expectRefusal('DRIFT');
    } finally {
      await change('ALTER TABLE shop.reviews DROP COLUMN mood');
    }
  });

  it('holds what is there when it reads, not when it was planned', async () => {
    const prepared = await prepare(PEOPLE.janis.email);
    await change('DELETE FROM shop.page_views WHERE customer_id = 3');
    const result = await run(prepared);
    expect(result.tables).toContainEqual({ table: 'shop.page_views', rows: 0 });
    expect(result.tables).toContainEqual({ table: 'shop.customers', rows: 1 });
  });

  it('is refused when the person is gone', async () => {
    await change(
      "INSERT INTO shop.customers (id, email, last_name, created_at) OVERRIDING SYSTEM VALUE VALUES (910001, 'prom@ejosa.example', 'Projām', now())",
    );
    const prepared = await prepare('prom@ejosa.example');
    await change('DELETE FROM shop.customers WHERE id = 910001');
    before = { archives: await archives(), entries: await entries() };
    await expect(run(prepared)).rejects.toMatchObject({ code: 'NOBODY', exit: 4 });
    await expectRefusal('NOBODY');
  });

  it('is refused when the e-mail has become somebody else’s', async () => {
    await change(
      "INSERT INTO shop.customers (id, email, last_name, created_at) OVERRIDING SYSTEM VALUE VALUES (910002, 'maina@ipasnieku.example', 'Pirmais', now())",
    );
    const prepared = await prepare('maina@ipasnieku.example');
    await change("UPDATE shop.customers SET email = 'cits@ipasnieku.example' WHERE id = 910002");
    await change(
      "INSERT INTO shop.customers (id, email, last_name, created_at) OVERRIDING SYSTEM VALUE VALUES (910003, 'maina@ipasnieku.example', 'Otrais', now())",
    );
    before = { archives: await archives(), entries: await entries() };
    await expect(run(prepared)).rejects.toMatchObject({ code: 'PLAN_CHANGED', exit: 3 });
    await expectRefusal('PLAN_CHANGED');
  });

  it.each(['answered from anna.berzina@pasts.example', 'called +371 21234567', 'kods 120385-11234'])(
    'is refused when --verified holds data, without repeating it (%#)',
    async (verified) => {
      const prepared = await prepare(PEOPLE.anna.email);
      const error = await run(prepared, { verified }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
      for (const value of ['anna', '21234567', '120385'])
        expect(JSON.stringify([`${error}`, error])).not.toContain(value);
      expect(await archives()).toEqual(before.archives);
    },
  );

  it('is refused when nobody says how the person was checked', async () => {
    await expect(run(await prepare(PEOPLE.anna.email), { verified: '  ' })).rejects.toMatchObject({
      code: 'REFUSED',
      exit: 3,
    });
    expect(await archives()).toEqual(before.archives);
  });
});
