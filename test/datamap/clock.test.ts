import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../src/database/session.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { compileRetentionReads } from '../../src/datamap/clock.js';
import type { Person } from '../../src/datamap/collect-plan.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import type { DataMap, KeepUntil, Reach } from '../../src/datamap/schema.js';
import { collect, root, type Scratch, scratch, withIdentifiers } from './database.js';
import { mapOf, through } from './maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const text = { lv: 'Teksts', en: 'Text' };
const self: Reach = { self: 'customer' };

type From = 'event' | 'financial-year-end';

function rules(period: string, from: From = 'event'): Pick<DataMap, 'retention'> {
  return { retention: { r: { title: text, period, from, law: 'Law', criterion: text } } };
}

/** What each retention rule of each table says: `person: rows first last undetermined`. */
async function dues(
  session: Session,
  model: DataMapModel,
  people: readonly Person[],
): Promise<Record<string, string[]>> {
  await collect(session, model, people);
  const result: Record<string, string[]> = {};
  for (const { table, keep, sql } of compileRetentionReads(model, await readCatalog(session))) {
    const rows =
      await session.query<Record<'person' | 'rows' | 'first' | 'last' | 'undetermined', string | number | null>>(sql);
    result[`${table.name} ${keep.rule}`] = rows.map(
      (row) => `${row.person}: ${row.rows} ${row.first} ${row.last} ${row.undetermined}`,
    );
  }
  return result;
}

/** The first day without the row, for each of these values of a clock column. */
async function due(
  type: string,
  values: readonly string[],
  period: string,
  { from = 'event' as From, head = {} as Partial<DataMap> } = {},
): Promise<string[]> {
  const days: string[] = [];
  await database.with(`CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, at ${type});`, async (session) => {
    for (const [i, value] of values.entries()) await session.run('INSERT INTO s.people VALUES ($1, $2)', [i, value]);
    const model = mapOf({
      head: { ...rules(period, from), ...head },
      tables: {
        's.people': {
          owners: { account: [self] },
          columns: ['id', 'at'],
          retention: [{ rule: 'r', clock: { column: 'at' } }],
        },
      },
    });
    const found = await dues(
      session,
      model,
      values.map((_, i) => root('s.people', String(i))),
    );
    days.push(...(found['s.people r'] ?? []).map((line) => line.split(' ')[2] ?? ''));
  });
  return days;
}

describe('counted from the event', () => {
  it('the day is the local one, to the microsecond, also where summer time begins and ends', async () => {
    const moments = [
      ['2024-01-14 21:59:59.999999Z', '2025-01-14'], // 14 January 23:59:59.999999 in Riga
      ['2024-01-14 22:00:00.000000Z', '2025-01-15'],
      ['2024-07-14 20:59:59.999999Z', '2025-07-14'], // 14 July 23:59:59.999999 in Riga
      ['2024-07-14 21:00:00.000000Z', '2025-07-15'],
      ['2024-03-30 21:59:59.999999Z', '2025-03-30'], // the night before the clocks go forward, still +02
      ['2024-03-30 22:00:00.000000Z', '2025-03-31'],
      ['2024-03-31 20:59:59.999999Z', '2025-03-31'], // the night after, already +03
      ['2024-03-31 21:00:00.000000Z', '2025-04-01'],
      ['2024-10-26 20:59:59.999999Z', '2025-10-26'], // the night before the clocks go back, still +03
      ['2024-10-26 21:00:00.000000Z', '2025-10-27'],
      ['2024-10-27 21:59:59.999999Z', '2025-10-27'], // the night after, already +02
      ['2024-10-27 22:00:00.000000Z', '2025-10-28'],
    ] as const;
    const values = moments.map(([moment]) => moment);
    expect(await due('timestamptz', values, 'P1Y')).toEqual(moments.map(([, day]) => day));
    const inLisbon = await due('timestamptz', ['2024-01-14 23:59:59.999999Z', '2024-01-15 00:00Z'], 'P1Y', {
      head: { timeZone: 'Europe/Lisbon' },
    });
    expect(inLisbon).toEqual(['2025-01-14', '2025-01-15']);
  });

  it('the day of a date or of a timestamp without a zone is what it says', async () => {
    const values = ['2024-03-30 23:59:59.999999', '2024-03-31 00:00:00', '2024-03-31 03:30:00'];
    expect(await due('timestamp', values, 'P1Y')).toEqual(['2025-03-30', '2025-03-31', '2025-03-31']);
    expect(await due('date', ['2024-03-31', '2023-12-31'], 'P1Y')).toEqual(['2025-03-31', '2024-12-31']);
  });

  it.each([
    ['P1Y', '2025-02-28'],
    ['P4Y', '2028-02-29'],
    ['P1M', '2024-03-29'],
    ['P12M', '2025-02-28'],
    ['P1Y1D', '2025-03-01'],
    ['P2W', '2024-03-14'],
    ['P30D', '2024-03-30'],
    ['P0D', '2024-02-29'],
    ['P100Y', '2124-02-29'],
  ])('29 February 2024 and %s', async (period, day) => {
    expect(await due('date', ['2024-02-29'], period)).toEqual([day]);
  });

  it('a month that is too short ends the period with its last day', async () => {
    const days = await due('date', ['2024-01-31', '2023-01-31', '2024-12-31', '2024-08-31'], 'P1M');
    expect(days).toEqual(['2024-02-29', '2023-02-28', '2025-01-31', '2024-09-30']);
  });
});

