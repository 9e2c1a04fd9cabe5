import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reach } from '../../src/datamap/schema.js';
import { collect, column, root, type Scratch, scratch } from './database.js';
import { mapOf, through } from './maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const self: Reach = { self: 'customer' };
const people = { owners: { account: [self] }, columns: ['id'] };
const three = [root('s.people', '1'), root('s.people', '2'), root('s.people', '3')];

describe('through keys', () => {
  it('over four hops, each person their own', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.people (id int PRIMARY KEY);
       CREATE TABLE s.orders (id int PRIMARY KEY, person_id int REFERENCES s.people);
       CREATE TABLE s.parcels (id int PRIMARY KEY, order_id int REFERENCES s.orders);
       CREATE TABLE s.scans (id int PRIMARY KEY, parcel_id int REFERENCES s.parcels);
       CREATE TABLE s.photos (id int PRIMARY KEY, scan_id int REFERENCES s.scans);
       INSERT INTO s.people SELECT generate_series(1, 4);
       INSERT INTO s.orders SELECT i, nullif(i % 5, 0) FROM generate_series(1, 40) i;
       INSERT INTO s.parcels SELECT i, i % 40 + 1 FROM generate_series(1, 80) i;
       INSERT INTO s.scans SELECT i, i % 80 + 1 FROM generate_series(1, 100) i;
       INSERT INTO s.photos SELECT i, nullif(i % 101, 0) FROM generate_series(1, 150) i;`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.photos': { owners: { sender: [through('s.scans', 'scan_id')] }, columns: ['id', 'scan_id'] },
            's.scans': { owners: { sender: [through('s.parcels', 'parcel_id')] }, columns: ['id', 'parcel_id'] },
            's.parcels': { owners: { sender: [through('s.orders', 'order_id')] }, columns: ['id', 'order_id'] },
            's.orders': { owners: { buyer: [through('s.people', 'person_id')] }, columns: ['id', 'person_id'] },
            's.people': people,
          },
        });
        const found = await collect(session, model, three);
        const photosOf = (person: number) =>
          column(
            session,
            `SELECT id FROM s.photos WHERE scan_id IN (SELECT id FROM s.scans WHERE parcel_id IN (SELECT id FROM s.parcels
             WHERE order_id IN (SELECT id FROM s.orders WHERE person_id = ${person})))`,
          );
        const expected = [await photosOf(1), await photosOf(2), await photosOf(3)];
        expect(expected.map((rows) => rows.length > 10)).toEqual([true, true, true]);
        expect(found.values('s.photos', 'id')).toEqual(expected);
        expect(found.values('s.people', 'id')).toEqual([['1'], ['2'], ['3']]);
      },
    ));

  it('of several columns, in any order', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.people (country char(2), number int, PRIMARY KEY (country, number));
       CREATE TABLE s.orders (id int PRIMARY KEY, number int, country char(2), UNIQUE (number, country, id),
                              FOREIGN KEY (country, number) REFERENCES s.people);
       CREATE TABLE s.lines (order_id int, number int, country char(2), line int, PRIMARY KEY (line, order_id),
                             FOREIGN KEY (number, country, order_id) REFERENCES s.orders (number, country, id));
       INSERT INTO s.people VALUES ('LV', 1), ('LV', 2), ('EE', 1);
       INSERT INTO s.orders VALUES (1, 1, 'LV'), (2, 2, 'LV'), (3, 1, 'EE'), (4, 1, 'LV'), (5, 1, NULL);
       INSERT INTO s.lines SELECT o.id, o.number, o.country, n FROM s.orders o, generate_series(1, 2) n WHERE country IS NOT NULL;`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': { owners: { account: [self] }, columns: ['country', 'number'] },
            's.orders': {
              owners: {
                buyer: [
                  {
                    through: 's.people',
                    on: [
                      { column: 'number', to: 'number' },
                      { column: 'country', to: 'country' },
                    ],
                  },
                ],
              },
              columns: ['id', 'number', 'country'],
            },
            's.lines': {
              owners: {
                buyer: [
                  {
                    through: 's.orders',
                    on: [
                      { column: 'order_id', to: 'id' },
                      { column: 'country', to: 'country' },
                      { column: 'number', to: 'number' },
                    ],
                  },
                ],
              },
              columns: ['order_id', 'number', 'country', 'line'],
            },
          },
        });
        const found = await collect(session, model, [root('s.people', 'LV', '1'), root('s.people', 'EE', '1')]);
        expect(found.values('s.orders', 'id')).toEqual([['1', '4'], ['3']]);
        expect(
          found.rows('s.lines').map(({ person, values }) => `${person}:${values.order_id}.${values.line}`),
        ).toEqual(['0:1.1', '0:4.1', '0:1.2', '0:4.2', '1:3.1', '1:3.2']);
      },
    ));

  const UUID = '0b3c2f6e-8d1a-4c5b-9e7f-a1b2c3d4e5f6';
  it.each([
    ['int', 'bigint', '7', ['7'], ['8']],
    ['bigint', 'int', '7', ['7'], ['8']],
    ['smallint', 'bigint', '7', ['7'], ['8']],
    ['numeric(10,2)', 'bigint', '7', ['7', '7.00'], ['7.01']],
    ['bigint', 'numeric(10,2)', '7.00', ['7'], ['8']],
    ['double precision', 'int', '7', ['7'], ['7.5']],
    ['text', 'bigint', '7', ['7'], ['8', 'seven', '07']],
    ['bigint', 'text', '7', ['7'], ['8']],
    ['varchar(36)', 'uuid', UUID, [UUID, UUID.toUpperCase()], [UUID.replace('0b', '1b'), 'none']],
    ['uuid', 'varchar(36)', UUID.toUpperCase(), [UUID], [UUID.replace('0b', '1b')]],
    ['uuid', 'uuid', UUID, [UUID.toUpperCase()], [UUID.replace('0b', '1b')]],
    ['char(5)', 'char(5)', 'AB', ['AB', 'AB   '], ['ABC']],
    ['text', 'char(5)', 'AB', ['AB'], ['ABC']],
    ['char(5)', 'text', 'AB', ['AB'], ['ABC']],
    ['varchar(9)', 's.colour', 'red', ['red'], ['blue', 'mauve']],
    ['s.colour', 'text', 'red', ['red'], ['blue']],
    ['s.colour', 's.colour', 'red', ['red'], ['blue']],
    ['s.small', 'bigint', '7', ['7'], ['8']],
    ['bigint', 's.smaller', '7', ['7'], ['8']],
    [
      'timestamptz',
      'timestamptz',
      '2026-01-02 03:04:05.000006+02',
      ['2026-01-02 01:04:05.000006+00'],
      ['2026-01-02 03:04:05.000007+02'],
    ],
    ['text COLLATE "C"', 'text COLLATE "POSIX"', 'ā', ['ā'], ['a']],
    ['text COLLATE s.loose', 'text', 'jānis', ['Jānis'], ['janis']],
    ['public.citext', 'public.citext', 'Anna', ['anna', 'ANNA'], ['ann']],
    ['text', 'public.citext', 'Anna', ['anna', 'Anna'], ['ann']],
    ['public.citext', 'text', 'Anna', ['anna', 'Anna'], ['ann']],
    ['inet', 'inet', '10.0.0.1', ['10.0.0.1'], ['10.0.0.2']],
    ['date', 'text', '2026-01-02', ['2026-01-02'], ['2026-01-03']],
    ['"char"', 'text', 'x', ['x'], ['y']],
    ['bytea', 'bytea', '\\x00ff', ['\\x00ff'], ['\\x00fe']],
    ['bit(4)', 'bit(4)', '0101', ['0101'], ['1101']],
    ['interval', 'interval', 'P1D', ['1 day'], ['2 days']],
  ])('%s to %s', (from, to, key, theirs, others) =>
    database.with(
      `CREATE EXTENSION citext SCHEMA public;
       CREATE SCHEMA s;
       CREATE TYPE s.colour AS ENUM ('red', 'blue');
       CREATE DOMAIN s.small AS smallint; CREATE DOMAIN s.smaller AS s.small CHECK (VALUE < 100);
       CREATE COLLATION s.loose (provider = icu, locale = 'lv-u-ks-level2', deterministic = false);
       CREATE TABLE s.people (id ${to} PRIMARY KEY);
       CREATE TABLE s.orders (id int PRIMARY KEY, person_id ${from});
       CREATE TABLE s.tags (id int PRIMARY KEY, alias ${to} UNIQUE);
       CREATE TABLE s.uses (id int PRIMARY KEY, alias ${from});
       INSERT INTO s.people VALUES ('${key}');
       INSERT INTO s.tags VALUES (1, '${key}');
       INSERT INTO s.orders VALUES (0, NULL);`,
      async (session) => {
        const all = [...theirs, ...others];
        for (const table of ['s.orders', 's.uses']) {
          for (const [i, value] of all.entries())
            await session.run(`INSERT INTO ${table} VALUES (${i + 1}, '${value}')`);
        }
        const model = mapOf({
          persons: { customer: 's.people', tag: 's.tags' },
          tables: {
            's.people': people,
            's.orders': { owners: { buyer: [through('s.people', 'person_id')] }, columns: ['id', 'person_id'] },
            's.tags': { owners: { tagged: [{ self: 'tag' }] }, columns: ['id', 'alias'] },
            's.uses': { owners: { tagged: [through('s.tags', 'alias', 'alias')] }, columns: ['id', 'alias'] },
          },
        });
        const found = await collect(session, model, [
          {
            ...root('s.people', key),
            roots: [
              { table: 's.people', key: [key] },
              { table: 's.tags', key: ['1'] },
            ],
          },
        ]);
        const expected = [theirs.map((_, i) => String(i + 1))];
        expect(found.values('s.orders', 'id')).toEqual(expected);
        expect(found.values('s.uses', 'id'), 'by a column that is not the key').toEqual(expected);
      },
    ),
  );

  it('to unique columns, to both ends of a key without a primary key, and never from NULL to NULL', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.people (email text UNIQUE, id int NOT NULL, code text, UNIQUE (id) INCLUDE (email));
       CREATE TABLE s.orders (code text, person int REFERENCES s.people (id));
       CREATE TABLE s.notes (body text, code text);
       INSERT INTO s.people VALUES (NULL, 1, 'A'), ('x', 2, NULL), ('y', 3, 'B');
       INSERT INTO s.orders VALUES ('o1', 1), ('o2', 2), ('o3', 3), ('o4', NULL), (NULL, 1), ('o1', 1);
       INSERT INTO s.notes VALUES ('n1', 'o1'), ('n2', NULL), ('n3', 'o3'), ('n4', 'A'), ('n1', 'o1');`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': { owners: { account: [self] }, columns: ['email', 'id', 'code'] },
            's.orders': { owners: { buyer: [through('s.people', 'person')] }, columns: ['code', 'person'] },
            's.notes': {
              owners: { subject: [through('s.orders', 'code', 'code'), through('s.people', 'code', 'code')] },
              columns: ['body', 'code'],
            },
          },
        });
        const found = await collect(session, model, three);
        expect(found.catalog.get('s.people')?.key).toEqual(['id']);
        expect(found.catalog.get('s.orders')?.key).toEqual([]);
        expect(found.values('s.orders', 'code')).toEqual([['NULL', 'o1', 'o1'], ['o2'], ['o3']]);
        expect(found.values('s.notes', 'body')).toEqual([['n1', 'n1', 'n4'], [], ['n3']]);
      },
    ));

  it('of a polymorphic pair', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TYPE s.kind AS ENUM ('customer', 'order', 'book''s');
       CREATE TABLE s.people (id int PRIMARY KEY);
       CREATE TABLE s.orders (id int PRIMARY KEY, person_id int);
       CREATE TABLE s.notes (id int PRIMARY KEY, subject_type s.kind, subject_id text, gone timestamptz);
       INSERT INTO s.people VALUES (1), (2);
       INSERT INTO s.orders VALUES (1, 2), (2, 1);
       INSERT INTO s.notes VALUES (1, 'customer', '1', NULL), (2, 'order', '1', NULL), (3, 'book''s', '1', NULL),
         (4, 'order', '2', NULL), (5, 'order', '2', now()), (6, NULL, '1', NULL), (7, 'customer', NULL, NULL);`,
      async (session) => {
        const kind = (...kinds: string[]) => ({ column: 'subject_type', in: kinds });
        const open = { column: 'gone', isNull: true };
        const model = mapOf({
          tables: {
            's.people': people,
            's.orders': { owners: { buyer: [through('s.people', 'person_id')] }, columns: ['id', 'person_id'] },
            's.notes': {
              owners: {
                subject: [
                  through('s.people', 'subject_id', 'id', { when: [kind('customer', "no\\such'one")] }),
                  through('s.orders', 'subject_id', 'id', { when: [kind('order'), open] }),
                ],
              },
              columns: ['id', 'subject_type', 'subject_id', 'gone'],
            },
          },
        });
        const found = await collect(session, model, three.slice(0, 2));
        expect(found.values('s.notes', 'id')).toEqual([['1', '4'], ['2']]);
      },
    ));
});

