import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Signer } from '../archive/signer.js';
import { certificatesFromPem } from '../archive/signing-key.js';
import { journalAhead } from '../audit/checkpoint-write.js';
import { assertGenuineBreaks } from '../audit/continue-log.js';
import { journalState } from '../audit/journal.js';
import type { PooledDatabase } from '../database/connect.js';
import type { Session } from '../database/session.js';
import { loadDataMap } from '../datamap/load.js';
import type { DataMapModel } from '../datamap/model.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { looksPersonal } from '../foundation/personal-text.js';
import { describeKeys, differingIds, isEarlier, type KeyIds, type Keys, loadKeys } from '../keys/keys.js';
import { type Config, findWorkspace, readConfig, type WorkspacePaths } from './config.js';
import { assertInstallation, readInstallation } from './installation.js';

/** What the command line knows and the domain does not: where it runs, who runs it, how to ask for a passphrase. */
export interface Surroundings {
  readonly folder: string;
  /** `--workspace`. */
  readonly workspace?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** The passphrase of the keys; undefined when there is none to be had. */
  readonly passphrase: () => Promise<string | undefined>;
  /** Aborted when the operator asks to stop. */
  readonly signal: AbortSignal;
}

export interface Workspace {
  readonly config: Config;
  readonly paths: WorkspacePaths;
  readonly operator: string;
  readonly surroundings: Surroundings;
}

/** A workspace with its database and map, checked to belong together. */
export interface OpenWorkspace extends Workspace {
  readonly model: DataMapModel;
  readonly database: PooledDatabase;
  readonly databaseRole: string;
}

/** An open workspace with the keys that operations need. */
export interface Context extends OpenWorkspace {
  readonly keys: Keys;
  /** Signs archives: the organisation's e-seal, or else the installation's own key. */
  readonly signer: Signer;
}

/** Finds and reads the workspace; opens nothing. */
export async function locateWorkspace(surroundings: Surroundings): Promise<Workspace> {
  const root = await findWorkspace(surroundings.folder, surroundings.workspace);
  const { config, paths } = await readConfig(root);
  return { config, paths, operator: operatorName(surroundings.environment), surroundings };
}

/**
 * `GDPR_OPERATOR`, or else the user of the operating system. It stands in a log that is never erased, which needs to
 * tell operators apart and not how to reach them.
 * @throws GdprError USAGE
 */
function operatorName(environment: NodeJS.ProcessEnv): string {
  const given = environment.GDPR_OPERATOR?.trim();
  const name = given === undefined || given === '' ? systemUser() : given;
  if (name === '' || name.length > 200 || !name.isWellFormed() || /\p{Cc}/u.test(name)) {
    throw new GdprError('USAGE', 'the name of the operator is longer than 200 characters or holds control characters', {
      hint: 'set GDPR_OPERATOR to a short name',
    });
  }
  if (looksPersonal(name)) {
    throw new GdprError(
      'USAGE',
      'the name of the operator looks like an e-mail address, a phone number or a personas kods',
      {
        hint: 'set GDPR_OPERATOR to a user name: it is kept in the audit log for good',
      },
    );
  }
  return name;
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new GdprError('USAGE', 'the operating system does not name the user, and the log must', {
      cause,
      hint: 'set GDPR_OPERATOR',
    });
  }
}

/**
 * Connects to the workspace's database. A workspace that was made for a server never falls back to an embedded
 * database: a timer with a missing variable must not sign "we hold nothing".
 * @throws GdprError WRONG_DATABASE, CONFIG_INVALID, LOCKED, DATABASE_UNAVAILABLE
 */
