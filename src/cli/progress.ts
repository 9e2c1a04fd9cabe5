import type { SingleBar } from 'cli-progress';

/** Work shorter than this shows no bar. */
const QUIET_MS = 1000;

/** A bar on stderr for work that takes over a second; nothing without a terminal. */
export class Progress {
  #started: number | undefined;
  #bar: SingleBar | undefined;
  #loading = false;

  /** `label` names a table or a step, never a person. */
  show(label: string, done: number, total: number): void {
    if (!process.stderr.isTTY) return;
    this.#started ??= Date.now();
    if (this.#bar !== undefined) {
      this.#bar.setTotal(total);
      this.#bar.update(done, { label });
      return;
    }
    if (this.#loading || Date.now() - this.#started < QUIET_MS) return;
    this.#loading = true;
    void import('cli-progress').then(({ default: { SingleBar } }) => {
      if (!this.#loading) return;
      this.#bar = new SingleBar({
        stream: process.stderr,
        format: '{bar} {value}/{total} {label}',
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
      });
      this.#bar.start(total, done, { label });
    });
  }

  stop(): void {
    this.#loading = false;
    this.#bar?.stop();
    this.#bar = undefined;
    this.#started = undefined;
  }
}
