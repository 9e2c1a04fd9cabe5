import { setTimeout as sleep } from 'node:timers/promises';
import { withShopPath } from '../customer/erase/execute.js';
import { journalDone } from '../customer/settle-journaled.js';
import { shareStanding } from '../customer/standing.js';
import type { Session } from '../database/session.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { fromTable, live } from '../datamap/sql.js';
import { errno, GdprError } from '../foundation/errors.js';
import { approvalRule } from '../operation/approval.js';
import { archiveOutcome } from '../operation/archived.js';
import { endOperation, type Operation, recordOutcome, runOperation } from '../operation/operation.js';
import { deskOf } from '../request/register.js';
import type { Context } from '../workspace/open.js';
import { type BatchContext, type BatchDone, countFree, type Protection, type Taken, takeBatch } from './batch.js';
import { assertCovered } from './coverage.js';
import { forgetLeft } from './finish.js';
import { standingStamp } from './guards.js';
import type { MissingIndex } from './indexes.js';
import { assertNotAhead } from './instant.js';
import { Pace } from './pace.js';
import { assertShares, rulesIn, type Survey, standingOf, survey } from './plan.js';
import { findProtected, type ProtectedRows, protectedRows } from './protect.js';
import { RUN_LOCK, type RunRecord, readRun, type Stopped } from './record.js';
import { addReport } from './report.js';
import { assertApproved, ruleSetOf, type StoredRuleSet } from './rule-set.js';
import { cutSlices, SLICE, type Slices, slicesIn } from './slices.js';
import { pointsWithin, type Ruling, surveyOf } from './survey.js';
import type { Unit } from './units.js';

export interface RunOptions {
  /** Milliseconds after which no further batch begins. */
  readonly maxDuration?: number | undefined;
  /** Rows after which it stops. */
  readonly maxRows?: number | undefined;
  /** Rows by table that are confirmed though they are more than the share allowed; each figure as the plan gives it. */
  readonly confirm: Readonly<Record<string, number>>;
}

export interface RunResult {
  readonly operation: string;
  /** UTC with microseconds. */
  readonly asOf: string;
  /** The run that was cut short and that this one went on with. */
  readonly continues: string | null;
  readonly digest: string;
  readonly rules: readonly { readonly rule: string; readonly deleted: number; readonly changed: number }[];
  /** Rows deleted, and changes of rows. */
  readonly rows: number;
  readonly stopped: Stopped;
  /** Rows that were due and stayed because somebody else held them. */
  readonly locked: number;
  /** How many people's erasures it finished. */
  readonly finished: number;
  readonly missingIndexes: readonly MissingIndex[];
  /** The signed report of it. */
  readonly archive: string;
  readonly sha256: string;
  readonly audit: { readonly sequence: number };
  readonly record: RunRecord;
}

/** A batch that keeps failing for locks is left until the end. */
const MOST_TRIES = 4;
/** Before what others held is tried again. */
const SECOND_LOOK_MS = 1000;

/**
 * Takes what is due under the approved rules: a survey of everything, then batch by batch, each in a transaction of its
 * own that also keeps the figures. Stopped or killed at any moment, it is gone on with by running it again: with the same
 * as-of instant, and never the same row twice, because a row that was taken is not due any more.
 * @throws GdprError LOCKED when another run goes on, REFUSED without an agreement or above the share, DRIFT with rows that
 *   no rule reaches
 * @param onBroken told what a run had come to that then failed
 */
export async function runRetention(
  context: Context,
  options: RunOptions,
  onProgress: (done: number, total: number) => void,
  onBroken: (record: RunRecord) => void = () => {},
): Promise<RunResult> {
  const release = await context.database.lock(RUN_LOCK);
  if (release === undefined) {
    throw new GdprError('LOCKED', 'another retention run goes on at the moment', { hint: 'wait until it has ended' });
  }
  try {
    const { digest } = ruleSetOf(context.model);
    // What was typed reaches the log, so it must name tables of the map before.
    const confirm = byTable(options.confirm, context.model);
    const confirmed = Object.fromEntries(Object.entries(confirm).map(([table, rows]) => [`confirmed ${table}`, rows]));
    return await runOperation(
      context,
      {
        action: 'retention run',
        subjects: [],
        planDigest: digest,
        ...(Object.keys(confirmed).length > 0 && { counts: confirmed }),
      },
      async (operation) => new Run(context, { ...options, confirm }, operation, onProgress, onBroken).go(),
      archiveName,
    );
  } finally {
    await release();
  }
}

