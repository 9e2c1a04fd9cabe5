import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { connectServer } from '../../src/database/connect.js';
import { type Catalog, readCatalog } from '../../src/datamap/catalog.js';
import { draftDataMap } from '../../src/datamap/draft.js';
import { findDrift } from '../../src/datamap/drift.js';
import { parseDataMap } from '../../src/datamap/load.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { type TestDatabase, testDatabase } from '../support/postgres.js';
import { completeDraft } from './complete.js';

/** Shapes of databases that are not the bookshop, in one database. */
const SCHEMA = `
CREATE SCHEMA moved;
-- Came from a system without foreign keys.
CREATE TABLE moved."Clients" ("ClientId" uuid PRIMARY KEY, "E-Mail" text, "Full Name" text);
CREATE TABLE moved.vouchers (voucher_no bigint PRIMARY KEY, client_id uuid, billing_client_id uuid NOT NULL, code text);
CREATE TABLE moved.voucher_uses (id bigint PRIMARY KEY, used_at timestamptz, shown_to_client_id integer);

CREATE SCHEMA crew;
CREATE TABLE crew.users (id bigint PRIMARY KEY, email text NOT NULL, referred_by_id bigint REFERENCES crew.users);
CREATE TABLE crew.employees (id bigint PRIMARY KEY, first_name text, last_name text, phone text);
CREATE TABLE crew.orders (id bigint PRIMARY KEY, handled_by bigint REFERENCES crew.employees, user_id bigint NOT NULL REFERENCES crew.users, total numeric);
CREATE TABLE crew.shifts (id bigint PRIMARY KEY, employee_id bigint NOT NULL REFERENCES crew.employees, starts_at timestamptz);
CREATE TABLE crew.gifts (id bigint PRIMARY KEY, giver_id bigint NOT NULL REFERENCES crew.users, taker_id bigint NOT NULL REFERENCES crew.users, note text);
CREATE TABLE crew.parts (a bigint, b bigint, order_id bigint NOT NULL REFERENCES crew.orders, up_a bigint, up_b bigint, PRIMARY KEY (a, b), FOREIGN KEY (up_a, up_b) REFERENCES crew.parts);
CREATE TABLE crew.part_notes (part_a bigint NOT NULL, part_b bigint NOT NULL, text text, data jsonb, FOREIGN KEY (part_a, part_b) REFERENCES crew.parts);

CREATE SCHEMA odd;
-- A row about somebody whom no key and no e-mail tells of.
CREATE TABLE odd.visits (id bigint PRIMARY KEY, full_name text, phone text);
CREATE TABLE odd.products (id bigint PRIMARY KEY, name text, email_template text, phone_model text);
CREATE TABLE odd."a: b # ""c""" ("- x" text, "null" text, "true" integer, "1" integer, "line
break" text, "{y}" text, "E-pasta adrese" text);
`;

let database: TestDatabase;
let catalog: Catalog;
let text: string;
let model: DataMapModel;

beforeAll(async () => {
  database = await testDatabase();
  const connection = await connectServer({ url: database.url, timeZone: 'UTC' });
  try {
    await connection.knex.raw(SCHEMA.replaceAll('?', '\\?'));
    catalog = await connection.transaction('repeatable read', readCatalog);
  } finally {
    await connection.close();
  }
  text = draftDataMap(catalog).text;
  model = parseDataMap(completeDraft(text), 'draft.yaml');
});
afterAll(() => database?.drop());

const owners = (table: string) =>
  model
    .table(table)
    .owners.map(({ id, reaches }) => [
      id,
      ...reaches.map((reach) =>
        reach.kind === 'through'
          ? reach.on.map(({ column, to }) => `${column} > ${reach.table}.${to}`).join(', ')
          : reach.kind,
      ),
    ]);

describe('drafting', () => {
  it('accounts for every table and column of any schema, whatever the names', () => {
    expect(findDrift(model, catalog)).toEqual([]);
    const tables = Object.entries((parse(text) as { tables: Record<string, { columns: object }> }).tables);
    const described = tables.map(([name, { columns }]) => [
      name,
      (Array.isArray(columns) ? columns : Object.keys(columns)).sort(),
    ]);
    expect(described).toEqual([...catalog.values()].map((table) => [table.name, [...table.columns.keys()].sort()]));
  });

  it('guesses keys by their names where none are declared, and says so', () => {
    expect(owners('moved.vouchers')).toEqual([
      ['client', 'billing_client_id > moved.Clients.ClientId'],
      ['client-2', 'client_id > moved.Clients.ClientId'],
    ]);
    expect(text).toContain('# no foreign key says so, only the name');
    // An integer cannot hold a uuid: not a key, whatever it is called.
    expect(model.impersonal.map(({ name }) => name)).toContain('moved.voucher_uses');
  });

  it('gives an order to its customer and not to the member of staff who handled it', () => {
    expect(owners('crew.orders')).toEqual([['user', 'user_id > crew.users.id']]);
    expect(model.table('crew.orders').entry.otherKeys?.map(({ columns }) => columns)).toEqual([['handled_by']]);
    expect(owners('crew.shifts')).toEqual([['employee', 'employee_id > crew.employees.id']]);
  });

  it('makes two people of two keys, and leaves a key of a table to itself to be explained', () => {
    expect(owners('crew.gifts')).toEqual([
      ['user', 'giver_id > crew.users.id'],
      ['taker', 'taker_id > crew.users.id'],
    ]);
    expect(owners('crew.users')).toEqual([['user', 'self']]);
    expect(model.table('crew.users').entry.otherKeys?.map(({ columns }) => columns)).toEqual([['referred_by_id']]);
  });

  it('follows keys of several columns over several hops', () => {
    expect(owners('crew.parts')).toEqual([['user', 'order_id > crew.orders.id']]);
    expect(owners('crew.part_notes')).toEqual([['user', 'part_a > crew.parts.a, part_b > crew.parts.b']]);
    expect(parse(text).tables['crew.part_notes'].columns.data.json[0].path).toEqual(['to-decide']);
  });

  it('makes a person of a row with a name and a phone, and nobody of a product', () => {
    expect(owners('odd.visits')).toEqual([['visit', 'self']]);
    expect(model.impersonal.map(({ name }) => name)).toContain('odd.products');
    expect(owners('odd."a: b # ""c"""')).toEqual([['holder', 'identifier']]);
  });

  it('never passes as it is, even when nothing in it is personal, or nothing is in it at all', () => {
    for (const tables of [catalog, new Map([...catalog].filter(([name]) => name === 'odd.products')), new Map()]) {
      expect(() => parseDataMap(draftDataMap(tables).text, 'draft.yaml')).toThrow(/still to decide/);
    }
    // Even with its questions answered, a map without any kind of person is none.
    expect(() => parseDataMap(completeDraft(draftDataMap(new Map()).text), 'draft.yaml')).toThrow(
      /at least one kind of person/,
    );
  });
});
