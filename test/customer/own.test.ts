import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { recordConsent } from '../../src/consent/record.js';
import { prepareExport } from '../../src/customer/export-customer.js';
import { matchPeople } from '../../src/customer/find-customer.js';
import { placeHold } from '../../src/customer/hold/place.js';
import { objectCustomer } from '../../src/customer/object.js';
import { ACTIONS } from '../../src/customer/own/actions.js';
import { ownReads } from '../../src/customer/own/own.js';
import { OWN_TABLES } from '../../src/customer/own/tables.js';
import { prepareRectify } from '../../src/customer/rectify/rectify-customer.js';
import { rectifyCustomer } from '../../src/customer/rectify/run.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import { restrictCustomer } from '../../src/customer/restrict/restrict.js';
import { personalTable } from '../../src/datamap/schema-table.js';
import { enterDisclosure } from '../../src/disclosure/register.js';
import { runOperation } from '../../src/operation/operation.js';
import { addDays, todayIn } from '../../src/request/day.js';
import { settle } from '../../src/request/settle.js';
import { pageText } from '../law/shop.js';
import { ANNA, desk, NAMESAKE } from '../request/desk.js';
import { exportPerson, nobodyToAsk } from './support/export.js';

// Whole exports, several to a test: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const d = desk();
afterEach(() => vi.unstubAllEnvs());

/** Enters a disclosure of a person's data under an agreement. */
async function disclose(query: PersonQuery): Promise<void> {
  const [match] = await matchPeople(d.context, query);
  const given = {
    kind: 'processor',
    recipient: 'Omniva SIA',
    agreement: 'OMN-2023/114',
    basis: 'Art. 6(1)(b)',
    categories: ['delivery'],
    archiveDigest: 'a'.repeat(64),
    records: 1,
  } as const;
  await runOperation(d.context, { action: 'disclose processor', subjects: [] }, (operation) =>
    settle(d.context, operation, async (session) => {
      const subjects = [{ subject: match?.subject ?? '', rows: 1 }];
      await enterDisclosure(session, operation, 'ilze', given, subjects);
      return { result: {}, traces: {} };
    }),
  );
}

