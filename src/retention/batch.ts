import type { TokenHasher } from '../customer/erase/values.js';
import type { Finisher } from './finish.js';
import type { Standing } from './guards.js';
import type { Protected, ProtectedRows } from './protect.js';
import type { Ruling } from './ruling.js';
import type { Slices } from './slices.js';
import type { Unit } from './units.js';

/** What stands against taking rows, as it was last looked at. */
export interface Protection {
  readonly stamp: string;
  readonly people: readonly Protected[];
  readonly rows: ProtectedRows;
  readonly standing: Standing;
}

/** One batch: these slices of a unit. */
export interface Batch {
  readonly unit: Unit;
  readonly slices: Slices;
  readonly from: number;
  readonly to: number;
  /** The key (texts) of the row behind which it begins; undefined: at the first of these slices. */
  readonly after: readonly string[] | undefined;
  /** The most rows that it may look at. */
  readonly limit: number;
  /** Milliseconds that a statement of it may run. */
  readonly timeout: number;
  /** `directly`: rows need not be locked first where that is the same; `thoroughly`: also rows to which others point. */
  readonly how: 'directly' | 'locked' | 'thoroughly';
}

/** Rows that one rule let go last, by the month (first day, ISO 8601) in which they fell due. */
export interface Taken {
  readonly rule: string;
  readonly month: string;
  readonly rows: number;
}

export interface BatchDone extends RowsTaken {
  /** The number that the next transaction of the server would have got when it began. */
  readonly next: number;
  /** Whether it passed by rows to which others point by keys that may have to be cut. */
  readonly passedBy: boolean;
}

export interface RowsTaken {
  readonly taken: readonly Taken[];
  readonly rows: number;
  /** Rows that it locked to look at them, and the key of the last one; fewer than its limit means that no more are there. */
  readonly locked: number;
  readonly last: readonly string[] | undefined;
  /** References of people whose erasure it finished. */
  readonly finished: readonly string[];
}

/** What a run needs beside the batch. */
export interface BatchContext extends Finisher {
  readonly ruling: Ruling;
  readonly hasher: TokenHasher;
  /** The search path that the shop's own triggers expect. */
  readonly shopPath: string;
}

/** What a batch has looked at, as its statement tells it. */
export function looked(locked: string, last: string | null): Pick<RowsTaken, 'locked' | 'last'> {
  return { locked: Number(locked), last: last === null ? undefined : (JSON.parse(last) as string[]) };
}
