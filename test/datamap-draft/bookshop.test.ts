import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Catalog } from '../../src/datamap/catalog.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { type DataMapDraft, draftDataMap } from '../../src/datamap/draft.js';
import { findDrift } from '../../src/datamap/drift.js';
import { parseDataMap } from '../../src/datamap/load.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { completeDraft } from './complete.js';

let workspace: TestWorkspace;
let catalog: Catalog;
let draft: DataMapDraft;
/** The map that people wrote for the same tables. */
let written: DataMapModel;
let completed: DataMapModel;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const { database } = await workspace.context();
  catalog = await database.transaction('repeatable read', readCatalog).finally(() => database.close());
  draft = draftDataMap(catalog);
  written = parseDataMap(await readFile(join(workspace.root, 'datamap.yaml'), 'utf8'), 'datamap.yaml');
  completed = parseDataMap(completeDraft(draft.text), 'draft.yaml');
});
afterAll(() => workspace?.remove());

describe('the draft of the bookshop', () => {
  it('is refused as it is, naming every open place by its line', () => {
    let details: unknown;
    try {
      parseDataMap(draft.text, 'draft.yaml');
    } catch (error) {
      details = (error as { details?: unknown }).details;
      expect(error).toMatchObject({ code: 'MAP_INVALID', exit: 2 });
    }
    const { problems } = details as { problems: string[] };
    expect(problems).toHaveLength(draft.undecided);
    expect(draft.undecided).toBeGreaterThan(500);
    expect(problems[0]).toMatch(/^draft\.yaml:\d+:\d+: controller\.name: still to decide$/);
    expect(problems.some((problem) => problem.includes('"shop.customers".columns.email.purposes[0]: still'))).toBe(
      true,
    );
  });

  it('describes every table and column: once its questions are answered it loads and no drift is left', () => {
    expect(findDrift(completed, catalog)).toEqual([]);
    expect(completed.tables.length + completed.impersonal.length).toBe(catalog.size);
    expect(draft).toMatchObject({ tables: catalog.size, personal: completed.tables.length });
  });

  it('leads each table to the person by the same key as the map that people wrote', () => {
    const ways = (model: DataMapModel, name: string) =>
      (model.tables.find((table) => table.name === name)?.owners ?? [])
        .flatMap(({ reaches }) => reaches)
        .map((reach) =>
          JSON.stringify(
            reach.kind === 'through' ? [reach.table, reach.on] : reach.kind === 'self' ? 'self' : reach.identifier,
          ),
        );
    const differing = written.tables.filter(({ name }) => {
      const [first = 'none'] = ways(completed, name);
      return !ways(written, name).includes(first);
    });
    // The log's person is inside JSON, where only people can look.
    expect(differing.map(({ name }) => name)).toEqual(['shop.event_log']);
    const impersonal = completed.impersonal.map(({ name }) => name);
    expect(impersonal.sort()).toEqual([...written.impersonal.map(({ name }) => name), 'shop.event_log'].sort());
    expect(draft.text).toMatch(/shop\.event_log:\n +# No key.*\n +# Look at: payload\n +impersonal: \{ lv: to-decide/);
  });

  it('tells persons, guests and a second person in the same row', () => {
    expect(Object.values(completed.map.persons).map(({ table }) => table)).toEqual([
      'shop.customers',
      'shop.contact_persons',
    ]);
    expect(completed.table('shop.orders').owners).toMatchObject([
      {
        id: 'customer',
        reaches: [
          { table: 'shop.customers' },
          { identifier: [{ column: 'guest_email', is: 'email' }], when: [{ column: 'customer_id', isNull: true }] },
        ],
      },
      { id: 'contact-person', reaches: [{ table: 'shop.contact_persons' }] },
    ]);
    expect(completed.table('shop.wishlist_items').owners[1]).toMatchObject({
      id: 'reserved-by',
      reaches: [{ identifier: [{ column: 'reserved_by_email', is: 'email' }] }],
    });
    const ownerOf = (table: string, column: string) => completed.table(table).entry.columns[column]?.owner;
    expect(['name', 'phone', 'email'].map((column) => ownerOf('shop.gift_recipients', column))).toEqual([
      'gift-recipient',
      'gift-recipient',
      'gift-recipient',
    ]);
    // Whose a column is that both may claim, nobody but the operator can say.
    const open = parse(draft.text) as { tables: Record<string, { columns: Record<string, { owner?: string }> }> };
    expect(open.tables['shop.gift_recipients']?.columns.street?.owner).toBe('to-decide');
    expect(open.tables['shop.shipments']?.columns.recipient_phone?.owner).toBe('to-decide');
  });

  it('knows identifiers, secrets, free text and names of staff', () => {
    const columns = (table: string) => completed.table(table).entry.columns;
    const identifiers = Object.entries(columns('shop.customers')).flatMap(([name, { identifier }]) =>
      identifier === undefined ? [] : [`${name}: ${identifier}`],
    );
    expect(identifiers).toEqual([
      'email: email',
      'first_name: name',
      'last_name: name',
      'display_name: name',
      'phone: phone',
      'landline: phone',
      'personas_kods: personas-kods',
    ]);
    expect(columns('shop.orders').order_number?.identifier).toBe('order-number');
    const secrets = completed.tables.flatMap(({ name, columns: all }) =>
      all.filter(({ entry }) => entry.secret !== undefined).map((column) => `${name}.${column.name}`),
    );
    expect(secrets.sort()).toEqual([
      'shop.customers.password_hash',
      'shop.newsletter_subscriptions.confirm_token',
      'shop.password_resets.token_hash',
      'shop.sessions.token',
      'shop.wishlists.share_token',
    ]);
    expect(columns('shop.support_messages').body?.freeText).toBe(true);
    expect(columns('shop.support_tickets').assigned_to).toMatchObject({ category: 'staff', owner: 'other' });
    expect(columns('shop.addresses').recipient_name).toMatchObject({ namesSomeone: true });
    expect(columns('shop.addresses').recipient_name?.identifier).toBeUndefined();
  });

  it('describes only the tables that are asked for', () => {
    const part = draftDataMap(catalog, new Set(['shop.invoices']));
    expect(Object.keys(parse(part.text) as object)).toEqual(['tables']);
    expect(Object.keys((parse(part.text) as { tables: object }).tables)).toEqual(['shop.invoices']);
    expect(draft.text).toContain(part.text.replace('tables:\n', '').trimEnd());
  });
});