describe('what the schema gdpr holds about a person', () => {
  it('is in their export: requests, their course, accesses, reference', async () => {
    vi.stubEnv('GDPR_NOW', '2026-03-05T10:00:00Z');
    const { request, subject } = await d.open({ query: ANNA, replyTo: 'anna.berzina@pasts.example' });
    await d.identity(request, { asked: '2026-03-05' });
    await d.identity(request, { answered: '2026-03-05', how: 'known e-mail answered' });
    await d.extend(request, 'old orders are on paper');
    const { archive, result } = await exportPerson(d.context, ANNA);
    expect(archive.rows('gdpr.request')).toMatchObject([
      {
        number: request,
        kind: 'access',
        state: 'open',
        received: '2026-03-05',
        channel: 'email',
        reply_to: 'anna.berzina@pasts.example',
        verified: 'known e-mail answered',
        extended: true,
        paused_days: 0,
        ended: null,
      },
    ]);
    expect(archive.rows('gdpr.request_event')).toMatchObject([
      { number: request, what: 'opened', day: '2026-03-05', note: null },
      { number: request, what: 'asked', note: 'the clock stands still' },
      { number: request, what: 'answered', day: '2026-03-05' },
      { number: request, what: 'verified', note: 'known e-mail answered' },
      { number: request, what: 'extended', day: '2026-06-05', note: 'old orders are on paper' },
    ]);
    expect(archive.rows('gdpr.subject')).toEqual([
      { reference: subject, created_at: expect.stringMatching(/^20\d\d-/), codes: expect.any(Number) },
    ]);
    expect(pageText(archive.text('index.html'))).toContain('termiņa skaitīšana apturēta');
    expect(Number(archive.rows('gdpr.subject')[0]?.codes)).toBeGreaterThan(1);
    const named = ['gdpr.request', 'gdpr.request_event', 'gdpr.access', 'gdpr.subject'];
    for (const table of named) {
      expect(archive.manifest.tables).toContainEqual({
        table,
        rows: archive.rows(table).length,
        files: [`data/${table}.json`, `data/${table}.csv`],
      });
      expect(archive.text(`data/${table}.csv`).split('\n').length).toBeGreaterThan(1);
      expect(result.tables).toContainEqual({ table, rows: archive.rows(table).length });
    }
    await d.close(request);
  });

  it('no longer holds the reply address once the request has ended, and says so', async () => {
    vi.stubEnv('GDPR_NOW', '2026-03-06T10:00:00Z');
    const { request } = await d.open({ query: NAMESAKE, replyTo: 'somewhere.else@pasts.example' });
    await d.close(request);
    const { archive } = await exportPerson(d.context, NAMESAKE);
    expect(archive.rows('gdpr.request')).toMatchObject([{ number: request, state: 'closed', reply_to: null }]);
    expect([...archive.files.values()].filter((file) => file.includes('somewhere.else'))).toEqual([]);
    const page = pageText(archive.text('index.html'));
    expect(page).toContain('Adresi, uz kuru sūtīt atbildi, izdzēšam, tiklīdz pieprasījums ir slēgts.');
  });

  it('stands on the page in both languages, with purpose, criterion and what is not given', async () => {
    await restrictCustomer(d.context, { query: NAMESAKE, ground: '18(1)(a)' }, nobodyToAsk);
    await objectCustomer(d.context, { query: NAMESAKE, to: 'marketing' }, nobodyToAsk);
    const said = { query: NAMESAKE, what: 'withdrawn', channels: [], mechanism: 'phone' } as const;
    await recordConsent(d.context, said, nobodyToAsk);
    const settings = [{ field: 'phone', value: '+371 29990077' }];
    const prepared = await prepareRectify(d.context, NAMESAKE, settings, nobodyToAsk);
    await rectifyCustomer(d.context, prepared, { verified: 'account login', language: 'lv' });
    const target = { scope: 'person', query: NAMESAKE } as const;
    const until = addDays(todayIn('Europe/Riga'), 30);
    await placeHold(d.context, { target, reference: 'C 12/26', authority: 'Rigas tiesa', until }, nobodyToAsk);
    await disclose(NAMESAKE);
    const { archive } = await exportPerson(d.context, NAMESAKE);
    const page = pageText(archive.text('index.html'));
    // What an erasure leaves is on the page of whoever was erased: test/customer/erase/afterwards.test.ts.
    const standing = OWN_TABLES.filter(({ table }) => table !== 'tombstone' && table !== 'kept_row');
    for (const { entry } of standing) {
      for (const text of [entry.title, entry.description, entry.keptBecause])
        expect([text?.lv, text?.en].filter((part) => part === undefined || !page.includes(part))).toEqual([]);
    }
    for (const text of ['Jūsu tiesību uz datu aizsardzību ievērošana', 'Respecting your data-protection rights'])
      expect(page).toContain(text);
    expect(archive.rows('gdpr.rectification')).toMatchObject([{ fields: 'phone', request: null }]);
    expect(archive.manifest.withheld).toContainEqual({
      table: 'gdpr.access',
      column: 'operator',
      reason: 'third-party',
      rows: archive.rows('gdpr.access').length,
    });
  });

  it('is nobody else’s: another person’s request and accesses are not in it', async () => {
    const { request } = await d.open({ query: ANNA, again: true });
    const { archive } = await exportPerson(d.context, NAMESAKE);
    expect([...archive.files.values()].filter((file) => file.includes(request))).toEqual([]);
    await d.close(request);
  });

  it('is in the plan, so that its digest covers it', async () => {
    const { plan } = await prepareExport(d.context, ANNA, async () => undefined);
    const steps = (plan.plan as { steps: { read: string; columns: string[]; withheld: unknown[] }[] }).steps;
    expect(steps.filter(({ read }) => read.startsWith('gdpr.')).map(({ read }) => read)).toEqual(
      OWN_TABLES.map(({ table }) => `gdpr.${table}`),
    );
    expect(steps.find(({ read }) => read === 'gdpr.request')?.withheld).toEqual([
      { column: 'handler', reason: 'third-party' },
    ]);
  });

  it('is read for many people by one statement a table, each row with its person', async () => {
    const people = [...(await matchPeople(d.context, NAMESAKE)), ...(await matchPeople(d.context, ANNA))];
    const subjects = people.map(({ subject }) => subject);
    const read = (list: readonly string[]) =>
      d.context.database.transaction('repeatable read', async (session) => {
        const rows: string[] = [];
        for (const { table, sql, values } of ownReads(d.context.model, list))
          for await (const [person, , , ...cells] of session.stream(sql, values))
            rows.push(JSON.stringify([list[Number(person)], table.name, ...cells]));
        return rows;
      });
    const together = await read(subjects);
    const alone = (await Promise.all(subjects.map((subject) => read([subject])))).flat();
    for (const subject of subjects) expect(alone.filter((row) => row.includes(subject)).length).toBeGreaterThan(3);
    expect(together.toSorted()).toEqual(alone.toSorted());
  });
});

describe('the built-in map', () => {
  it('is one that the schema of data maps takes, and matches the live tables', async () => {
    for (const { table, entry } of OWN_TABLES) {
      const codes = { ...entry, columns: {} };
      expect({ table, ok: personalTable.safeParse(codes).success }).toEqual({ table, ok: true });
    }
    const live = await d.rows<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'gdpr.request'::regclass AND attnum > 0 AND NOT attisdropped`,
    );
    // The person's reference is in the table of references; the key leads to a row that is exported itself.
    const told = ['subject', 'person_row', 'asked_in_time', 'ended_at'];
    const request = OWN_TABLES.find(({ table }) => table === 'request');
    expect([...Object.keys(request?.entry.columns ?? {}), ...told].sort()).toEqual(live.map(({ name }) => name).sort());
  });

  it('has a text for the purpose of every action that the program logs', async () => {
    const source = join(import.meta.dirname, '..', '..', 'src');
    const found = new Set<string>();
    for (const name of await readdir(source, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const text = await readFile(join(source, name), 'utf8');
      for (const [, action] of text.matchAll(/(?:action: |look\(context, )'([a-z][a-z -]*)'/g)) found.add(action ?? '');
    }
    expect(found.size).toBeGreaterThan(10);
    expect([...found].filter((action) => ACTIONS[action] === undefined)).toEqual([]);
  });
});