export async function connectDatabase(workspace: Workspace, timeZone: string): Promise<PooledDatabase> {
  const { config, paths, surroundings } = workspace;
  const installation = await readInstallation(paths);
  const kind = config.database === 'embedded' ? 'embedded' : 'server';
  if (installation !== undefined && installation.database !== kind) {
    throw new GdprError(
      'WRONG_DATABASE',
      `this workspace was made for a database of the kind "${installation.database}", and gdpr.yaml names "${kind}"`,
      {
        hint: 'set database in gdpr.yaml as it was, or make a new workspace',
      },
    );
  }
  if (config.database === 'embedded') {
    const { connectEmbedded } = await import('../database/embedded.js');
    return connectEmbedded(paths.data, timeZone);
  }
  const settings = typeof config.database === 'object' ? config.database : {};
  const url = settings.url ?? surroundings.environment.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new GdprError(
      'DATABASE_UNAVAILABLE',
      'this workspace uses a database server, and neither DATABASE_URL nor database.url in gdpr.yaml names it',
      {
        hint: 'set DATABASE_URL=postgresql://user@host:5432/database',
      },
    );
  }
  const { connectServer } = await import('../database/connect.js');
  return connectServer({
    url,
    timeZone,
    ...(settings.tls && { tls: settings.tls }),
    ...(settings.ca && { ca: resolve(paths.root, settings.ca) }),
  });
}

/**
 * Opens the workspace's database and checks that both belong together.
 * @throws GdprError NOT_MIGRATED, WRONG_DATABASE, MAP_INVALID and what connecting throws
 */