describe('counted from the end of the financial year', () => {
  const from = 'financial-year-end';
  it.each([
    ['12-31', 'P5Y', '2020-01-01', '2026-01-01'],
    ['12-31', 'P5Y', '2020-12-31', '2026-01-01'],
    ['12-31', 'P5Y', '2021-01-01', '2027-01-01'],
    ['12-31', 'P10Y', '2020-02-29', '2031-01-01'],
    ['06-30', 'P5Y', '2020-06-30', '2025-07-01'],
    ['06-30', 'P5Y', '2020-07-01', '2026-07-01'],
    ['03-31', 'P18M', '2024-03-31', '2025-10-01'],
    ['03-31', 'P18M', '2024-04-01', '2026-10-01'],
    ['02-29', 'P1Y', '2023-02-28', '2024-03-01'],
    ['02-29', 'P1Y', '2023-03-01', '2025-03-01'],
    ['02-29', 'P1Y', '2024-02-28', '2025-03-01'],
    ['02-29', 'P1Y', '2024-02-29', '2025-03-01'],
    ['02-29', 'P1Y', '2024-03-01', '2026-03-01'],
    ['02-28', 'P4Y', '2024-02-29', '2028-03-01'],
    ['02-28', 'P4Y', '2024-03-01', '2029-03-01'],
    ['02-15', 'P1Y', '2024-02-15', '2025-02-16'],
    ['11-30', 'P1Y', '2024-12-01', '2026-12-01'],
  ])('%s, %s after %s', async (financialYearEnd, period, day, expected) => {
    expect(await due('date', [day], period, { from, head: { financialYearEnd } })).toEqual([expected]);
  });

  it('the year is the local one', async () => {
    const values = ['2020-12-31 21:59:59.999999Z', '2020-12-31 22:00:00Z'];
    expect(await due('timestamptz', values, 'P5Y', { from })).toEqual(['2026-01-01', '2027-01-01']);
    const june = ['2021-06-30 20:59:59.999999Z', '2021-06-30 21:00:00Z'];
    const head = { financialYearEnd: '06-30' };
    expect(await due('timestamptz', june, 'P5Y', { from, head })).toEqual(['2026-07-01', '2027-07-01']);
  });
});

