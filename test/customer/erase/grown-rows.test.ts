import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseRows, rehearseErase } from '../../../src/customer/erase/engine.js';
import type { FoundPerson } from '../../../src/customer/people.js';
import { connectServer } from '../../../src/database/connect.js';
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

const anna: FoundPerson = {
  roots: [{ table: 's.people', key: ['1'] }],
  rows: [],
  identifiers: [{ identifier: 'email', value: 'anna@x.example' }],
  shared: [],
  names: [],
  byNameOnly: false,
};
const hash = (value: string) => createHmac('sha256', 'key').update(value).digest();
const title = { lv: 'Teksts', en: 'Text' };

const SHOP = `CREATE SCHEMA s; CREATE TABLE s.people (id int PRIMARY KEY, name text);
  CREATE TABLE s.orders (id int PRIMARY KEY, buyer int REFERENCES s.people);
  CREATE TABLE s.gifts (id int PRIMARY KEY, bought int REFERENCES s.orders, name text, email text);
  INSERT INTO s.people VALUES (1, 'Anna'), (2, 'Jānis');
  INSERT INTO s.orders VALUES (1, 1), (2, 1), (3, 1), (4, 2);
  INSERT INTO s.gifts VALUES (1, 1, 'Zelma', NULL), (2, 2, 'Jānis', 'janis@x.example'), (4, 4, 'Velga', NULL);`;

const column = (owner: string, erase: ColumnEntry['erase'], rest: Partial<ColumnEntry> = {}) => ({
  owner,
  erase,
  ...rest,
});
const left = column('shared', 'leave');
const clear = column('shared', 'clear');
const withRow = column('shared', 'with-row');
const noGift = { when: [{ column: 'gift', isNull: true }] };

/** As in the bookshop: whoever a gift is sent to is its recipient, and without a gift the buyer is. */
const recipient: Reach[] = [
  through('s.gifts', 'gift', 'id', { owner: 'recipient' }),
  through('s.orders', 'bought', 'id', noGift),
];
const BASE: Readonly<Record<string, TableSketch>> = {
  's.people': {
    owners: { account: [{ self: 'customer' }] },
    erase: 'columns',
    columns: { id: left, name: { erase: 'clear' } },
  },
  's.orders': {
    owners: { buyer: [through('s.people', 'buyer')] },
    erase: 'columns',
    columns: { id: left, buyer: left },
  },
  's.gifts': {
    owners: {
      recipient: [{ identifier: [{ column: 'email', is: 'email' }] }],
      giver: [through('s.orders', 'bought')],
    },
    columns: {
      id: withRow,
      bought: withRow,
      name: column('recipient', 'with-row'),
      email: column('recipient', 'with-row', { identifier: 'email' }),
    },
  },
};
const parcels = (more: Partial<TableSketch> = {}): TableSketch => ({
  owners: { buyer: [through('s.orders', 'bought')], recipient },
  erase: 'columns',
  columns: { id: left, bought: left, gift: clear, street: column('recipient', 'clear') },
  ...more,
});
const PARCELS = `CREATE TABLE s.parcels (id int PRIMARY KEY, bought int REFERENCES s.orders, gift int REFERENCES s.gifts, street text);
  INSERT INTO s.parcels VALUES (1, 1, 1, 'Zelma''s'), (2, 2, 2, 'Jānis'''), (3, 3, NULL, 'hers'), (4, 4, 4, 'Velga''s');`;
const PARCELS_LEFT = [
  { id: 1, bought: 1, gift: null, street: null },
  { id: 2, bought: 2, gift: 2, street: "Jānis'" },
  { id: 3, bought: 3, gift: null, street: null },
  { id: 4, bought: 4, gift: 4, street: "Velga's" },
];
const GIFTS_LEFT = [
  { id: 2, bought: null, name: 'Jānis', email: 'janis@x.example' },
  { id: 4, bought: 4, name: 'Velga', email: null },
];

interface Case {
  readonly ddl: string;
  readonly tables: Readonly<Record<string, TableSketch>>;
  /** Rows left when Anna was erased. */
  readonly left: Readonly<Record<string, readonly unknown[]>>;
}

