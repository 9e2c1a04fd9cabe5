import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { marketingSources, shopSaysSql } from '../../src/consent/shop-says.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let context: Context;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
}, 120_000);
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});
describe("what the shop's columns say", () => {
  it('x', async () => {
    const rows = await context.database.transaction('repeatable read', async (session) => {
      const catalog = await readCatalog(session);
      return Promise.all(marketingSources(context.model).map(async (s) => {
        const sql = shopSaysSql(context.model, catalog, s);
        return sql === undefined ? [] : session.query(`SELECT channel, says, at IS NULL AS never, wording, count(*)::text AS n FROM (${sql}) s GROUP BY 1,2,3,4 ORDER BY 1,2,3,4`);
      }));
    });
    console.log(JSON.stringify(rows, null, 1));
    expect(rows).toHaveLength(3);
  });
});