function archiveName(operation: string): string {
  return `retention-${operation}.asice`;
}

interface Work {
  readonly unit: Unit;
  readonly slices: Slices;
  readonly eligible: number;
}

interface Begun {
  readonly taken: Survey;
  readonly work: readonly Work[];
  readonly approved: StoredRuleSet;
}

class Run {
  readonly #begun = Date.now();
  readonly #figures = new Map<string, { deleted: number; changed: number }>();
  readonly #counts = new Map<string, number>();
  readonly #finished = new Set<string>();
  readonly #pacePeople = new Pace();
  #rows = 0;
  #locked = 0;
  #total = 0;

  constructor(
    private readonly context: Context,
    private readonly options: RunOptions,
    private readonly operation: Operation,
    private readonly onProgress: (done: number, total: number) => void,
    private readonly onBroken: (record: RunRecord) => void,
  ) {}

  async go(): Promise<RunResult> {
    const begun = await this.#begin();
    try {
      return await this.#take(begun);
    } catch (error) {
      // The first error is the one to report, whatever becomes of telling it.
      await this.#fail(begun, error).catch(() => {});
      throw error;
    }
  }

  async #take({ taken, work, approved }: Begun): Promise<RunResult> {
    const { context, operation } = this;
    const { ruling, plan, untold } = taken;
    for (const subject of untold) this.#finished.add(subject);
    const batches: BatchContext = {
      ruling,
      operator: context.operator,
      operation: operation.id,
      desk: await deskOf(context),
      hasher: (hash) => Buffer.from(context.keys.hmac('erased value', `${operation.id}\n${hash}`), 'base64url'),
      shopPath: await this.#shopPath(),
    };
    let protection = await this.#firstProtection(taken);
    const set = (next: Protection) => {
      protection = next;
    };
    let stopped: Stopped | undefined;
    const short: Work[][] = [];
    for (const group of together(work, ruling)) {
      const { stop, rows } = await this.#passes(group, batches, () => protection, set);
      stopped ??= stop;
      if (stopped !== undefined) break;
      if (rows < group.reduce((sum, { eligible }) => sum + eligible, 0)) short.push(group);
    }
    if (stopped === undefined && short.length > 0) {
      await this.#rest(SECOND_LOOK_MS);
      for (const group of short) {
        const { stop } = await this.#passes(group, batches, () => protection, set);
        stopped ??= stop;
        if (stopped !== undefined) break;
        for (const each of group) this.#locked += await this.#left(each, ruling, protection);
      }
    }
    return this.#end(plan, approved, batches, stopped ?? 'done');
  }

  /** The survey, the gates, and the run's own row, in one snapshot; nothing is written when a gate refuses. */
  async #begin(): Promise<Begun> {
    const { context, operation, options } = this;
    const begun = await context.database.transaction('repeatable read', async (session) => {
      const approved = await assertApproved(session, ruleSetOf(context.model));
      const taken = await survey(session, context);
      const { plan, ruling, unfinished } = taken;
      await assertNotAhead(session, plan.asOf, plan.continues);
      assertCovered(plan.uncovered);
      const fresh = options.confirm;
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
      for (const unit of ruling.units) {
        const [row] = await session.query<{ rows: string }>(
          `SELECT count(*)::text AS rows FROM ${surveyOf(unit.erase.table)} WHERE unit = ${unit.index} AND NOT held AND NOT excepted`,
        );
        const eligible = Number(row?.rows);
        if (eligible > 0) work.push({ unit, eligible, slices: await cutSlices(session, unit, ruling.catalog) });
      }
      for (const table of new Set(ruling.units.map(({ erase }) => erase.table))) {
        await session.run(
          `INSERT INTO gdpr.retention_figure (run, rule, table_name, month, eligible, held, excepted)
           SELECT $1, rule, $2, date_trunc('month', due)::date, count(*) FILTER (WHERE NOT held AND NOT excepted),
             count(*) FILTER (WHERE held), count(*) FILTER (WHERE excepted)
           FROM ${surveyOf(table)} GROUP BY rule, date_trunc('month', due)`,
          [operation.id, table.name],
        );
      }
      return { taken, work, approved };
    });
    await this.#abandonEarlier();
    this.#total = begun.work.reduce((sum, { eligible }) => sum + eligible, 0);
    return begun;
  }

  /** Runs that were killed, since one goes on at a time: their operations get the outcome that `recover` would give them. */
  async #abandonEarlier(): Promise<void> {
    const { context, operation } = this;
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

  async #shopPath(): Promise<string> {
    return this.context.database.transaction('read committed', async (session) => {
      let path = '';
      await withShopPath(session, async () => {
        const [row] = await session.query<{ path: string }>("SELECT current_setting('search_path') AS path");
        path = row?.path ?? '';
      });
      return path;
    });
  }

  async #firstProtection({ stamp, protectedPeople, protectedRows: rows, ruling }: Survey): Promise<Protection> {
    return this.context.database.transaction('read committed', async (session) =>
      protectionOf(session, stamp, protectedPeople, rows, ruling),
    );
  }

  /** Everything that stands against it, looked at anew. */
  #protect(ruling: Ruling): Promise<Protection> {
    const { context } = this;
    return context.database.transaction('read committed', async (session) => {
      const stamp = await standingStamp(session);
      const people = await findProtected(session, context, ruling.catalog);
      return protectionOf(
        session,
        stamp,
        people,
        await protectedRows(session, ruling.model, ruling.catalog, people),
        ruling,
      );
    });
  }

  /** Goes through the units of a group, and again while rows went to which others of the group had pointed. */
  async #passes(
    group: readonly Work[],
    batches: BatchContext,
    protection: () => Protection,
    protect: (next: Protection) => void,
  ): Promise<{ stop?: Stopped; rows: number }> {
    const again = group.some(({ unit }) => unit.does === 'delete' && pointsWithin(unit, batches.ruling));
    let rows = 0;
    for (;;) {
      let found = 0;
      for (const work of group) {
        const pass = await this.#pass(work, batches, protection, protect);
        found += pass.rows;
        if (pass.stop !== undefined) return { stop: pass.stop, rows: rows + found };
      }
      rows += found;
      if (!again || found === 0) return { rows };
    }
  }

  /** Goes once through a unit's slices. */
  async #pass(
    { unit, slices }: Work,
    batches: BatchContext,
    protection: () => Protection,
    protect: (next: Protection) => void,
  ): Promise<{ stop?: Stopped; rows: number }> {
    let rows = 0;
    const all = slicesIn(slices);
    // How long it takes to look people up is the same for all of the units that ask for them.
    const pace = unit.person || unit.feeds.length > 0 ? this.#pacePeople : new Pace();
    let after: readonly string[] | undefined;
    for (let at = 0, tries = 0; at < all; ) {
      const stop = this.#stop();
      if (stop !== undefined) return { stop, rows };
      const to = slices.kind === 'whole' ? all : Math.min(all, at + Math.ceil(pace.rows / SLICE));
      const limit = Math.min(pace.rows, (this.options.maxRows ?? Number.POSITIVE_INFINITY) - this.#rows);
      const began = performance.now();
      const batch = { unit, slices, from: at, to, after, limit, timeout: pace.timeout };
      const result = await this.#batch(batch, batches, protection(), tries);
      if (result === 'changed') {
        protect(await this.#protect(batches.ruling));
        continue;
      }
      if (result === 'busy') {
        tries += 1;
        if (tries === MOST_TRIES) {
          at = to;
          after = undefined;
          tries = 0;
        }
        await this.#rest(pace.tooMuch());
        continue;
      }
      tries = 0;
      rows += result.rows;
      this.onProgress(this.#rows, this.#total);
      // Where the limit cut it short, it goes on behind the last row that it looked at, whether it took that or not.
      after = result.locked < limit ? undefined : result.last;
      if (after === undefined) at = to;
      await this.#rest(pace.rest(performance.now() - began, result.locked));
    }
    return { rows };
  }

  #stop(): Stopped | undefined {
    if (this.context.surroundings.signal.aborted) return 'signal';
    if (this.options.maxRows !== undefined && this.#rows >= this.options.maxRows) return 'rows';
    if (this.options.maxDuration !== undefined && Date.now() - this.#begun >= this.options.maxDuration)
      return 'duration';
    return undefined;
  }

  async #rest(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.context.surroundings.signal }).catch(() => {});
  }

  /** One transaction; `changed`: something new stands against it, so nothing was done; `busy`: others were in the way. */
  async #batch(
    batch: Parameters<typeof takeBatch>[1],
    batches: BatchContext,
    protection: Protection,
    tries: number,
  ): Promise<BatchDone | 'changed' | 'busy'> {
    const { context } = this;
    try {
      const done = await context.database.transaction('read committed', async (session) => {
        const taken = await takeBatch(session, batch, batches, protection);
        await this.#keepFigures(session, batch, taken);
        // Seen after the rows are locked and gone: what was placed meanwhile takes them back, and nothing more is placed.
        await shareStanding(session);
        if ((await standingStamp(session)) !== protection.stamp) throw new StandingChanged();
        return taken;
      });
      this.#note(batch.unit, done);
      return done;
    } catch (error) {
      if (error instanceof StandingChanged) return 'changed';
      if (BUSY.has(codeOf(error) ?? '')) return 'busy';
      // The shop may have made a row that points to one of these; one that stays in the way is told of.
      if (codeOf(error) === FOREIGN_KEY && tries < MOST_TRIES - 1) return 'busy';
      throw error;
    }
  }

  async #keepFigures(
    session: Session,
    { unit, to, slices }: Parameters<typeof takeBatch>[1],
    { taken, finished }: BatchDone,
  ): Promise<void> {
    const column = unit.does === 'delete' ? 'deleted' : 'changed';
    await session.run(
      `WITH f AS (
         INSERT INTO gdpr.retention_figure AS f (run, rule, table_name, month, ${column})
         SELECT $1, u.rule, $2, u.month::date, u.rows::bigint FROM unnest($3::text[], $4::text[], $5::text[]) u (rule, month, rows)
         ON CONFLICT (run, rule, table_name, month) DO UPDATE SET ${column} = f.${column} + excluded.${column})
       UPDATE gdpr.retention_run SET cursor = $6::jsonb, finished = finished || $7::text[] WHERE operation = $1`,
      [
        this.operation.id,
        unit.erase.table.name,
        taken.map(({ rule }) => rule),
        taken.map(({ month }) => month),
        taken.map(({ rows }) => String(rows)),
        JSON.stringify({ table: unit.erase.table.name, does: unit.does, slice: to, of: slicesIn(slices) }),
        finished,
      ],
    );
  }

  #note({ does, erase }: Unit, { taken, rows, finished }: BatchDone): void {
    const what = does === 'delete' ? 'deleted' : 'changed';
    for (const { rule, rows: some } of taken as readonly Taken[]) {
      const figure = this.#figures.get(rule) ?? { deleted: 0, changed: 0 };
      figure[what] += some;
      this.#figures.set(rule, figure);
    }
    if (rows > 0) {
      const count = `${erase.table.name} ${what}`;
      this.#counts.set(count, (this.#counts.get(count) ?? 0) + rows);
    }
    for (const subject of finished) this.#finished.add(subject);
    this.#rows += rows;
  }

  /** Due rows of a unit that are still there. */
  async #left({ unit, slices }: Work, ruling: Ruling, protection: Protection): Promise<number> {
    return this.context.database.transaction('repeatable read', (session) =>
      countFree(session, unit, slices, ruling, protection),
    );
  }

  async #end(
    plan: Survey['plan'],
    approved: StoredRuleSet,
    batches: BatchContext,
    stopped: Stopped,
  ): Promise<RunResult> {
    const { context, operation } = this;
    const { model } = context;
    await context.database.transaction('read committed', async (session) => {
      const finished = await forgetLeft(session, model, plan.asOf, batches);
      for (const subject of finished) this.#finished.add(subject);
      await session.run(
        `UPDATE gdpr.retention_run SET ended_at = clock_timestamp(), stopped = $2, locked = $3, finished = $4::text[] WHERE operation = $1`,
        [operation.id, stopped, this.#locked, [...this.#finished]],
      );
    });
    if (this.#rows > 0) await this.#refreshViews(batches.ruling);
    const record = await context.database.transaction('repeatable read', (session) => readRun(session, operation.id));
    const outcome = this.#outcome(approved, `stopped: ${stopped}`);
    const { path, sha256, sequence } = await archiveOutcome(
      context,
      operation,
      archiveName(operation.id),
      async (archive) => {
        await addReport(archive, model, record);
        return { written: undefined, outcome };
      },
    );
    if (this.#finished.size > 0) await journalDone(context);
    return {
      operation: operation.id,
      asOf: plan.asOf,
      continues: plan.continues,
      digest: plan.digest,
      rules: rulesIn(model).map((rule) => ({ rule, ...(this.#figures.get(rule) ?? { deleted: 0, changed: 0 }) })),
      rows: this.#rows,
      stopped,
      locked: this.#locked,
      finished: this.#finished.size,
      missingIndexes: plan.missingIndexes,
      archive: path,
      sha256,
      audit: { sequence },
      record,
    };
  }

  #outcome({ approval }: StoredRuleSet, ...more: readonly string[]) {
    return {
      subjects: [...this.#finished],
      counts: { ...Object.fromEntries([...this.#counts].sort()), ...(this.#locked > 0 && { locked: this.#locked }) },
      rules: [...this.#figures.keys(), ...(approval === null ? [] : [approvalRule(approval)]), ...more].sort(),
    };
  }

  /** What was taken before an error is gone, so the log tells of it, and of nothing refused. */
  async #fail({ approved }: Begun, error: unknown): Promise<void> {
    const { context, operation } = this;
    if (!operation.ended && this.#rows > 0) {
      const code = error instanceof GdprError ? error.code : 'BUG';
      await endOperation(context, operation, { result: 'failed', code, ...this.#outcome(approved) });
      if (this.#finished.size > 0) await journalDone(context);
    }
    this.onBroken(await context.database.transaction('repeatable read', (session) => readRun(session, operation.id)));
  }

  /** What a materialised view shows goes when it is read anew. */
  async #refreshViews({ erasure, catalog }: Ruling): Promise<void> {
    for (const { table } of erasure.tables.filter((each) => each.live.kind === 'view')) {
      await this.context.database.transaction('read committed', (session) =>
        session.run(`REFRESH MATERIALIZED VIEW ${fromTable(table, catalog)}`),
      );
    }
  }
}

/** Work by what is done again and again together: tables whose rows that go point to each other's. */
function together(work: readonly Work[], { erasure }: Ruling): Work[][] {
  const groups: Work[][] = [];
  for (const each of work) {
    const ring =
      each.unit.does === 'delete' ? erasure.order.find((tables) => tables.includes(each.unit.erase)) : undefined;
    const last = groups.at(-1);
    const [first] = last ?? [];
    if (first?.unit.does === 'delete' && ring?.includes(first.unit.erase)) last?.push(each);
    else groups.push([each]);
  }
  return groups;
}

class StandingChanged extends Error {}

/** A lock not had in time, a statement that took too long, a deadlock: the shop goes first, and the batch again. */
const BUSY: ReadonlySet<string> = new Set(['55P03', '57014', '40P01', '40001']);

const FOREIGN_KEY = '23503';

function codeOf(error: unknown): string | undefined {
  if (error instanceof GdprError) return codeOf(error.cause);
  return errno(error);
}

/** Rows without a key stand elsewhere in the next transaction, so those are looked for in each. */
async function protectionOf(
  session: Session,
  stamp: string,
  people: Protection['people'],
  rows: ProtectedRows,
  { catalog, model }: Ruling,
): Promise<Protection> {
  const keyed = new Map([...rows].filter(([name]) => live(model.table(name), catalog).key.length > 0));
  return { stamp, people, rows: keyed, standing: await standingOf(session, keyed) };
}

/** The confirmations by canonical table name. @throws GdprError USAGE for a table that has no rules */
function byTable(confirm: Readonly<Record<string, number>>, { tables }: DataMapModel): Record<string, number> {
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
