import { setTimeout as sleep } from 'node:timers/promises';
import { shareStanding } from '../customer/standing.js';
import type { Session } from '../database/session.js';
import { live } from '../datamap/sql.js';
import { errno, GdprError } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import type { Batch, BatchContext, BatchDone, Protection } from './batch.js';
import { Bystanders } from './bystanders.js';
import { countFree } from './free-rows.js';
import { standingStamp } from './guards.js';
import { Pace } from './pace.js';
import { type Survey, standingOf } from './plan.js';
import { findProtected, type ProtectedRows, protectedRows } from './protect.js';
import type { Stopped } from './record.js';
import type { Ruling } from './ruling.js';
import { SLICE, type Slices, slicesIn } from './slices.js';
import { pointsWithin } from './survey-pointed.js';
import { takeBatch } from './take-batch.js';
import type { Tally } from './tally.js';
import type { Unit } from './units.js';

/** A unit with the rows that are due and free. */
export interface Work {
  readonly unit: Unit;
  readonly slices: Slices;
  readonly eligible: number;
}

/** When a run stops. */
export interface Limits {
  /** Milliseconds after which no further batch begins. */
  readonly maxDuration?: number | undefined;
  /** Rows after which it stops. */
  readonly maxRows?: number | undefined;
}

/** A batch that keeps failing for locks is left until the end. */
const MOST_TRIES = 4;
/** Before what others held is tried again. */
const SECOND_LOOK_MS = 1000;

/** Takes the work of a run, batch by batch, with the rests between. */
export class Passes {
  readonly #pacePeople = new Pace();
  readonly #bystanders = new Bystanders();
  #protection!: Protection;

  constructor(
    private readonly context: Context,
    /** When the run began, in milliseconds since 1970. */
    private readonly begun: number,
    private readonly limits: Limits,
    private readonly batches: BatchContext,
    private readonly tally: Tally,
    private readonly onProgress: () => void,
  ) {}

  async go(work: readonly Work[], taken: Survey): Promise<Stopped> {
    const { ruling } = this.batches;
    this.#protection = await this.#firstProtection(taken);
    let stopped: Stopped | undefined;
    const short: Work[][] = [];
    for (const group of together(work, ruling)) {
      const { stop, rows } = await this.#passes(group);
      stopped ??= stop;
      if (stopped !== undefined) break;
      if (rows < group.reduce((sum, { eligible }) => sum + eligible, 0)) short.push(group);
    }
    if (stopped === undefined && short.length > 0) {
      await this.#rest(SECOND_LOOK_MS);
      for (const group of short) {
        const { stop } = await this.#passes(group);
        stopped ??= stop;
        if (stopped !== undefined) break;
        for (const each of group) this.tally.locked += await this.#left(each);
      }
    }
    return stopped ?? 'done';
  }

