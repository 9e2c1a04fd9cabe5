import { beforeAll, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { marketingSources, shopSaysSql } from '../../src/consent/shop-says.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { shop } from '../law/shop.js';

const s = shop();

/** What the columns of a source say, counted; computed by the query and, beside it, by hand. */
async function said(source: string): Promise<Record<string, unknown>[]> {
  return s.context.database.transaction('repeatable read', async (session) => {
    const found = marketingSources(s.context.model).find(({ id }) => id === source);
    if (found === undefined) throw new Error(`no source ${source}`);
    const sql = shopSaysSql(s.context.model, await readCatalog(session), found);
    if (sql === undefined) return [];
    return session.query(
      `SELECT s.channel, s.says, s.wording, count(*)::integer AS n FROM (${sql}) s GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    );
  });
}

describe("what the shop's own columns say", () => {
  beforeAll(() => prepareMarketing(s.context), 60_000);

  it('is a yes under the wording that was shown then, in the language of the row, or under none', async () => {
    const byHand = await s.rows(
      `SELECT 'email' AS channel, 'yes' AS says,
              CASE WHEN newsletter_opt_in_at >= '2018-05-01 00:00+03' THEN 'account-email-' || CASE language WHEN 'lv' THEN 'lv' ELSE 'en' END END AS wording,
              count(*)::integer AS n FROM shop.customers WHERE newsletter_opt_in GROUP BY 3
       UNION ALL
       SELECT 'sms', 'yes', CASE WHEN sms_opt_in_at >= '2020-01-01 00:00+02' THEN 'account-sms-' || CASE language WHEN 'lv' THEN 'lv' ELSE 'en' END END,
              count(*)::integer FROM shop.customers WHERE sms_opt_in GROUP BY 3 ORDER BY 1, 2, 3`,
    );
    expect(byHand.length).toBeGreaterThan(4);
    expect(await said('accounts')).toEqual(byHand);
    expect(await said('guests')).toEqual([]);
  });

  it('is a no beside a yes where somebody unsubscribed, and proves nothing where nobody knows the question', async () => {
    const rows = await said('subscribers');
    const [numbers] = await s.rows<{ no: number; unknown: number; asked: number }>(
      `SELECT count(*) FILTER (WHERE unsubscribed_at IS NOT NULL)::integer AS no,
              count(*) FILTER (WHERE confirmed_at IS NOT NULL AND (source IN ('fair', 'import') OR confirmed_at < '2018-05-01 00:00+03'))::integer AS unknown,
              count(*) FILTER (WHERE source IN ('footer', 'checkout') AND confirmed_at >= '2018-05-01 00:00+03')::integer AS asked
       FROM shop.newsletter_subscriptions`,
    );
    const count = (says: string, named: boolean) =>
      rows
        .filter((row) => row.says === says && (row.wording !== null) === named)
        .reduce((sum, { n }) => sum + Number(n), 0);
    expect({ no: count('no', false), unknown: count('yes', false), asked: count('yes', true) }).toEqual(numbers);
    expect(count('no', true)).toBe(0);
    expect(Math.min(...Object.values(numbers ?? {}))).toBeGreaterThan(3);
  });
});
