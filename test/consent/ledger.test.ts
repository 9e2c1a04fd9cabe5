import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { recordConsent } from '../../src/consent/record.js';
import { enterRecords, missingRecords } from '../../src/customer/restore/enter.js';
import { readRecords } from '../../src/customer/restore/records.js';
import type { Context } from '../../src/workspace/open.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { type RoleShop, roleShop } from '../roles/support.js';
import { bookshopWorkspace } from '../support/workspace.js';

const ANNA = { email: 'anna.berzina@pasts.example' };

let shop: RoleShop;
beforeAll(async () => {
  shop = await roleShop();
  const context = await shop.context('operator');
  try {
    await prepareMarketing(context);
    const said = { query: ANNA, channels: ['email'], mechanism: 'web-form', at: '2026-05-01T10:00' } as const;
    await recordConsent(context, { ...said, what: 'given', wording: 'newsletter-lv', evidence: 'F-17' }, nobodyToAsk);
    await recordConsent(context, { ...said, what: 'withdrawn', at: '2026-06-01T10:00' }, nobodyToAsk);
  } finally {
    await context.database.close();
  }
}, 120_000);
afterAll(() => shop.remove());

/** The SQLSTATE and message with which the statement is refused; nothing when it runs. */
async function refusal(statement: string, login?: string): Promise<string | undefined> {
  try {
    await shop.sql(`BEGIN; ${statement}; ROLLBACK`, login);
    return undefined;
  } catch (error) {
    await shop.sql('SELECT 1');
    const { code, message } = error as Error & { code?: string };
    return `${code} ${message}`;
  }
}

describe('the ledger', { timeout: 60_000 }, () => {
  const changes = [
    "UPDATE gdpr.consent_event SET what = 'given'",
    'UPDATE gdpr.consent_event SET event_at = now()',
    'DELETE FROM gdpr.consent_event',
    'TRUNCATE gdpr.consent_event',
    "UPDATE gdpr.wording SET text = 'another'",
    'DELETE FROM gdpr.wording',
    'TRUNCATE gdpr.wording CASCADE',
  ];

  it.each(['operator', 'approver', 'auditor', 'marketer'])('is not changed or cut by the role %s', async (login) => {
    for (const statement of changes)
      expect([statement, await refusal(statement, login)]).toEqual([
        statement,
        expect.stringMatching(/^42501 permission denied/),
      ]);
  });

  it('is not changed or cut by whoever owns it, either: only adding is possible', async () => {
    for (const statement of changes)
      expect([statement, await refusal(statement)]).toEqual([statement, expect.stringMatching(/^42501 /)]);
    expect(await shop.sql('SELECT what FROM gdpr.consent_event ORDER BY id')).toEqual([
      { what: 'given' },
      { what: 'withdrawn' },
    ]);
  });

  it('lets nobody but its clock say when an event was recorded', async () => {
    const statement = `INSERT INTO gdpr.consent_event (subject, purpose, channel, what, event_at, recorded_at, mechanism, source, recorded_by, operation, digest)
      SELECT subject, purpose, channel, what, event_at, now() - interval '1 year', mechanism, source, recorded_by, operation, digest FROM gdpr.consent_event`;
    expect(await refusal(statement, 'operator')).toMatch(/^42501 permission denied/);
  });

  it('gives a restored backup its withdrawals back, without what people wrote, and no yes', async () => {
    const context = await shop.context('operator');
    const journal = context.paths.journal;
    await context.database.close();
    const [stored] = await shop.sql<{ subject: string; operation: string; digest: string }>(
      "SELECT subject, operation, digest FROM gdpr.consent_event WHERE what = 'withdrawn'",
    );
    const backup = await bookshopWorkspace();
    let restored: Context | undefined;
    try {
      restored = await backup.context();
      const records = await readRecords(journal, restored.keys);
      expect(records.get('withdrawal')).toHaveLength(1);
      expect(JSON.stringify(records.get('withdrawal'))).not.toContain('F-17');
      const { database } = restored;
      const enter = () =>
        database.transaction('read committed', async (session) => {
          const missing = await missingRecords(session, records);
          await enterRecords(session, restored as Context, missing);
          return missing.get('withdrawal')?.length;
        });
      expect(await enter()).toBe(1);
      expect(await enter()).toBe(0);
      const rows = await database.transaction('read committed', (session) =>
        session.query(
          `SELECT e.subject, e.operation, e.digest, e.what, e.event_at = '2026-06-01 10:00+03' AS "sameTime", e.evidence, o.action
           FROM gdpr.consent_event e JOIN gdpr.operation o ON o.id = e.operation`,
        ),
      );
      expect(rows).toEqual([
        { ...stored, what: 'withdrawn', sameTime: true, evidence: null, action: 'consent record' },
      ]);
    } finally {
      await restored?.database.close();
      await backup.remove();
    }
  });
});
