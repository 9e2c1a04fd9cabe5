import { timeText } from '../audit/append.js';
import { compileErase } from '../customer/erase/compile.js';
import { chooseValues } from '../customer/erase/probe.js';
import { keyNames, sameRow } from '../customer/erase/sql.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { column, fromTable, textLiteral } from '../datamap/sql.js';
import { now } from '../foundation/clock.js';
import { GdprError } from '../foundation/errors.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Config } from '../workspace/config.js';
import type { Context } from '../workspace/open.js';
import { findUncovered, type Uncovered } from './coverage.js';
import { cutOffs } from './due.js';
import { keyList, type Standing, standingStamp } from './guards.js';
import { type MissingIndex, missingIndexes } from './indexes.js';
import { enterProtected, findProtected, type Protected, type ProtectedRows, protectedRows } from './protect.js';
import { readRuleSet, ruleSetOf } from './rule-set.js';
import { lastRule, type Ruling, type SurveyWants, surveyOf } from './ruling.js';
import { takeSurvey } from './survey.js';
import { compileUnits } from './units.js';

/** What one rule comes to; counts of rows, of which each counts under the rule that lets it go last. */
export interface RulePlan {
  readonly rule: string;
  readonly law: string;
  readonly period: string;
  /** Due, and free to go. */
  readonly eligible: number;
  /** Due, and kept by a hold. */
  readonly held: number;
  /** Due, and kept by another ground: one of the map, a restriction, an open access request, rows that point to it, a person's clock that counts it. */
  readonly excepted: number;
  /** Not due, or their clock has not begun. */
  readonly notYet: number;
  /** Due, and nothing is left to take. */
  readonly done: number;
  /** The first day on which the oldest of the eligible could have gone (ISO 8601); null without any. */
  readonly oldest: string | null;
  /** What the eligible rows take in their tables as they are stored, in bytes. */
  readonly bytes: number;
}

/** How much of a table would be taken. */
export interface TableShare {
  readonly table: string;
  readonly rows: number;
  readonly eligible: number;
  /** Per cent of the table's rows, and what a run may take without a confirmation. */
  readonly share: number;
  readonly maxShare: number;
  /** Whether that is more than is allowed without a confirmation. */
  readonly over: boolean;
}

export interface RetentionPlan {
  /** The instant that decides what is due, UTC with microseconds. */
  readonly asOf: string;
  /** The run that was cut short and that the next one goes on with. */
  readonly continues: string | null;
  /** The digest of the rule set, and whether two people have agreed on it. */
  readonly digest: string;
  readonly approved: boolean;
  readonly rules: readonly RulePlan[];
  readonly tables: readonly TableShare[];
  readonly uncovered: readonly Uncovered[];
  readonly missingIndexes: readonly MissingIndex[];
}

/** A run that was cut short, under the rules that are in force. */
export interface Unfinished {
  readonly operation: string;
  readonly asOf: string;
  readonly confirmed: Readonly<Record<string, number>>;
}

/** What a run may take of a table unless `gdpr.yaml` says otherwise, in per cent. */
const MAX_SHARE = 5;

/** A survey with everything that it was taken by; its temporary tables live in the caller's transaction. */
export interface Survey {
  readonly ruling: Ruling;
  readonly stamp: string;
  readonly protectedPeople: readonly Protected[];
  readonly protectedRows: ProtectedRows;
  readonly plan: Omit<RetentionPlan, 'rules'>;
  readonly unfinished: Unfinished | undefined;
  /** References of people whose erasure the last run finished without the log telling of it. */
  readonly untold: readonly string[];
}

