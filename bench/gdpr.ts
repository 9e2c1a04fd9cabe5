import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The words that start the program as it was built. */
export function gdprWords(...words: readonly string[]): string[] {
  return [process.execPath, join(import.meta.dirname, '../bin/run.js'), ...words];
}

/** Runs the program beside a measurement: its standard output. @throws Error when it does not end with 0 */
export async function gdpr(words: readonly string[], folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const [program = '', ...rest] = gdprWords(...words);
  const { stdout } = await promisify(execFile)(program, rest, { cwd: folder, env: environment, maxBuffer: 1 << 30 });
  return stdout;
}
