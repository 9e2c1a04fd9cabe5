import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';

/** Held while a run goes on, and so by one at a time. */
export const RUN_LOCK = 'retention run';

/** Why a run ended: all done, its time or its rows used up, or told to. */
export type Stopped = 'done' | 'duration' | 'rows' | 'signal';

/** What one rule came to in one table, by the month in which the rows fell due. Counts of rows. */
export interface RunFigure {
  readonly rule: string;
  /** Canonical `schema.table`. */
  readonly table: string;
  /** First day of the month, ISO 8601. */
  readonly month: string;
  /** Due and free to go when the run began. */
  readonly eligible: number;
  /** Due, and kept by a hold. */
  readonly held: number;
  /** Due, and kept by another ground: one of the map, a restriction, an open access request, rows that point to it. */
  readonly excepted: number;
  readonly deleted: number;
  readonly changed: number;
}

/** A run as it is kept. Times are UTC with microseconds. */
export interface RunRecord {
  readonly operation: string;
  /** The run that was cut short and that this one went on with. */
  readonly continues: string | null;
  readonly asOf: string;
  /** The digest of the approved rule set. */
  readonly ruleSet: string;
  /** The rule set as it was approved: parsed canonical JSON, see `RuleSet`. */
  readonly rules: unknown;
  readonly approval: {
    readonly preparedBy: string;
    readonly approvedBy: string;
    readonly approvedAt: string;
    readonly mode: 'roles' | 'names';
  };
  readonly operator: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Null while it goes on, and for good where it was killed or failed. */
  readonly stopped: Stopped | null;
  /** Rows by table that were confirmed though they are more than the share allowed. */
  readonly confirmed: Readonly<Record<string, number>>;
  /** How many people's erasures it finished. */
  readonly finished: number;
  /** Rows that were due and stayed because somebody else held them. */
  readonly locked: number;
  /** By rule, table and month. */
  readonly figures: readonly RunFigure[];
}

/**
 * A run with its figures.
 * @param which the operation's id, or `last`: the last run that began
 * @throws GdprError NOT_FOUND
 */
export async function readRun(session: Session, which: string): Promise<RunRecord> {
  const [run] = await session.query<
    Omit<RunRecord, 'rules' | 'approval' | 'confirmed' | 'locked' | 'figures'> &
      RunRecord['approval'] & { rules: string; confirmed: string | null; locked: string }
  >(
    `SELECT r.operation, r.continues, ${timeText('r.as_of')} AS "asOf", r.rule_set AS "ruleSet", s.rules, s.prepared_by AS "preparedBy",
       s.approved_by AS "approvedBy", ${timeText('s.approved_at')} AS "approvedAt", s.mode, o.operator,
       ${timeText('r.started_at')} AS "startedAt", ${timeText('r.ended_at')} AS "endedAt", r.stopped, r.confirmed::text AS confirmed,
       cardinality(r.finished) AS finished, r.locked::text AS locked
     FROM gdpr.retention_run r JOIN gdpr.retention_rule_set s ON s.digest = r.rule_set JOIN gdpr.operation o ON o.id = r.operation
     WHERE $1 IN ('last', r.operation) ORDER BY r.started_at DESC LIMIT 1`,
    [which],
  );
  if (run === undefined) {
    throw new GdprError('NOT_FOUND', which === 'last' ? 'no retention run was begun yet' : 'there is no such run', {
      hint: 'runs are begun by: gdpr retention run',
    });
  }
  const { preparedBy, approvedBy, approvedAt, mode, rules, confirmed, locked, ...rest } = run;
  return {
    ...rest,
    rules: JSON.parse(rules) as unknown,
    approval: { preparedBy, approvedBy, approvedAt, mode },
    confirmed: confirmed === null ? {} : (JSON.parse(confirmed) as Record<string, number>),
    locked: Number(locked),
    figures: await figuresOf(session, run.operation),
  };
}

async function figuresOf(session: Session, run: string): Promise<RunFigure[]> {
  const rows = await session.query<Record<keyof RunFigure, string>>(
    `SELECT rule, table_name AS "table", month::text AS month, eligible::text AS eligible, held::text AS held,
       excepted::text AS excepted, deleted::text AS deleted, changed::text AS changed
     FROM gdpr.retention_figure WHERE run = $1 ORDER BY rule COLLATE "C", table_name COLLATE "C", month`,
    [run],
  );
  return rows.map(({ rule, table, month, ...counts }) => ({
    rule,
    table,
    month,
    eligible: Number(counts.eligible),
    held: Number(counts.held),
    excepted: Number(counts.excepted),
    deleted: Number(counts.deleted),
    changed: Number(counts.changed),
  }));
}
