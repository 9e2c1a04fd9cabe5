import type { SingleBar } from 'cli-progress';

/** Work shorter than this shows no bar. */
const QUIET_MS = 1000;

/** How far some work is; `label` names a table or a step, never a person. */
interface Shown {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}

/** A bar on stderr for work that takes over a second; nothing without a terminal. */
export class Progress {
  #shown: Shown | undefined;
  #opening: NodeJS.Timeout | undefined;
  #bar: SingleBar | undefined;
  /** A second Ctrl-C ends the process at once, and the terminal is to have its cursor again. */
  readonly #atExit = () => this.stop();

  show(label: string, done: number, total: number): void {
    if (!process.stderr.isTTY) return;
    this.#shown = { label, done, total };
    this.#bar?.setTotal(total);
    this.#bar?.update(done, { label });
    // A step may take minutes and have nothing more to tell.
    this.#opening ??= setTimeout(() => void this.#open(), QUIET_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#opening);
    process.removeListener('exit', this.#atExit);
    this.#bar?.stop();
    this.#shown = undefined;
    this.#opening = undefined;
    this.#bar = undefined;
  }

  async #open(): Promise<void> {
    const {
      default: { SingleBar },
    } = await import('cli-progress');
    if (this.#shown === undefined || this.#bar !== undefined) return;
    const { label, done, total } = this.#shown;
    this.#bar = new SingleBar({
      stream: process.stderr,
      format: '{bar} {value}/{total} {label} {duration_formatted}',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
    });
    process.once('exit', this.#atExit);
    this.#bar.start(total, done, { label });
  }
}
