import { spawn } from 'node:child_process';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Finished {
  /** Exit code; null when a signal ended it or it could not be started. */
  readonly code: number | null;
  /** Standard output and error as they came, or why the program could not be started. */
  readonly output: string;
}

/**
 * Runs a program to its end and never rejects: a program that cannot be started (missing, not executable, a folder
 * that may not be entered) is an answer here, where child_process would raise an error event.
 */
export function runProcess(
  program: string,
  args: readonly string[],
  options: { account?: Account | undefined; cwd?: string } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      cwd: options.cwd ?? '/',
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options.account,
    });
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: null, output: output + error.message }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Without LD_LIBRARY_PATH, PG* and locales, which would change what the server's programs load and print. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };
}
