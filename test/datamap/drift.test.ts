import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../src/datamap/catalog.js';
import { assertNoDrift, type Drift, findDrift } from '../../src/datamap/drift.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { GdprError } from '../../src/foundation/errors.js';
import { type Scratch, scratch } from './database.js';
import { mapOf, through } from './maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const text = { lv: 'Teksts', en: 'Text' };
const people = { owners: { account: [{ self: 'customer' }] }, columns: ['id', 'email'] };
const orders = { owners: { buyer: [through('s.people', 'person_id')] }, columns: ['id', 'person_id'] };
const settings = { 's.settings': ['name', 'value'] };
const PEOPLE = 'CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, email text);';
const ORDERS = 'CREATE TABLE s.orders (id int PRIMARY KEY, person_id int REFERENCES s.people);';
const SETTINGS = 'CREATE TABLE s.settings (name text, value text);';
const shop = mapOf({ tables: { 's.people': people, 's.orders': orders }, impersonal: settings });

function driftOf(ddl: string, model: DataMapModel, check: (drift: Drift[]) => void): Promise<void> {
  return database.with(ddl, async (session) => check(findDrift(model, await readCatalog(session))));
}

/** Drift as `table column: problem`. */
const brief = (drift: readonly Drift[]) => drift.map((item) => `${item.table} ${item.column ?? '-'}: ${item.problem}`);

describe('between the map and the database', () => {
  it('there is none where every column is described', () =>
    driftOf(PEOPLE + ORDERS + SETTINGS, shop, (drift) => expect(drift).toEqual([])));

  it('a table and a column that the map does not know', () =>
    driftOf(
      `${PEOPLE}${ORDERS}${SETTINGS} CREATE TABLE s."New Table" (a int); ALTER TABLE s.orders ADD note text; ALTER TABLE s.settings ADD by text;`,
      shop,
      (drift) =>
        expect(drift).toEqual([
          {
            table: 's.New Table',
            problem: 'table-unknown-to-map',
            message: 'the map does not know this table; describe it, or declare it impersonal with the reason',
          },
          {
            table: 's.orders',
            column: 'note',
            problem: 'column-unknown-to-map',
            message: 'the map does not know this column; describe it',
          },
          {
            table: 's.settings',
            column: 'by',
            problem: 'column-unknown-to-map',
            message: 'the map does not know this column; describe it',
          },
        ]),
    ));

  it('a table and a column that the database does not have', () =>
    driftOf(`${PEOPLE} ALTER TABLE s.people DROP COLUMN email; ${SETTINGS}`, shop, (drift) =>
      expect(drift).toEqual([
        { table: 's.people', column: 'email', problem: 'column-missing', message: 'the table has no such column' },
        {
          table: 's.orders',
          problem: 'table-missing',
          message: 'the database has no such table, or the role may not see it',
        },
      ]),
    ));

  it('a new schema, but none that is ignored', async () => {
    const ddl = `${PEOPLE}${ORDERS}${SETTINGS} CREATE SCHEMA jobs; CREATE TABLE jobs.queue (id int); CREATE TABLE public.x (id int);`;
    await driftOf(ddl, shop, (drift) =>
      expect(brief(drift)).toEqual(['jobs.queue -: table-unknown-to-map', 'public.x -: table-unknown-to-map']),
    );
    const ignoring = mapOf({
      tables: { 's.people': people, 's.orders': orders },
      impersonal: settings,
      head: { ignoredSchemas: { jobs: text, public: text } },
    });
    await driftOf(ddl, ignoring, (drift) => expect(drift).toEqual([]));
    const keyed = `${ddl} ALTER TABLE jobs.queue ADD person int CONSTRAINT whose REFERENCES s.people;`;
    await driftOf(keyed, ignoring, (drift) =>
      expect(drift).toEqual([
        {
          table: 'jobs.queue',
          column: 'person',
          problem: 'impersonal-but-keyed',
          message:
            'in a schema that the map ignores, but its key whose points to s.people, which is personal; give it an owner',
        },
      ]),
    );
  });

  it('an ignored schema does not hide columns of a table that is described', () =>
    driftOf(
      `${PEOPLE} ALTER TABLE s.people ADD nickname text;`,
      mapOf({ tables: { 's.people': people }, head: { ignoredSchemas: { s: text } } }),
      (drift) => expect(brief(drift)).toEqual(['s.people nickname: column-unknown-to-map']),
    ));

  it('partitions and views are not tables of their own, materialised views are', () =>
    driftOf(
      `${PEOPLE}${ORDERS} CREATE TABLE s.settings (name text, value text) PARTITION BY LIST (name);
       CREATE TABLE s.settings_a PARTITION OF s.settings FOR VALUES IN ('a') PARTITION BY LIST (value);
       CREATE TABLE s.settings_a_b PARTITION OF s.settings_a DEFAULT;
       CREATE VIEW s.v AS SELECT * FROM s.people; CREATE MATERIALIZED VIEW s.m AS SELECT * FROM s.people;
       CREATE SEQUENCE s.q; CREATE TYPE s.pair AS (a int, b int); CREATE TEMPORARY TABLE mine (id int);`,
      shop,
      (drift) => expect(brief(drift)).toEqual(['s.m -: table-unknown-to-map']),
    ));

  it('children of an inheritance are', () =>
    driftOf(`${PEOPLE}${ORDERS}${SETTINGS} CREATE TABLE s.gifts (card text) INHERITS (s.orders);`, shop, (drift) =>
      expect(brief(drift)).toEqual(['s.gifts -: table-unknown-to-map']),
    ));
});