/** Says what a run would take now, and what it would leave, changing nothing. @throws GdprError DRIFT */
export async function planRetention(context: Context): Promise<RetentionPlan & { readonly operation: string }> {
  return runOperation(context, { action: 'retention plan', subjects: [] }, async (operation) => {
    const plan = await context.database.transaction('repeatable read', async (session) => {
      const { plan, ruling } = await survey(session, context, { bytes: true });
      return { ...plan, rules: await rulePlans(session, ruling) };
    });
    const sum = (of: (rule: RulePlan) => number) => plan.rules.reduce((all, rule) => all + of(rule), 0);
    await endOperation(context, operation, {
      result: 'done',
      counts: { eligible: sum(({ eligible }) => eligible), uncovered: plan.uncovered.length },
    });
    return { ...plan, operation: operation.id };
  });
}

/** Looks at everything, in the caller's REPEATABLE READ transaction. @throws GdprError DRIFT */
export async function survey(session: Session, context: Context, wants: SurveyWants = {}): Promise<Survey> {
  const { model, config } = context;
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const ruleSet = ruleSetOf(model);
  const { unfinished, untold } = await lastRun(session, ruleSet.digest);
  const asOf = unfinished?.asOf ?? now().toISOString().replace('Z', '000Z');
  const erasure = await chooseValues(session, compileErase(model, catalog), model, catalog);
  const cuts = await cutOffs(session, model, asOf);
  const units = compileUnits(erasure, model, catalog, cuts);
  const ruling: Ruling = { model, catalog, erasure, units, cuts, asOf };
  const stamp = await standingStamp(session);
  const people = await findProtected(session, context, catalog);
  const rows = await protectedRows(session, model, catalog, people);
  await enterProtected(session, model, catalog, rows, new Set(rows.keys()));
  await takeSurvey(session, ruling, await standingOf(session, rows), wants);
  const plan = {
    asOf,
    continues: unfinished?.operation ?? null,
    digest: ruleSet.digest,
    approved: (await readRuleSet(session, ruleSet.digest))?.approval != null,
    tables: await shares(session, ruling, config.retention),
    uncovered: await findUncovered(session, ruling),
    missingIndexes: await missingIndexes(session, ruling),
  };
  return { ruling, stamp, protectedPeople: people, protectedRows: rows, plan, unfinished, untold };
}

export async function standingOf(session: Session, rows: ProtectedRows): Promise<Standing> {
  const [row] = await session.query<{ holds: boolean }>(
    'SELECT EXISTS (SELECT FROM gdpr.hold WHERE released_at IS NULL) AS holds',
  );
  return { holds: row?.holds === true, protectedTables: new Set(rows.keys()) };
}

/** Of the last run: what is to be gone on with, where it did not come to its end under these rules, and what is to be told. */
async function lastRun(session: Session, digest: string): Promise<Pick<Survey, 'unfinished' | 'untold'>> {
  const [run] = await session.query<{
    operation: string;
    asOf: string;
    stopped: string | null;
    ruleSet: string;
    confirmed: string | null;
    untold: string;
  }>(
    `SELECT r.operation, ${timeText('r.as_of')} AS "asOf", r.stopped, r.rule_set AS "ruleSet", r.confirmed::text AS confirmed,
       array_to_json(ARRAY(SELECT unnest(r.finished) EXCEPT SELECT unnest(o.subjects)))::text AS untold
     FROM gdpr.retention_run r JOIN gdpr.operation o ON o.id = r.operation ORDER BY r.started_at DESC LIMIT 1`,
  );
  if (run === undefined) return { unfinished: undefined, untold: [] };
  const untold = JSON.parse(run.untold) as string[];
  if (run.stopped === 'done' || run.ruleSet !== digest) return { unfinished: undefined, untold };
  const confirmed = run.confirmed === null ? {} : (JSON.parse(run.confirmed) as Record<string, number>);
  return { unfinished: { operation: run.operation, asOf: run.asOf, confirmed }, untold };
}

