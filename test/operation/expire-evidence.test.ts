import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { listArchives } from '../../src/operation/archives.js';
import { listEntries, verifyAuditLog } from '../../src/operation/log.js';
import type { Context } from '../../src/workspace/open.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const ROSE = 'roze@pasts.example';
interface Expired {
  readonly entries: number;
  readonly through: number | null;
  readonly consents: number;
  readonly tombstones: number;
}

let workspace: TestWorkspace;
let context: Context;
/** Somebody of whom nothing is kept, and somebody of whom something is. */
let rose: string;
let anna: string;

const run = (...args: string[]) => gdpr(args, { cwd: workspace.root, environment: workspace.environment });
const rows = <R extends Record<string, unknown>>(sql: string) =>
  context.database.transaction('read committed', (session) => session.query<R>(sql));
const config = () => join(workspace.root, 'gdpr.yaml');
const subjectsOf = async (table: string) =>
  (await rows<{ subject: string }>(`SELECT DISTINCT subject FROM gdpr.${table} ORDER BY 1`)).map((row) => row.subject);

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await rows(`INSERT INTO shop.customers (email, last_name, created_at) VALUES ('${ROSE}', 'Roze', now())`);
  const wording = join(workspace.root, 'sms-lv.txt');
  await writeFile(wording, 'Piekrītu saņemt īsziņas');
  const shown = ['--kind', 'consent', '--channel', 'sms', '--language', 'lv', '--from', '2023-01-01'];
  expect((await run('consent', 'wording', 'add', 'sms-lv', ...shown, '--text-file', wording)).code).toBe(0);
  for (const [email, what, at] of [
    [PEOPLE.petr.email, 'given', '2024-01-01T10:00:00Z'],
    [PEOPLE.petr.email, 'withdrawn', '2024-02-01T10:00:00Z'],
    [PEOPLE.petr.email, 'given', '2024-03-01T10:00:00Z'],
  ]) {
    const said = ['--purpose', 'marketing', '--channel', 'sms', '--what', what ?? '', '--at', at ?? ''];
    const how = ['--mechanism', 'web-form', ...(what === 'given' ? ['--wording', 'sms-lv'] : [])];
    jsonOf(await run('consent', 'record', '--email', email ?? '', ...said, ...how, '--json'), 'consent-record');
  }
  await erasePerson(context, { email: ROSE });
  await erasePerson(context, { email: PEOPLE.anna.email });
  const erased = await rows<{ subject: string; kept: boolean }>(
    'SELECT subject, EXISTS (SELECT FROM gdpr.kept_row k WHERE k.subject = t.subject) AS kept FROM gdpr.tombstone t',
  );
  rose = erased.find(({ kept }) => !kept)?.subject ?? '';
  anna = erased.find(({ kept }) => kept)?.subject ?? '';
  expect([rose, anna]).toEqual([expect.stringMatching(/^subject:/), expect.stringMatching(/^subject:/)]);
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

it('lets nothing go before the controller has said how long evidence is kept', async () => {
  expect(jsonErrorOf(await run('audit', 'expire', '--yes', '--json'))).toMatchObject({ code: 'USAGE', exit: 2 });
  const text = await readFile(config(), 'utf8');
  await writeFile(config(), `${text}\nevidence: { keep: P3Y }\n`);
  const none = jsonOf<Expired>(await run('audit', 'expire', '--plan', '--json'), 'audit-expire');
  expect(none).toMatchObject({ entries: 0, through: null, consents: 0, tombstones: 0 });
  // From here on everything is old.
  await writeFile(config(), `${text}\nevidence: { keep: P0D }\n`);
});

it('counts without changing, and asks before it takes', async () => {
  const planned = jsonOf<Expired>(await run('audit', 'expire', '--plan', '--json'), 'audit-expire');
  expect(planned).toMatchObject({ consents: 1, tombstones: 1 });
  expect(planned.entries).toBeGreaterThan(5);
  expect(jsonOf<Expired>(await run('audit', 'expire', '--plan', '--json'), 'audit-expire')).toMatchObject({
    entries: planned.entries,
  });
  expect(jsonErrorOf(await run('audit', 'expire', '--json'))).toMatchObject({ code: 'USAGE', exit: 2 });
  expect(await listEntries(context, { subject: rose }, 100)).not.toEqual([]);
});

