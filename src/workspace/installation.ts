import { access, readFile } from 'node:fs/promises';
import type { Session } from '../database/session.js';
import { asFileError, privateFolder, writeDurably } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import { randomId } from '../foundation/random-id.js';
import type { WorkspacePaths } from './config.js';

/** What ties a workspace to its database: both hold the same id. */
export interface Installation {
  readonly id: string;
  readonly database: 'embedded' | 'server';
}

/** @returns undefined when the workspace was never tied to a database */
export async function readInstallation(paths: WorkspacePaths): Promise<Installation | undefined> {
  let text: string;
  try {
    text = await readFile(paths.installation, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    return asFileError(paths.installation, () => Promise.reject(error));
  }
  const value = jsonOf(text);
  if (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'database' in value &&
    (value.database === 'embedded' || value.database === 'server')
  ) {
    return { id: value.id, database: value.database };
  }
  throw new GdprError('CONFIG_INVALID', `${paths.installation} is damaged`, {
    hint: 'restore it from a backup of the workspace',
  });
}

/**
 * Ties the workspace and the database together. A workspace without an id takes the database's when that database is
 * new to it too; two ids that differ are never reconciled here.
 * @throws GdprError WRONG_DATABASE
 */
export async function tieInstallation(
  session: Session,
  paths: WorkspacePaths,
  database: Installation['database'],
): Promise<Installation> {
  const mine = await readInstallation(paths);
  const [theirs] = await session.query<{ id: string }>('SELECT id FROM gdpr.installation');
  if (theirs !== undefined && mine === undefined) {
    throw new GdprError('WRONG_DATABASE', 'this database belongs to another workspace', {
      hint: 'work in the workspace that made it, or copy its .gdpr folder here (keys by: gdpr key export, gdpr key import)',
    });
  }
  if (theirs !== undefined && mine !== undefined) {
    assertSame(mine, theirs.id);
    return mine;
  }
  if (mine !== undefined && (await isFile(paths.journal))) {
    throw new GdprError(
      'WRONG_DATABASE',
      'this workspace has worked with another database: this one is new, and the journal is not',
      {
        hint: 'check DATABASE_URL; for a new database make a new workspace',
      },
    );
  }
  const installation = mine ?? { id: randomId(26), database };
  await session.run('INSERT INTO gdpr.installation (id) VALUES ($1)', [installation.id]);
  await privateFolder(paths.state);
  await writeDurably(paths.installation, `${JSON.stringify(installation)}\n`);
  return installation;
}

/** @throws GdprError WRONG_DATABASE when the database belongs to another workspace, or to none */
export async function assertInstallation(session: Session, paths: WorkspacePaths): Promise<Installation> {
  const mine = await readInstallation(paths);
  const [theirs] = await session.query<{ id: string }>('SELECT id FROM gdpr.installation');
  if (mine === undefined || theirs === undefined) {
    throw new GdprError('WRONG_DATABASE', 'this workspace and this database do not belong together yet', {
      hint: 'run: gdpr db migrate',
    });
  }
  assertSame(mine, theirs.id);
  return mine;
}

function assertSame(mine: Installation, theirs: string): void {
  if (mine.id !== theirs) {
    throw new GdprError('WRONG_DATABASE', 'this database belongs to another workspace: their installation ids differ', {
      hint: 'check DATABASE_URL and --workspace',
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
