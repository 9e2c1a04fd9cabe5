import { readFile } from 'node:fs/promises';
import type { PooledDatabase } from '../database/connect.js';
import { readCatalog } from '../datamap/catalog.js';
import { type DataMapDraft, draftDataMap } from '../datamap/draft.js';
import { canonicalName } from '../datamap/names.js';
import { asFileError, writeDurably } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import { emptyDataMap } from './init.js';
import { connectDatabase, locateWorkspace, type Surroundings, type Workspace } from './open.js';

/** Timestamps are not read before there is a map, so any zone will do. */
const ZONE_WITHOUT_MAP = 'UTC';

/**
 * Drafts a map from the catalogue of the workspace's database, or of `DATABASE_URL` outside a workspace.
 * @param options.only tables to describe, as `schema.table`
 * @param options.write puts the draft into the workspace's data map, which must still be as `gdpr init` made it
 * @throws GdprError NOT_FOUND for a table that the database does not have, ALREADY_EXISTS for a map that somebody has
 *   worked on, and what connecting throws
 */
export async function draftWorkspaceMap(
  surroundings: Surroundings,
  options: { only?: readonly string[] | undefined; write?: boolean } = {},
): Promise<DataMapDraft & { readonly file: string | undefined }> {
  const workspace = await optionalWorkspace(surroundings, options.write !== true);
  const file = options.write === true ? workspace?.paths.datamap : undefined;
  if (file !== undefined) await assertUntouched(file);
  const database = await connect(workspace, surroundings);
  try {
    const catalog = await database.transaction('repeatable read', readCatalog);
    const only = options.only?.map(canonicalName);
    const unknown = only?.filter((name) => !catalog.has(name)) ?? [];
    if (unknown.length > 0) {
      throw new GdprError('NOT_FOUND', `the database has no table ${unknown.join(', ')}`, {
        hint: 'write it as schema.table; the role must be allowed to see it',
      });
    }
    const draft = draftDataMap(catalog, only === undefined ? undefined : new Set(only));
    if (file !== undefined) await writeDurably(file, draft.text);
    return { ...draft, file };
  } finally {
    await database.close();
  }
}

/** @returns undefined outside a workspace, when the environment names a database instead */
async function optionalWorkspace(surroundings: Surroundings, optional: boolean): Promise<Workspace | undefined> {
  try {
    return await locateWorkspace(surroundings);
  } catch (error) {
    const none = error instanceof GdprError && error.code === 'WORKSPACE_NOT_FOUND';
    if (
      none &&
      optional &&
      surroundings.workspace === undefined &&
      (surroundings.environment.DATABASE_URL ?? '') !== ''
    )
      return undefined;
    throw error;
  }
}

async function connect(workspace: Workspace | undefined, { environment }: Surroundings): Promise<PooledDatabase> {
  if (workspace !== undefined) return connectDatabase(workspace, ZONE_WITHOUT_MAP);
  const { connectServer } = await import('../database/connect.js');
  return connectServer({ url: environment.DATABASE_URL ?? '', timeZone: ZONE_WITHOUT_MAP });
}

async function assertUntouched(file: string): Promise<void> {
  const text = await asFileError(file, () => readFile(file, 'utf8')).catch((error: unknown) => {
    if (error instanceof GdprError && isMissing(error.cause)) return undefined;
    throw error;
  });
  if (text === undefined || text === emptyDataMap()) return;
  throw new GdprError('ALREADY_EXISTS', `${file} is not as gdpr init made it, so it is not written over`, {
    hint: 'print the draft beside it: gdpr datamap draft > draft.yaml',
  });
}
