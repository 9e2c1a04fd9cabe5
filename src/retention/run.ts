import { withShopPath } from '../customer/erase/execute.js';
import { journalDone } from '../customer/settle-journaled.js';
import { fromTable } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { approvalRule } from '../operation/approval.js';
import { archiveOutcome } from '../operation/archived.js';
import { endOperation, type Operation, runOperation } from '../operation/operation.js';
import { deskOf } from '../request/register.js';
import type { Context } from '../workspace/open.js';
import type { BatchContext } from './batch.js';
import { type Begun, beginRun, byTable } from './begin.js';
import { forgetLeft } from './finish.js';
import type { MissingIndex } from './indexes.js';
import { type Limits, Passes } from './passes.js';
import { rulesIn, type Survey } from './plan.js';
import { RUN_LOCK, type RunRecord, readRun, type Stopped } from './record.js';
import { addReport } from './report.js';
import { ruleSetOf, type StoredRuleSet } from './rule-set.js';
import type { Ruling } from './ruling.js';
import { Tally } from './tally.js';

export interface RunOptions extends Limits {
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

class Run {
  readonly #begun = Date.now();
  readonly #tally = new Tally();

  constructor(
    private readonly context: Context,
    private readonly options: RunOptions,
    private readonly operation: Operation,
    private readonly onProgress: (done: number, total: number) => void,
    private readonly onBroken: (record: RunRecord) => void,
  ) {}

  async go(): Promise<RunResult> {
    const begun = await beginRun(this.context, this.operation, this.options.confirm);
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
    for (const subject of untold) this.#tally.finished.add(subject);
    const batches: BatchContext = {
      ruling,
      operator: context.operator,
      operation: operation.id,
      desk: await deskOf(context),
      hasher: (hash) => Buffer.from(context.keys.hmac('erased value', `${operation.id}\n${hash}`), 'base64url'),
      shopPath: await this.#shopPath(),
    };
    const total = work.reduce((sum, { eligible }) => sum + eligible, 0);
    const passes = new Passes(context, this.#begun, this.options, batches, this.#tally, () =>
      this.onProgress(this.#tally.rows, total),
    );
    const stopped = await passes.go(work, taken);
    return this.#end(plan, approved, batches, stopped);
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

  async #end(
    plan: Survey['plan'],
    approved: StoredRuleSet,
    batches: BatchContext,
    stopped: Stopped,
  ): Promise<RunResult> {
    const { context, operation } = this;
    const { model } = context;
    await context.database.transaction('read committed', async (session) => {
      // What is committed here waits for the disk, and so for all that was committed before it.
      if (this.#tally.differs((await readRun(session, operation.id)).figures)) throw lostBatches();
      const finished = await forgetLeft(session, model, plan.asOf, batches);
      for (const subject of finished) this.#tally.finished.add(subject);
      await session.run(
        `UPDATE gdpr.retention_run SET ended_at = clock_timestamp(), stopped = $2, locked = $3, finished = $4::text[] WHERE operation = $1`,
        [operation.id, stopped, this.#tally.locked, [...this.#tally.finished]],
      );
    });
    if (this.#tally.rows > 0) await this.#refreshViews(batches.ruling);
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
    if (this.#tally.finished.size > 0) await journalDone(context);
    return {
      operation: operation.id,
      asOf: plan.asOf,
      continues: plan.continues,
      digest: plan.digest,
      rules: rulesIn(model).map((rule) => ({ rule, ...(this.#tally.figures.get(rule) ?? { deleted: 0, changed: 0 }) })),
      rows: this.#tally.rows,
      stopped,
      locked: this.#tally.locked,
      finished: this.#tally.finished.size,
      missingIndexes: plan.missingIndexes,
      archive: path,
      sha256,
      audit: { sequence },
      record,
    };
  }

  #outcome({ approval }: StoredRuleSet, ...more: readonly string[]) {
    return {
      subjects: [...this.#tally.finished],
      counts: {
        ...Object.fromEntries([...this.#tally.counts].sort()),
        ...(this.#tally.locked > 0 && { locked: this.#tally.locked }),
      },
      rules: [...this.#tally.figures.keys(), ...(approval === null ? [] : [approvalRule(approval)]), ...more].sort(),
    };
  }

  /** What was taken before an error is gone, so the log tells of it, and of nothing refused. */
  async #fail({ approved }: Begun, error: unknown): Promise<void> {
    const { context, operation } = this;
    const record = await context.database.transaction('repeatable read', (session) => readRun(session, operation.id));
    if (this.#tally.differs(record.figures)) this.#tally.recount(record.figures);
    if (!operation.ended && this.#tally.rows > 0) {
      const code = error instanceof GdprError ? error.code : 'BUG';
      await endOperation(context, operation, { result: 'failed', code, ...this.#outcome(approved) });
      if (this.#tally.finished.size > 0) await journalDone(context);
    }
    this.onBroken(record);
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

function lostBatches(): GdprError {
  return new GdprError(
    'DATABASE_UNAVAILABLE',
    'the database server lost the last rows of this run in a crash; they are there again',
    { hint: 'run it again: gdpr retention run (it goes on with what is left)' },
  );
}
