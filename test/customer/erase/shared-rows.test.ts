import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseRows, rehearseErase } from '../../../src/customer/erase/engine.js';
import { keptByHolds } from '../../../src/customer/hold/kept.js';
import type { FoundPerson } from '../../../src/customer/people.js';
import type { Session } from '../../../src/database/session.js';
import { readCatalog } from '../../../src/datamap/catalog.js';
import type { ColumnEntry, Reach } from '../../../src/datamap/schema.js';
import { type Scratch, scratch } from '../../datamap/database.js';
import { mapOf, type TableSketch, through } from '../../datamap/maps.js';

let database: Scratch;
beforeAll(async () => {
  database = await scratch();
});
afterAll(() => database.close());

const self: Reach = { self: 'customer' };
const person = (id: string, email: string): FoundPerson => ({
  roots: [{ table: 's.people', key: [id] }],
  rows: [],
  identifiers: [{ identifier: 'email', value: email }],
  shared: [],
  names: [],
  byNameOnly: false,
});
const anna = person('1', 'anna@x.example');
const janis = person('2', 'janis@x.example');
const hash = (value: string) => createHmac('sha256', 'key').update(value).digest();

const PEOPLE = `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, name text);
  INSERT INTO s.people VALUES (1, 'Anna'), (2, 'Jānis');`;
const HOLD = `
  INSERT INTO gdpr.operation (id, action, state, operator, subjects) VALUES ('20260101-aaaaaaaaaaaaaaaa', 'hold place', 'started', 'tester', '{}');
  INSERT INTO gdpr.hold (id, scope, subjects, reference, authority, until, placed_by, operation)
    VALUES ('hold-aaaaaaaaaa', 'rows', '{}', 'reference', 'authority', '2026-03-01', 'tester', '20260101-aaaaaaaaaaaaaaaa');`;

const people: TableSketch = {
  owners: { account: [self] },
  erase: 'columns',
  columns: { id: { owner: 'shared', erase: 'leave' }, name: { erase: 'clear' } },
};

/** A gift goes with its giver; what its receiver reads by it has a writer of its own. */
const gifts: TableSketch = {
  owners: { giver: [through('s.people', 'giver')], receiver: [through('s.people', 'receiver')] },
  ownerErase: { giver: 'delete' },
  columns: Object.fromEntries(['id', 'giver', 'receiver'].map((name) => [name, { owner: 'shared' }])),
};
const keys = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, { owner: 'shared', erase: 'with-row' as const }]));

interface Case {
  readonly ddl: string;
  readonly tables: Readonly<Record<string, TableSketch>>;
  /** Rows left when Anna was erased. */
  readonly left: Readonly<Record<string, readonly unknown[]>>;
}

const CASES: Readonly<Record<string, Case>> = {
  'by a row that goes': {
    ddl: `CREATE TABLE s.gifts (id int PRIMARY KEY, giver int REFERENCES s.people, receiver int REFERENCES s.people);
      CREATE TABLE s.notes (id int PRIMARY KEY, writer int REFERENCES s.people, gift int REFERENCES s.gifts ON DELETE SET NULL, text text);
      INSERT INTO s.gifts VALUES (1, 1, 2), (2, 2, 2);
      INSERT INTO s.notes VALUES (1, 1, 1, 'hers'), (2, 1, 2, 'read by him'), (3, 2, 2, 'his');`,
    tables: {
      's.gifts': gifts,
      's.notes': {
        owners: {
          writer: [through('s.people', 'writer')],
          reader: [through('s.gifts', 'gift', 'id', { owner: 'receiver' })],
        },
        columns: keys('id', 'writer', 'gift', 'text'),
      },
    },
    left: {
      's.gifts': [{ id: 2, giver: 2, receiver: 2 }],
      's.notes': [
        { id: 2, writer: null, gift: 2, text: 'read by him' },
        { id: 3, writer: 2, gift: 2, text: 'his' },
      ],
    },
  },
  'by a chain of rows that go': {
    ddl: `CREATE TABLE s.gifts (id int PRIMARY KEY, giver int REFERENCES s.people, receiver int REFERENCES s.people);
      CREATE TABLE s.notes (id int PRIMARY KEY, writer int REFERENCES s.people, gift int REFERENCES s.gifts ON DELETE SET NULL, text text);
      CREATE TABLE s.replies (id int PRIMARY KEY, writer int REFERENCES s.people, note int REFERENCES s.notes ON DELETE SET NULL, text text);
      INSERT INTO s.gifts VALUES (1, 1, 2);
      INSERT INTO s.notes VALUES (1, 1, 1, 'hers');
      INSERT INTO s.replies VALUES (1, 1, 1, 'hers, too'), (2, 2, 1, 'his');`,
    tables: {
      's.gifts': gifts,
      's.notes': {
        owners: {
          writer: [through('s.people', 'writer')],
          reader: [through('s.gifts', 'gift', 'id', { owner: 'receiver' })],
        },
        columns: keys('id', 'writer', 'gift', 'text'),
      },
      's.replies': {
        owners: {
          writer: [through('s.people', 'writer')],
          reader: [through('s.notes', 'note', 'id', { owner: 'reader' })],
        },
        columns: { ...keys('id', 'writer', 'note'), text: { owner: 'writer', erase: 'with-row' } },
      },
    },
    left: { 's.gifts': [], 's.notes': [], 's.replies': [{ id: 2, writer: 2, note: null, text: 'his' }] },
  },
  'by an address that is emptied': {
    ddl: `CREATE TABLE s.orders (id int PRIMARY KEY, buyer int REFERENCES s.people, copy_to text, note text);
      INSERT INTO s.orders VALUES (1, 1, 'janis@x.example', 'hers'), (2, 2, 'anna@x.example', 'his'), (3, 1, 'anna@x.example', 'hers alone');`,
    tables: {
      's.orders': {
        owners: {
          buyer: [through('s.people', 'buyer')],
          reader: [{ identifier: [{ column: 'copy_to', is: 'email' }] }],
        },
        columns: {
          ...keys('id', 'buyer', 'note'),
          copy_to: { owner: 'buyer', identifier: 'email', erase: 'clear' },
        },
      },
    },
    left: { 's.orders': [{ id: 2, buyer: 2, copy_to: 'anna@x.example', note: 'his' }] },
  },
};

