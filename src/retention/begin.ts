import type { Session } from '../database/session.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { GdprError } from '../foundation/errors.js';
import { type Operation, recordOutcome } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { assertCovered } from './coverage.js';
import { assertNotAhead } from './instant.js';
import type { Work } from './passes.js';
import { assertShares, type Survey, survey } from './plan.js';
import { assertApproved, ruleSetOf, type StoredRuleSet } from './rule-set.js';
import { monthOf, surveyOf } from './ruling.js';
import { cutSlices } from './slices.js';

/** A run that may take what it has found. */
export interface Begun {
  readonly taken: Survey;
  readonly work: readonly Work[];
  readonly approved: StoredRuleSet;
}

/** The survey, the gates, and the run's own row, in one snapshot; nothing is written when a gate refuses. */
export async function beginRun(
  context: Context,
  operation: Operation,
  confirm: Readonly<Record<string, number>>,
): Promise<Begun> {
  const begun = await context.database.transaction('repeatable read', async (session) => {
    // The survey takes a processor at most, whatever the shop has.
    await session.run('SET LOCAL max_parallel_workers_per_gather = 0');
    const approved = await assertApproved(session, ruleSetOf(context.model));
    const taken = await survey(session, context);
    const { plan, ruling, unfinished } = taken;
    await assertNotAhead(session, plan.asOf, plan.continues);
    assertCovered(plan.uncovered);
    const fresh = confirm;
    const inherited = unfinished?.confirmed ?? {};
    await assertUnused(session, fresh);
    assertShares(plan, { fresh, inherited });
    const confirmed = { ...inherited, ...fresh };
    await session.run(
      `INSERT INTO gdpr.retention_run (operation, continues, as_of, rule_set, confirmed, finished)
       VALUES ($1, $2, $3::timestamptz, $4, $5::jsonb, $6::text[])`,
      [
        operation.id,
        unfinished?.operation ?? null,
        plan.asOf,
        plan.digest,
        Object.keys(confirmed).length === 0 ? null : JSON.stringify(confirmed),
        taken.untold,
      ],
    );
    const work: Work[] = [];
    const eligible = new Map<number, number>();
    for (const table of new Set(ruling.units.map(({ erase }) => erase.table))) {
      for (const { unit, rows } of await keepDue(session, operation.id, table)) eligible.set(unit, Number(rows));
    }
    for (const unit of ruling.units) {
      const rows = eligible.get(unit.index) ?? 0;
      if (rows === 0) continue;
      const all = plan.tables.find(({ table }) => table === unit.erase.table.name)?.rows ?? 0;
      work.push({ unit, eligible: rows, slices: await cutSlices(session, unit, ruling.catalog, rows, all) });
    }
    return { taken, work, approved };
  });
  await abandonEarlier(context, operation);
  return begun;
}

/** Keeps what is due in a table as figures of the run, and counts by unit what is free to go. */
async function keepDue(
  session: Session,
  run: string,
  table: PersonalTableModel,
): Promise<{ unit: number; rows: string }[]> {
  return session.query(
    `WITH s AS MATERIALIZED (
       SELECT unit, rule, due, count(*) FILTER (WHERE NOT held AND NOT excepted) AS eligible,
         count(*) FILTER (WHERE held) AS held, count(*) FILTER (WHERE excepted) AS excepted
       FROM ${surveyOf(table)} GROUP BY unit, rule, due),
     f AS (
       INSERT INTO gdpr.retention_figure (run, rule, table_name, month, eligible, held, excepted)
       SELECT $1, rule, $2, ${monthOf('due')}, sum(eligible), sum(held), sum(excepted) FROM s GROUP BY 2, 4)
     SELECT unit, sum(eligible)::text AS rows FROM s GROUP BY unit`,
    [run, table.name],
  );
}

/** Runs that were killed, since one goes on at a time: their operations get the outcome that `recover` would give them. */
async function abandonEarlier(context: Context, operation: Operation): Promise<void> {
  await context.database.transaction('read committed', async (session) => {
    const killed = await session.query<{ id: string; digest: string | null }>(
      `SELECT id, plan_digest AS digest FROM gdpr.operation
       WHERE action = $1 AND state = 'started' AND id <> $2 ORDER BY id`,
      [operation.intent.action, operation.id],
    );
    for (const { id, digest } of killed) {
      const intent = {
        action: operation.intent.action,
        subjects: [],
        ...(digest !== null && { planDigest: digest }),
      };
      await recordOutcome(session, context, id, intent, { result: 'abandoned' });
    }
  });
}

/** The confirmations by canonical table name. @throws GdprError USAGE for a table that has no rules */
export function byTable(confirm: Readonly<Record<string, number>>, { tables }: DataMapModel): Record<string, number> {
  return Object.fromEntries(
    Object.entries(confirm).map(([written, rows]) => {
      const name = canonicalName(written);
      if (tables.some((table) => table.name === name && (table.entry.retention ?? []).length > 0)) return [name, rows];
      throw new GdprError('USAGE', 'a --confirm names a table that has no retention rule', {
        hint: 'write it as the plan does: --confirm TABLE=ROWS',
      });
    }),
  );
}

/** @throws GdprError REFUSED when one of these confirmations was used by an earlier run */
async function assertUnused(session: Session, confirm: Readonly<Record<string, number>>): Promise<void> {
  for (const [table, rows] of Object.entries(confirm)) {
    const [used] = await session.query<{ operation: string }>(
      'SELECT operation FROM gdpr.retention_run WHERE confirmed @> jsonb_build_object($1::text, $2::bigint) LIMIT 1',
      [table, rows],
    );
    if (used === undefined) continue;
    throw new GdprError(
      'REFUSED',
      `the confirmation ${table}=${rows} was used by the run ${used.operation}, and counts once`,
      {
        hint: 'look at: gdpr retention plan; nothing of a timer should confirm figures by itself',
      },
    );
  }
}
