/** Seconds after which what was seen counts for a third of what it did. */
const MEMORY_S = 1;

/**
 * How many transactions of others write beside a run, told from the numbers that PostgreSQL gives to such transactions:
 * everybody may see these, and they need no waiting for statistics. Other databases of the server count as well.
 */
export class Bystanders {
  #last: { readonly next: number; readonly at: number } | undefined;
  /** A second. */
  #rate = 0;

  /**
   * Once for each transaction of the run's own.
   * @param next the number that the next transaction would have got
   * @param at milliseconds
   * @returns transactions of others a second, of late
   */
  see(next: number, at: number): number {
    const seconds = this.#last === undefined ? 0 : (at - this.#last.at) / 1000;
    if (this.#last !== undefined && seconds > 0) {
      const others = Math.max(0, next - this.#last.next - 1);
      const kept = Math.exp(-seconds / MEMORY_S);
      this.#rate = this.#rate * kept + (others / seconds) * (1 - kept);
    }
    if (this.#last === undefined || seconds > 0) this.#last = { next, at };
    return this.#rate;
  }
}