describe('keys to personal tables', () => {
  it('from a table that is declared impersonal', () =>
    driftOf(
      `${PEOPLE}${ORDERS} CREATE TABLE s.settings (name text, value int CONSTRAINT by_whom REFERENCES s.people);`,
      shop,
      (drift) =>
        expect(drift).toEqual([
          {
            table: 's.settings',
            column: 'value',
            problem: 'impersonal-but-keyed',
            message: 'declared impersonal, but its key by_whom points to s.people, which is personal; give it an owner',
          },
        ]),
    ));

  const TWO_KEYS = `${PEOPLE} CREATE TABLE s.orders (id int PRIMARY KEY, person_id int REFERENCES s.people,
    seller_id int CONSTRAINT sold_by REFERENCES s.people, next int CONSTRAINT followed_by REFERENCES s.orders);`;
  const columns = ['id', 'person_id', 'seller_id', 'next'];

  it('that no owner reaches through, unless the map explains them', async () => {
    const unowned = mapOf({ tables: { 's.people': people, 's.orders': { ...orders, columns } } });
    await driftOf(TWO_KEYS, unowned, (drift) => {
      expect(brief(drift)).toEqual(['s.orders next: key-not-owned', 's.orders seller_id: key-not-owned']);
      expect(drift[1]?.message).toBe(
        'its key sold_by points to s.people, which is personal, but no owner reaches through it; add the reach, or name the key under otherKeys with the reason',
      );
    });
    const explained = { ...orders, columns, otherKeys: [['seller_id'], ['next']] };
    await driftOf(TWO_KEYS, mapOf({ tables: { 's.people': people, 's.orders': explained } }), (drift) =>
      expect(drift).toEqual([]),
    );
    const elsewhere = { ...orders, columns, otherKeys: [['seller_id', 'next']] };
    await driftOf(TWO_KEYS, mapOf({ tables: { 's.people': people, 's.orders': elsewhere } }), (drift) =>
      expect(drift).toHaveLength(2),
    );
  });

  it('of several columns: every pair must be followed, to the right table', async () => {
    const ddl = `CREATE SCHEMA s; CREATE TABLE s.people (id int, land text, PRIMARY KEY (id, land));
      CREATE TABLE s.orders (id int PRIMARY KEY, person int, land text, FOREIGN KEY (person, land) REFERENCES s.people);`;
    const mapWith = (on: { column: string; to: string }[], otherKeys: string[][] = []) =>
      mapOf({
        tables: {
          's.people': { owners: { account: [{ self: 'customer' }] }, columns: ['id', 'land'] },
          's.orders': {
            owners: { buyer: [{ through: 's.people', on }] },
            columns: ['id', 'person', 'land'],
            otherKeys,
          },
        },
      });
    const person = { column: 'person', to: 'id' };
    const land = { column: 'land', to: 'land' };
    const unowned = ['s.orders person, land: key-not-owned'];
    await driftOf(ddl, mapWith([land, person]), (drift) => expect(drift).toEqual([]));
    await driftOf(ddl, mapWith([person]), (drift) => expect(brief(drift)).toEqual(unowned));
    await driftOf(ddl, mapWith([person, { ...land, to: 'id' }]), (drift) => expect(brief(drift)).toEqual(unowned));
    await driftOf(ddl, mapWith([person], [['land', 'person']]), (drift) => expect(drift).toEqual([]));
    await driftOf(ddl, mapWith([person], [['land']]), (drift) => expect(brief(drift)).toEqual(unowned));
  });

  it('of and to partitions count as those of the whole table', () =>
    driftOf(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, email text) PARTITION BY RANGE (id);
       CREATE TABLE s.people_1 PARTITION OF s.people FOR VALUES FROM (0) TO (1000);
       CREATE TABLE s.orders (id int, person_id int REFERENCES s.people) PARTITION BY RANGE (id);
       CREATE TABLE s.orders_1 PARTITION OF s.orders FOR VALUES FROM (0) TO (1000);
       CREATE TABLE s.orders_2 PARTITION OF s.orders DEFAULT;
       ALTER TABLE s.orders_2 ADD CONSTRAINT twin FOREIGN KEY (id) REFERENCES s.people;
       CREATE TABLE s.settings (name text, value int CONSTRAINT part REFERENCES s.people_1);`,
      shop,
      (drift) => {
        expect(brief(drift)).toEqual(['s.settings value: impersonal-but-keyed', 's.orders id: key-not-owned']);
        expect(drift[1]?.message).toContain('its key twin points to s.people,');
      },
    ));
});

describe('types that the map relies on', () => {
  it('JSON is read from json, jsonb and texts only', () => {
    const place = { path: ['a'], title: text, category: 'data' };
    const model = mapOf({
      tables: {
        's.people': {
          owners: {
            account: [{ self: 'customer' }, { identifier: [{ column: 'd', path: ['email'], is: 'email' }] }],
          },
          columns: {
            id: {},
            a: { json: [place] },
            b: { json: [place] },
            c: { json: [place] },
            d: {},
            e: { json: [place] },
          },
        },
      },
    });
    return driftOf(
      'CREATE SCHEMA s; CREATE DOMAIN s.doc AS jsonb; CREATE TABLE s.people (id int PRIMARY KEY, a s.doc, b bytea, c varchar(9), d int[], e xml);',
      model,
      (drift) =>
        expect(drift).toEqual(
          [
            ['b', 'bytea'],
            ['e', 'xml'],
            ['d', 'integer[]'],
          ].map(([column, type]) => ({
            table: 's.people',
            column,
            problem: 'not-json',
            message: `the map reads JSON here, but the column is ${type}`,
          })),
        ),
    );
  });

  it('retention periods are counted from dates only', () => {
    const rule = { title: text, period: 'P1Y', from: 'event' as const, law: 'Law', criterion: text };
    const retention = [
      { rule: 'r', clock: { column: 'made' } },
      {
        rule: 'r',
        clock: {
          latest: [{ parent: 's.people', column: 'born' }, { person: 's.people', column: 'born' }, { column: 'sent' }],
        },
      },
    ];
    const model = mapOf({
      head: { retention: { r: rule } },
      tables: {
        's.people': { owners: { account: [{ self: 'customer' }] }, columns: ['id', 'born'] },
        's.orders': { ...orders, columns: ['id', 'person_id', 'made', 'sent'], retention },
      },
    });
    return driftOf(
      `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, born text);
       CREATE TABLE s.orders (id int, person_id int REFERENCES s.people, made bigint, sent date);`,
      model,
      (drift) =>
        expect(drift).toEqual([
          {
            table: 's.orders',
            column: 'made',
            problem: 'not-a-date',
            message: 'a retention period is counted from here, but the column is bigint',
          },
          {
            table: 's.people',
            column: 'born',
            problem: 'not-a-date',
            message: 'a retention period is counted from here, but the column is text',
          },
        ]),
    );
  });
});

describe('what the map says of schema.org', () => {
  const linked = (lookup: string) =>
    mapOf({
      tables: {
        's.people': people,
        's.orders': {
          owners: { buyer: [through('s.people', 'person_id')] },
          schemaOrg: { type: 'Order' },
          columns: {
            id: {},
            person_id: {},
            placed: { schemaOrg: 'orderDate' },
            setting: {
              schemaOrg: {
                lookup: {
                  table: 's.settings',
                  key: lookup,
                  columns: { value: 'orderNumber', until: 'paymentDueDate' },
                },
              },
            },
          },
        },
      },
      impersonal: { 's.settings': ['name', 'value', 'until'] },
    });
  const ddl = (date: string) =>
    `${PEOPLE} CREATE TABLE s.settings (name text PRIMARY KEY, value text, until ${date});
     CREATE TABLE s.orders (id int PRIMARY KEY, person_id int REFERENCES s.people, placed ${date}, setting text);`;

  it('holds where dates are dates and a lookup goes by the key', async () => {
    for (const date of ['date', 'timestamptz', 'timestamp'])
      await driftOf(ddl(date), linked('name'), (drift) => expect(drift).toEqual([]));
  });

  it('is told where a date is none, and where a lookup could find several rows', () =>
    driftOf(ddl('text'), linked('value'), (drift) =>
      expect(brief(drift)).toEqual([
        's.orders placed: not-a-date',
        's.settings until: not-a-date',
        's.orders setting: lookup-without-key',
      ]),
    ));
});

describe('an operation', () => {
  it('goes on where there is no drift, and else is refused with every difference', () =>
    database.with(PEOPLE + ORDERS + SETTINGS, async (session) => {
      assertNoDrift(shop, await readCatalog(session));
      const added = Array.from({ length: 12 }, (_, i) => `ADD c${i + 10} text`).join(', ');
      await session.run(`ALTER TABLE s.orders ${added}`);
      const catalog = await readCatalog(session);
      const refused = () => assertNoDrift(shop, catalog);
      expect(refused).toThrow(GdprError);
      try {
        refused();
      } catch (error) {
        expect(error).toMatchObject({
          code: 'DRIFT',
          exit: 6,
          hint: 'run: gdpr datamap check',
          details: { drift: findDrift(shop, catalog) },
        });
        const lines = String((error as Error).message).split('\n');
        expect(lines).toHaveLength(12);
        expect(lines[0]).toBe('the data map and the database differ, so nothing was done:');
        expect(lines[1]).toBe('s.orders.c10: the map does not know this column; describe it');
        expect(lines[11]).toBe('… and 2 more');
      }
      expect(findDrift(shop, catalog)).toHaveLength(12);
    }));
});