export async function openWorkspace(surroundings: Surroundings): Promise<OpenWorkspace> {
  const workspace = await locateWorkspace(surroundings);
  const model = await loadDataMap(workspace.paths.datamap, workspace.paths.mapMemory);
  const database = await connectDatabase(workspace, model.map.timeZone);
  try {
    const { assertMigrated } = await import('../database/migrate.js');
    await assertMigrated(database);
    const databaseRole = await database.transaction('read committed', async (session) => {
      await assertInstallation(session, workspace.paths);
      const [row] = await session.query<{ role: string }>('SELECT session_user::text AS role');
      return row?.role ?? '';
    });
    return { ...workspace, model, database, databaseRole };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Opens everything an operation needs: the workspace, its keys (the ones that the database knows), and a log that is
 * not behind its journal.
 * @throws GdprError KEY_MISSING, KEY_WRONG, KEY_EXPOSED, PASSPHRASE_WRONG, LOG_BEHIND_JOURNAL,
 * VERIFICATION_FAILED when the journal tells of a restored backup without the key's signature, and what
 * `openWorkspace` throws
 */
export async function openContext(surroundings: Surroundings): Promise<Context> {
  return checked(await openWithKeys(surroundings, assertNotBehind), ({ keysBehind }) => {
    if (!keysBehind) return;
    throw new GdprError('KEY_WRONG', 'gdpr key rotate was interrupted: the database does not know the new secret yet', {
      hint: 'run it again: gdpr key rotate --copy FILE',
    });
  });
}

/**
 * As `openContext`, for `key rotate` alone: the database may not know the newest HMAC secret yet, because the rotation
 * was interrupted.
 * @throws GdprError as `openContext`
 */
export async function openRotating(surroundings: Surroundings): Promise<Context> {
  return checked(await openWithKeys(surroundings, assertNotBehind), () => {});
}

async function assertNotBehind(session: Session, journal: string): Promise<void> {
  const ahead = await journalAhead(session, journal);
  if (ahead === undefined) return;
  throw new GdprError(
    'LOG_BEHIND_JOURNAL',
    ahead.unfinished
      ? 'a backup was restored, and not everything that is newer was brought back yet'
      : `the audit log has ${ahead.logSize} entries, but the journal outside the database vouches for ${ahead.journalSize}`,
    {
      hint: ahead.unfinished
        ? 'run: gdpr restore replay'
        : 'if the database was restored from a backup, run: gdpr restore replay; if not, its log was cut, see: gdpr audit verify',
    },
  );
}

interface Opened {
  readonly context: Context;
  /** Whether the database does not know the newest HMAC secret. */
  readonly keysBehind: boolean;
}

/** What the journal says of breaks comes first: a forged one must not be taken for an interrupted rotation. */
async function checked(opened: Opened, check: (opened: Opened) => void): Promise<Context> {
  const { context } = opened;
  try {
    if ((await journalState(context.paths.journal)).restored !== undefined)
      await assertGenuineBreaks(context.paths.journal, context.keys.checkpointKey());
    check(opened);
    return context;
  } catch (error) {
    await context.database.close();
    throw error;
  }
}

/**
 * As `openContext`, for `restore replay` alone: the log may be behind its journal, and the database may not know the
 * newest HMAC secret.
 * @throws GdprError as `openContext`, but LOG_BEHIND_JOURNAL
 */
export async function openRestored(surroundings: Surroundings): Promise<Context> {
  return (await openWithKeys(surroundings, async () => {})).context;
}

async function openWithKeys(
  surroundings: Surroundings,
  check: (session: Session, journal: string) => Promise<void>,
): Promise<Opened> {
  const workspace = await openWorkspace(surroundings);
  try {
    const keysBehind = await workspace.database.transaction('read committed', async (session) => {
      const [installation] = await session.query<{ keys: string | null }>(
        'SELECT keys::text AS keys FROM gdpr.installation',
      );
      const { ids } = await describeKeys(workspace.paths.keys);
      const behind = assertKnownKeys(ids, installation?.keys ?? null);
      await check(session, workspace.paths.journal);
      return behind;
    });
    const keys = await unlock(workspace);
    const signer = (await sealOf(workspace)) ?? keys.signer();
    return { context: { ...workspace, keys, signer }, keysBehind };
  } catch (error) {
    await workspace.database.close();
    throw error;
  }
}

async function unlock(workspace: Workspace): Promise<Keys> {
  const { passphrase: locked } = await describeKeys(workspace.paths.keys);
  const passphrase = locked ? await workspace.surroundings.passphrase() : undefined;
  return loadKeys(workspace.paths.keys, { passphrase, need: ['signing', 'checkpoint', 'hmac'] });
}

/** The organisation's e-seal, when gdpr.yaml names one; `GDPR_SEAL_PASSPHRASE` unlocks it. */
async function sealOf({ config: { seal }, paths, surroundings }: Workspace): Promise<Signer | undefined> {
  if (seal === undefined) return undefined;
  const { sealSigner } = await import('../keys/seal.js');
  const certificate = resolve(paths.root, seal.certificate);
  const files =
    'pkcs12' in seal
      ? { pkcs12: resolve(paths.root, seal.pkcs12) }
      : { pem: { key: resolve(paths.root, seal.key), certificate } };
  const signer = await sealSigner(files, surroundings.environment.GDPR_SEAL_PASSPHRASE);
  const named = await asFileError(certificate, () => readFile(certificate, 'utf8'));
  if (certificatesFromPem(named)[0]?.raw.equals(signer.certificate) !== true) {
    throw new GdprError('KEY_WRONG', `${certificate} is not the certificate of the e-seal's key`, {
      hint: 'name the seal and its own certificate under seal in gdpr.yaml',
    });
  }
  return signer;
}

/**
 * @returns whether the database knows the same keys, but not yet the newest HMAC secret
 * @throws GdprError KEY_WRONG when the folder's keys are not the ones that the database was used with
 */
function assertKnownKeys(mine: KeyIds, known: string | null): boolean {
  if (known === null) {
    throw new GdprError('KEY_MISSING', 'the database does not know the keys of this workspace yet', {
      hint: 'run: gdpr key init',
    });
  }
  const ids = JSON.parse(known) as KeyIds;
  if (isEarlier(ids, mine)) return true;
  if (isEarlier(mine, ids)) {
    throw new GdprError('KEY_WRONG', 'the HMAC secret was rotated since the keys in .gdpr/keys were written', {
      hint: 'bring the copy that was written then: move .gdpr/keys away, and run: gdpr key import FILE',
    });
  }
  const differing = differingIds(mine, ids);
  if (differing.length === 0) return false;
  throw new GdprError(
    'KEY_WRONG',
    `the keys in .gdpr/keys are not the ones this database was used with: ${differing.join(', ')}`,
    {
      hint: 'bring the right ones from their copy: gdpr key import FILE',
    },
  );
}
