import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../src/datamap/catalog.js';
import { parseDataMap } from '../../src/datamap/load.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { assertCategories, readSegment, segmentCondition } from '../../src/marketing/segment.js';
import { readConfig } from '../../src/workspace/config.js';
import type { Context } from '../../src/workspace/open.js';
import type { SegmentNode } from '../../src/workspace/segments.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

const SNAPSHOT = '2026-08-01T00:00:00.000000Z';
const TITLE = { lv: 'Segments', en: 'Segment' };

interface Account {
  readonly id: string;
  readonly language: string;
  readonly places: readonly string[];
  /** Of orders that were carried out. */
  readonly orders: readonly {
    readonly placed: string;
    readonly total: string;
    readonly categories: readonly string[];
  }[];
}

let workspace: TestWorkspace;
let context: Context;
/** The bookshop's map, with a purpose that rests on explicit consent and that purchases are held for. */
let consenting: DataMapModel;
let accounts: Account[];

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  const map = await readFile(context.paths.datamap, 'utf8');
  consenting = parseDataMap(withReading(map), 'datamap.yaml');
  accounts = await context.database.transaction('repeatable read', async (session) => {
    // What segments are to say, looked up the slow and obvious way; times are written so that they sort as texts.
    const [row] = await session.query<{ accounts: string }>(`
      SELECT json_agg(json_build_object('id', c.id::text, 'language', c.language, 'places',
        (SELECT coalesce(json_agg(lower(a.city)), '[]') FROM shop.addresses a WHERE a.customer_id = c.id), 'orders',
        (SELECT coalesce(json_agg(json_build_object('total', o.total::text,
           'placed', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
           'categories', (SELECT coalesce(json_agg(json_build_array(k.slug, up.slug)), '[]') FROM shop.order_lines l
              JOIN shop.books b ON b.id = l.book_id JOIN shop.categories k ON k.id = b.category_id
              LEFT JOIN shop.categories up ON up.id = k.parent_id WHERE l.order_id = o.id))), '[]')
         FROM shop.orders o WHERE o.status = 'completed'
           AND (o.customer_id = c.id OR (o.customer_id IS NULL AND lower(o.guest_email) = lower(c.email))))))::text AS accounts
      FROM shop.customers c`);
    return (
      JSON.parse(row?.accounts ?? '[]') as (Omit<Account, 'orders'> & {
        orders: { placed: string; total: string; categories: string[][] }[];
      })[]
    ).map((account) => ({
      ...account,
      orders: account.orders.map((order) => ({ ...order, categories: order.categories.flat() })),
    })) as Account[];
  });
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

function withReading(map: string): string {
  const purpose = `  reading:
    title: { lv: Ieteikumi pēc pirkumiem, en: Suggestions by purchases }
    basis: 6(1)(a)
    explicitConsent: true
    use: insight
categories:
`;
  return map
    .replace('categories:\n', purpose)
    .replace(
      'purposes: [order, accounting, wishes]\n        source: provided\n        schemaOrg:\n          lookup',
      'purposes: [order, accounting, wishes, reading]\n        source: provided\n        schemaOrg:\n          lookup',
    );
}

const segment = (node: SegmentNode) => readSegment({ segments: { tried: { title: TITLE, ...node } } }, 'tried');

async function membersOf(node: SegmentNode, model = consenting, source = 'accounts'): Promise<string[]> {
  return context.database.transaction('repeatable read', async (session) => {
    const { joins, sql } = segmentCondition(model, await readCatalog(session), source, segment(node), {
      snapshot: SNAPSHOT,
    });
    const table = model.map.marketing?.sources[source]?.table ?? '';
    const rows = await session.query<{ id: string; within: boolean | null }>(
      `SELECT t.id::text AS id, ${sql} AS within FROM ${table} t ${joins} ORDER BY t.id`,
    );
    expect(rows.filter(({ within }) => within === null)).toEqual([]);
    return rows.filter(({ within }) => within).map(({ id }) => id);
  });
}

