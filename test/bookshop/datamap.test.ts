import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookshopFile } from '../../examples/bookshop/generate.js';
import { quoteIdentifier, quoteName } from '../../src/database/session.js';
import { type Catalog, readCatalog } from '../../src/datamap/catalog.js';
import { findDrift } from '../../src/datamap/drift.js';
import { loadDataMap } from '../../src/datamap/load.js';
import type { DataMapModel, PersonalTableModel } from '../../src/datamap/model.js';
import type { ColumnEntry } from '../../src/datamap/schema.js';
import { type Bookshop, openBookshop, rowsOf } from './support.js';

let shop: Bookshop;
let model: DataMapModel;
let catalog: Catalog;

beforeAll(async () => {
  shop = await openBookshop({ customers: 500, seed: 5 });
  model = await loadDataMap(bookshopFile('datamap.yaml'));
  catalog = await shop.database.transaction('read committed', (session) => readCatalog(session));
});
afterAll(() => shop.drop());

const columnsOf = () => model.tables.flatMap((table) => table.columns.map((column) => ({ table, ...column })));
const live = (table: PersonalTableModel, column: string) => catalog.get(table.name)?.columns.get(column);

/** What is left of a column in the end, once a rule that keeps it is over. */
function inTheEnd({ erase }: ColumnEntry): ColumnEntry['erase'] {
  return typeof erase === 'object' && 'keep' in erase ? erase.then : erase;
}

describe('the data map of the bookshop', () => {
  it('names every table and column of the database, in the order of the database, and no other', () => {
    expect(findDrift(model, catalog)).toEqual([]);
    const mapped = [
      ...model.tables.map((table) => [table.name, table.columns.map((column) => column.name)] as const),
      ...model.impersonal.map((table) => [table.name, table.entry.columns] as const),
    ];
    const existing = [...catalog].map(([name, table]) => [name, [...table.columns.keys()]] as const);
    expect(new Map(mapped)).toEqual(new Map(existing));
    expect(mapped).toHaveLength(31);
  });

  it('never clears a column that must not be null, nor writes to a generated one', () => {
    const wrong = columnsOf().filter(({ table, name, entry }) => {
      const column = live(table, name);
      const end = inTheEnd(entry);
      return (end === 'clear' && column?.notNull) || (column?.generated && end !== 'leave' && end !== 'with-row');
    });
    expect(wrong.map(({ table, name }) => `${table.name}.${name}`)).toEqual([]);
  });

  it('says with-row only in tables whose rows are deleted', () => {
    const goes = ({ entry }: (typeof model)['tables'][number]) =>
      entry.erase === 'delete' || Object.values(entry.owners).some((owner) => owner.erase === 'delete');
    const wrong = columnsOf().filter(({ table, entry }) => entry.erase === 'with-row' && !goes(table));
    expect(wrong.map(({ table, name }) => `${table.name}.${name}`)).toEqual([]);
  });

  it('gives every rule that keeps a column a clock in its table', () => {
    const wrong = columnsOf().filter(({ table, entry }) => {
      const { erase } = entry;
      if (typeof erase !== 'object' || !('keep' in erase)) return false;
      return !table.entry.retention?.some(({ rule }) => rule === erase.keep);
    });
    expect(wrong.map(({ table, name }) => `${table.name}.${name}`)).toEqual([]);
  });

  it('uses every purpose, category, rule, identifier and confirms every rule', () => {
    const { map } = model;
    const columns = columnsOf().map(({ entry }) => entry);
    const nodes = columns.flatMap((entry) => entry.json ?? []);
    const unused = [
      ...Object.keys(map.purposes).filter((id) => !columns.some((entry) => entry.purposes.includes(id))),
      ...Object.keys(map.categories).filter((id) => ![...columns, ...nodes].some((entry) => entry.category === id)),
      ...Object.keys(map.retention).filter(
        (id) => !model.tables.some((t) => t.entry.retention?.some((r) => r.rule === id)),
      ),
      ...Object.keys(map.identifiers).filter((id) => ![...columns, ...nodes].some((entry) => entry.identifier === id)),
    ];
    expect(unused).toEqual([]);
    expect(Object.values(map.retention).filter((rule) => rule.confirmedBy === undefined)).toEqual([]);
  });

  it('explains every code that is stored', async () => {
    const coded = columnsOf().filter(({ entry }) => entry.codes !== undefined);
    expect(coded.length).toBeGreaterThan(15);
    for (const { table, name, entry } of coded) {
      const column = quoteIdentifier(name);
      const values = await rowsOf<{ code: string }>(
        shop.database,
        `SELECT DISTINCT ${column}::text AS code FROM ${quoteName(table.schema, table.table)} WHERE ${column} IS NOT NULL`,
      );
      const unexplained = values.map(({ code }) => code).filter((code) => entry.codes?.[code] === undefined);
      expect(unexplained, `${table.name}.${name}`).toEqual([]);
    }
  });

  it('lists every place inside the JSON documents', async () => {
    const documents = columnsOf().filter(({ entry }) => entry.json !== undefined);
    expect(documents.map(({ table, name }) => `${table.table}.${name}`)).toEqual([
      'event_log.payload',
      'Import Log 2019.Document',
    ]);
    for (const { table, name, entry } of documents) {
      const rows = await rowsOf<{ document: string }>(
        shop.database,
        `SELECT ${quoteIdentifier(name)}::text AS document FROM ${quoteName(table.schema, table.table)}`,
      );
      const found = new Set(rows.flatMap(({ document }) => places(JSON.parse(document))));
      const listed = (entry.json ?? []).map(({ path }) => JSON.stringify(path));
      expect([...found].sort(), name).toEqual(listed.sort());
    }
  });

  it('withholds secrets and marks what people wrote themselves', () => {
    const names = (test: (entry: ColumnEntry) => boolean) =>
      columnsOf()
        .filter(({ entry }) => test(entry))
        .map(({ table, name }) => `${table.table}.${name}`)
        .sort();
    expect(names((entry) => entry.secret !== undefined)).toEqual([
      'customers.password_hash',
      'newsletter_subscriptions.confirm_token',
      'password_resets.token_hash',
      'sessions.token',
      'wishlists.share_token',
    ]);
    expect(names((entry) => entry.freeText === true)).toEqual(
      expect.arrayContaining([
        'notes.body',
        'orders.customer_note',
        'support_messages.body',
        'gift_recipients.message',
      ]),
    );
    expect(names((entry) => entry.owner === 'other')).toEqual([
      'notes.written_by',
      'refunds.handled_by',
      'reviews.moderated_by',
      'support_messages.staff_name',
      'support_tickets.assigned_to',
    ]);
  });

  it('knows people only by an e-mail or a personal code', () => {
    const linking = Object.entries(model.map.identifiers).filter(([, { links }]) => links);
    expect(linking.map(([id]) => id)).toEqual(['email', 'personas-kods']);
  });
});

/** The leaves of a document as the map writes their paths, `*` for any place in an array. */
function places(value: unknown, path: readonly string[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => places(item, [...path, '*']));
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]));
  }
  return [JSON.stringify(path)];
}
