import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import { type Imported, importConsents, lookAtImport } from '../../src/consent/import/import.js';
import { standingsOf } from '../../src/consent/standing.js';
import { objectCustomer } from '../../src/customer/object.js';
import { GdprError } from '../../src/foundation/errors.js';
import type { Context } from '../../src/workspace/open.js';
import { trustOf } from '../../src/workspace/signers.js';
import { leaksIn } from '../commands/needles.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { unzip } from '../customer/support/archive.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const HEAD = 'email,phone,id,channel,what,at,mechanism,wording,evidence';
const ANNA = 'anna.berzina@pasts.example';

let workspace: TestWorkspace;
let context: Context;
const outputs: Ran[] = [];

const file = () => join(workspace.root, 'in.csv');
const lines = (...rows: string[]) => [HEAD, ...rows, ''].join('\n');
const settings = (more: { keepGood?: boolean; ignoreColumns?: boolean } = {}) => ({
  ...{ file: file(), keepGood: false, ignoreColumns: false },
  ...more,
});

async function byProgram(content: string | Buffer, ...flags: string[]): Promise<Ran> {
  await writeFile(file(), content);
  const ran = await gdpr(['consent', 'import', 'in.csv', ...flags], {
    cwd: workspace.root,
    environment: workspace.environment,
  });
  outputs.push(ran);
  return ran;
}

async function imported(content: string | Buffer, more: Parameters<typeof settings>[0] = {}): Promise<Imported> {
  await writeFile(file(), content);
  return importConsents(context, settings(more));
}