/** What each rule comes to, by the survey and by the rows that it passed over. */
async function rulePlans(session: Session, { units, model, catalog }: Ruling): Promise<RulePlan[]> {
  const counts = new Map<
    string,
    {
      eligible: number;
      held: number;
      excepted: number;
      notYet: number;
      done: number;
      oldest: string | null;
      bytes: number;
    }
  >();
  const of = (rule: string) => {
    const known = counts.get(rule) ?? { eligible: 0, held: 0, excepted: 0, notYet: 0, done: 0, oldest: null, bytes: 0 };
    counts.set(rule, known);
    return known;
  };
  for (const rule of rulesIn(model)) of(rule);
  for (const unit of units) {
    const { table } = unit.erase;
    const due = await session.query<
      Record<'rule' | 'eligible' | 'held' | 'excepted' | 'bytes', string> & { oldest: string | null }
    >(
      `SELECT rule, count(*) FILTER (WHERE NOT held AND NOT excepted)::text AS eligible, count(*) FILTER (WHERE held)::text AS held,
         count(*) FILTER (WHERE excepted)::text AS excepted, min(due) FILTER (WHERE NOT held AND NOT excepted)::text AS oldest,
         coalesce(sum(bytes) FILTER (WHERE NOT held AND NOT excepted), 0)::text AS bytes
       FROM ${surveyOf(table)} WHERE unit = ${unit.index} GROUP BY rule`,
    );
    for (const row of due) {
      const mine = of(row.rule);
      mine.eligible += Number(row.eligible);
      mine.held += Number(row.held);
      mine.excepted += Number(row.excepted);
      mine.bytes += Number(row.bytes);
      if (row.oldest !== null && (mine.oldest === null || row.oldest < mine.oldest)) mine.oldest = row.oldest;
    }
    // Of rows that are due but for the person's other rows, nothing more than that is known here.
    const rest = unit.person
      ? `(SELECT CASE WHEN ${unit.due} AND NOT ${unit.remaining} THEN 'done' ELSE 'notYet' END AS state, ${textLiteral(unit.rules[0]?.keep.rule ?? '')} AS rule
          FROM ${fromTable(table, catalog)} t WHERE NOT EXISTS (SELECT FROM ${surveyOf(table)} s WHERE s.unit = ${unit.index} AND ${sameRow(table, catalog, 't', 's')})) r`
      : `(SELECT CASE WHEN ${unit.due} THEN 'done' ELSE 'notYet' END AS state,
            CASE ${unit.rules.map((rule) => `WHEN NOT ${rule.due} THEN ${textLiteral(rule.keep.rule)}`).join(' ')} ELSE x.rule END AS rule
          FROM ${fromTable(table, catalog)} t CROSS JOIN ${lastRule(unit.rules)} WHERE NOT (${unit.due} AND ${unit.remaining})) r`;
    for (const { rule, state, rows } of await session.query<{ rule: string; state: 'done' | 'notYet'; rows: string }>(
      `SELECT r.rule, r.state, count(*)::text AS rows FROM ${rest} GROUP BY r.rule, r.state`,
    )) {
      of(rule)[state] += Number(rows);
    }
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, count]) => ({
      rule,
      law: model.map.retention[rule]?.law ?? '',
      period: model.map.retention[rule]?.period ?? '',
      ...count,
    }));
}

/** The ids of the rules that tables have, sorted. */
export function rulesIn({ tables }: DataMapModel): string[] {
  return [...new Set(tables.flatMap(({ entry }) => (entry.retention ?? []).map(({ rule }) => rule)))].sort();
}