describe('to a fixpoint', () => {
  it('where a message answers a message', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.people (id int PRIMARY KEY);
       CREATE TABLE s.messages (id int PRIMARY KEY, person_id int REFERENCES s.people, answers int REFERENCES s.messages);
       INSERT INTO s.people VALUES (1), (2), (3);
       INSERT INTO s.messages SELECT i, CASE WHEN i <= 2 THEN i END, CASE WHEN i > 2 THEN i - 2 END FROM generate_series(1, 60) i;
       INSERT INTO s.messages VALUES (61, 3, 60);
       UPDATE s.messages SET answers = 59 WHERE id = 1;`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.messages': {
              owners: { author: [through('s.people', 'person_id'), through('s.messages', 'answers')] },
              columns: ['id', 'person_id', 'answers'],
            },
          },
        });
        const found = await collect(session, model, three);
        const threadOf = (person: number) =>
          column(
            session,
            `WITH RECURSIVE thread AS (SELECT id FROM s.messages WHERE person_id = ${person}
             UNION SELECT m.id FROM s.messages m JOIN thread t ON m.answers = t.id) SELECT id FROM thread`,
          );
        const expected = [await threadOf(1), await threadOf(2), await threadOf(3)];
        expect(expected.map(({ length }) => length)).toEqual([30, 31, 1]);
        expect(found.values('s.messages', 'id')).toEqual(expected);
      },
    ));

  it('where two tables point at each other', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.people (id int PRIMARY KEY);
       CREATE TABLE s.a (id int PRIMARY KEY, person_id int, b_id int);
       CREATE TABLE s.b (id int PRIMARY KEY, a_id int);
       CREATE TABLE s.c (id int PRIMARY KEY, b_id int);
       INSERT INTO s.people VALUES (1), (2), (3);
       INSERT INTO s.a SELECT i, CASE i WHEN 1 THEN 1 WHEN 11 THEN 2 END, CASE WHEN i NOT IN (1, 11) THEN i - 1 END FROM generate_series(1, 20) i;
       INSERT INTO s.b SELECT i, i FROM generate_series(1, 20) i;
       INSERT INTO s.c SELECT i, i FROM generate_series(1, 21) i;`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.c': { owners: { owner: [through('s.b', 'b_id')] }, columns: ['id', 'b_id'] },
            's.b': { owners: { owner: [through('s.a', 'a_id')] }, columns: ['id', 'a_id'] },
            's.a': {
              owners: { owner: [through('s.people', 'person_id'), through('s.b', 'b_id')] },
              columns: ['id', 'person_id', 'b_id'],
            },
            's.people': people,
          },
        });
        const found = await collect(session, model, three);
        const range = (from: number, to: number) =>
          Array.from({ length: to - from + 1 }, (_, i) => String(from + i)).sort();
        for (const table of ['s.a', 's.b', 's.c']) {
          expect(found.values(table, 'id'), table).toEqual([range(1, 10), range(11, 20), []]);
        }
      },
    ));
});
