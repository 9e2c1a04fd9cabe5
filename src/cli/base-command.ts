import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { EXIT } from '../foundation/errors.js';
import type { Context, OpenWorkspace, Surroundings } from '../workspace/open.js';
import { colour } from './colour.js';
import { failureOf } from './failure.js';
import { Progress } from './progress.js';
import { askPassphrase } from './prompt.js';

/** What all commands share: --json, --workspace, exit codes, errors without personal data, Ctrl-C. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    workspace: Flags.string({
      description: 'Folder that holds gdpr.yaml (default: the nearest at or above this one)',
      helpGroup: 'GLOBAL',
      helpValue: 'FOLDER',
    }),
  };

  readonly #stop = new AbortController();
  protected readonly progress = new Progress();

  /** Opens the workspace, its database and keys, runs the work and closes them whatever happens. */
  protected async withContext<T>(workspace: string | undefined, work: (context: Context) => Promise<T>): Promise<T> {
    const { openContext } = await import('../workspace/open.js');
    return closing(await openContext(this.surroundings(workspace)), work);
  }

  /** The same for a database that was restored from a backup, which every other operation refuses. */
  protected async withRestored<T>(workspace: string | undefined, work: (context: Context) => Promise<T>): Promise<T> {
    const { openRestored } = await import('../workspace/open.js');
    return closing(await openRestored(this.surroundings(workspace)), work);
  }

  /** The same without keys. */
  protected async withWorkspace<T>(
    workspace: string | undefined,
    work: (open: OpenWorkspace) => Promise<T>,
  ): Promise<T> {
    const { openWorkspace } = await import('../workspace/open.js');
    return closing(await openWorkspace(this.surroundings(workspace)), work);
  }

  protected surroundings(workspace: string | undefined): Surroundings {
    return {
      folder: process.cwd(),
      workspace,
      environment: process.env,
      passphrase: askPassphrase,
      signal: this.#stop.signal,
    };
  }

  /** Lets the work end cleanly when a timer or a supervisor ends the process, as the first Ctrl-C does. */
  protected stopOnTermination(): void {
    process.on('SIGTERM', () => this.#stop.abort());
  }

  /** Prints lines for people; nothing under --json. */
  protected print(...lines: readonly string[]): void {
    for (const line of lines) this.log(line);
  }

  override async init(): Promise<void> {
    await super.init();
    // The first Ctrl-C lets the work end cleanly; the second one ends the process, and `gdpr recover` tidies up.
    process.on('SIGINT', () => {
      if (this.#stop.signal.aborted) process.exit(EXIT.interrupted);
      this.#stop.abort();
      process.stderr.write('\nstopping; press Ctrl-C again to stop at once\n');
    });
  }

  override async catch(error: Error): Promise<void> {
    this.progress.stop();
    const failure = failureOf(error);
    process.exitCode = failure.exit;
    if (this.jsonEnabled()) {
      const { frames, details, ...plain } = failure;
      this.logJson({ error: { ...plain, ...details, ...(frames && { frames }) } });
      return;
    }
    const write = (line: string) => process.stderr.write(`${line}\n`);
    for (const frame of failure.frames ?? []) write(`  ${frame}`);
    write(`${colour.stderr.red('gdpr:')} ${failure.message}`);
    write(`  ${failure.hint}`);
  }

  override async finally(error: Error | undefined): Promise<void> {
    this.progress.stop();
    await super.finally(error);
  }
}

async function closing<C extends OpenWorkspace, T>(context: C, work: (context: C) => Promise<T>): Promise<T> {
  try {
    return await work(context);
  } finally {
    await context.database.close();
  }
}
