import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../src/database/session.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { compileRetentionReads } from '../../src/datamap/clock.js';
import { collectRows } from '../../src/datamap/collect.js';
import { compileCollect } from '../../src/datamap/collect-plan.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import type { DataMap, KeepUntil } from '../../src/datamap/schema.js';
import { planRetention } from '../../src/retention/plan.js';
import type { Context } from '../../src/workspace/open.js';
import { root } from '../datamap/database.js';
import { mapOf, through } from '../datamap/maps.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const text = { lv: 'Teksts', en: 'Text' };

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  await inDatabase((session) =>
    session.run(`CREATE SCHEMA s;
      CREATE TABLE s.people (id int PRIMARY KEY, created timestamptz);
      CREATE TABLE s.orders (id int PRIMARY KEY, person_id int, at timestamptz);
      CREATE TABLE s.lines (id int PRIMARY KEY, order_id int);
      CREATE TABLE s.marks (id int PRIMARY KEY, line_id int);
      CREATE TABLE s.own (id int PRIMARY KEY, person_id int, at timestamptz);
      CREATE TABLE s.naive (id int PRIMARY KEY, person_id int, at timestamp);
      CREATE TABLE s.dated (id int PRIMARY KEY, person_id int, at date);
      CREATE TABLE s.newest (id int PRIMARY KEY, person_id int, at timestamptz, opened date, closed timestamp);
      CREATE TABLE s.profiles (id int PRIMARY KEY, person_id int);
      CREATE TABLE s.carts (id int PRIMARY KEY, person_id int, at timestamptz, state text);
      CREATE TABLE s.items (id int PRIMARY KEY, cart_id int);
      CREATE TABLE s.visits (id int PRIMARY KEY, person_id int)`),
  );
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});
beforeEach(() =>
  inDatabase((session) =>
    session.run(
      'TRUNCATE s.people, s.orders, s.lines, s.marks, s.own, s.naive, s.dated, s.newest, s.profiles, s.carts, s.items, s.visits',
    ),
  ),
);
afterEach(() => vi.unstubAllEnvs());

function inDatabase<T>(work: (session: Session) => Promise<T>): Promise<T> {
  return context.database.transaction('read committed', work);
}

const LEFT = [{ column: 'state', in: ['left'] }];

/** Each kind of clock as a rule of the same name, in a table of its own. */
const CLOCKS: Readonly<Record<string, KeepUntil['clock']>> = {
  own: { column: 'at' },
  naive: { column: 'at' },
  dated: { column: 'at' },
  lines: { parent: 's.orders', column: 'at' },
  marks: { parent: 's.orders', column: 'at' },
  newest: { latest: [{ column: 'opened' }, { column: 'at' }, { column: 'closed' }] },
  profiles: { person: 's.orders', column: 'at' },
  // Under a condition: what is a draft does not count.
  carts: { column: 'at', when: LEFT },
  items: { parent: 's.carts', column: 'at', when: LEFT },
  visits: { person: 's.carts', column: 'at', when: LEFT },
  people: { latest: [{ person: 's.orders', column: 'at' }, { column: 'created' }] },
};
const KINDS = Object.keys(CLOCKS);

function mapWith(head: Partial<DataMap>, rule: Partial<DataMap['retention'][string]>): DataMapModel {
  const entry = { title: text, period: 'P1Y', from: 'event' as const, law: 'Law', criterion: text, ...rule };
  const table = (kind: string, columns: readonly string[], reach = through('s.people', 'person_id')) => ({
    owners: { buyer: [reach] },
    columns,
    ...(CLOCKS[kind] && { retention: [{ rule: kind, clock: CLOCKS[kind] }] }),
  });
  return mapOf({
    head: {
      ignoredSchemas: { shop: text, '"Old Shop"': text },
      retention: Object.fromEntries(KINDS.map((kind) => [kind, entry])),
      ...head,
    },
    tables: {
      's.people': { ...table('people', ['id', 'created']), owners: { account: [{ self: 'customer' }] } },
      's.orders': table('orders', ['id', 'person_id', 'at']),
      's.lines': table('lines', ['id', 'order_id'], through('s.orders', 'order_id')),
      's.marks': table('marks', ['id', 'line_id'], through('s.lines', 'line_id')),
      's.own': table('own', ['id', 'person_id', 'at']),
      's.naive': table('naive', ['id', 'person_id', 'at']),
      's.dated': table('dated', ['id', 'person_id', 'at']),
      's.newest': table('newest', ['id', 'person_id', 'at', 'opened', 'closed']),
      's.profiles': table('profiles', ['id', 'person_id']),
      's.carts': table('carts', ['id', 'person_id', 'at', 'state']),
      's.items': table('items', ['id', 'cart_id'], through('s.carts', 'cart_id')),
      's.visits': table('visits', ['id', 'person_id']),
    },
  });
}

