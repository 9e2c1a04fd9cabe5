import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Removes everything in the temporary folder whose name begins with the prefix of a run. */
export async function removeFolders(prefix: string): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) await rm(join(tmpdir(), name), { recursive: true, force: true });
}