const CASES: Readonly<Record<string, Case>> = {
  'the parcel of a gift to somebody to whom nothing leads': {
    ddl: PARCELS,
    tables: { 's.parcels': parcels() },
    left: { 's.gifts': GIFTS_LEFT, 's.parcels': PARCELS_LEFT },
  },
  'a parcel that was nobody’s while the gift was there': {
    ddl: PARCELS,
    tables: { 's.parcels': parcels({ owners: { recipient } }) },
    left: { 's.gifts': GIFTS_LEFT, 's.parcels': PARCELS_LEFT },
  },
  'what hangs on such a parcel': {
    ddl: `${PARCELS} CREATE TABLE s.calls (id int PRIMARY KEY, parcel int REFERENCES s.parcels, phone text);
      INSERT INTO s.calls VALUES (1, 1, '11'), (2, 2, '22'), (3, 3, '33'), (4, 4, '44');`,
    tables: {
      's.parcels': parcels({ owners: { recipient } }),
      's.calls': {
        owners: { called: [through('s.parcels', 'parcel', 'id', { owner: 'recipient' })] },
        columns: { id: withRow, parcel: withRow, phone: column('called', 'with-row') },
      },
    },
    left: {
      's.parcels': PARCELS_LEFT,
      's.calls': [
        { id: 2, parcel: 2, phone: '22' },
        { id: 4, parcel: 4, phone: '44' },
      ],
    },
  },
  'what hangs on a parcel that goes': {
    ddl: `${PARCELS} CREATE TABLE s.calls (id int PRIMARY KEY, parcel int REFERENCES s.parcels, phone text);
      INSERT INTO s.calls VALUES (1, 1, '11'), (2, 2, '22'), (3, 3, '33'), (4, 4, '44');`,
    tables: {
      's.parcels': parcels({
        erase: 'delete',
        columns: { id: withRow, bought: withRow, gift: withRow, street: column('recipient', 'with-row') },
      }),
      's.calls': {
        owners: { called: [through('s.parcels', 'parcel', 'id', { owner: 'recipient' })] },
        columns: { id: withRow, parcel: withRow, phone: column('called', 'with-row') },
      },
    },
    left: {
      's.parcels': [PARCELS_LEFT[1], PARCELS_LEFT[3]],
      's.calls': [
        { id: 2, parcel: 2, phone: '22' },
        { id: 4, parcel: 4, phone: '44' },
      ],
    },
  },
  'a row by its address, once its key is emptied': {
    ddl: `CREATE TABLE s.carts (id int PRIMARY KEY, parcel int, maker int REFERENCES s.people, email text, note text);
      INSERT INTO s.carts VALUES (1, NULL, 1, 'Anna@x.example', 'hers'), (2, NULL, 1, 'other@x.example', 'theirs'), (3, NULL, 2, 'anna@x.example', 'made by him');`,
    tables: {
      's.carts': {
        owners: {
          maker: [through('s.people', 'maker')],
          reader: [{ identifier: [{ column: 'email', is: 'email' }], when: [{ column: 'maker', isNull: true }] }],
        },
        erase: 'columns',
        columns: {
          id: left,
          parcel: left,
          maker: column('maker', 'clear'),
          email: column('reader', 'clear', { identifier: 'email' }),
          note: column('reader', 'clear'),
        },
      },
    },
    left: {
      's.carts': [
        { id: 1, parcel: null, maker: null, email: null, note: null },
        { id: 2, parcel: null, maker: null, email: 'other@x.example', note: 'theirs' },
        { id: 3, parcel: null, maker: 2, email: 'anna@x.example', note: 'made by him' },
      ],
    },
  },
  'a row by a word that takes the place of a value': {
    ddl: `CREATE TABLE s.notes (id int PRIMARY KEY, writer int REFERENCES s.people, state text, text text);
      INSERT INTO s.notes VALUES (1, 1, 'private', 'hers'), (2, 2, 'private', 'his');`,
    tables: {
      's.notes': {
        owners: {
          writer: [through('s.people', 'writer')],
          keeper: [through('s.people', 'writer', 'id', { when: [{ column: 'state', in: ['none'] }] })],
        },
        erase: 'columns',
        columns: {
          id: left,
          writer: left,
          state: column('writer', { text: 'none' }),
          text: column('keeper', 'clear'),
        },
      },
    },
    left: {
      's.notes': [
        { id: 1, writer: 1, state: 'none', text: null },
        { id: 2, writer: 2, state: 'private', text: 'his' },
      ],
    },
  },
};