/** A person for each moment, with a row in every table whose clock stands there; and an account that never ordered. */
async function enter(moments: readonly (string | null)[], zone: string): Promise<void> {
  await inDatabase(async (session) => {
    const given = `unnest($1::timestamptz[]) WITH ORDINALITY m (at, n)`;
    const local = `(m.at AT TIME ZONE '${zone}')`;
    const statements = [
      `INSERT INTO s.people SELECT n, m.at - interval '3 years' FROM ${given}`,
      `INSERT INTO s.people SELECT n + 1000, m.at FROM ${given}`,
      `INSERT INTO s.orders SELECT n, n, m.at FROM ${given}`,
      // An earlier order and one without a day do not make it sooner.
      `INSERT INTO s.orders SELECT n + 1000, n, m.at - interval '1 year' FROM ${given}`,
      `INSERT INTO s.orders SELECT n + 2000, n, NULL FROM ${given}`,
      `INSERT INTO s.lines SELECT n, n FROM ${given}`,
      `INSERT INTO s.marks SELECT n, n FROM ${given}`,
      `INSERT INTO s.own SELECT n, n, m.at FROM ${given}`,
      `INSERT INTO s.naive SELECT n, n, ${local} FROM ${given}`,
      `INSERT INTO s.dated SELECT n, n, ${local}::date FROM ${given}`,
      `INSERT INTO s.newest SELECT n, n, m.at, ${local}::date - 1, CASE WHEN n % 2 = 0 THEN ${local} - interval '5 days' END FROM ${given}`,
      `INSERT INTO s.profiles SELECT n, n FROM ${given}`,
      `INSERT INTO s.carts SELECT n, n, m.at, 'left' FROM ${given}`,
      `INSERT INTO s.carts SELECT n + 1000, n, m.at + interval '1 year', 'draft' FROM ${given}`,
      `INSERT INTO s.carts SELECT n + 2000, n, m.at - interval '1 year', 'draft' FROM ${given}`,
      `INSERT INTO s.items SELECT n, n FROM ${given}`,
      `INSERT INTO s.visits SELECT n, n FROM ${given}`,
    ];
    for (const statement of statements) await session.query(statement, [moments]);
  });
}

/** The day on which each person's row goes, by kind of clock, as the map's reader of retention has it. */
async function dueDays(model: DataMapModel, people: number): Promise<Record<string, (string | null)[]>> {
  return inDatabase(async (session) => {
    const catalog = await readCatalog(session);
    const persons = Array.from({ length: people }, (_, i) => root('s.people', String(i + 1)));
    await collectRows(session, compileCollect(model, catalog), model, catalog, persons);
    const days: Record<string, (string | null)[]> = {};
    for (const { keep, sql } of compileRetentionReads(model, catalog)) {
      const rows = await session.query<{ person: number; last: string | null }>(sql);
      days[keep.rule] = rows.map(({ last }) => last);
    }
    return days;
  });
}

/** What the plan says of each rule at an instant. */
async function planAt(
  model: DataMapModel,
  instant: string,
): Promise<Record<string, { eligible: number; oldest: string | null }>> {
  vi.stubEnv('GDPR_NOW', instant);
  const { rules, asOf } = await planRetention({ ...context, model });
  expect(Date.parse(asOf)).toBe(Date.parse(instant));
  return Object.fromEntries(rules.map(({ rule, eligible, oldest }) => [rule, { eligible, oldest }]));
}

