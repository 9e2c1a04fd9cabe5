import type { BatchDone } from './batch.js';
import type { RunFigure } from './record.js';
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
      const figure = this.figures.get(rule) ?? NOTHING;
      this.figures.set(rule, { ...figure, [what]: figure[what] + some });
    }
    if (rows > 0) {
      const count = `${erase.table.name} ${what}`;
      this.counts.set(count, (this.counts.get(count) ?? 0) + rows);
    }
    for (const subject of finished) this.finished.add(subject);
    this.rows += rows;
  }

  /** Whether the database has kept other figures: a server that crashed has lost the last batches, rows and figures. */
  differs(kept: readonly RunFigure[]): boolean {
    const recorded = byRule(kept);
    const rules = new Set([...this.figures.keys(), ...recorded.keys()]);
    return [...rules].some((rule) => {
      const { deleted, changed } = this.figures.get(rule) ?? NOTHING;
      const there = recorded.get(rule) ?? NOTHING;
      return deleted !== there.deleted || changed !== there.changed;
    });
  }

  /** Counts what the database has kept, in place of what was counted; whose erasure it finished is not told then. */
  recount(kept: readonly RunFigure[]): void {
    this.figures.clear();
    this.counts.clear();
    this.finished.clear();
    this.rows = 0;
    for (const [rule, figure] of byRule(kept)) this.figures.set(rule, figure);
    for (const { table, ...figure } of kept) {
      for (const what of ['deleted', 'changed'] as const) {
        if (figure[what] === 0) continue;
        const count = `${table} ${what}`;
        this.counts.set(count, (this.counts.get(count) ?? 0) + figure[what]);
        this.rows += figure[what];
      }
    }
  }
}

const NOTHING = { deleted: 0, changed: 0 };

function byRule(kept: readonly RunFigure[]): Map<string, { deleted: number; changed: number }> {
  const sums = new Map<string, { deleted: number; changed: number }>();
  for (const { rule, deleted, changed } of kept) {
    if (deleted + changed === 0) continue;
    const sum = sums.get(rule) ?? NOTHING;
    sums.set(rule, { deleted: sum.deleted + deleted, changed: sum.changed + changed });
  }
  return sums;
}
