/** A thing that is wrong with the log; `sequence` names the entry, null stands for the log as a whole. */
export interface Problem {
  readonly sequence: number | null;
  readonly problem: string;
}

export interface AuditCheck {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A log in ruins must not fill the memory with the list of its damages. */
const MOST_PROBLEMS = 1000;

/** Collects problems under the check that found them. */
export class Findings {
  #problems: Problem[] = [];
  #counts = new Map<string, number>();

  add(check: string, sequence: number | null, problem: string): void {
    this.#counts.set(check, this.countOf(check) + 1);
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ sequence, problem });
  }

  countOf(check: string): number {
    return this.#counts.get(check) ?? 0;
  }

  /** The check's verdict, with `whenOk` as its detail when nothing was found. */
  check(id: string, title: string, whenOk: string): AuditCheck {
    const count = this.countOf(id);
    return { id, title, ok: count === 0, detail: count === 0 ? whenOk : plural(count, 'problem') };
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** In the order in which they were found; past a thousand only their number. */
  problems(): Problem[] {
    const more = this.total - this.#problems.length;
    return more === 0
      ? [...this.#problems]
      : [...this.#problems, { sequence: null, problem: `and ${plural(more, 'more problem')}` }];
  }
}

/** `1 entry`, `2 entries`, `0 problems`. */
export function plural(count: number, singular: string): string {
  if (count === 1) return `1 ${singular}`;
  return `${count} ${singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`}`;
}

/** `entry 7` or `entries 7 to 9`. */
export function entriesFrom(first: number, last: number): string {
  return first === last ? `entry ${first}` : `entries ${first} to ${last}`;
}