async function shares(
  session: Session,
  { units, catalog, erasure }: Ruling,
  config: Config['retention'],
): Promise<TableShare[]> {
  const own = new Map(Object.entries(config?.tables ?? {}).map(([name, share]) => [canonicalName(name), share]));
  const tables: TableShare[] = [];
  const going = new Map(
    units.flatMap(({ erase, does, index }) => (does === 'delete' ? [[erase.table, index] as const] : [])),
  );
  const cuts = erasure.dependencies.filter(({ cut, parent }) => cut.length > 0 && going.has(parent.table));
  for (const table of new Set([...units.map(({ erase }) => erase.table), ...cuts.map(({ child }) => child.table)])) {
    const mine = units.filter(({ erase }) => erase.table === table);
    const taken = [
      ...(mine.length > 0
        ? [`SELECT ${keyNames(table, catalog)} FROM ${surveyOf(table)} WHERE NOT held AND NOT excepted`]
        : []),
      // A row that loses its key to a row that goes is changed as well.
      ...cuts.flatMap(({ child, parent, key }) => {
        if (child.table !== table) return [];
        const on = key.columns.map(
          (name, i) => `${column('t', name)} = ${column('p', key.referencedColumns[i] ?? '')}`,
        );
        return [
          `SELECT ${keyList(table, catalog)} FROM ${fromTable(table, catalog)} t JOIN ${fromTable(parent.table, catalog)} p ON ${on.join(' AND ')}
           JOIN ${surveyOf(parent.table)} s ON s.unit = ${going.get(parent.table)} AND NOT s.held AND NOT s.excepted AND ${sameRow(parent.table, catalog, 'p', 's')}`,
        ];
      }),
    ];
    // A unit names each row once; more than one may name the same.
    const distinct =
      taken.length === 1 && mine.length === 1
        ? taken[0]
        : `SELECT * FROM (${taken.join(' UNION ALL ')}) u GROUP BY ${keyNames(table, catalog)}`;
    const [row] = await session.query<{ rows: string; eligible: string }>(
      `SELECT (SELECT count(*) FROM ${fromTable(table, catalog)})::text AS rows, (SELECT count(*) FROM (${distinct}) d)::text AS eligible`,
    );
    const rows = Number(row?.rows);
    const eligible = Number(row?.eligible);
    if (rows === 0) continue;
    const share = (eligible / rows) * 100;
    const maxShare = own.get(table.name) ?? config?.maxShare ?? MAX_SHARE;
    tables.push({
      table: table.name,
      rows,
      eligible,
      share: Math.round(share * 10) / 10,
      maxShare,
      over: share > maxShare,
    });
  }
  return tables;
}

/** Rows by table that somebody has confirmed. */
export interface Confirmed {
  /** Now: each must be the plan's figure. */
  readonly fresh: Readonly<Record<string, number>>;
  /** For the run that this one goes on with, of which less is left. */
  readonly inherited: Readonly<Record<string, number>>;
}

/**
 * Refuses a run that would take more of a table than is allowed: a mistyped clock must not empty the shop at night.
 * @throws GdprError REFUSED with the figures
 */
export function assertShares(plan: Pick<RetentionPlan, 'tables'>, { fresh, inherited }: Confirmed): void {
  const figures = new Map(plan.tables.map(({ table, eligible }) => [table, eligible]));
  const wrong = Object.entries(fresh).filter(([table, rows]) => rows !== (figures.get(table) ?? 0));
  if (wrong.length > 0) {
    throw new GdprError(
      'REFUSED',
      [
        'a confirmation is not what the plan counts, so nothing was done:',
        ...wrong.map(([table, rows]) => `${table}: confirmed ${rows}, eligible ${figures.get(table) ?? 0}`),
      ].join('\n'),
      { hint: 'look at: gdpr retention plan; confirm nothing but the figures that it shows' },
    );
  }
  const over = plan.tables.filter(
    ({ table, eligible, over }) => over && fresh[table] === undefined && (inherited[table] ?? -1) < eligible,
  );
  if (over.length === 0) return;
  const shown = over.map(
    ({ table, eligible, rows, share, maxShare }) =>
      `${table}: ${eligible} of ${rows} rows, ${share} % (allowed ${maxShare} %)`,
  );
  throw new GdprError(
    'REFUSED',
    ['the run would take more of a table than is allowed without a confirmation, so nothing was done:', ...shown].join(
      '\n',
    ),
    {
      hint: `look at: gdpr retention plan; if it is right, confirm these figures once: gdpr retention run ${over.map(({ table, eligible }) => `--confirm '${table}=${eligible}'`).join(' ')}`,
      details: { over },
    },
  );
}
