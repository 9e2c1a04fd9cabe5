import { now } from '../foundation/clock.js';
import { GdprError } from '../foundation/errors.js';
import { exportKeys, importKeys } from '../keys/copy.js';
import { describeKeys, initKeys, type KeyIds } from '../keys/keys.js';
import { type OpenWorkspace, openWorkspace, type Surroundings } from './open.js';

export interface MadeKeys {
  readonly ids: KeyIds;
  readonly copy: string | undefined;
}

/**
 * Makes the installation's keys and tells the database their ids. The copy is made first thing after, since without
 * the HMAC secret the suppression list cannot be read any more.
 * @throws GdprError KEY_WRONG when the database was used with other keys, ALREADY_EXISTS, what the copy throws
 */
export async function makeKeys(
  surroundings: Surroundings,
  options: {
    organization?: string | undefined;
    passphrase?: string | undefined;
    copy?: { to: string; passphrase: string } | undefined;
  },
): Promise<MadeKeys> {
  return withDatabase(surroundings, async (workspace) => {
    if ((await knownIds(workspace)) !== null) {
      throw new GdprError('KEY_WRONG', 'this database already works with keys, and they are never made anew', {
        hint: 'bring them from their copy: gdpr key import FILE',
      });
    }
    const { paths, operator, model } = workspace;
    const { organization = model.map.controller.name, passphrase, copy } = options;
    const ids =
      (await unusedKeys(paths.keys, passphrase)) ??
      (await initKeys(paths.keys, { organization, commonName: operator, passphrase, now: now() }));
    if (copy !== undefined) await exportKeys(paths.keys, { passphrase, copyPassphrase: copy.passphrase, to: copy.to });
    await tellDatabase(workspace, ids);
    return { ids, copy: copy?.to };
  });
}

/** Brings the keys of the installation from their copy; others than the database knows are refused. */
export async function bringKeys(
  surroundings: Surroundings,
  options: { from: string; copyPassphrase: string; passphrase?: string | undefined },
): Promise<KeyIds> {
  return withDatabase(surroundings, async (workspace) => {
    const known = await knownIds(workspace);
    const ids = await importKeys(workspace.paths.keys, { ...options, ...(known !== null && { expect: known }) });
    if (known === null) await tellDatabase(workspace, ids);
    return ids;
  });
}

/**
 * Keys that a run made which was interrupted, or could not write the copy: the database does not know any, so they
 * were never used, and the next run goes on with them.
 */
async function unusedKeys(folder: string, passphrase: string | undefined): Promise<KeyIds | undefined> {
  try {
    const found = await describeKeys(folder);
    return found.passphrase === (passphrase !== undefined) ? found.ids : undefined;
  } catch (error) {
    if (error instanceof GdprError && error.code === 'KEY_MISSING') return undefined;
    throw error;
  }
}

async function withDatabase<T>(surroundings: Surroundings, work: (workspace: OpenWorkspace) => Promise<T>): Promise<T> {
  const workspace = await openWorkspace(surroundings);
  try {
    return await work(workspace);
  } finally {
    await workspace.database.close();
  }
}

/** The ids of the keys that the database was used with; null before the first. */
export async function knownIds({ database }: Pick<OpenWorkspace, 'database'>): Promise<KeyIds | null> {
  const [row] = await database.transaction('read committed', (session) =>
    session.query<{ keys: string | null }>('SELECT keys::text AS keys FROM gdpr.installation'),
  );
  return row?.keys === null || row?.keys === undefined ? null : (JSON.parse(row.keys) as KeyIds);
}

async function tellDatabase({ database }: OpenWorkspace, ids: KeyIds): Promise<void> {
  await database.transaction('read committed', async (session) => {
    if (
      (await session.run('UPDATE gdpr.installation SET keys = $1::jsonb WHERE keys IS NULL', [JSON.stringify(ids)])) ===
      0
    ) {
      throw new GdprError('KEY_WRONG', 'another process gave this database its keys meanwhile', {
        hint: 'remove .gdpr/keys of this workspace and bring the others: gdpr key import FILE',
      });
    }
  });
}