async function refusal(content: string | Buffer): Promise<GdprError> {
  const error = await imported(content).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GdprError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

function rows<R extends Record<string, unknown>>(sql: string, values: readonly unknown[] = []): Promise<R[]> {
  return context.database.transaction('read committed', (session) => session.query<R>(sql, values));
}

async function events(): Promise<number> {
  const [row] = await rows<{ n: number }>('SELECT count(*)::integer AS n FROM gdpr.consent_event');
  return row?.n ?? -1;
}

/** The state of whoever the operation's events are about, by channel. */
async function states(operation: string): Promise<string[]> {
  const subjects = await rows<{ subject: string }>(
    'SELECT DISTINCT subject FROM gdpr.consent_event WHERE operation = $1',
    [operation],
  );
  const standings = await context.database.transaction('read committed', (session) =>
    standingsOf(
      session,
      subjects.map(({ subject }) => subject),
      'marketing',
    ),
  );
  return [...standings].map(([key, { state }]) => `${key.split(' ')[1]} ${state}`).sort();
}

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await rows(
    `INSERT INTO gdpr.operation (id, action, state, operator, subjects)
     VALUES ('20200101-aaaaaaaaaaaaaaaa', 'consent wording add', 'started', 'tester', '{}')`,
  );
  await rows(
    `INSERT INTO gdpr.wording (id, purpose, kind, channels, language, text, sha256, shown_from, shown_until, added_by, operation)
     VALUES ('footer-lv', 'marketing', 'consent', '{email}', 'lv', 'Jā, vēlos ziņas', repeat('0', 64), '2020-01-01', '2026-01-01', 'tester', '20200101-aaaaaaaaaaaaaaaa')`,
  );
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

describe('gdpr consent import', { timeout: 120_000 }, () => {
  it('enters what was said with the time it was said, and the same file again changes nothing', async () => {
    const csv = [
      '\ufeffEmail;Phone;Id;Channel;What;At;Mechanism;Wording;Evidence;Guardian',
      `Anna.BERZINA@pasts.example;;;email;given;2025-06-01T10:00:00.123456+03:00;web-form;footer-lv;"form 7; ""page"" 2";`,
      ';;shop.customers:2;sms;withdrawn;2025-06-01 10:00;phone;;;',
      '',
      '  rtl@pasts.example ; ;;email;given;2025-02-01;paper;;"טופס 12";guardian 4',
      `${ANNA};;;EMAIL;given;2025-06-01 07:00:00.123456Z;web-form;footer-lv;"form 7; ""page"" 2";`,
      ';0037129123456;;sms;given;2025-12-01;paper;footer-lv;;\r',
      '',
    ].join('\n');
    const first = jsonOf<Imported>(await byProgram(csv, '--json'), 'consent-import');
    expect(first).toMatchObject({ lines: 5, entered: 4, duplicates: 1, bad: [], suppressed: [], objected: [] });
    // Of an e-mail wording, an SMS is unproven.
    expect(first.unproven).toEqual([5, 7]);
    const entered = await rows(
      `SELECT channel, what, to_char(event_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at, mechanism, wording,
         evidence, guardian, source, purpose, recorded_at > event_at AS late
       FROM gdpr.consent_event WHERE operation = $1 ORDER BY id`,
      [first.operation],
    );
    const base = { purpose: 'marketing', source: 'import', wording: null, evidence: null, guardian: null, late: true };
    expect(entered).toEqual([
      {
        ...{ ...base, channel: 'email', what: 'given', at: '2025-06-01 07:00:00.123456', mechanism: 'web-form' },
        ...{ wording: 'footer-lv', evidence: 'form 7; "page" 2' },
      },
      { ...base, channel: 'sms', what: 'withdrawn', at: '2025-06-01 07:00:00.000000', mechanism: 'phone' },
      {
        ...{ ...base, channel: 'email', what: 'given', at: '2025-01-31 22:00:00.000000', mechanism: 'paper' },
        ...{ evidence: 'טופס 12', guardian: 'guardian 4' },
      },
      {
        ...{ ...base, channel: 'sms', what: 'given', at: '2025-11-30 22:00:00.000000', mechanism: 'paper' },
        wording: 'footer-lv',
      },
    ]);
    const again = await byProgram(csv);
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
    expect(again.stdout).toContain('5 lines: 0 new, 5 known before, 0 bad.');
    expect(await events()).toBe(4);

    const document = (await unzip(first.archive ?? '')).get('import.json')?.toString('utf8') ?? '';
    const trust = await trustOf(workspace.root, undefined, {});
    expect((await verifyArchive(first.archive ?? '', trust)).valid).toBe(true);
    expect(JSON.parse(document)).toMatchObject({
      ...{ operation: first.operation, file: first.file, lines: 5, entered: 4, duplicates: 1, unproven: [5, 7] },
      operator: 'tester',
    });
    expect(leaksIn(document)).toEqual([]);
  });

  it('keeps nothing of a file with bad lines, each with its number and reason, or the good ones as asked', async () => {
    const before = await events();
    const good = `${ANNA},,,email,withdrawn,2025-07-01,email,,`;
    const csv = lines(
      good,
      'anna.berzina,,,email,given,2025-07-02,email,,',
      ',12,,sms,given,2025-07-02,email,,',
      ',,,sms,given,2025-07-02,email,,',
      ',7123456,,sms,given,2025-07-02,email,,',
      `${ANNA},,,fax,given,2025-07-02,email,,`,
      `${ANNA},,,email,yes,2025-07-02,email,,`,
      `${ANNA},,,email,given,,email,,`,
      `${ANNA},,,email,given,2025-02-30,email,,`,
      `${ANNA},,,email,given,01.07.2025,email,,`,
      `${ANNA},,,email,given,2099-01-01,email,,`,
      `${ANNA},,,email,given,2025-07-02,hearsay,,`,
      `${ANNA},,,email,given,2025-07-02,email,,asked by ${ANNA}`,
      `${ANNA},,,email,given,2025-07-02,email,,"on\r`,
      'two lines"',
      ',,shop.customers:999999,email,given,2025-07-02,email,,',
      ',,shop.nobody:1,email,given,2025-07-02,email,,',
      `${ANNA},,,email,given,2025-07-02`,
      good,
    );
    const refused = await byProgram(csv, '--json');
    expect(jsonErrorOf(refused)).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
    const { error } = JSON.parse(refused.stdout) as { error: { lines: number; bad: Imported['bad'] } };
    expect(error.lines).toBe(18);
    expect(
      error.bad.map(({ lines: numbers, reason }) => [
        ...numbers,
        reason.split(/[:;,]| (?:is|has|looks|can|names|does) /)[0],
      ]),
    ).toEqual([
      [3, 'email'],
      [4, 'phone'],
      [5, 'nobody'],
      [6, 'phone'],
      [7, 'channel'],
      [8, 'what'],
      [9, 'at'],
      [10, 11, 'at'],
      [12, 'at'],
      [13, 'mechanism'],
      [14, 'evidence'],
      [15, 'evidence'],
      [17, 'id'],
      [18, 'the id'],
      [19, 'it'],
    ]);
    expect(await events()).toBe(before);

    const text = await byProgram(csv);
    expect(text.code).toBe(2);
    expect(text.stderr).toContain('1 line: email is no e-mail address\n  3\n');
    expect(text.stderr).toContain('\n  10-11\n');
    expect(await events()).toBe(before);

    const kept = await byProgram(csv, '--keep-good');
    expect({ code: kept.code, stderr: kept.stderr }).toEqual({ code: 2, stderr: '' });
    expect(kept.stdout).toContain('18 lines: 1 new, 1 known before, 16 bad.');
    expect(await events()).toBe(before + 1);
  });

  it('only looks with --dry-run', async () => {
    const before = await events();
    const people = await rows('SELECT reference FROM gdpr.subject ORDER BY 1');
    await writeFile(
      file(),
      lines(
        'nobody.yet@pasts.example,,,email,given,2025-07-02,email,,',
        `${ANNA},,,email,given,2025-06-01T10:00:00.123456+03:00,web-form,footer-lv,"form 7; ""page"" 2"`,
      ),
    );
    const looked = await lookAtImport(context, settings());
    expect(looked).toMatchObject({ lines: 2, entered: 1, duplicates: 1, unproven: [2] });
    expect(looked.archive).toBeUndefined();
    expect(await events()).toBe(before);
    expect(await rows('SELECT reference FROM gdpr.subject ORDER BY 1')).toEqual(people);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['nothing', '', /empty/],
    [
      'Windows-1257',
      Buffer.from(`${HEAD}\nanna@pasts.example,,,email,given,2025-01-01,paper,,\nB\xe7rzi\xf2a`, 'latin1'),
      /^line 3 is not UTF-8/,
    ],
    ['UTF-16', Buffer.from(`\ufeff${HEAD}\n`, 'utf16le'), /^line 1 is not UTF-8/],
    ['a NUL', `${HEAD}\n${ANNA},,,email,given,2025-01-01,paper,,\n\0\n`, /^line 3 is not UTF-8/],
    [
      'a quote left open',
      `${lines(`${ANNA},,,email,given,2025-01-01,paper,,"never`)}${'x\n'.repeat(9)}`,
      /^line \d+ is not CSV/,
    ],
    ['a broken quote', lines(`${ANNA},,,email,given,2025-01-01,paper,,a"b`), /^line 2 is not CSV/],
    ['one endless line', `${HEAD}\n${'x'.repeat(200_000)}`, /^line 2 is longer/],
    ['a column that is not known', `${HEAD},birthday\n`, /^column "birthday"/],
    [
      'somebody instead of names',
      `${ANNA},,,email,given,2025-01-01,paper,,\n`,
      /^the first line names no column "channel"$/,
    ],
    ['an address for a name', `${HEAD},${ANNA}\n`, /^column 10 /],
    ['a column twice', `${HEAD},email\n`, /a column twice/],
  ])('is told what is wrong with a file of %s', async (_, content, message) => {
    const before = await events();
    const error = await refusal(content);
    expect([error.code, error.message]).toEqual(['INPUT_INVALID', expect.stringMatching(message)]);
    expect(leaksIn(`${error.message} ${error.hint}`)).toEqual([]);
    expect(await events()).toBe(before);
  });

  it('takes a file without lines, and passes over other columns when asked', async () => {
    expect(await imported(`${HEAD}\n`)).toMatchObject({ lines: 0, entered: 0, duplicates: 0 });
    const wide = `${HEAD},Name\nwide@pasts.example,,,email,withdrawn,2025-01-01,paper,,,Jānis\n`;
    expect(await imported(wide, { ignoreColumns: true })).toMatchObject({ lines: 1, entered: 1 });
  });

  it('stopped, leaves nothing', async () => {
    const before = await events();
    await writeFile(file(), lines('stopped@pasts.example,,,email,given,2025-01-01,paper,,'));
    const surroundings = { ...context.surroundings, signal: AbortSignal.abort() };
    await expect(importConsents({ ...context, surroundings }, settings())).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await events()).toBe(before);
  });

  it('lets no late-imported yes beat a newer no', async () => {
    const late = 'late@pasts.example';
    const { operation } = await imported(lines(`${late},,,email,withdrawn,2025-08-01 12:00,email,,`));
    await imported(lines(`${late},,,email,given,2025-08-01 11:59,web-form,footer-lv,`));
    expect(await states(operation)).toEqual(['email withdrawn']);
    await imported(lines(`${late},,,email,given,2025-08-01 12:01,web-form,footer-lv,`));
    expect(await states(operation)).toEqual(['email given']);
  });

  it('lifts no objection, and enters an imported one for the address, too', async () => {
    await objectCustomer(context, { query: { email: ANNA }, to: 'marketing' }, nobodyToAsk);
    const after = await imported(
      lines(
        `${ANNA},,,email,given,2025-09-01,web-form,footer-lv,`,
        'other@pasts.example,,,email,given,2025-09-01,web-form,footer-lv,',
      ),
    );
    expect(after).toMatchObject({ entered: 2, suppressed: [2], objected: [2], unproven: [] });

    const objected = await imported(lines('no.more@pasts.example,,,email,objected,2025-09-01,complaint,,'));
    const other = await imported(
      lines(
        ',,shop.customers:9,email,given,2025-09-02,web-form,footer-lv,',
        'No.More@pasts.example,,,email,given,2025-09-02,web-form,footer-lv,',
      ),
    );
    expect(other).toMatchObject({ entered: 2, suppressed: [3], objected: [3] });
    expect(await states(objected.operation)).toEqual(['email objected']);
  });

  it('does not bring back who was erased when a supplier sends them again', async () => {
    const email = 'petr.ivanov@pasts.example';
    await erasePerson(context, { email });
    const again = await imported(lines(`${email},,,email,given,2025-10-01,web-form,footer-lv,`));
    expect(again).toMatchObject({ entered: 1, suppressed: [2] });
    const shop = await rows('SELECT 1 AS one FROM shop.newsletter_subscriptions WHERE lower(email::text) = $1', [
      email,
    ]);
    expect(shop).toEqual([]);
  });

  it('names nobody in its output, the log and the tables', async () => {
    expect(outputs.length).toBeGreaterThan(4);
    expect(outputs.flatMap(({ stdout, stderr }) => leaksIn(`${stdout}\n${stderr}`))).toEqual([]);
    const log = await rows<{ text: string }>(
      `SELECT e::text AS text FROM gdpr.audit_entry e UNION ALL SELECT o::text FROM gdpr.operation o
       UNION ALL SELECT c::text FROM gdpr.consent_event c UNION ALL SELECT s::text FROM gdpr.suppression s`,
    );
    expect(log.length).toBeGreaterThan(20);
    expect(leaksIn(log.map(({ text }) => text).join('\n'))).toEqual([]);
  });
});
