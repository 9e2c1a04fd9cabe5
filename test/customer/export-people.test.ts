import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PEOPLE, type PersonKey } from '../../examples/bookshop/people.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { expectedRows, exportedRows, type KnownPerson, OWN, TABLES } from './support/expected.js';
import { type Exported, exportPerson } from './support/export.js';
import { bystandersOf, occurring, phonesIn, readable } from './support/leaks.js';

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

const EVERYONE = Object.keys(PEOPLE) as PersonKey[];

/** The fixed people as a reader of examples/bookshop/fixed knows them. */
const KNOWN: Readonly<Record<PersonKey, KnownPerson>> = {
  anna: { customers: [1], contacts: [2], emails: ['anna.berzina@pasts.example'] },
  namesake: { customers: [2], emails: ['anna.berzina2@pasts.example'] },
  janis: { customers: [3], emails: ['janis.berzins@pasts.example'] },
  lasitava: { customers: [4], emails: ['gramatvediba@lasitava.example'] },
  ilze: { contacts: [1], emails: ['ilze.kalnina@lasitava.example'] },
  petr: { emails: ['petr.ivanov@pasts.example'] },
};

const NAMES: Readonly<Record<PersonKey, readonly string[]>> = {
  anna: ['Anna Bērziņa'],
  namesake: ['Anna Bērziņa', 'Bērziņa A.'],
  janis: ['Jānis Bērziņš'],
  lasitava: ['SIA "Lasītava"'],
  ilze: ['Ilze Kalniņa'],
  petr: ['Пётр Иванов', 'Petr Ivanov', 'Ivanovs Pjotrs'],
};

const snapshot = <T>(work: Parameters<typeof context.database.transaction<T>>[1]) =>
  context.database.transaction('repeatable read', work);

async function expectNoBystander(text: string, person: KnownPerson, names: readonly string[]): Promise<void> {
  const others = await snapshot((session) => bystandersOf(session, person, names));
  // Otherwise nothing is proved.
  expect(others.emails.length).toBeGreaterThan(200);
  expect(others.phones.size).toBeGreaterThan(150);
  expect(others.names.length).toBeGreaterThan(150);
  expect(occurring(text, others.emails)).toEqual([]);
  expect(phonesIn(text, others.phones)).toEqual([]);
  expect(occurring(text, others.names)).toEqual([]);
}