describe('which moment', () => {
  const PEOPLE = `CREATE SCHEMA s;
    CREATE TABLE s.people (id int PRIMARY KEY, created date, login timestamptz);
    CREATE TABLE s.orders (id int PRIMARY KEY, person_id int, email text, placed timestamptz, closed date);
    CREATE TABLE s.lines (order_id int, n int, PRIMARY KEY (order_id, n));
    CREATE TABLE s.marks (line_order int, line_n int, kind text);`;
  const three = [root('s.people', '1'), root('s.people', '2'), root('s.people', '3')];

  function shop(clocks: { people?: KeepUntil[]; orders?: KeepUntil[]; lines?: KeepUntil[]; marks?: KeepUntil[] }) {
    return mapOf({
      head: rules('P1Y'),
      tables: {
        's.people': {
          owners: { account: [self] },
          columns: ['id', 'created', 'login'],
          ...(clocks.people && { retention: clocks.people }),
        },
        's.orders': {
          owners: {
            buyer: [through('s.people', 'person_id')],
            recipient: [{ identifier: [{ column: 'email', is: 'email' }] }],
          },
          columns: ['id', 'person_id', 'email', 'placed', 'closed'],
          ...(clocks.orders && { retention: clocks.orders }),
        },
        's.lines': {
          owners: { buyer: [through('s.orders', 'order_id')] },
          columns: ['order_id', 'n'],
          ...(clocks.lines && { retention: clocks.lines }),
        },
        's.marks': {
          owners: {
            buyer: [
              {
                through: 's.lines',
                on: [
                  { column: 'line_order', to: 'order_id' },
                  { column: 'line_n', to: 'n' },
                ],
                when: [{ column: 'kind', in: ['line', 'both'] }],
              },
              through('s.orders', 'line_n', 'id', { when: [{ column: 'kind', in: ['order', 'both'] }] }),
            ],
          },
          columns: ['line_order', 'line_n', 'kind'],
          ...(clocks.marks && { retention: clocks.marks }),
        },
      },
    });
  }

  it('counts rows, the first and last day, and the rows whose clock has not started', () =>
    database.with(
      `${PEOPLE}
       INSERT INTO s.people VALUES (1), (2), (3);
       INSERT INTO s.orders (id, person_id, email, closed) VALUES (1, 1, NULL, '2024-05-01'), (2, 1, NULL, '2023-05-01'), (3, 1, NULL, NULL),
         (4, 1, NULL, 'infinity'), (5, 1, NULL, '-infinity'), (6, 2, NULL, NULL), (7, 1, 'a@example.org', '2022-05-01'), (8, NULL, 'a@example.org', '2021-05-01');`,
      async (session) => {
        const model = shop({ orders: [{ rule: 'r', clock: { column: 'closed' } }] });
        const anna = withIdentifiers(root('s.people', '1'), { email: ['a@example.org'] });
        expect(await dues(session, model, [anna, ...three.slice(1)])).toEqual({
          's.orders r': ['0: 7 2022-05-01 2025-05-01 3', '1: 1 null null 1'],
        });
      },
    ));

  it('of the row that this one hangs on, over two hops', () =>
    database.with(
      `${PEOPLE}
       INSERT INTO s.people VALUES (1, '2020-01-01'), (2, '2021-02-01'), (3, NULL);
       INSERT INTO s.orders (id, person_id) VALUES (1, 1), (2, 2), (3, 2), (4, 3), (5, NULL);
       INSERT INTO s.lines VALUES (1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (5, 1);`,
      async (session) => {
        const model = shop({ lines: [{ rule: 'r', clock: { parent: 's.people', column: 'created' } }] });
        expect(await dues(session, model, three)).toEqual({
          's.lines r': ['0: 2 2021-01-01 2021-01-01 0', '1: 2 2022-02-01 2022-02-01 0', '2: 1 null null 1'],
        });
      },
    ));

  it('of the latest, where several ways lead up, each under its condition', () =>
    database.with(
      `${PEOPLE}
       INSERT INTO s.people VALUES (1);
       INSERT INTO s.orders (id, person_id, closed) VALUES (1, 1, '2024-02-01'), (2, 1, '2025-02-01'), (3, 1, NULL), (4, 1, '2023-02-01');
       INSERT INTO s.lines VALUES (1, 2), (3, 2);
       INSERT INTO s.marks VALUES (1, 2, 'line'), (3, 2, 'line'), (NULL, 4, 'order'), (1, 2, 'nothing'), (1, 2, 'both');`,
      async (session) => {
        const model = shop({ marks: [{ rule: 'r', clock: { parent: 's.orders', column: 'closed' } }] });
        expect(await dues(session, model, three)).toEqual({ 's.marks r': ['0: 4 2024-02-01 2026-02-01 1'] });
      },
    ));

  it('of all rows that the person has in a table, whichever owner they are there', () =>
    database.with(
      `${PEOPLE}
       INSERT INTO s.people VALUES (1, '2020-01-01'), (2, '2020-01-02'), (3, '2020-01-03');
       INSERT INTO s.orders VALUES (1, 1, NULL, '2024-01-01 22:00Z'), (2, 1, NULL, '2023-01-01'), (3, 1, NULL, NULL),
         (4, 2, NULL, NULL), (5, NULL, 'a@example.org', '2025-07-01 21:00Z');`,
      async (session) => {
        const model = shop({ people: [{ rule: 'r', clock: { person: 's.orders', column: 'placed' } }] });
        expect(await dues(session, model, three)).toEqual({
          's.people r': ['0: 1 2025-01-02 2025-01-02 0', '1: 1 null null 1', '2: 1 null null 1'],
        });
        await session.run(
          'TRUNCATE pg_temp.gdpr_rows_0, pg_temp.gdpr_rows_1, pg_temp.gdpr_rows_2, pg_temp.gdpr_rows_3',
        );
        const anna = withIdentifiers(root('s.people', '1'), { email: ['a@example.org'] });
        expect(await dues(session, model, [anna])).toEqual({ 's.people r': ['0: 1 2026-07-02 2026-07-02 0'] });
      },
    ));

  it('of the latest of several, those without a value left out', () =>
    database.with(
      `${PEOPLE}
       INSERT INTO s.people VALUES (1, '2020-05-01', '2021-01-01 00:00+02'), (2, '2020-05-01', NULL), (3, NULL, 'infinity');
       INSERT INTO s.orders (id, person_id, placed) VALUES (1, 1, '2019-01-01'), (2, 2, '2022-01-01 00:00+02');`,
      async (session) => {
        const latest = [{ person: 's.orders', column: 'placed' }, { column: 'login' }, { column: 'created' }];
        const model = shop({ people: [{ rule: 'r', clock: { latest } }] });
        expect(await dues(session, model, three)).toEqual({
          's.people r': ['0: 1 2022-01-01 2022-01-01 0', '1: 1 2023-01-01 2023-01-01 0', '2: 1 null null 1'],
        });
      },
    ));

  it('several rules of one table are told apart', () =>
    database.with(
      `${PEOPLE} INSERT INTO s.people VALUES (1, '2020-05-01', '2021-01-01 00:00+02');`,
      async (session) => {
        const model = mapOf({
          head: {
            retention: {
              ...rules('P1Y').retention,
              q: { title: text, period: 'P2Y', from: 'event', law: 'L', criterion: text },
            },
          },
          tables: {
            's.people': {
              owners: { account: [self] },
              columns: ['id', 'created', 'login'],
              retention: [
                { rule: 'r', clock: { column: 'created' } },
                { rule: 'q', clock: { column: 'login' }, columns: ['login'] },
              ],
            },
          },
          impersonal: {
            's.orders': ['id', 'person_id', 'email', 'placed', 'closed'],
            's.lines': ['order_id', 'n'],
            's.marks': ['line_order', 'line_n', 'kind'],
          },
        });
        expect(await dues(session, model, three.slice(0, 1))).toEqual({
          's.people r': ['0: 1 2021-05-01 2021-05-01 0'],
          's.people q': ['0: 1 2023-01-01 2023-01-01 0'],
        });
      },
    ));
});
