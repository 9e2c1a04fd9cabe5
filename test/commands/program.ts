import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '../support/run-process.js';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PROGRAM = join(ROOT, 'bin', 'run.js');

/** What a run of the program left. */
export interface Ran {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Added to PATH and a locale; nothing else of this process's environment is passed on. */
  readonly environment?: NodeJS.ProcessEnv;
  /** What standard input holds; without it, it is empty. */
  readonly input?: string;
  /** Modules that node imports before the program. */
  readonly preload?: readonly string[];
}

/** The command line that `startGdpr` runs, for those who wrap it in another program. */
export function commandLine(args: readonly string[], preload: readonly string[] = []): [string, ...string[]] {
  return [process.execPath, ...preload.flatMap((file) => ['--import', file]), PROGRAM, ...args];
}

/** Starts the built program without a terminal. */
export function startGdpr(args: readonly string[], options: RunOptions): { child: ChildProcess; ended: Promise<Ran> } {
  const [node, ...rest] = commandLine(args, options.preload);
  const child = spawn(node, rest, {
    cwd: options.cwd,
    env: { ...plainEnvironment(), HOME: options.cwd, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  // A program that ended before it read its input is no error of the test.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, ended };
}

/** Runs the built program to its end. */
export function gdpr(args: readonly string[], options: RunOptions): Promise<Ran> {
  return startGdpr(args, options).ended;
}
