import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idPlaces } from '../../../src/customer/residue/id-places.js';
import { compileNeedles } from '../../../src/customer/residue/needles.js';
import { compileScan } from '../../../src/customer/residue/scan-sql.js';
import { readSearchable } from '../../../src/customer/residue/searchable.js';
import { readCatalog } from '../../../src/datamap/catalog.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { lines, prove, RUTA, withClient } from './support.js';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly Plan[];
}

/** The scans of a plan, as `kind of table`. */
function scansOf(plan: Plan): string[] {
  const own = plan['Relation Name'] === undefined ? [] : [`${plan['Node Type']} of ${plan['Relation Name']}`];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}

describe('the statements of a search', { timeout: 180_000 }, () => {
  let workspace: TestWorkspace;
  let context: Context;
  const planOf = (sql: string, values: readonly unknown[] = []) =>
    context.database.transaction('repeatable read', async (session) => {
      const [row] = await session.query<{ 'QUERY PLAN': string }>(`EXPLAIN (FORMAT JSON) ${sql}`, values);
      return scansOf((JSON.parse(row?.['QUERY PLAN'] ?? '[]') as [{ Plan: Plan }])[0].Plan);
    });

  beforeAll(async () => {
    workspace = await bookshopWorkspace();
    context = await workspace.context();
  });
  afterAll(async () => {
    await context.database.close();
    await workspace.remove();
  });

  it('read each page of a table once, fetch rows by their places, and hold no value in their text', async () => {
    const { catalog, tables } = await context.database.transaction('repeatable read', async (session) => {
      const all = await readCatalog(session);
      return { catalog: all, ...(await readSearchable(session, all)) };
    });
    const target = 'shop.customers';
    const needles = compileNeedles({ ...RUTA, ids: [{ table: target, key: ['4711'] }] }, {});
    const places = idPlaces(context.model, catalog, [target]);
    const shop = tables.filter(({ name }) => name.startsWith('shop.'));
    expect(shop.length).toBeGreaterThan(20);
    for (const table of shop) {
      const pages = { first: 0, end: 64 };
      const { texts, exact, rows } = compileScan(table, [needles], places, pages);
      const name = /"([^"]+)"$/.exec(table.from)?.[1];
      for (const text of texts) expect(await planOf(text)).toEqual([`Tid Range Scan of ${name}`]);
      const { sql, values } = rows(['(0,1)']);
      expect(await planOf(sql, values)).toEqual([`Tid Scan of ${name}`]);
      expect([...texts, exact?.sql ?? '', sql].join(' ')).not.toMatch(/4711|29123456|kalnina/);
    }
  });

  it('find what stands in long values, where a piece ends and beside others, and count each row once', async () => {
    const [email] = RUTA.emails;
    const rows = await withClient(workspace.url, async (client) => {
      await client.query('CREATE SCHEMA long; CREATE TABLE long.texts (id integer PRIMARY KEY, a text, b bytea)');
      await client.query(
        `INSERT INTO long.texts
         SELECT n, CASE
           WHEN n = 3 THEN left(filling, 1048576 - 12) || ' ' || $1 || ' ' || filling
           WHEN n = 4 THEN filling || E'\\x1e' || $1
           WHEN n = 5 THEN repeat('x', 500000) || ' ' || $1
           WHEN n = 6 THEN filling || ' Rūtai'
           WHEN n = 7 THEN 'Kalniņai ' || filling
           ELSE 'nekas' END,
           CASE WHEN n = 8 THEN convert_to(filling || ' ' || $1, 'UTF8') END
         FROM generate_series(1, 20) n,
           (SELECT string_agg(translate(md5(i::text), '0123456789', 'ghijklmnop'), ' ') AS filling FROM generate_series(1, 50000) i) f`,
        [email],
      );
      return (await client.query('SELECT count(*)::int AS n FROM long.texts')).rows[0]?.n as number;
    });
    const proof = await prove(context, RUTA);
    await withClient(workspace.url, (client) => client.query('DROP SCHEMA long CASCADE'));
    const before = await prove(context, RUTA);
    expect(
      proof.hits.filter(({ table }) => table === 'long.texts').map(({ key, column }) => `${key} ${column}`),
    ).toEqual(['3 a', '4 a', '5 a', '8 b']);
    expect(proof.searched.rows - before.searched.rows).toBe(rows);
    expect(lines(before)).toEqual([]);
  });
});