/** The same, of one account, by the words alone. */
function holds(node: SegmentNode, account: Account): boolean {
  const since = (period: string | undefined) =>
    account.orders.filter(({ placed }) => period === undefined || placed >= (STARTS[period] ?? ''));
  if (node.all) return node.all.every((each) => holds(each, account));
  if (node.any) return node.any.some((each) => holds(each, account));
  if (node.not) return !holds(node.not, account);
  if (node.language) return node.language.includes(account.language);
  if (node.place) return account.places.some((place) => node.place?.some((wanted) => wanted.toLowerCase() === place));
  if (node.ordered) return since(node.ordered.since).length >= node.ordered.atLeast;
  if (node.total)
    return (
      since(node.total.since).reduce((sum, { total }) => sum + Math.round(Number(total) * 100), 0) / 100 >=
        node.total.atLeast && since(node.total.since).length > 0
    );
  return since(node.bought?.since).some(({ categories }) =>
    categories.some((each) => node.bought?.category.includes(each)),
  );
}

/** What the snapshot, 03:00 of 1 August in Riga, less each period is in UTC: winter's days are an hour later. */
const STARTS: Readonly<Record<string, string>> = {
  P1Y: '2025-08-01T00:00:00.000000',
  P6M: '2026-02-01T01:00:00.000000',
  P2Y3M: '2024-05-01T00:00:00.000000',
  P26W: '2026-01-31T01:00:00.000000',
};

const NODES: readonly (readonly [string, SegmentNode])[] = [
  ['a language', { language: ['lv'] }],
  ['languages', { language: ['ru', 'en'] }],
  ['a place, in any case', { place: ['RĪGA'] }],
  ['places', { place: ['Liepāja', 'Cēsis'] }],
  ['an order ever', { ordered: { atLeast: 1 } }],
  ['orders within months', { ordered: { since: 'P6M', atLeast: 1 } }],
  ['orders within weeks', { ordered: { since: 'P26W', atLeast: 2 } }],
  ['several orders within years and months', { ordered: { since: 'P2Y3M', atLeast: 3 } }],
  ['an amount', { total: { atLeast: 75.5 } }],
  ['an amount within a year', { total: { since: 'P1Y', atLeast: 20 } }],
  ['a category', { bought: { category: ['dzeja'] } }],
  ['a category with those below it', { bought: { category: ['dailliteratura'], since: 'P2Y3M' } }],
  ['all of them', { all: [{ language: ['lv'] }, { place: ['Rīga'] }, { ordered: { atLeast: 1 } }] }],
  ['any of them', { any: [{ language: ['en'] }, { ordered: { since: 'P1Y', atLeast: 2 } }] }],
  ['none of them', { not: { any: [{ language: ['lv'] }, { bought: { category: ['vesture'] } }] } }],
  [
    'one within another',
    { all: [{ not: { place: ['Rīga'] } }, { any: [{ language: ['ru'] }, { not: { total: { atLeast: 10 } } }] }] },
  ],
];