  async #firstProtection({ stamp, protectedPeople, protectedRows: rows, ruling }: Survey): Promise<Protection> {
    return this.context.database.transaction('read committed', async (session) =>
      protectionOf(session, stamp, protectedPeople, rows, ruling),
    );
  }

  /** Everything that stands against it, looked at anew. */
  #protect(): Promise<Protection> {
    const { context } = this;
    const { ruling } = this.batches;
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
  async #passes(group: readonly Work[]): Promise<{ stop?: Stopped; rows: number }> {
    const again = group.some(({ unit }) => unit.does === 'delete' && pointsWithin(unit, this.batches.ruling));
    let rows = 0;
    for (;;) {
      let found = 0;
      for (const work of group) {
        const first = await this.#pass(work, false);
        found += first.rows;
        if (first.stop !== undefined) return { stop: first.stop, rows: rows + found };
        if (!first.passedBy || first.rows >= work.eligible) continue;
        const second = await this.#pass(work, true);
        found += second.rows;
        if (second.stop !== undefined) return { stop: second.stop, rows: rows + found };
      }
      rows += found;
      if (!again || found === 0) return { rows };
    }
  }

  /** Goes once through a unit's slices; `passedBy`: not thoroughly, and rows may be left to which others point. */
  async #pass(
    { unit, slices }: Work,
    thoroughly: boolean,
  ): Promise<{ stop?: Stopped; rows: number; passedBy: boolean }> {
    let rows = 0;
    let passedBy = false;
    const all = slicesIn(slices);
    // How long it takes to look people up is the same for all of the units that ask for them.
    const pace = unit.person || unit.feeds.length > 0 ? this.#pacePeople : new Pace();
    let after: readonly string[] | undefined;
    for (let at = 0, tries = 0; at < all; ) {
      const stop = this.#stop();
      if (stop !== undefined) return { stop, rows, passedBy };
      const to = slices.kind === 'whole' ? all : Math.min(all, at + Math.ceil(pace.rows / SLICE));
      // One more than the slices are cut for tells that no more are there; the whole of a table is cut for no number.
      const most = slices.kind === 'whole' || pace.rows < SLICE ? pace.rows : (to - at) * SLICE + 1;
      const limit = Math.min(most, (this.limits.maxRows ?? Number.POSITIVE_INFINITY) - this.tally.rows);
      const directly = tries === 0 && limit > SLICE && this.limits.maxRows === undefined;
      const how = thoroughly ? 'thoroughly' : directly ? 'directly' : 'locked';
      const began = performance.now();
      const batch: Batch = { unit, slices, from: at, to, after, limit, timeout: pace.timeout, how };
      const result = await this.#batch(batch, tries);
      if (result === 'changed') {
        this.#protection = await this.#protect();
        continue;
      }
      if (result === 'busy' || result === 'held') {
        tries += 1;
        // A row that the shop holds can be passed by.
        if (result === 'held' && how === 'directly') continue;
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
      passedBy ||= result.passedBy;
      this.onProgress();
      // Where the limit cut it short, it goes on behind the last row that it looked at, whether it took that or not.
      after = result.locked < limit ? undefined : result.last;
      if (after === undefined) at = to;
      const now = performance.now();
      await this.#rest(pace.rest(now - began, result.locked, this.#bystanders.see(result.next, now)));
    }
    return { rows, passedBy };
  }

  #stop(): Stopped | undefined {
    if (this.context.surroundings.signal.aborted) return 'signal';
    if (this.limits.maxRows !== undefined && this.tally.rows >= this.limits.maxRows) return 'rows';
    if (this.limits.maxDuration !== undefined && Date.now() - this.begun >= this.limits.maxDuration) return 'duration';
    return undefined;
  }

  async #rest(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.context.surroundings.signal }).catch(() => {});
  }

  /**
   * One transaction; `changed`: something new stands against it, so nothing was done; `held`: a lock was not had in time;
   * `busy`: others were in the way otherwise.
   */
  async #batch(batch: Batch, tries: number): Promise<BatchDone | 'changed' | 'held' | 'busy'> {
    const { context, batches } = this;
    const protection = this.#protection;
    try {
      const done = await context.database.transaction('read committed', async (session) => {
        const taken = await takeBatch(session, batch, batches, protection);
        await this.#keepFigures(session, batch, taken);
        // Seen after the rows are locked and gone: what was placed meanwhile takes them back, and nothing more is placed.
        await shareStanding(session);
        if ((await standingStamp(session)) !== protection.stamp) throw new StandingChanged();
        return taken;
      });
      this.tally.note(batch.unit, done);
      return done;
    } catch (error) {
      if (error instanceof StandingChanged) return 'changed';
      if (codeOf(error) === LOCK_NOT_AVAILABLE) return 'held';
      if (BUSY.has(codeOf(error) ?? '')) return 'busy';
      // The shop may have made a row that points to one of these; one that stays in the way is told of.
      if (codeOf(error) === FOREIGN_KEY && tries < MOST_TRIES - 1) return 'busy';
      throw error;
    }
  }

  async #keepFigures(session: Session, { unit, to, slices }: Batch, { taken, finished }: BatchDone): Promise<void> {
    const column = unit.does === 'delete' ? 'deleted' : 'changed';
    await session.run(
      `WITH f AS (
         INSERT INTO gdpr.retention_figure AS f (run, rule, table_name, month, ${column})
         SELECT $1, u.rule, $2, u.month::date, u.rows::bigint FROM unnest($3::text[], $4::text[], $5::text[]) u (rule, month, rows)
         ON CONFLICT (run, rule, table_name, month) DO UPDATE SET ${column} = f.${column} + excluded.${column})
       UPDATE gdpr.retention_run SET cursor = $6::jsonb, finished = finished || $7::text[] WHERE operation = $1`,
      [
        this.batches.operation,
        unit.erase.table.name,
        taken.map(({ rule }) => rule),
        taken.map(({ month }) => month),
        taken.map(({ rows }) => String(rows)),
        JSON.stringify({ table: unit.erase.table.name, does: unit.does, slice: to, of: slicesIn(slices) }),
        finished,
      ],
    );
  }

  /** Due rows of a unit that are still there. */
  async #left({ unit, slices }: Work): Promise<number> {
    return this.context.database.transaction('repeatable read', (session) =>
      countFree(session, unit, slices, this.batches.ruling, this.#protection),
    );
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

const LOCK_NOT_AVAILABLE = '55P03';

/** A statement that took too long, a deadlock, a row that changed: the shop goes first, and the batch again. */
const BUSY: ReadonlySet<string> = new Set(['57014', '40P01', '40001']);

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