const rowsOf = async (session: Session, table: string): Promise<unknown[]> =>
  (await session.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t ORDER BY id`)).map(
    ({ row }) => JSON.parse(row) as unknown,
  );

async function dropTemporary(session: Session): Promise<void> {
  const tables = await session.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'",
  );
  for (const { name } of tables) await session.run(`DROP TABLE pg_temp."${name}"`);
}

describe('what the erasure itself makes hers goes with it', () => {
  it.each(Object.entries(CASES))('%s', (_, { ddl, tables, left: rows }) =>
    database.with(`${SHOP} ${ddl} SET CONSTRAINTS ALL IMMEDIATE;`, async (session) => {
      const model = mapOf({ tables: { ...BASE, ...tables } });
      const request = { model, catalog: await readCatalog(session), people: [anna], at: '2026-01-01T00:00:00Z' };
      await session.run('SAVEPOINT before');
      const planned = await rehearseErase(session, request);
      await session.run('ROLLBACK TO SAVEPOINT before');
      const done = await eraseRows(session, request, hash);
      expect(done.tables).toEqual(planned.tables);
      for (const [table, left] of Object.entries(rows))
        expect({ [table]: await rowsOf(session, table) }).toEqual({ [table]: left });
      // What others were called is nothing that she was known by.
      expect(
        done.traits.flatMap((traits) => [...traits.values()].flat()).filter((value) => /Zelma|11/.test(value)),
      ).toEqual([]);
      await dropTemporary(session);
      const again = await rehearseErase(session, request);
      expect(again.tables.filter(({ deleted, changed }) => deleted + changed > 0)).toEqual([]);
    }),
  );
});

describe('what is kept leads as before', () => {
  const long = { title, period: 'P50Y', from: 'event' as const, law: 'law', criterion: title };
  const kept = (rule: string): ColumnEntry['erase'] => JSON.parse(`{"keep": "${rule}", "then": "clear"}`);
  const dated = (sketch: TableSketch | undefined, columns: TableSketch['columns']): TableSketch => ({
    ...(sketch as TableSketch),
    retention: [{ rule: 'long', clock: { column: 'day' } }],
    columns: { ...(sketch?.columns as object), ...(columns as object), day: left },
  });

  it('while the gift is kept, its parcel is not the buyer’s', () =>
    database.with(
      `${SHOP} ${PARCELS.replace('s.gifts', 's.gifts ON DELETE SET NULL')} ALTER TABLE s.gifts ADD day date DEFAULT '2024-01-01', ADD card text DEFAULT 'Sveiki'; SET CONSTRAINTS ALL IMMEDIATE;`,
      async (session) => {
        const gifts = dated(BASE['s.gifts'], { card: column('giver', kept('long')) });
        const tables = { ...BASE, 's.gifts': gifts, 's.parcels': parcels() };
        const columns = { ...(tables['s.parcels'].columns as object), gift: left };
        const model = mapOf({
          head: { retention: { long } },
          tables: { ...tables, 's.parcels': { ...tables['s.parcels'], columns } },
        });
        const request = { model, catalog: await readCatalog(session), people: [anna], at: '2026-01-01T00:00:00Z' };
        await eraseRows(session, request, hash);
        expect(await rowsOf(session, 's.parcels')).toContainEqual({ id: 1, bought: 1, gift: 1, street: "Zelma's" });
      },
    ));
});

it('waits for whoever is giving such a row to somebody else, and leaves it to them', { timeout: 120_000 }, async () => {
  const client = new pg.Client({ connectionString: database.url });
  const watcher = new pg.Client({ connectionString: database.url });
  const own = await connectServer({ url: database.url, timeZone: 'Europe/Riga' });
  await Promise.all([client.connect(), watcher.connect()]);
  await client.query(`${SHOP} ${PARCELS}`);
  await client.query('BEGIN; UPDATE s.parcels SET gift = 2 WHERE id = 1');
  const model = mapOf({ tables: { ...BASE, 's.parcels': parcels({ owners: { recipient } }) } });
  const erased = own.transaction('read committed', async (session) => {
    const catalog = await readCatalog(session);
    return eraseRows(session, { model, catalog, people: [anna], at: '2026-01-01T00:00:00Z' }, hash);
  });
  const waits = async () => {
    for (;;) {
      const { rows } = await watcher.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'",
      );
      if (rows.length > 0) return;
      await sleep(20);
    }
  };
  // Whichever comes first: that it waits, or that it fails.
  await Promise.race([waits(), erased]);
  await client.query('COMMIT');
  const { tables } = await erased;
  expect(tables).toContainEqual({ table: 's.parcels', deleted: 0, changed: 1, kept: 0 });
  const { rows } = await client.query('SELECT id, gift, street FROM s.parcels WHERE id IN (1, 3) ORDER BY id');
  expect(rows).toEqual([
    { id: 1, gift: 2, street: "Zelma's" },
    { id: 3, gift: null, street: null },
  ]);
  await client.query('DROP SCHEMA s CASCADE');
  await Promise.all([client.end(), watcher.end(), own.close()]);
});
