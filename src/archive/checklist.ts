import { GdprError } from '../foundation/errors.js';
import { Fault, printable } from './fault.js';

export interface Check {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly detail?: string;
}

/**
 * A fixed list of checks, each answered once. One that was never reached is not ok: what was not checked is not true.
 */
export class Checklist<Id extends string> {
  readonly #titles: Readonly<Record<Id, string>>;
  readonly #answers = new Map<Id, { ok: boolean; detail?: string }>();

  constructor(titles: Readonly<Record<Id, string>>) {
    this.#titles = titles;
  }

  /** Runs a check, which throws what it found wrong or may return a remark as text. */
  async check(id: Id, work: () => unknown): Promise<boolean> {
    const passed = await this.gain(id, async () => ({ remark: await work() }));
    if (typeof passed?.remark === 'string') this.#answers.set(id, { ok: true, detail: passed.remark });
    return passed !== undefined;
  }

  /** Runs a check whose result later checks need; undefined when it failed. Only a failing disk is thrown on. */
  async gain<T>(id: Id, work: () => Promise<T> | T): Promise<T | undefined> {
    try {
      const value = await work();
      this.#answers.set(id, { ok: true });
      return value;
    } catch (error) {
      if (error instanceof GdprError && error.code !== 'VERIFICATION_FAILED') throw error;
      this.#answers.set(id, { ok: false, detail: explain(error) });
      return undefined;
    }
  }

  get checks(): Check[] {
    return (Object.keys(this.#titles) as Id[]).map((id) => ({
      id,
      title: this.#titles[id],
      ...(this.#answers.get(id) ?? { ok: false, detail: 'not checked, because a check before it failed' }),
    }));
  }
}

function explain(error: unknown): string {
  if (error instanceof Fault || error instanceof GdprError) return error.message;
  return `it cannot be read (${printable(error instanceof Error ? error.message : 'unknown error')})`;
}
