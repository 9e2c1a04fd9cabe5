import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandingNow, standingsOf } from '../../src/consent/standing.js';
import { hasherOf, matchPeople } from '../../src/customer/find-customer.js';
import { addressHasher } from '../../src/customer/suppression/suppress.js';
import { isSuppressed } from '../../src/customer/suppression/suppressed.js';
import { referencesOf } from '../../src/identity/reference.js';
import { tokenMaker, type Unsubscription } from '../../src/marketing/token.js';
import { type Returned, takeBackReturned } from '../../src/marketing/unsubscribe.js';
import type { Context } from '../../src/workspace/open.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonOf } from '../commands/schemas.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const ANNA = 'anna.berzina@pasts.example';

let workspace: TestWorkspace;
let context: Context;
const outputs: Ran[] = [];

function rows<R extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
  return context.database.transaction('read committed', (session) => session.query<R>(sql, values));
}

function token(email: string, more: Partial<Unsubscription> = {}): string {
  const hasher = addressHasher(context.keys);
  return tokenMaker(context.keys)({
    ...{ list: '20260301-abcdefghijklmnop', channel: 'email', purpose: 'marketing', source: 'accounts', key: ['1'] },
    address: { hmac: hasher.hmac({ kind: 'email', value: email }), version: hasher.version },
    ...more,
  });
}

async function byProgram(kind: string, text: string, ...flags: string[]): Promise<Ran> {
  const ran = await gdpr(['marketing', 'unsubscribe', `--${kind}`, '-', ...flags], {
    cwd: workspace.root,
    environment: workspace.environment,
    input: text,
  });
  outputs.push(ran);
  return ran;
}

async function takenBack(kind: Returned['kind'], text: string) {
  const file = join(workspace.root, 'returned.txt');
  await writeFile(file, text);
  return takeBackReturned(context, { kind, file, ignoreColumns: false });
}

/** What stops them, by channel. */
async function standing(subject: string): Promise<Record<string, StandingNow['state']>> {
  const found = await context.database.transaction('read committed', (session) =>
    standingsOf(session, [subject], 'marketing'),
  );
  return Object.fromEntries([...found].map(([key, { state }]) => [key.split(' ')[1], state]));
}

async function subjectOf(email: string): Promise<string> {
  const [match] = await matchPeople(context, { email });
  return match?.subject ?? '';
}

async function suppressed(email: string): Promise<string[]> {
  const channels = ['email', 'sms', 'phone', 'post'] as const;
  const stopped = await context.database.transaction('read committed', async (session) => {
    const answers: (boolean | undefined)[] = [];
    for (const channel of channels)
      answers.push(
        (await isSuppressed(session, [addressHasher(context.keys)], [{ kind: 'email', value: email }], channel))[0],
      );
    return answers;
  });
  return channels.filter((_, i) => stopped[i]);
}

/** What an imported or own yes leaves in the ledger. */
async function sayYes(subject: string, source: 'person' | 'import', at: string): Promise<void> {
  await rows(
    `INSERT INTO gdpr.consent_event (subject, purpose, channel, what, event_at, mechanism, source, recorded_by, operation, digest)
     SELECT $1, 'marketing', 'email', 'given', $2::timestamptz, 'web-form', $3, 'tester', (SELECT max(id) FROM gdpr.operation), $4`,
    [subject, at, source, `sha256:${randomBytes(32).toString('hex')}`],
  );
}

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