describe('the tables of this proof', () => {
  it('are all tables of the shop but its catalogue', async () => {
    const rows = await snapshot((session) =>
      session.query<{ name: string }>(
        `SELECT 'shop.' || c.relname AS name FROM pg_class c
         WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
      ),
    );
    const catalogue = ['categories', 'publishers', 'books', 'parcel_machines', 'app_settings'].map((n) => `shop.${n}`);
    expect([...TABLES, ...catalogue].sort()).toEqual(rows.map(({ name }) => name).sort());
  });
});

/** What else a person's own words stand in, and why that is not in their export. */
const NOT_GIVEN: Readonly<Record<PersonKey, readonly string[]>> = {
  // Stands in the message that names Jānis's phone.
  anna: ['jo esmu maiņā slimnīcas 12. nodaļā'],
  namesake: [],
  janis: [],
  lasitava: [],
  ilze: [],
  // An anonymous visit: no key and no identifier leads to it.
  petr: ['шахматные этюды для начинающих 1953'],
};

/** Words of one that another is shown as well, since they wrote to the shop together. */
const TOGETHER: Readonly<Partial<Record<PersonKey, readonly string[]>>> = {
  lasitava: ['Mūsu padome sanāk novembrī'],
};

describe.each(EVERYONE)('the export of %s', (key) => {
  let exported: Exported;
  let text: string;
  beforeAll(async () => {
    exported = await exportPerson(context, { email: PEOPLE[key].email });
    text = readable(exported.archive);
  });

  it('holds exactly their rows in every table', async () => {
    const expected = await snapshot((session) => expectedRows(session, KNOWN[key]));
    expect(expected.size).toBeGreaterThan(5);
    expect(exportedRows(exported.archive.tables)).toEqual(expected);
    const counts = exported.archive.manifest.tables.map(({ table, rows }) => [table, rows]);
    expect(counts.slice(-OWN.length).map(([table]) => table)).toEqual(OWN);
    expect(new Map(counts.slice(0, -OWN.length) as [string, number][])).toEqual(
      new Map(TABLES.map((table) => [table, expected.get(table)?.length ?? 0])),
    );
  });

  it('holds what is theirs alone, and their secrets nowhere', () => {
    const { needles, secrets } = PEOPLE[key];
    expect(needles.filter((needle) => !occurring(text, [needle]).length)).toEqual(NOT_GIVEN[key]);
    expect(occurring(text, secrets)).toEqual([]);
  });

  it('holds nothing that is somebody else’s alone', () => {
    for (const other of EVERYONE.filter((candidate) => candidate !== key)) {
      const { needles, secrets } = PEOPLE[other];
      const shown = (TOGETHER[key] ?? []).filter((value) => needles.includes(value));
      expect({ [other]: occurring(text, [...needles, ...secrets]) }).toEqual({ [other]: shown });
    }
  });

  it('holds no e-mail, phone or name of anybody else in the database', async () => {
    await expectNoBystander(text, KNOWN[key], NAMES[key]);
  });
});

describe('the same person, named in another way', () => {
  const rowsOf = async (query: PersonQuery) => exportedRows((await exportPerson(context, query)).archive.tables);

  it.each<[string, PersonQuery]>([
    ['the e-mail in another spelling', { email: '  mailto:ANNA.BERZINA@Pasts.Example ' }],
    ['the phone', { phone: '00371 2123-4567' }],
    ['an order of the account', { order: 'rb-2014-000001' }],
    ['an order placed as a guest', { order: 'RB-2021-000006' }],
    ['the personal code', { personasKods: '12038511234' }],
    ['the key of the account', { id: '1' }],
    ['the key of the contact person', { id: 'shop.contact_persons:2' }],
    ['a guest order', { id: 'shop.orders:6' }],
    ['a gift from somebody else', { id: 'shop.gift_recipients:7' }],
    ['name and e-mail', { name: 'berzina anna', email: 'anna.berzina@pasts.example' }],
  ])('gives the same rows of Anna for %s', async (_, query) => {
    expect(await rowsOf(query)).toEqual(await snapshot((session) => expectedRows(session, KNOWN.anna)));
  });

  it.each<[string, PersonQuery]>([
    ['the phone', { phone: '21777888' }],
    ['an order', { order: 'RB-2020-000013' }],
    ['the key of an order', { id: 'shop.orders:14' }],
  ])('gives the same rows of Pēteris, who has no account, for %s', async (_, query) => {
    expect(await rowsOf(query)).toEqual(await snapshot((session) => expectedRows(session, KNOWN.petr)));
  });

  it('gives them one reference, whichever way they were found', async () => {
    const queries: PersonQuery[] = [
      { email: PEOPLE.petr.email },
      { phone: PEOPLE.petr.phone },
      { id: 'shop.orders:13' },
    ];
    const subjects = [];
    for (const query of queries) subjects.push((await exportPerson(context, query)).result.subject);
    expect(new Set(subjects).size).toBe(1);
    expect(subjects[0]).toMatch(/^subject:[a-z2-7]{26}$/);
  });
});

describe('generated customers', () => {
  async function check(customer: number, query?: PersonQuery): Promise<void> {
    const [row] = await snapshot((session) =>
      session.query<{ email: string; name: string }>(
        'SELECT lower(email) AS email, display_name AS name FROM shop.customers WHERE id = $1',
        [customer],
      ),
    );
    if (row === undefined) throw new Error('no such customer');
    const person = { customers: [customer], emails: [row.email] };
    const { archive } = await exportPerson(context, query ?? { id: String(customer) });
    expect(exportedRows(archive.tables)).toEqual(await snapshot((session) => expectedRows(session, person)));
    await expectNoBystander(readable(archive), person, [row.name]);
  }

  const pick = async (sql: string): Promise<number> => {
    const [row] = await snapshot((session) => session.query<{ id: string }>(sql));
    if (row === undefined) throw new Error('the bookshop has nobody like that');
    return Number(row.id);
  };

  it('who order with and without their account', async () => {
    const customer = await pick(
      `SELECT c.id FROM shop.customers c JOIN shop.orders g ON lower(g.guest_email) = lower(c.email)
       JOIN shop.orders o ON o.customer_id = c.id WHERE c.id >= 5 AND c.kind = 'private'
       GROUP BY c.id ORDER BY count(*) DESC, c.id LIMIT 1`,
    );
    await check(customer);
  });

  it('who send gifts to others', async () => {
    const customer = await pick(
      `SELECT o.customer_id AS id FROM shop.orders o JOIN shop.gift_recipients g ON g.order_id = o.id
       WHERE o.customer_id >= 5 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`,
    );
    await check(customer);
  });

  it('whose household shares a phone and an address', async () => {
    const pair = await snapshot((session) =>
      session.query<{ one: string; two: string; email: string }>(
        `SELECT a.id AS one, b.id AS two, a.email::text FROM shop.customers a JOIN shop.customers b ON b.id = a.id + 1
         WHERE a.kind = 'private' AND b.kind = 'private' AND a.id >= 5
           AND right(regexp_replace(a.landline, '\\D', '', 'g'), 7) = right(regexp_replace(b.landline, '\\D', '', 'g'), 7)
         ORDER BY a.id LIMIT 1`,
      ),
    );
    const [found] = pair;
    if (found === undefined) throw new Error('the bookshop has no household that shares a phone');
    await check(Number(found.one), { email: found.email });
    await check(Number(found.two));
  });
});
