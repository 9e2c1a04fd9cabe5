import type { BatchDone } from './batch.js';
import type { Unit } from './units.js';

/** What a run has come to so far. */
export class Tally {
  /** By rule. */
  readonly figures = new Map<string, { deleted: number; changed: number }>();
  /** By table and what was done. */
  readonly counts = new Map<string, number>();
  /** References of people whose erasure it finished. */
  readonly finished = new Set<string>();
  /** Rows deleted, and changes of rows. */
  rows = 0;
  /** Rows that were due and stayed because somebody else held them. */
  locked = 0;

  note({ does, erase }: Unit, { taken, rows, finished }: BatchDone): void {
    const what = does === 'delete' ? 'deleted' : 'changed';
    for (const { rule, rows: some } of taken) {
      const figure = this.figures.get(rule) ?? { deleted: 0, changed: 0 };
      figure[what] += some;
      this.figures.set(rule, figure);
    }
    if (rows > 0) {
      const count = `${erase.table.name} ${what}`;
      this.counts.set(count, (this.counts.get(count) ?? 0) + rows);
    }
    for (const subject of finished) this.finished.add(subject);
    this.rows += rows;
  }
}