it('takes texts, references, withdrawn consents and tombstones, and the log is verified as before', async () => {
  const archives = await listArchives(context);
  const before = await verifyAuditLog(context);
  const expired = jsonOf<Expired>(await run('audit', 'expire', '--yes', '--json'), 'audit-expire');
  expect(expired).toMatchObject({ consents: 1, tombstones: 1, through: before.size });
  expect(await listEntries(context, {}, 100)).toEqual([
    expect.objectContaining({ action: 'audit expire', kind: 'intent' }),
    expect.objectContaining({
      action: 'audit expire',
      counts: { entries: expired.entries, through: before.size, consents: 1, tombstones: 1 },
    }),
  ]);
  const left = await rows<{ n: string }>(
    `SELECT count(*)::text AS n FROM gdpr.audit_entry WHERE cardinality(subjects) > 0 OR entry LIKE '%subject:%'
     UNION ALL SELECT count(*)::text FROM gdpr.operation WHERE cardinality(subjects) > 0`,
  );
  expect(left.map(({ n }) => n)).toEqual(['0', '0']);
  // What is kept of a person, and their last word, still are.
  expect(await subjectsOf('tombstone')).toEqual([anna]);
  expect(await subjectsOf('tombstone_identifier')).toEqual([anna]);
  expect(await rows('SELECT what FROM gdpr.consent_event ORDER BY event_at')).toEqual([
    { what: 'withdrawn' },
    { what: 'given' },
  ]);

  const verified = await verifyAuditLog(context);
  expect(verified).toMatchObject({ valid: true, problems: [], size: before.size + 2 });
  expect(verified.checks.map(({ detail }) => detail).join()).toContain(`${expired.entries} texts expired`);
  expect(await listArchives(context)).toEqual(archives);
  expect((await run('recover')).code).toBe(0);
  expect((await run('audit', 'verify')).code).toBe(0);
  jsonOf(
    await run('customer', 'export', '--email', PEOPLE.petr.email, '--verified', 'login', '--json'),
    'customer-export',
  );
  // The function has ended, so nothing is let through any more.
  const again = jsonOf<Expired>(await run('audit', 'expire', '--plan', '--json'), 'audit-expire');
  expect(again).toMatchObject({ consents: 0, tombstones: 0, through: expect.any(Number) });
});

it('a text that is taken in any other way is refused, and found where triggers are taken off', async () => {
  for (const statement of [
    "UPDATE gdpr.audit_entry SET entry = ''",
    'DELETE FROM gdpr.consent_event',
    'DELETE FROM gdpr.tombstone',
    'DELETE FROM gdpr.tombstone_identifier',
    'DELETE FROM gdpr.expiry',
    'UPDATE gdpr.expiry SET before = now()',
    // The owner's function, and then more in the same transaction.
    `DO $$ BEGIN PERFORM gdpr.expire_evidence(
         (SELECT max(id) FROM gdpr.operation WHERE action <> 'audit expire'), now() - interval '9 years');
       DELETE FROM gdpr.tombstone; END $$`,
  ]) {
    await expect(rows(statement), statement).rejects.toMatchObject({ code: 'REFUSED' });
  }
  const last = (await verifyAuditLog(context)).size;
  await rows('ALTER TABLE gdpr.audit_entry DISABLE TRIGGER audit_append_only');
  await rows(`UPDATE gdpr.audit_entry SET entry = '', subjects = '{}' WHERE sequence = ${last}`);
  await rows('ALTER TABLE gdpr.audit_entry ENABLE ALWAYS TRIGGER audit_append_only');
  expect((await verifyAuditLog(context)).problems).toEqual([
    { sequence: last, problem: `the text of entry ${last} is gone, and no entry tells that it has expired` },
  ]);
});
