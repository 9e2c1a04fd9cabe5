/**
 * How much a run takes at once, and how long it rests. A batch is to take a quarter of a second at most, so that a row of
 * it keeps nobody waiting longer: it grows while it is done in half of that, and is halved when it took longer. The
 * fastest time a row so far is what the database does when nobody is in the way. What a batch took beyond twice that is
 * what the shop's own work cost it, and the run stays away as long; also where others hold rows that are due.
 */
export class Pace {
  /** Slices that the next batch takes. */
  size = 2;
  #best = Number.POSITIVE_INFINITY;

  static readonly TARGET_MS = 250;
  static readonly MOST = 20;
  static readonly LONGEST_REST_MS = 5000;

  /**
   * After a batch.
   * @param ms what it took
   * @param rows what it took away or changed
   * @param locked how many due rows others held
   * @returns for how many milliseconds to rest
   */
  rest(ms: number, rows: number, locked: number): number {
    if (ms > Pace.TARGET_MS) this.size = Math.max(1, Math.floor(this.size / 2));
    else if (ms < Pace.TARGET_MS / 2) this.size = Math.min(Pace.MOST, this.size * 2);
    const slowed = this.#slowed(ms, rows);
    return Math.min(Pace.LONGEST_REST_MS, Math.max(slowed, locked > 0 ? 100 : 0));
  }

  /** After a batch that a timeout or a deadlock ended. */
  tooMuch(): number {
    this.size = Math.max(1, Math.floor(this.size / 2));
    return 1000;
  }

  #slowed(ms: number, rows: number): number {
    // A few rows say nothing about the database's speed.
    if (rows < 200) return 0;
    const each = ms / rows;
    // Slowly forgotten, because later rows may be larger.
    this.#best = Math.min(this.#best * 1.02, each);
    return each <= 2 * this.#best ? 0 : Math.round(ms - 2 * this.#best * rows);
  }
}
