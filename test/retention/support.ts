import { sameRow } from '../../src/customer/erase/sql.js';
import { matchPeople } from '../../src/customer/find-customer.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import { readCatalog } from '../../src/datamap/catalog.js';
import { collectRows } from '../../src/datamap/collect.js';
import { compileCollect, rowsOf } from '../../src/datamap/collect-plan.js';
import { fromTable } from '../../src/datamap/sql.js';
import { agreeOnRules, pendingRuleSet } from '../../src/retention/approve.js';
import { type RunOptions, type RunResult, runRetention } from '../../src/retention/run.js';
import type { Context } from '../../src/workspace/open.js';
import { rowName } from '../customer/erase/snapshot.js';

/** Two people agree on the rules of the workspace's map. */
export async function agree(context: Context): Promise<void> {
  for (const operator of ['ilze', 'juris']) {
    const as = { ...context, operator };
    const pending = await pendingRuleSet(as);
    if (pending.step !== 'agreed') await agreeOnRules(as, pending);
  }
}

/** A run that may take all of a table, as a first one does. */
export function run(context: Context, options: Partial<RunOptions> = {}): Promise<RunResult> {
  const config = { ...context.config, retention: { maxShare: 100 } };
  return runRetention({ ...context, config }, { confirm: {}, ...options }, () => {});
}

/** Rows of a statement, in a transaction of its own. */
export function ask<R extends Record<string, unknown>>(
  context: Context,
  sql: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  return context.database.transaction('read committed', (session) => session.query<R>(sql, values));
}

/** The names (as `shopSnapshot` has them) of all rows of a person, read before anything leads to them no more. */
export async function rowsOfPerson(context: Context, query: PersonQuery): Promise<string[]> {
  const { database, model } = context;
  const [match] = await matchPeople(context, query);
  if (match === undefined) throw new Error('nobody matches');
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    await collectRows(session, compileCollect(model, catalog), model, catalog, [match.person]);
    const names: string[] = [];
    for (const table of model.tables) {
      const rows = await session.query<{ row: string }>(
        `SELECT DISTINCT to_jsonb(t)::text AS row FROM ${fromTable(table, catalog)} t JOIN ${rowsOf(table)} r ON ${sameRow(table, catalog, 't', 'r')}`,
      );
      names.push(...rows.map(({ row }) => rowName(table.table, JSON.parse(row))));
    }
    return names;
  });
}

/** Adds so many password resets that are long due, and a tenth as many visits, with the indexes as they are. */
export async function fillOld(context: Context, resets: number): Promise<void> {
  await ask(
    context,
    `INSERT INTO shop.password_resets (customer_id, token_hash, requested_at)
     SELECT (SELECT id FROM shop.customers ORDER BY id LIMIT 1) , md5(n::text), now() - interval '60 days' - n * interval '1 minute' FROM generate_series(1, ${resets}) n`,
  );
  await ask(
    context,
    `INSERT INTO shop.sessions (token, customer_id, ip, started_at, last_seen_at)
     SELECT 'old-' || n, NULL, '192.0.2.1', now() - interval '3 years', now() - interval '3 years' FROM generate_series(1, ${Math.floor(resets / 10)}) n`,
  );
  await ask(context, 'ANALYZE shop.password_resets');
  await ask(context, 'ANALYZE shop.sessions');
}

/** The rows of a large run: so many, or as many as TEST_RETENTION_ROWS says, e.g. 1000000. */
export function sizeOf(rows: number): number {
  const given = process.env.TEST_RETENTION_ROWS;
  return given === undefined ? rows : Number(given);
}
