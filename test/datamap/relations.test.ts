import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteIdentifier, quoteName } from '../../src/database/session.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { formatTableName } from '../../src/datamap/names.js';
import type { Reach } from '../../src/datamap/schema.js';
import { collect, column, root, type Scratch, scratch, withIdentifiers } from './database.js';
import { mapOf, through } from './maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const self: Reach = { self: 'customer' };
const people = { owners: { account: [self] }, columns: ['id'] };
const two = [root('s.people', '1'), root('s.people', '2')];
const PEOPLE =
  'CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY); INSERT INTO s.people VALUES (1), (2), (3);';

describe('names', () => {
  it.each([
    ['Orders', 'Person Id'],
    ['my.orders', 'person.id'],
    ['"quoted"', 'say "when"'],
    ["it's", "person's"],
    ['Pasūtījumi №1', 'īpašnieks'],
    ['заказы', '顧客'],
    ['select', 'from'],
    ['x"; DROP TABLE s.people; --', 'id" = 1; DROP TABLE s.people; --'],
    ["x'); DROP TABLE s.people; --", "a') OR ('1'='1"],
    ['$1', '?'],
    ['a\\b', '\\'],
    [':name', '%s'],
    ['tab\there', 'line\nbreak'],
    ['__proto__x', 'constructor'],
  ])('%j and %j are only names', (table, key) => {
    const schema = `${table} s`;
    const name = formatTableName({ schema, table });
    return database.with(
      `${PEOPLE}
       CREATE SCHEMA ${quoteIdentifier(schema)};
       CREATE TABLE ${quoteName(schema, table)} (${quoteIdentifier(key)} int REFERENCES s.people, doc jsonb, UNIQUE (${quoteIdentifier(key)}));
       INSERT INTO ${quoteName(schema, table)} VALUES (1, NULL), (2, NULL);
       CREATE TABLE s.lines (id int PRIMARY KEY, ref int);
       INSERT INTO s.lines VALUES (1, 1), (2, 2), (3, 3);`,
      async (session) => {
        await session.run(
          `INSERT INTO ${quoteName(schema, table)} VALUES (NULL, jsonb_build_object($1::text, $2::text))`,
          [table, 'A@example.org'],
        );
        const model = mapOf({
          tables: {
            's.people': people,
            [name]: {
              owners: {
                buyer: [
                  through('s.people', key),
                  {
                    identifier: [{ column: 'doc', path: [table], is: 'email' }],
                    when: [{ column: key, isNull: true }],
                  },
                ],
              },
              columns: [key, 'doc'],
            },
            's.lines': {
              owners: { buyer: [through(name, 'ref', key, { when: [{ column: 'id', in: ['1', '2', table] }] })] },
              columns: ['id', 'ref'],
            },
          },
        });
        const found = await collect(session, model, [
          withIdentifiers(root('s.people', '1'), { email: ['a@example.org'] }),
          root('s.people', '2'),
        ]);
        expect(found.values(name, key)).toEqual([['1', 'NULL'], ['2']]);
        expect(found.values('s.lines', 'id')).toEqual([['1'], ['2']]);
        expect(await column(session, 'SELECT id FROM s.people')).toEqual(['1', '2', '3']);
      },
    );
  });

  it('in keys are bound, whatever they hold', () =>
    database.with(
      `CREATE SCHEMA s; CREATE TABLE s.people (id text PRIMARY KEY);
       CREATE TABLE s.orders (id int PRIMARY KEY, person_id text);`,
      async (session) => {
        const keys = ["'; DROP TABLE s.people; --", '{"a","b"}', 'NULL', '\\x', 'a,b', '"', ''];
        for (const [i, key] of keys.entries()) {
          await session.run('INSERT INTO s.people VALUES ($1)', [key]);
          await session.run('INSERT INTO s.orders VALUES ($1, $2)', [i, key]);
        }
        const model = mapOf({
          tables: {
            's.people': people,
            's.orders': { owners: { buyer: [through('s.people', 'person_id')] }, columns: ['id', 'person_id'] },
          },
        });
        const found = await collect(
          session,
          model,
          keys.map((key) => root('s.people', key)),
        );
        expect(found.values('s.orders', 'person_id')).toEqual(keys.map((key) => [key]));
      },
    ));
});

