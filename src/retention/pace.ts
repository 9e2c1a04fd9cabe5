/**
 * How much a run takes at once of one table, and how long it rests. A batch is to be done in a tenth of a second or so,
 * because a row of it keeps whoever wants it waiting as long: it grows while it is done in half of that, and is halved
 * when it took longer. The fastest time a row so far is what the database does when nobody is in the way. What a batch
 * took beyond twice that is what the shop's own work cost it, and the run stays away as long. While others write, batches
 * become shorter, and it rests up to three times as long as they took: whoever comes meets an idle server mostly. After a
 * timeout or a deadlock it rests for a second.
 *
 * Where people are looked up whose rows a batch holds, that can take long whatever their number, as in a shop without
 * indexes on e-mails. Then smaller batches only make more of it: once the smallest ones keep taking too long, batches
 * grow while they take no more than twice as long as those.
 */
export class Pace {
  /** The most rows of the next batch. */
  rows = 500;
  #best = Number.POSITIVE_INFINITY;
  /** What the last of the smallest batches took that were too long, one after the other, in milliseconds. */
  #smallest: number[] = [];
  /** What a batch takes whatever its size, in milliseconds; 0 where that is not known to be much. */
  #always = 0;

  static readonly TARGET_MS = 150;
  static readonly MOST = 20_000;
  static readonly LEAST = 50;
  static readonly LONGEST_REST_MS = 5000;
  /** Whoever waits for a row of a batch waits no longer than a statement of it may run. */
  static readonly TIMEOUT_MS = 1000;
  /** Where even the smallest batch takes longer, as without an index, it may. */
  static readonly LONGEST_MS = 10_000;
  /** So many times as long as a batch took does it rest at most because others write. */
  static readonly MOST_RESTS = 3;
  /** Transactions of others a second for each of these times. */
  static readonly OTHERS = 10;
  /** So many batches of the fewest rows that took too long say that it is not the rows. */
  static readonly SMALLEST = 3;

  /** What a statement of the next batch may take. */
  get timeout(): number {
    return this.rows > Pace.LEAST && this.#always === 0 ? Pace.TIMEOUT_MS : Pace.LONGEST_MS;
  }

  /**
   * After a batch.
   * @param ms what it took
   * @param rows what it took away or changed
   * @param others transactions a second in which others write
   * @returns for how many milliseconds to rest
   */
  rest(ms: number, rows: number, others: number): number {
    this.#learn(ms);
    const rests = Math.min(Pace.MOST_RESTS, others / Pace.OTHERS);
    const target = Math.max(Pace.TARGET_MS / (1 + rests), 2 * this.#always);
    if (ms > target) this.rows = Math.max(Pace.LEAST, Math.floor(this.rows / 2));
    else if (ms < target / 2 || (this.#always > 0 && ms < 0.8 * target)) this.rows = Math.min(Pace.MOST, this.rows * 2);
    return Math.min(Pace.LONGEST_REST_MS, Math.max(Math.round(rests * ms), this.#slowed(ms, rows)));
  }

  /** After a batch that a timeout or a deadlock ended. */
  tooMuch(): number {
    this.rows = Math.max(Pace.LEAST, Math.floor(this.rows / 4));
    return 1000;
  }

  #learn(ms: number): void {
    if (ms <= Pace.TARGET_MS) {
      this.#smallest = [];
      this.#always = 0;
    } else if (this.rows === Pace.LEAST) {
      this.#smallest = [...this.#smallest, ms].slice(-Pace.SMALLEST);
      if (this.#smallest.length === Pace.SMALLEST) this.#always = Math.min(...this.#smallest);
    }
  }

  #slowed(ms: number, rows: number): number {
    // A few rows say nothing about the database's speed.
    if (rows < 200) return 0;
    const each = Math.max(0, ms - this.#always) / rows;
    // Slowly forgotten, because later rows may be larger.
    this.#best = Math.min(this.#best * 1.02, each);
    return each <= 2 * this.#best ? 0 : Math.round(ms - this.#always - 2 * this.#best * rows);
  }
}