/** The last millisecond before a local day, and its first. */
async function midnight(day: string, zone: string): Promise<readonly [string, string]> {
  const [row] = await inDatabase((session) =>
    session.query<{ before: string; at: string }>(
      `SELECT to_char(m AT TIME ZONE 'UTC', $3) AS at, to_char((m - interval '1 millisecond') AT TIME ZONE 'UTC', $3) AS before
       FROM (SELECT $1::timestamp AT TIME ZONE $2 AS m) x`,
      [day, zone, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'],
    ),
  );
  return [row?.before ?? '', row?.at ?? ''];
}

interface Case {
  readonly name: string;
  readonly period: string;
  readonly yearEnd?: string;
  readonly zone?: string;
  /** Moments of events, and the day on which what hangs on them goes. */
  readonly events: readonly (readonly [moment: string, day: string])[];
}

const CASES: readonly Case[] = [
  {
    name: 'the night of the clocks going forward, at both ends of the period',
    period: 'P52W',
    events: [
      ['2025-03-29 21:59:59.999999Z', '2026-03-28'],
      ['2025-03-29 22:00:00.000000Z', '2026-03-29'],
      ['2025-03-30 20:59:59.999999Z', '2026-03-29'], // the day has 23 hours
      ['2025-03-30 21:00:00.000000Z', '2026-03-30'],
    ],
  },
  {
    name: 'the night of the clocks going back, at both ends of the period',
    period: 'P52W',
    events: [
      ['2025-10-25 20:59:59.999999Z', '2026-10-24'],
      ['2025-10-25 21:00:00.000000Z', '2026-10-25'],
      ['2025-10-26 00:30:00.000000Z', '2026-10-25'], // half past three, for the first time
      ['2025-10-26 01:30:00.000000Z', '2026-10-25'], // and again
      ['2025-10-26 21:59:59.999999Z', '2026-10-25'], // the day has 25 hours
      ['2025-10-26 22:00:00.000000Z', '2026-10-26'],
    ],
  },
  {
    name: 'another time zone',
    period: 'P1D',
    zone: 'America/New_York',
    events: [
      ['2026-03-08 04:59:59.999999Z', '2026-03-08'],
      ['2026-03-08 05:00:00.000000Z', '2026-03-09'],
      ['2026-03-09 03:59:59.999999Z', '2026-03-09'],
      ['2026-03-09 04:00:00.000000Z', '2026-03-10'],
    ],
  },
  {
    name: 'a leap day and a year',
    period: 'P1Y',
    events: [
      ['2024-02-28 21:59:59.999999Z', '2025-02-28'],
      ['2024-02-28 22:00:00.000000Z', '2025-02-28'], // 29 February
      ['2024-02-29 22:00:00.000000Z', '2025-03-01'],
    ],
  },
  {
    name: 'a leap day and four years',
    period: 'P4Y',
    events: [
      ['2024-02-28 21:59:59.999999Z', '2028-02-28'],
      ['2024-02-28 22:00:00.000000Z', '2028-02-29'],
      ['2024-02-29 22:00:00.000000Z', '2028-03-01'],
    ],
  },
  {
    name: 'the ends of months',
    period: 'P1M',
    events: [
      ['2026-01-30 21:59:59.999999Z', '2026-02-28'], // 30 January
      ['2026-01-31 21:59:59.999999Z', '2026-02-28'], // 31 January
      ['2026-01-31 22:00:00.000000Z', '2026-03-01'],
    ],
  },
  {
    name: 'years, months, weeks and days together',
    period: 'P1Y2M1W3D',
    events: [
      ['2024-12-31 12:00:00Z', '2026-03-10'],
      ['2025-01-01 12:00:00Z', '2026-03-11'],
    ],
  },
  {
    name: 'a financial year that ends with the calendar',
    period: 'P1Y',
    yearEnd: '12-31',
    events: [
      ['2024-12-31 21:59:59.999999Z', '2026-01-01'],
      ['2024-12-31 22:00:00.000000Z', '2027-01-01'],
    ],
  },
  {
    name: 'a financial year that ends in summer time',
    period: 'P18M',
    yearEnd: '06-30',
    events: [
      ['2024-06-30 20:59:59.999999Z', '2026-01-01'],
      ['2024-06-30 21:00:00.000000Z', '2027-01-01'],
    ],
  },
  {
    name: 'a financial year that ends the night before the clocks go forward',
    period: 'P1Y',
    yearEnd: '03-28',
    events: [
      ['2026-03-28 21:59:59.999999Z', '2027-03-29'],
      ['2026-03-28 22:00:00.000000Z', '2028-03-29'],
    ],
  },
  ...['02-28', '02-29'].map((yearEnd) => ({
    name: `a financial year that ends with February (${yearEnd})`,
    period: 'P1Y',
    yearEnd,
    events: [
      ['2023-02-28 21:59:59.999999Z', '2024-03-01'],
      ['2024-02-28 22:00:00.000000Z', '2025-03-01'], // 29 February
      ['2024-02-29 21:59:59.999999Z', '2025-03-01'],
      ['2024-02-29 22:00:00.000000Z', '2026-03-01'],
    ] as const,
  })),
];

describe('every kind of clock', { timeout: 180_000 }, () => {
  it.each(CASES)(
    'either side of midnight, to the microsecond: $name',
    async ({ period, yearEnd, zone = 'Europe/Riga', events }) => {
      const model = mapWith(
        { timeZone: zone, ...(yearEnd && { financialYearEnd: yearEnd }) },
        { period, from: yearEnd === undefined ? 'event' : 'financial-year-end' },
      );
      await enter(
        events.map(([moment]) => moment),
        zone,
      );
      const days = events.map(([, day]) => day);
      expect(await dueDays(model, events.length)).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, days])));
      for (const day of new Set(days)) {
        const [before, at] = await midnight(day, zone);
        for (const [instant, due] of [
          [before, days.filter((each) => each < day)],
          [at, days.filter((each) => each <= day)],
        ] as const) {
          const expected = { eligible: due.length, oldest: due[0] ?? null };
          expect({ instant, plan: await planAt(model, instant) }).toEqual({
            instant,
            plan: Object.fromEntries(
              // Those who never ordered go by the day on which they came.
              KINDS.map((kind) => [kind, kind === 'people' ? { ...expected, eligible: 2 * due.length } : expected]),
            ),
          });
        }
      }
    },
  );

  it('without a day, or with one at the end of time, has not begun', async () => {
    const model = mapWith({}, { period: 'P1D' });
    await enter([null], 'Europe/Riga');
    await inDatabase(async (session) => {
      for (const table of ['own', 'naive', 'dated'])
        await session.run(`INSERT INTO s.${table} VALUES (2, 1, 'infinity'), (3, 1, '-infinity')`);
    });
    expect(await dueDays(model, 1)).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, [null]])));
    const plan = await planAt(model, '2099-01-01T00:00:00.000Z');
    expect(plan).toEqual(Object.fromEntries(KINDS.map((kind) => [kind, { eligible: 0, oldest: null }])));
  });

  it('bears days that no calendar of a shop has', async () => {
    const values = ['0001-12-31 BC', '0001-01-01', '9999-12-31'];
    for (const from of ['event', 'financial-year-end'] as const) {
      const model = mapWith({ financialYearEnd: '06-30' }, { period: 'P9999Y', from });
      await inDatabase((session) =>
        session.query(
          `INSERT INTO s.dated SELECT n, n, d FROM unnest($1::date[]) WITH ORDINALITY m (d, n) ON CONFLICT DO NOTHING`,
          [[...values, '5874897-12-31']],
        ),
      );
      await inDatabase((session) =>
        session.run('INSERT INTO s.people SELECT n, NULL FROM generate_series(1, 4) n ON CONFLICT DO NOTHING'),
      );
      const { dated } = await dueDays(model, 4);
      expect(dated).toHaveLength(4);
      expect((await planAt(model, '2026-11-23T00:00:00.000Z')).dated).toEqual({ eligible: 0, oldest: null });
    }
  });
});
