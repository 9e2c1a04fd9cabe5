import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Session } from '../../src/database/session.js';
import { NO_CAMPAIGN } from '../../src/marketing/campaign.js';
import { judgeEverybody } from '../../src/marketing/everybody.js';
import { recipientsOf } from '../../src/marketing/list.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { registerWordings } from './support.js';

const CUSTOMERS = 3000;

let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await bookshopWorkspace({ customers: CUSTOMERS });
  const context = await workspace.context();
  await registerWordings(context)
    .then(() => context.database.transaction('read committed', (session) => session.run('ANALYZE')))
    .finally(() => context.database.close());
}, 300_000);
afterAll(() => workspace.remove());

/** A session that has PostgreSQL explain each statement before it runs, by the table that it makes or `list`. */
function explaining(session: Session, plans: Map<string, string>): Session {
  const explain = async (name: string, sql: string) => {
    const lines = await session.query<{ 'QUERY PLAN': string }>(`EXPLAIN (COSTS OFF) ${sql}`);
    plans.set(name, lines.map((line) => line['QUERY PLAN']).join('\n'));
  };
  return {
    query: (sql, values) => session.query(sql, values),
    run: async (sql, values) => {
      const [, made] = /^\s*CREATE TEMPORARY TABLE (\w+) ON COMMIT DROP AS\s/.exec(sql) ?? [];
      if (made !== undefined) await explain(made, sql);
      return session.run(sql, values);
    },
    stream: async function* (sql, values) {
      await explain('list', sql);
      yield* session.stream(sql, values);
    },
    copy: (query, each) => session.copy(query, each),
  };
}

const scansOf = (table: string, plan = '') => plan.match(new RegExp(`Scan on ${table}\\b`, 'g'))?.length ?? 0;

it.each(['email', 'sms'] as const)(
  'of %s: reads each source once, judges in one pass and sorts once',
  async (channel) => {
    const context = await workspace.context();
    const plans = new Map<string, string>();
    let rows = 0;
    try {
      await context.database.transaction('repeatable read', async (session) => {
        const watched = explaining(session, plans);
        const settings = { channel, campaign: { ...NO_CAMPAIGN, softOptIn: true }, segment: null };
        await judgeEverybody(watched, context, settings, { listed: ['name', 'language'] });
        for await (const _ of recipientsOf(watched, ['name', 'language'], () => ({ url: '', token: '' }))) rows += 1;
      });
    } finally {
      await context.database.close();
    }
    expect(rows).toBeGreaterThan(CUSTOMERS / 20);
    const [gathered, judged, list] = ['audience_candidate', 'audience_judged', 'list'].map((name) => plans.get(name));
    // A source is read once; orders besides for what they tell of the accounts.
    expect([gathered, judged, list].filter((plan) => plan === undefined)).toEqual([]);
    const sources = { customers: 1, newsletter_subscriptions: 1, orders: 2 };
    expect(Object.fromEntries(Object.keys(sources).map((table) => [table, scansOf(table, gathered)]))).toEqual(sources);
    // Once for what stands against addresses, once for everybody.
    expect(scansOf('audience_candidate', judged)).toBe(2);
    expect(scansOf('audience_judged', list)).toBe(1);
    expect(list?.match(/(?:^|-> +)Sort$/gm)).toHaveLength(1);
    for (const plan of [gathered, judged, list]) expect(plan).not.toMatch(/Nested Loop|SubPlan|InitPlan/);
  },
);
