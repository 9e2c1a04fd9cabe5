import { resolve } from 'node:path';
import { draftDataMap } from '../datamap/draft.js';
import { readConfig, type WorkspacePaths } from './config.js';
import { createWorkspace } from './create.js';
import type { Surroundings } from './open.js';

/** The map of a workspace whose database was not looked at yet: everything but tables, all of it to decide. */
export function emptyDataMap(): string {
  return draftDataMap(new Map()).text;
}

/**
 * Makes a workspace for a database server in `--workspace`, or else in the present folder. Connects to nothing.
 * @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE
 */
export async function initWorkspace({
  folder,
  workspace,
}: Pick<Surroundings, 'folder' | 'workspace'>): Promise<WorkspacePaths> {
  const root = resolve(folder, workspace ?? '.');
  await createWorkspace(root, 'server', emptyDataMap());
  return (await readConfig(root)).paths;
}
