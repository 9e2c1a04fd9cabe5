import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timeText } from '../audit/append.js';
import { digestFile } from '../foundation/digest-file.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import type { OpenWorkspace } from '../workspace/open.js';
import { isArchiveName, operationOfFile } from './archive-name.js';
import { ARCHIVE_DIGEST } from './outcome-sql.js';

/** Of an entry whose text has expired, what its operation says. */
const SHA256 = `CASE WHEN e.entry = '' THEN o.archive_sha256 ELSE ${ARCHIVE_DIGEST} END`;

export interface ListedArchive {
  readonly operation: string;
  readonly action: string;
  /** ISO 8601 in UTC with microseconds. */
  readonly ended: string;
  readonly archive: string;
  readonly sha256: string;
  /** `present` with the digest that the log holds, `changed` with another one, or `missing` (moved, or unrecovered). */
  readonly state: 'present' | 'changed' | 'missing';
}

/**
 * The archives of finished operations, oldest first, by the audit log: `gdpr.operation`, which anybody who may write
 * to it may change, gives no more than the file's name, and where it does not, the folder does.
 */
export async function listArchives({ database, paths }: OpenWorkspace): Promise<ListedArchive[]> {
  const rows = await database.transaction('read committed', (session) =>
    session.query<{ id: string; action: string; ended: string; sha256: string; archive: string | null }>(
      `SELECT e.operation AS id, e.action, ${timeText('e.time')} AS ended, ${SHA256} AS sha256, o.archive
       FROM gdpr.audit_entry e LEFT JOIN gdpr.operation o ON o.id = e.operation
       WHERE e.kind = 'outcome' AND e.result = 'done' AND ${SHA256} IS NOT NULL ORDER BY e.sequence`,
    ),
  );
  const found = new Map((await names(paths.archives)).map((name) => [operationOfFile(name), name]));
  const archives: ListedArchive[] = [];
  for (const { id, action, ended, sha256, archive } of rows) {
    const name = archive !== null && isArchiveName(archive, id) ? archive : (found.get(id) ?? `*-${id}.asice`);
    const path = join(paths.archives, name);
    archives.push({ operation: id, action, ended, archive: path, sha256, state: await stateOf(path, sha256) });
  }
  return archives;
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.asice'));
  } catch (error) {
    if (isMissing(error)) return [];
    return asFileError(folder, () => Promise.reject(error));
  }
}

async function stateOf(path: string, sha256: string): Promise<ListedArchive['state']> {
  try {
    return (await digestFile(path)) === sha256 ? 'present' : 'changed';
  } catch (error) {
    if (error instanceof GdprError && error.code === 'FILE_UNAVAILABLE') return 'missing';
    throw error;
  }
}