describe('gdpr marketing unsubscribe', { timeout: 120_000 }, () => {
  it('withdraws by tokens, on the channel of the list, for the person and for the address', async () => {
    const good = token(ANNA);
    const foreign = randomBytes(150).toString('base64url');
    const text = [good, foreign, `${good.slice(0, -6)}AAAAAA`, good, ''].join('\r\n');
    const ran = await byProgram('tokens', text, '--json');
    const first = jsonOf<Returned & { operation: string }>(ran, 'marketing-unsubscribe');
    expect(ran.code).toBe(5);
    expect(first).toMatchObject({ kind: 'tokens', lines: 4, taken: 1, known: 1, foreign: [2, 3], soft: 0, bad: [] });
    const subject = await subjectOf(ANNA);
    expect(await standing(subject)).toEqual({ email: 'withdrawn' });
    expect(await suppressed(ANNA)).toEqual(['email']);
    expect(
      await rows('SELECT what, mechanism, source, evidence, operation FROM gdpr.consent_event WHERE subject = $1', [
        subject,
      ]),
    ).toEqual([
      {
        ...{ what: 'withdrawn', mechanism: 'unsubscribe-link', source: 'link' },
        ...{ evidence: 'list 20260301-abcdefghijklmnop', operation: first.operation },
      },
    ]);

    const again = await byProgram('tokens', `${good}\n`);
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
    expect(again.stdout).toContain('1 line: 0 taken back, 1 known before.');
  });

  it('takes a new click after a new yes, and tells an old file by its times', async () => {
    const email = 'zane.liepa@pasts.example';
    const [row] = await rows<{ id: string }>(
      "SELECT id::text AS id FROM shop.customers WHERE id > 20 AND deleted_at IS NULL AND kind <> 'legal' ORDER BY id LIMIT 1",
    );
    const mine = token(email, { key: [row?.id ?? ''] });
    const old = `token,at\n${mine},2026-01-10T10:00:00+02:00\n`;
    expect(await takenBack('tokens', old)).toMatchObject({ taken: 1, known: 0 });
    const [event] = await rows<{ subject: string }>('SELECT subject FROM gdpr.consent_event ORDER BY id DESC LIMIT 1');
    const subject = event?.subject ?? '';
    await sayYes(subject, 'person', '2026-01-11T10:00:00Z');
    expect(await takenBack('tokens', old)).toMatchObject({ taken: 0, known: 1 });
    expect(await standing(subject)).toEqual({ email: 'unproven' });
    expect(await takenBack('tokens', `token;at\n${mine};2026-01-12 10:00\n`)).toMatchObject({ taken: 1, known: 0 });
    expect(await standing(subject)).toEqual({ email: 'withdrawn' });
  });

  it('finds a guest by the address of the order, and stops the address where the row is gone', async () => {
    const [order] = await rows<{ id: string; email: string }>(
      `SELECT o.id::text AS id, lower(o.guest_email::text) AS email FROM shop.orders o
       WHERE o.customer_id IS NULL AND o.guest_email IS NOT NULL
         AND NOT EXISTS (SELECT FROM shop.customers c WHERE lower(c.email::text) = lower(o.guest_email::text)) ORDER BY o.id LIMIT 1`,
    );
    const { id = '', email = '' } = order ?? {};
    const gone = 'gone@pasts.example';
    const unknown = 'unknown@pasts.example';
    const result = await takenBack(
      'tokens',
      [
        token(email, { source: 'guests', key: [id] }),
        token(gone, { source: 'guests', key: ['99999999'] }),
        token(unknown, { source: 'a source that was' }),
      ].join('\n'),
    );
    expect(result).toMatchObject({ lines: 3, taken: 3, foreign: [] });
    for (const address of [email, gone, unknown]) expect(await suppressed(address)).toEqual(['email']);
    const [subject = ''] = await context.database.transaction('read committed', (session) =>
      referencesOf(session, hasherOf(context.keys), [[{ kind: 'email', value: email }]]),
    );
    expect(await standing(subject)).toEqual({ email: 'withdrawn' });
    expect(await subjectOf(email)).toBe(subject);
  });

  it('takes hard bounces out of use, and leaves soft ones', async () => {
    const csv =
      'Email Address,Type\nhard@pasts.example,hard\nsoft@pasts.example,4.2.2\nno address,hard\nlater@pasts.example,maybe\n';
    const text = csv.replace('Email Address', 'email-address');
    const ran = await byProgram('bounces', text, '--json');
    expect(ran.code).toBe(2);
    expect(jsonOf<Returned>(ran, 'marketing-unsubscribe')).toMatchObject({
      ...{ lines: 4, taken: 1, known: 0, soft: 1, foreign: [] },
      bad: [
        { reason: 'email is no e-mail address', lines: [4] },
        { reason: 'type is neither hard nor soft', lines: [5] },
      ],
    });
    expect(await suppressed('hard@pasts.example')).toEqual(['email']);
    expect(await suppressed('soft@pasts.example')).toEqual([]);
    expect(await takenBack('bounces', text)).toMatchObject({ taken: 0, known: 1 });
    expect(
      await rows(
        "SELECT e.what, s.source FROM gdpr.suppression s JOIN gdpr.consent_event e USING (subject) WHERE e.mechanism = 'bounce'",
      ),
    ).toEqual([{ what: 'expired', source: 'bounce' }]);
  });

  it('takes a complaint as an objection to all sending, which a bounce or an import does not lift', async () => {
    const email = 'enough@pasts.example';
    expect(await takenBack('complaints', `email,at\n${email},2026-02-01\n`)).toMatchObject({ taken: 1 });
    expect(await suppressed(email)).toEqual(['email', 'sms', 'phone', 'post']);
    const [event] = await rows<{ subject: string }>(
      "SELECT subject FROM gdpr.consent_event WHERE mechanism = 'complaint' LIMIT 1",
    );
    const subject = event?.subject ?? '';
    await sayYes(subject, 'import', '2026-02-02');
    await takenBack('bounces', `email\n${email}\n`);
    const objected = { email: 'objected', sms: 'objected', phone: 'objected', post: 'objected' };
    expect(await standing(subject)).toEqual(objected);
    expect(await takenBack('complaints', `email,at\n${email},2026-02-01\n`)).toMatchObject({ taken: 0, known: 1 });
  });

  it('journals each suppressed address, so that no restored backup forgets it', async () => {
    const [row] = await rows<{ n: number }>(
      "SELECT count(*)::integer AS n FROM gdpr.suppression WHERE source IN ('unsubscribe', 'bounce', 'complaint')",
    );
    const { readJournal } = await import('../../src/audit/journal.js');
    let journaled = 0;
    for await (const { record } of readJournal(context.paths.journal))
      if (record.type === 'suppression' && ['unsubscribe', 'bounce', 'complaint'].includes(String(record.source)))
        journaled += 1;
    expect(row?.n).toBeGreaterThan(5);
    expect(journaled).toBe(row?.n);
  });

  it('takes an empty list, and refuses a file of another kind or two at once', async () => {
    expect(await takenBack('tokens', '')).toMatchObject({ lines: 0, taken: 0 });
    await expect(takenBack('bounces', `${ANNA}\n`)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: 'the first line names no column "email"',
    });
    const both = await byProgram('tokens', '', '--bounces', 'b.csv');
    expect(both.code).toBe(2);
    const none = await gdpr(['marketing', 'unsubscribe'], { cwd: workspace.root, environment: workspace.environment });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('no file is named')]);
  });

  it('names nobody in its output and the log', async () => {
    expect(outputs.flatMap(({ stdout, stderr }) => leaksIn(`${stdout}\n${stderr}`))).toEqual([]);
    const log = await rows<{ text: string }>(
      `SELECT e::text AS text FROM gdpr.audit_entry e UNION ALL SELECT o::text FROM gdpr.operation o
       UNION ALL SELECT c::text FROM gdpr.consent_event c UNION ALL SELECT s::text FROM gdpr.suppression s`,
    );
    expect(leaksIn(log.map(({ text }) => text).join('\n'))).toEqual([]);
  });
});