describe('segments', { timeout: 120_000 }, () => {
  it.each(NODES)('%s: the same people as the words mean', async (_, node) => {
    const expected = accounts
      .filter((account) => holds(node, account))
      .map(({ id }) => Number(id))
      .sort((a, b) => a - b);
    expect((await membersOf(node)).map(Number)).toEqual(expected);
    // A segment of nobody or everybody would prove little.
    expect([expected.length > 0, expected.length < accounts.length]).toEqual([true, true]);
  });

  it('a guest is known by their e-mail: all their orders count, and nothing that was not noted holds', async () => {
    const twice = await membersOf({ ordered: { atLeast: 2 } }, consenting, 'guests');
    const expected = await context.database.transaction('repeatable read', (session) =>
      session.query<{ id: string }>(`
        SELECT o.id::text AS id FROM shop.orders o WHERE o.guest_email IS NOT NULL AND
          (SELECT count(*) FROM shop.orders p LEFT JOIN shop.customers c ON c.id = p.customer_id
           WHERE p.status = 'completed' AND lower(coalesce(p.guest_email, c.email)) = lower(o.guest_email)) >= 2 ORDER BY o.id`),
    );
    expect(twice).toEqual(expected.map(({ id }) => id));
    expect(twice.length).toBeGreaterThan(0);
    expect(await membersOf({ language: ['lv'] }, consenting, 'guests')).toEqual([]);
    expect((await membersOf({ not: { place: ['Rīga'] } }, consenting, 'guests')).length).toBeGreaterThan(0);
  });

  it('may read purchases only on explicit consent, and says of whom', async () => {
    const bought = { not: { bought: { category: ['romani'] } } };
    const refusal = {
      code: 'REFUSED',
      exit: 3,
      message: expect.stringMatching(/shop\.order_lines\.book_id \(category "purchases"\).*Art\. 9/),
    };
    await expect(membersOf(bought, context.model)).rejects.toMatchObject(refusal);
    const catalog = await context.database.transaction('repeatable read', readCatalog);
    const purposesOf = (node: SegmentNode) =>
      segmentCondition(consenting, catalog, 'accounts', segment(node), { snapshot: SNAPSHOT }).explicitPurposes;
    expect(purposesOf(bought)).toEqual(['reading']);
    expect(purposesOf({ language: ['lv'] })).toEqual([]);
  });

  it('may read no column that is held for neither marketing nor insight', async () => {
    const map = await readFile(context.paths.datamap, 'utf8');
    const narrow = parseDataMap(
      map.replace(
        'purposes: [order, marketing]\n        source: provided\n        codes:\n          lv:',
        'purposes: [order]\n        source: provided\n        codes:\n          lv:',
      ),
      'datamap.yaml',
    );
    await expect(membersOf({ language: ['lv'] }, narrow)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('shop.customers.language (category "account")'),
    });
  });

  it('is refused where the shop or the map lacks what it names, with the path in gdpr.yaml', async () => {
    const unknown = segment({ any: [{ language: ['lv'] }, { not: { bought: { category: ['dzeja', 'unknown'] } } }] });
    await expect(
      context.database.transaction('repeatable read', (session) => assertCategories(session, consenting, unknown)),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'gdpr.yaml: segments.tried.any.1.not.bought.category.1: the shop has no category "unknown"',
    });
    const map = (await readFile(context.paths.datamap, 'utf8')).replace(
      '      place: { table: shop.addresses, column: city }\n',
      '',
    );
    await expect(membersOf({ all: [{ place: ['Rīga'] }] }, parseDataMap(map, 'datamap.yaml'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('segments.tried.all.0.place: '),
    });
    expect(() => readSegment({ segments: {} }, 'none')).toThrow('describes no segment "none"');
  });

  it.each([
    [
      'explicitConsent: true',
      'basis: 6(1)(f)\n    explicitConsent: true',
      'basis: 6(1)(f)',
      'purposes.wishes.explicitConsent',
    ],
    [
      'place of another table',
      'place: { table: shop.newsletter_subscriptions, column: source }',
      'place: { table: shop.addresses, column: city }',
      'place.table',
    ],
    [
      'place without its column',
      'place: { table: shop.addresses, column: town }',
      'place: { table: shop.addresses, column: city }',
      'place.column',
    ],
    [
      'lines of no order',
      '{ column: book_id, table: shop.booklets, key: id }',
      '{ column: book_id, table: shop.books, key: id }',
      'lines.path[0].table',
    ],
    ['lines without a category', 'category: slogan', 'category: slug', 'orders.lines.category'],
  ])('a map with %s is not taken', async (_, wrong, right, path) => {
    const map = await readFile(context.paths.datamap, 'utf8');
    const last = path.startsWith('purposes') ? map.indexOf(right, map.indexOf('  wishes:')) : map.indexOf(right);
    const broken = map.slice(0, last) + wrong + map.slice(last + right.length);
    expect(() => parseDataMap(broken, 'datamap.yaml')).toThrow(`${path}: `);
  });

  it.each([
    ['{ boght: { category: [x] } }', 'segments.tried: '],
    ['{ all: [{ language: [lv] }, { languages: [lv] }] }', 'segments.tried.all.1: '],
    ['{ language: [lv], place: [Rīga] }', 'segments.tried: exactly one of'],
    ['{ not: {} }', 'segments.tried.not: exactly one of'],
    ['{ ordered: { since: last year } }', 'segments.tried.ordered.since: '],
    ['{ total: { atLeast: 0 } }', 'segments.tried.total.atLeast: '],
    ['{ bought: { category: [] } }', 'segments.tried.bought.category: '],
  ])('%s of gdpr.yaml is refused with its path', async (words, path) => {
    const file = join(workspace.root, 'gdpr.yaml');
    const before = await readFile(file, 'utf8');
    try {
      const own = before.slice(0, before.indexOf('# Groups of people'));
      await writeFile(file, `${own}segments:\n  tried: { title: { lv: a, en: a }, ${words.slice(2)}\n`);
      await expect(readConfig(workspace.root)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`\n${path}`),
      });
    } finally {
      await writeFile(file, before);
    }
  });
});