const rowsOf = async (session: Session, table: string): Promise<unknown[]> =>
  (await session.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t ORDER BY id`)).map(
    ({ row }) => JSON.parse(row) as unknown,
  );

describe('a row that somebody else has only', () => {
  it.each(Object.entries(CASES))(
    '%s is hers alone, and what is hers goes at the first erasure',
    (_, { ddl, ...rest }) =>
      database.with(`${PEOPLE} ${ddl} SET CONSTRAINTS ALL IMMEDIATE;`, async (session) => {
        const model = mapOf({ tables: { 's.people': people, ...rest.tables } });
        const erase = (who: FoundPerson) =>
          readCatalog(session).then((catalog) => ({ model, catalog, people: [who], at: '2026-01-01T00:00:00Z' }));
        await session.run('SAVEPOINT before');
        const planned = await rehearseErase(session, await erase(anna));
        await session.run('ROLLBACK TO SAVEPOINT before');
        const done = await eraseRows(session, await erase(anna), hash);
        expect(done.tables).toEqual(planned.tables);
        for (const [table, left] of Object.entries(rest.left))
          expect({ [table]: await rowsOf(session, table) }).toEqual({ [table]: left });
        expect(await rowsOf(session, 's.people')).toEqual([
          { id: 1, name: null },
          { id: 2, name: 'Jānis' },
        ]);
        await dropTemporary(session);
        const again = await rehearseErase(session, await erase(anna));
        expect(again.tables.filter(({ deleted, changed }) => deleted + changed > 0)).toEqual([]);
        await dropTemporary(session);
        // What he had with others is his to the end.
        expect((await rehearseErase(session, await erase(janis))).tables.some(({ deleted }) => deleted > 0)).toBe(true);
      }),
  );
});

/** The linter takes a second word for a promise. */
const kept: ColumnEntry['erase'] = JSON.parse('{"keep": "books", "then": "clear"}');
const title = { lv: 'Teksts', en: 'Text' };

it('a row that goes with its giver, whoever else it is about, stays for what a rule keeps of nobody alone', () =>
  database.with(
    `${PEOPLE} CREATE TABLE s.gifts (id int PRIMARY KEY, day date, giver int REFERENCES s.people, receiver int REFERENCES s.people,
       wish text, bill text);
     INSERT INTO s.gifts VALUES (1, '2025-06-01', 1, 2, 'hers', 'for the books'), (2, '2015-06-01', 1, 2, 'hers', 'too old');`,
    async (session) => {
      const model = mapOf({
        head: { retention: { books: { title, period: 'P5Y', from: 'event', law: 'law', criterion: title } } },
        tables: {
          's.people': people,
          's.gifts': {
            ...gifts,
            retention: [{ rule: 'books', clock: { column: 'day' } }],
            columns: {
              ...keys('id', 'day', 'giver', 'receiver'),
              wish: { owner: 'giver', erase: 'with-row' },
              bill: { owner: 'shared', erase: kept },
            },
          },
        },
      });
      const catalog = await readCatalog(session);
      const request = { model, catalog, people: [anna], at: '2026-01-01T00:00:00Z' };
      const done = await eraseRows(session, request, hash);
      expect(await rowsOf(session, 's.gifts')).toMatchObject([
        { id: 1, receiver: 2, wish: null, bill: 'for the books' },
      ]);
      expect(done.kept).toMatchObject([{ table: 's.gifts', columns: ['bill'], id: 'books', rows: 1 }]);
      expect(done.keptBy).toEqual([done.kept]);
      await dropTemporary(session);
      const again = await rehearseErase(session, request);
      expect(again.tables.filter(({ deleted, changed }) => deleted + changed > 0)).toEqual([]);
    },
  ));

it('a link goes from a row that becomes somebody else’s by the erasure, at once, but not from one on hold', () =>
  database.with(
    `${PEOPLE}
     CREATE TABLE s.gifts (id int PRIMARY KEY, giver int REFERENCES s.people, receiver int REFERENCES s.people);
     CREATE TABLE s.parcels (id int PRIMARY KEY, gift int REFERENCES s.gifts, buyer int REFERENCES s.people);
     CREATE TABLE s.calls (id int PRIMARY KEY, parcel int NOT NULL REFERENCES s.parcels, agent int REFERENCES s.people);
     INSERT INTO s.gifts VALUES (1, 1, NULL); INSERT INTO s.parcels VALUES (1, 1, 2), (2, NULL, NULL);
     INSERT INTO s.calls VALUES (1, 1, 1), (2, 1, 1), (3, 2, 1); ${HOLD}
     INSERT INTO gdpr.hold_row VALUES ('hold-aaaaaaaaaa', 's.calls', '["1"]');`,
    async (session) => {
      const calls: TableSketch = {
        owners: {
          called: [through('s.parcels', 'parcel', 'id', { owner: 'recipient' })],
          agent: [through('s.people', 'agent')],
        },
        ownerErase: { agent: 'columns' },
        columns: keys('id', 'parcel', 'agent'),
      };
      const parcels: TableSketch = {
        owners: {
          recipient: [
            through('s.gifts', 'gift', 'id', { owner: 'receiver' }),
            through('s.people', 'buyer', 'id', { when: [{ column: 'gift', isNull: true }] }),
          ],
        },
        erase: 'columns',
        columns: {
          id: { owner: 'shared', erase: 'leave' },
          gift: { owner: 'shared', erase: 'clear' },
          buyer: { owner: 'shared', erase: 'leave' },
        },
      };
      const model = mapOf({
        tables: {
          's.people': people,
          's.gifts': { ...gifts, columns: keys('id', 'giver', 'receiver') },
          's.parcels': parcels,
          's.calls': calls,
        },
      });
      const catalog = await readCatalog(session);
      const request = { model, catalog, people: [anna], at: '2026-01-01T00:00:00Z', more: keptByHolds(model, catalog) };
      await eraseRows(session, request, hash);
      expect(await rowsOf(session, 's.parcels')).toEqual([
        { id: 1, gift: null, buyer: 2 },
        { id: 2, gift: null, buyer: null },
      ]);
      // Of the third one nobody else is told.
      const left = [
        { id: 1, parcel: 1, agent: 1 },
        { id: 2, parcel: 1, agent: null },
        { id: 3, parcel: 2, agent: 1 },
      ];
      expect(await rowsOf(session, 's.calls')).toEqual(left);
      await dropTemporary(session);
      await eraseRows(session, request, hash);
      expect(await rowsOf(session, 's.calls')).toEqual(left);
    },
  ));

it('a row on hold stays, though nothing in it is of the person with whom it would go', () =>
  database.with(
    `${PEOPLE} CREATE TABLE s.gifts (id int PRIMARY KEY, giver int REFERENCES s.people, receiver int REFERENCES s.people, wish text);
     INSERT INTO s.gifts VALUES (1, 1, 2, 'his'), (2, 1, 2, 'his, not held');
     ${HOLD}
     INSERT INTO gdpr.hold_row VALUES ('hold-aaaaaaaaaa', 's.gifts', '["1"]');`,
    async (session) => {
      const word = (name: string) => (name === 'id' ? 'leave' : 'with-row');
      const columns = Object.fromEntries(
        ['id', 'giver', 'receiver', 'wish'].map((name) => [name, { owner: 'receiver', erase: word(name) } as const]),
      );
      const model = mapOf({ tables: { 's.people': people, 's.gifts': { ...gifts, columns } } });
      const catalog = await readCatalog(session);
      const more = keptByHolds(model, catalog);
      await eraseRows(session, { model, catalog, people: [anna], at: '2026-01-01T00:00:00Z', more }, hash);
      expect(await rowsOf(session, 's.gifts')).toEqual([{ id: 1, giver: 1, receiver: 2, wish: 'his' }]);
    },
  ));

async function dropTemporary(session: Session): Promise<void> {
  const tables = await session.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'",
  );
  for (const { name } of tables) await session.run(`DROP TABLE pg_temp."${name}"`);
}
