import type { Session } from '../../../src/database/session.js';
import type { Dice } from './dice.js';

/** What every part of the generator needs to know about the shop to make. */
export interface Plan {
  readonly customers: number;
  readonly books: number;
  readonly dice: Dice;
  /** SQL for the instant at which the shop stands still. */
  readonly asOf: string;
}

/** Generated rows are numbered from here; smaller numbers are the fixed people's. */
export const FIRST_ID = 1000;
/** Customers 1 to 4 are fixed. */
export const FIRST_CUSTOMER = 5;
/** Keys of guests, far from the customers' so that dice fall differently. */
export const FIRST_GUEST = 2_000_000_000;
export const PARCEL_MACHINES = 60;

/** One INSERT over a range of keys, bound as `$1` and `$2`, both included. */
export interface Step {
  readonly table: string;
  readonly sql: string;
  readonly from: number;
  readonly to: number;
}

export type Progress = (step: string, done: number, total: number) => void;

/** Larger batches sort and join faster; smaller ones report more often and keep the server's memory low. */
const BATCH = 250_000;

/** Runs a step in batches and answers the number of rows that it inserted. */
export async function runStep(session: Session, step: Step, onProgress?: Progress): Promise<number> {
  const total = step.to - step.from + 1;
  let rows = 0;
  for (let from = step.from; from <= step.to; from += BATCH) {
    const to = Math.min(from + BATCH - 1, step.to);
    rows += await session.run(step.sql, [from, to]);
    onProgress?.(step.table, to - step.from + 1, total);
  }
  return rows;
}
