import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listEntries, verifyAuditLog } from '../../src/operation/log.js';
import { exportPerson } from '../customer/support/export.js';
import { ANNA, desk, NAMESAKE } from './desk.js';

const d = desk();

const at = (instant: string) => vi.stubEnv('GDPR_NOW', instant);
const refused = (message: RegExp) =>
  expect.objectContaining({ code: 'REFUSED', exit: 3, message: expect.stringMatching(message) });
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'INPUT_INVALID', exit: 2, message: expect.stringMatching(message) });
const lastEntry = async () => (await listEntries(d.context, {}, 1))[0];

afterEach(() => vi.unstubAllEnvs());

describe('opening', { timeout: 120_000 }, () => {
  it('gives the next number of the year and the day to keep, and logs it', async () => {
    at('2026-03-05T10:00:00Z');
    const first = await d.open({ query: ANNA, received: '2026-03-05' });
    expect(first).toMatchObject({
      request: 'R-2026-0001',
      kind: 'access',
      state: 'open',
      due: '2026-04-07',
      daysLeft: 33,
      row: 'shop.customers:1',
    });
    expect(first.subject).toMatch(/^subject:/);
    expect(await lastEntry()).toMatchObject({
      sequence: first.audit.sequence,
      action: 'request open',
      result: 'done',
      request: 'R-2026-0001',
      subjects: [first.subject],
      ground: 'Art. 15',
    });
    expect(await d.rows('SELECT action, request FROM gdpr.operation WHERE id = $1', [first.operation])).toEqual([
      { action: 'request open', request: 'R-2026-0001' },
    ]);
    expect((await d.open()).request).toBe('R-2026-0002');
    at('2027-01-01T10:00:00Z');
    expect((await d.open()).request).toBe('R-2027-0001');
  });

  it('refuses the same a second time, names the open one, and loses no number', async () => {
    at('2026-03-06T10:00:00Z');
    const first = await d.open({ query: NAMESAKE, kind: 'erasure' });
    await expect(d.open({ query: { phone: '+37126111222', ...NAMESAKE }, kind: 'erasure' })).rejects.toMatchObject({
      code: 'NOBODY',
    });
    await expect(d.open({ query: { id: first.row ?? '' }, kind: 'erasure' })).rejects.toEqual(
      refused(new RegExp(first.request)),
    );
    expect(await lastEntry()).toMatchObject({ action: 'request open', result: 'refused', code: 'REFUSED' });
    const other = await d.open({ query: NAMESAKE, kind: 'objection' });
    const again = await d.open({ query: NAMESAKE, kind: 'erasure', again: true });
    expect(
      [other.request, again.request].map((number) => Number(number.slice(7)) - Number(first.request.slice(7))),
    ).toEqual([1, 2]);
    for (const { request } of [first, again]) await d.close(request);
    expect((await d.open({ query: NAMESAKE, kind: 'erasure' })).state).toBe('open');
  });

  it('lets one of several processes open the same request, and gives each its own number', async () => {
    const processes = [await d.another(), await d.another()];
    const same = await d.context.database.transaction('read committed', async (session) => {
      // Nobody gets a number before both are on their way to one.
      await session.run('LOCK TABLE gdpr.request_number IN EXCLUSIVE MODE');
      const opening = Promise.allSettled(processes.map((by) => d.open({ query: NAMESAKE, kind: 'restriction' }, by)));
      await vi.waitUntil(
        async () => {
          // A transaction sees the same activity until it asks for a fresh look.
          await session.query('SELECT pg_stat_clear_snapshot()');
          const [row] = await session.query<{ waiting: number }>(
            `SELECT count(*)::int AS waiting FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          return row?.waiting === processes.length;
        },
        { timeout: 60_000, interval: 100 },
      );
      return { opening };
    });
    const results = await same.opening;
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toEqual(refused(/open already: R-/));
    const opened = await Promise.all(processes.map((by) => d.open({}, by)));
    const [first = 0, second] = opened.map(({ request }) => Number(request.slice(7))).sort((a, b) => a - b);
    expect(second).toBe(first + 1);
    const years = await d.rows('SELECT year, last FROM gdpr.request_number ORDER BY year');
    const given = await d.rows(
      'SELECT substr(number, 3, 4)::int AS year, count(*)::int AS last FROM gdpr.request GROUP BY 1 ORDER BY 1',
    );
    expect(given).toEqual(years);
  });

  it('takes the day of receipt on the clock of Riga, from ten years ago to today', async () => {
    at('2026-04-30T20:59:59Z');
    await expect(d.open({ received: '2026-05-01' })).rejects.toEqual(invalid(/after today, 2026-04-30/));
    at('2026-04-30T21:00:00Z');
    expect((await d.open({ received: '2026-05-01' })).received).toBe('2026-05-01');
    expect((await d.open()).received).toBe('2026-05-01');
    expect((await d.open({ received: '2016-05-01' })).daysLeft).toBeLessThan(-3600);
    await expect(d.open({ received: '2016-04-30' })).rejects.toEqual(invalid(/over ten years ago/));
    await expect(d.open({ received: '2026-04-31' })).rejects.toEqual(invalid(/not a date/));
  });

  it('wants a person or the word that there is none', async () => {
    await expect(d.open({ unknown: false })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(d.open({ unknown: true, query: ANNA })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(d.open({ query: { email: 'nobody@nowhere.example' } })).rejects.toMatchObject({
      code: 'NOBODY',
      exit: 4,
    });
    expect(await lastEntry()).toMatchObject({
      action: 'request open',
      result: 'refused',
      code: 'NOBODY',
      subjects: [],
    });
    await expect(d.open({ query: { name: 'Anna Bērziņa' } })).rejects.toMatchObject({ code: 'SEVERAL', exit: 4 });
  });
});

describe('deadlines', { timeout: 120_000 }, () => {
  it('end at midnight in Riga', async () => {
    at('2026-01-31T10:00:00Z');
    const { request } = await d.open({ received: '2026-01-31' });
    const left = async () => (await d.due(0)).requests.find((view) => view.request === request)?.daysLeft;
    at('2026-03-01T21:59:59Z');
    expect(await left()).toBeUndefined();
    at('2026-03-01T22:00:00Z');
    expect(await left()).toBe(0);
    at('2026-03-02T21:59:59Z');
    expect(await left()).toBe(0);
    at('2026-03-02T22:00:00Z');
    expect(await left()).toBe(-1);
    const closed = await d.close(request);
    expect(closed).toMatchObject({ ended: '2026-03-03', daysLate: 1 });
  });

  it('are moved once, for a reason, inside the first month', async () => {
    at('2026-01-31T10:00:00Z');
    const { request } = await d.open({ received: '2026-01-31', kind: 'portability', query: ANNA });
    const late = await d.open({ received: '2026-01-31', kind: 'portability' });
    for (const reason of [
      '',
      '  ',
      'she wrote from anna@pasts.example',
      'call 21234567',
      'kods 120385-11234',
      'x'.repeat(201),
    ]) {
      await expect(d.extend(request, reason)).rejects.toEqual(invalid(/^--reason/));
    }
    at('2026-03-02T21:59:00Z');
    expect(await d.extend(request)).toMatchObject({
      due: '2026-04-28',
      extended: true,
      received: '2026-01-31',
      tellBy: '2026-03-02',
    });
    expect(await lastEntry()).toMatchObject({
      action: 'request extend',
      request,
      ground: 'orders on paper in an archive',
      subjects: [expect.stringMatching(/^subject:/)],
    });
    await expect(d.extend(request)).rejects.toEqual(refused(/extended already/));
    at('2026-03-02T22:00:00Z');
    await expect(d.extend(late.request)).rejects.toEqual(refused(/first month .* ended on 2026-03-02/));
    expect(await lastEntry()).toMatchObject({ action: 'request extend', request: late.request, result: 'refused' });
    expect((await d.show(late.request)).extended).toBe(false);
  });
});

describe('waiting for identification', { timeout: 120_000 }, () => {
  it('stops the clock when asked for promptly, and the day of receipt stays', async () => {
    at('2026-03-02T10:00:00Z');
    const { request } = await d.open({ received: '2026-03-02', kind: 'rectification', query: ANNA });
    at('2026-03-09T10:00:00Z');
    expect(await d.identity(request, { asked: 'today' })).toMatchObject({
      waitingSince: '2026-03-09',
      suspended: true,
      pausedDays: 0,
      due: '2026-04-02',
    });
    at('2026-03-19T10:00:00Z');
    expect(await d.show(request)).toMatchObject({
      received: '2026-03-02',
      pausedDays: 10,
      due: '2026-04-13',
      daysLeft: 25,
    });
    await expect(d.identity(request, { asked: 'today' })).rejects.toEqual(refused(/still awaited/));
    await expect(d.identity(request, { answered: '2026-03-08' })).rejects.toEqual(invalid(/before the day of asking/));
    await expect(d.identity(request, { how: 'account login' })).rejects.toEqual(refused(/waits for the answer/));
    const answered = await d.identity(request, { answered: '2026-03-17', how: 'account login' });
    expect(answered).toMatchObject({
      received: '2026-03-02',
      waitingSince: null,
      suspended: false,
      pausedDays: 8,
      verified: 'account login',
      due: '2026-04-10',
    });
    expect(await lastEntry()).toMatchObject({ action: 'request verify-identity', verified: 'account login', request });
    await expect(d.identity(request, { answered: 'today' })).rejects.toEqual(refused(/no answer .* awaited/));
    await expect(d.identity(request, { asked: 'today' })).rejects.toEqual(refused(/checked already/));
  });

  it('stops nothing when asked for on day 28', async () => {
    at('2026-03-02T10:00:00Z');
    const { request } = await d.open({ received: '2026-03-02' });
    at('2026-03-30T10:00:00Z');
    expect(await d.identity(request, { asked: 'today' })).toMatchObject({
      waitingSince: '2026-03-30',
      suspended: false,
      due: '2026-04-02',
    });
    at('2026-05-30T10:00:00Z');
    expect(await d.identity(request, { answered: 'today' })).toMatchObject({
      pausedDays: 0,
      due: '2026-04-02',
      daysLeft: -58,
    });
  });

  it('ends with the request', async () => {
    at('2026-03-02T10:00:00Z');
    const { request } = await d.open({ received: '2026-03-02' });
    await d.identity(request, { asked: 'today' });
    at('2026-06-02T10:00:00Z');
    expect(await d.refuse(request, 'identity not shown, Art. 12(2)')).toMatchObject({
      state: 'refused',
      waitingSince: null,
      pausedDays: 92,
      daysLate: 0,
    });
  });

  it('cannot be noted for the future or before receipt, nor be asked and answered in one breath', async () => {
    at('2026-03-02T10:00:00Z');
    const { request } = await d.open({ received: '2026-03-02' });
    await expect(d.identity(request, { asked: '2026-03-03' })).rejects.toEqual(invalid(/after today/));
    await expect(d.identity(request, { asked: '2026-03-01' })).rejects.toEqual(invalid(/before the day of receipt/));
    await expect(d.identity(request, { asked: 'today', answered: 'today' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(d.identity(request, {})).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a person who became known later', { timeout: 120_000 }, () => {
  it('is tied to the request, once, and other open requests of theirs are named', async () => {
    const before = await d.open({ kind: 'objection', query: ANNA });
    const { request, subject } = await d.open({ kind: 'objection', replyTo: 'someone@pasts.example' });
    expect(subject).toBeNull();
    await expect(d.identity(request, { how: 'account login' })).rejects.toEqual(refused(/nobody knows yet/));
    const known = await d.identity(request, { how: 'known e-mail answered', query: ANNA });
    expect(known).toMatchObject({
      subject: before.subject,
      row: 'shop.customers:1',
      verified: 'known e-mail answered',
      alsoOpen: [before.request],
    });
    await expect(d.identity(request, { query: NAMESAKE })).rejects.toEqual(refused(/known already/));
    expect((await d.show(request)).subject).toBe(before.subject);
  });

  it('is not described with data of theirs', async () => {
    const { request } = await d.open({ query: NAMESAKE, kind: 'portability' });
    for (const how of [
      'e-mail to anna.berzina2@pasts.example',
      'personas kods 120385-11234',
      'personas kods 12038511234',
      'call to 26111222',
      '',
    ]) {
      await expect(d.identity(request, { how })).rejects.toEqual(invalid(/^--how/));
    }
    expect((await d.show(request)).verified).toBeNull();
  });
});

describe('a request that ended', { timeout: 120_000 }, () => {
  it.each([
    ['close', 'closed'],
    ['refuse', 'refused'],
  ] as const)('by %s is %s, and nothing changes it', async (verb, state) => {
    const { request } = await d.open();
    expect(await d[verb](request)).toMatchObject({ state, daysLeft: null });
    const story = (await d.show(request)).story;
    expect(story.map(({ what }) => what)).toEqual(['opened', state]);
    for (const change of [
      () => d.close(request),
      () => d.refuse(request),
      () => d.extend(request),
      () => d.identity(request, { how: 'account login' }),
      () => d.identity(request, { asked: 'today' }),
      () => d.identity(request, { query: ANNA }),
    ]) {
      await expect(change()).rejects.toEqual(refused(new RegExp(`was ${state} on`)));
    }
    expect((await d.show(request)).story).toEqual(story);
    expect((await d.list()).requests.map((view) => view.request)).not.toContain(request);
    expect((await d.list('all')).requests.map((view) => view.request)).toContain(request);
  });

  it('tells what was done for the person since it came in, and nothing of others or of before', async () => {
    const before = await exportPerson(d.context, ANNA);
    await d.rows("UPDATE gdpr.operation SET started_at = started_at - interval '2 days' WHERE id = $1", [
      before.result.operation,
    ]);
    const { request, row } = await d.open({ query: ANNA, kind: 'access', again: true, received: 'today' });
    const other = await exportPerson(d.context, NAMESAKE);
    const { result } = await exportPerson(d.context, { id: row ?? '' });
    const closed = await d.close(request);
    expect(closed.done).toMatchObject([
      { operation: result.operation, action: 'customer export', result: 'done', operator: 'tester' },
    ]);
    expect(await lastEntry()).toMatchObject({ action: 'request close', counts: { operations: 1 } });
    // What names the request counts even where it names nobody.
    const unknown = await d.open({ received: 'today' });
    const served = other.result.operation;
    await d.rows('UPDATE gdpr.operation SET request = $1 WHERE id = $2', [unknown.request, served]);
    const named = await d.close(unknown.request);
    expect(named.done.map(({ operation }) => operation)).toEqual([served]);
    // The first one's copy was made without its number.
    expect([closed.warning, named.warning]).toEqual([expect.stringContaining(request), undefined]);
  });

  it('has a number, in the form of one, or is answered clearly', async () => {
    await expect(d.show('R-2026-9999')).rejects.toMatchObject({ code: 'NOT_FOUND', exit: 2 });
    for (const typed of ['anna@pasts.example', 'R-26-1', '', "R-2026-0001'; DROP TABLE gdpr.request"]) {
      await expect(d.close(typed)).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        message: 'this is not the number of a request',
      });
    }
    const { request } = await d.open();
    expect((await d.show(` ${request.toLowerCase()} `)).request).toBe(request);
  });
});

describe('the reply address', { timeout: 120_000 }, () => {
  const ADDRESS = 'Needle.Reply@elsewhere.example';
  const needle = ADDRESS.toLowerCase();

  it.each(['close', 'refuse'] as const)('lies in the register alone until %s, then nowhere', async (verb) => {
    expect(await d.placesOf(needle)).toEqual([]);
    const opened = await d.open({ query: NAMESAKE, kind: 'access', again: true, replyTo: `  ${ADDRESS} ` });
    const seen: unknown[] = [
      opened,
      await d.identity(opened.request, { how: 'account login' }),
      await d.extend(opened.request),
      await d.list('all'),
      await d.due(366),
      await d.show(opened.request),
    ];
    expect(seen.filter((result) => JSON.stringify(result).toLowerCase().includes(needle))).toEqual([]);
    expect(await d.placesOf(needle)).toEqual(['gdpr.request.reply_to']);
    expect((await d.show(opened.request)).replyTo).toBe('n***y@e***.example');
    expect((await d.show(opened.request, true)).replyTo).toBe(ADDRESS);
    expect(await lastEntry()).toMatchObject({
      action: 'request show',
      request: opened.request,
      counts: { revealed: 1 },
    });
    const ended = await d[verb](opened.request);
    expect(JSON.stringify(ended).toLowerCase()).not.toContain(needle);
    expect(await d.placesOf(needle)).toEqual([]);
    expect((await d.show(opened.request, true)).replyTo).toBeNull();
    expect((await readFile(d.context.paths.journal, 'utf8')).toLowerCase()).not.toContain(needle);
  });

  it('shows nothing of a postal one, and two digits of a phone', async () => {
    const postal = await d.open({ channel: 'post', replyTo: 'Brīvības iela 10-2, Rīga, LV-1010' });
    expect((await d.show(postal.request)).replyTo).toBe('***');
    const phone = await d.open({ channel: 'phone', replyTo: '+371 26 111 222' });
    expect((await d.show(phone.request)).replyTo).toBe('***22');
  });

  it('is one line', async () => {
    for (const replyTo of ['', ' ', 'a\nb', 'x'.repeat(501), 'a\u0000b']) {
      await expect(d.open({ replyTo })).rejects.toEqual(invalid(/^--reply-to/));
    }
  });
});

describe('the tables', { timeout: 120_000 }, () => {
  it('keep the story append-only', async () => {
    for (const sql of [
      "UPDATE gdpr.request_event SET note = 'x'",
      'DELETE FROM gdpr.request_event',
      'TRUNCATE gdpr.request_event',
    ]) {
      await expect(d.rows(sql)).rejects.toMatchObject({ code: 'REFUSED' });
    }
  });

  it('change with the log or not at all', async () => {
    const { request } = await d.open({ replyTo: 'someone@pasts.example' });
    await d.rows(`CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$`);
    await d.rows(`CREATE TRIGGER full_disk BEFORE INSERT ON gdpr.audit_entry FOR EACH ROW
      WHEN (NEW.kind = 'outcome' AND NEW.result = 'done') EXECUTE FUNCTION public.full()`);
    try {
      await expect(d.close(request)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', exit: 7 });
    } finally {
      await d.rows('DROP TRIGGER full_disk ON gdpr.audit_entry');
      await d.rows('DROP FUNCTION public.full()');
    }
    expect(await lastEntry()).toMatchObject({
      action: 'request close',
      request,
      result: 'failed',
      code: 'DATABASE_UNAVAILABLE',
    });
    expect(await d.show(request)).toMatchObject({
      state: 'open',
      replyTo: 's***e@p***.example',
      story: [{ what: 'opened' }],
    });
    expect((await d.close(request)).state).toBe('closed');
  });

  it('hold no reply address of an ended request, whoever writes', async () => {
    const { request } = await d.open();
    await d.close(request);
    await expect(
      d.rows("UPDATE gdpr.request SET reply_to = 'a@b.example' WHERE number = $1", [request]),
    ).rejects.toMatchObject({ code: 'BUG' });
  });

  it('leave a log that verifies, with an outcome for every intent', async () => {
    expect(await verifyAuditLog(d.context)).toMatchObject({ valid: true });
    expect(await d.rows("SELECT id FROM gdpr.operation WHERE state = 'started'")).toEqual([]);
    expect(await d.rows('SELECT operation FROM gdpr.audit_entry GROUP BY operation HAVING count(*) <> 2')).toEqual([]);
  });
});