describe('relations of every kind', () => {
  it('partitioned tables, without and with a key, by their one name', () =>
    database.with(
      `${PEOPLE}
       CREATE TABLE s.views (person_id int, at date, page text) PARTITION BY RANGE (at);
       CREATE TABLE s.views_1 PARTITION OF s.views FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
       CREATE TABLE s.views_rest PARTITION OF s.views DEFAULT PARTITION BY LIST (page);
       CREATE TABLE s.views_a PARTITION OF s.views_rest FOR VALUES IN ('a');
       CREATE TABLE s.views_b PARTITION OF s.views_rest DEFAULT;
       INSERT INTO s.views VALUES (1, '2026-01-01', 'a'), (1, '2026-01-31', 'b'), (1, '2026-02-01', 'a'), (2, '2025-01-01', 'b'),
         (1, '2026-01-01', 'a'), (NULL, '2026-01-05', 'c'), (3, '2026-01-05', 'c');
       CREATE TABLE s.clicks (id int, at date, person_id int REFERENCES s.people, PRIMARY KEY (id, at)) PARTITION BY HASH (id);
       CREATE TABLE s.clicks_0 PARTITION OF s.clicks FOR VALUES WITH (MODULUS 2, REMAINDER 0);
       CREATE TABLE s.clicks_1 PARTITION OF s.clicks FOR VALUES WITH (MODULUS 2, REMAINDER 1);
       INSERT INTO s.clicks SELECT i, '2026-01-01', i % 3 + 1 FROM generate_series(1, 9) i;
       CREATE TABLE s.details (click int, at date, FOREIGN KEY (click, at) REFERENCES s.clicks);
       INSERT INTO s.details SELECT i, '2026-01-01' FROM generate_series(1, 9) i;`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.views': {
              owners: { visitor: [through('s.people', 'person_id')] },
              columns: ['person_id', 'at', 'page'],
            },
            's.clicks': { owners: { visitor: [through('s.people', 'person_id')] }, columns: ['id', 'at', 'person_id'] },
            's.details': {
              owners: {
                visitor: [
                  {
                    through: 's.clicks',
                    on: [
                      { column: 'click', to: 'id' },
                      { column: 'at', to: 'at' },
                    ],
                  },
                ],
              },
              columns: ['click', 'at'],
            },
          },
        });
        const found = await collect(session, model, two);
        expect([...found.catalog.keys()]).toEqual(['s.clicks', 's.details', 's.people', 's.views']);
        expect(found.values('s.views', 'at')).toEqual([
          ['2026-01-01', '2026-01-01', '2026-01-31', '2026-02-01'],
          ['2025-01-01'],
        ]);
        expect(found.catalog.get('s.clicks')?.key).toEqual(['id', 'at']);
        expect(found.values('s.details', 'click')).toEqual([
          ['3', '6', '9'],
          ['1', '4', '7'],
        ]);
      },
    ));

  it('inheritance: a parent is read without its children, each child is a table of its own', () =>
    database.with(
      `${PEOPLE}
       CREATE TABLE s.letters (id int PRIMARY KEY, person_id int);
       CREATE TABLE s.faxes (number text) INHERITS (s.letters);
       INSERT INTO s.letters VALUES (1, 1), (2, 2); INSERT INTO s.faxes VALUES (1, 1, 'f1'), (3, 2, 'f3');
       CREATE TABLE s.pages (id int PRIMARY KEY, letter_id int); INSERT INTO s.pages VALUES (1, 1), (2, 3);`,
      async (session) => {
        const owners = { sender: [through('s.people', 'person_id')] };
        const model = mapOf({
          tables: {
            's.people': people,
            's.letters': { owners, columns: ['id', 'person_id'] },
            's.faxes': { owners, columns: ['id', 'person_id', 'number'] },
            's.pages': {
              owners: { sender: [through('s.letters', 'letter_id'), through('s.faxes', 'letter_id')] },
              columns: ['id', 'letter_id'],
            },
          },
        });
        const found = await collect(session, model, two);
        expect(found.values('s.letters', 'id')).toEqual([['1'], ['2']]);
        expect(found.values('s.faxes', 'number')).toEqual([['f1'], ['f3']]);
        expect(found.values('s.pages', 'id')).toEqual([['1'], ['2']]);
      },
    ));

  it('tables without a key, with equal rows, and materialised views', () =>
    database.with(
      `${PEOPLE}
       CREATE TABLE s.visits (person_id int, note text);
       INSERT INTO s.visits VALUES (1, 'a'), (1, 'a'), (2, NULL), (NULL, 'n');
       CREATE MATERIALIZED VIEW s.totals AS SELECT person_id, count(*) AS visits FROM s.visits GROUP BY 1;
       CREATE VIEW s.recent AS SELECT * FROM s.visits;
       CREATE TABLE s.replies (note text, answer text); INSERT INTO s.replies VALUES ('a', 'r1'), ('n', 'r2');`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.visits': { owners: { visitor: [through('s.people', 'person_id')] }, columns: ['person_id', 'note'] },
            's.totals': { owners: { visitor: [through('s.people', 'person_id')] }, columns: ['person_id', 'visits'] },
            's.replies': { owners: { visitor: [through('s.visits', 'note', 'note')] }, columns: ['note', 'answer'] },
          },
        });
        const found = await collect(session, model, two);
        expect(found.values('s.visits', 'note')).toEqual([['a', 'a'], ['NULL']]);
        expect(found.values('s.totals', 'visits')).toEqual([['2'], ['1']]);
        expect(found.values('s.replies', 'answer')).toEqual([['r1'], []]);
      },
    ));

  it('generated, dropped, domain and enum columns, and unlogged tables', () =>
    database.with(
      `${PEOPLE}
       CREATE TYPE s.state AS ENUM ('new', 'done');
       CREATE DOMAIN s.code AS text CHECK (VALUE ~ '^[a-z]+[0-9]+$'); CREATE DOMAIN s.order_code AS s.code NOT NULL;
       CREATE UNLOGGED TABLE s.orders (gone text, person_id int, code s.order_code, state s.state NOT NULL,
         doubled int GENERATED ALWAYS AS (person_id * 2) STORED, old int, PRIMARY KEY (code, state));
       ALTER TABLE s.orders DROP COLUMN gone, DROP COLUMN old;
       INSERT INTO s.orders VALUES (1, 'a1', 'new'), (2, 'a1', 'done'), (1, 'b1', 'done');
       CREATE TABLE s.lines (order_code varchar(9), order_state text, line int, owner_twice int);
       INSERT INTO s.lines VALUES ('a1', 'new', 1, 2), ('a1', 'done', 2, 4), ('c1', 'new', 3, 6), (NULL, 'new', 4, NULL);
       CREATE TABLE s.hints (line int, twice int); INSERT INTO s.hints VALUES (1, 2), (2, 4), (3, 6);`,
      async (session) => {
        const model = mapOf({
          tables: {
            's.people': people,
            's.orders': {
              owners: { buyer: [through('s.people', 'person_id')] },
              columns: ['person_id', 'code', 'state', 'doubled'],
            },
            's.lines': {
              owners: {
                buyer: [
                  {
                    through: 's.orders',
                    on: [
                      { column: 'order_code', to: 'code' },
                      { column: 'order_state', to: 'state' },
                    ],
                  },
                ],
              },
              columns: ['order_code', 'order_state', 'line', 'owner_twice'],
            },
            's.hints': { owners: { buyer: [through('s.orders', 'twice', 'doubled')] }, columns: ['line', 'twice'] },
          },
        });
        const found = await collect(session, model, two);
        expect(found.catalog.get('s.orders')?.columns.get('code')).toEqual({
          name: 'code',
          type: 's.order_code',
          baseType: 'text',
          notNull: true,
          generated: false,
          collation: undefined,
        });
        expect(found.catalog.get('s.orders')?.columns.get('doubled')?.generated).toBe(true);
        expect(found.values('s.orders', 'code')).toEqual([['a1', 'b1'], ['a1']]);
        expect(found.values('s.lines', 'line')).toEqual([['1'], ['2']]);
        expect(found.values('s.hints', 'line')).toEqual([['1'], ['2']]);
      },
    ));

  it('keys: the primary one, else the narrowest unique one without NULLs, never a partial one', () =>
    database.with(
      `CREATE SCHEMA s;
       CREATE TABLE s.a (x int, y int NOT NULL UNIQUE, PRIMARY KEY (x, y));
       CREATE TABLE s.b (x int NOT NULL, y int NOT NULL, z text NOT NULL, UNIQUE (x, y), UNIQUE (z));
       CREATE TABLE s.c (x int NOT NULL, y int UNIQUE); CREATE UNIQUE INDEX ON s.c (x) WHERE y > 0; CREATE UNIQUE INDEX ON s.c ((x + 1));
       CREATE TABLE s."d,""e" ("x,y" int, "z""" int, PRIMARY KEY ("x,y", "z"""));`,
      async (session) => {
        const catalog = await readCatalog(session);
        expect([...catalog].map(([name, { key }]) => [name, key])).toEqual([
          ['s.a', ['x', 'y']],
          ['s.b', ['z']],
          ['s.c', []],
          ['s."d,""e"', ['x,y', 'z"']],
        ]);
      },
    ));
});
