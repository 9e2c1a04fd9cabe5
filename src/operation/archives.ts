import { join } from 'node:path';
import { timeText } from '../audit/append.js';
import { digestFile } from '../foundation/digest-file.js';
import { GdprError } from '../foundation/errors.js';
import type { OpenWorkspace } from '../workspace/open.js';

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

/** The archives of finished operations, oldest first. */
export async function listArchives({ database, paths }: OpenWorkspace): Promise<ListedArchive[]> {
  const rows = await database.transaction('read committed', (session) =>
    session.query<{ id: string; action: string; ended: string; archive: string; sha256: string }>(
      `SELECT id, action, ${timeText('ended_at')} AS ended, archive, archive_sha256 AS sha256
       FROM gdpr.operation WHERE state = 'done' AND archive IS NOT NULL ORDER BY ended_at, id`,
    ),
  );
  const archives: ListedArchive[] = [];
  for (const row of rows) {
    const path = join(paths.archives, row.archive);
    archives.push({
      operation: row.id,
      action: row.action,
      ended: row.ended,
      archive: path,
      sha256: row.sha256,
      state: await stateOf(path, row.sha256),
    });
  }
  return archives;
}

async function stateOf(path: string, sha256: string): Promise<ListedArchive['state']> {
  try {
    return (await digestFile(path)) === sha256 ? 'present' : 'changed';
  } catch (error) {
    if (error instanceof GdprError && error.code === 'FILE_UNAVAILABLE') return 'missing';
    throw error;
  }
}
