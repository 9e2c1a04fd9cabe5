import { access, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { partialOf } from '../archive/write.js';
import { journalChanges } from '../audit/changes.js';
import { checkpointLog } from '../audit/checkpoint-write.js';
import { digestFile } from '../foundation/digest-file.js';
import { asFileError, renameDurably } from '../foundation/durable.js';
import { isMissing } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import { isArchiveName, operationOfFile } from './archive-name.js';
import { operationLock, recordOutcome } from './operation.js';
import { ARCHIVE_DIGEST } from './outcome-sql.js';

/** What `recover` did with one thing that it found. */
export interface Recovery {
  readonly what: 'finished' | 'abandoned' | 'removed' | 'damaged' | 'running';
  readonly operation?: string;
  readonly file?: string;
}

interface Row {
  [key: string]: unknown;
  id: string;
  action: string;
  state: string;
  subjects: string;
  request: string | null;
  plan_digest: string | null;
  archive: string | null;
  /** Whether the log holds an outcome, and the digest of the archive in it. */
  logged: boolean;
  sha256: string | null;
}

/**
 * Brings files and log together after a crash, needing to be told nothing:
 * an operation whose outcome is committed gets its archive under its name; one without an outcome, whose process is
 * gone, is recorded as abandoned and its partial archive removed; spools and partials of nobody are removed.
 * Operations that still run are left alone. `gdpr.operation` is believed only as far as the log agrees with it: where
 * it does not, or names a file that no archive is called, nothing is touched and the operation is `damaged`.
 */
export async function recover(context: Context): Promise<Recovery[]> {
  const { archives, temporary } = context.paths;
  // Listed before the operations are: what an operation that begins meanwhile makes is not on these lists.
  const partials = (await names(archives)).filter((name) => name.endsWith('.asice.partial'));
  const spools = (await names(temporary)).filter((name) => name.endsWith('.spool'));
  const done: Recovery[] = [];
  let running = false;
  for (const row of await operations(context, "state = 'started' OR (state = 'done' AND archive IS NOT NULL)")) {
    if (!isGenuine(row)) {
      done.push({ what: 'damaged', operation: row.id });
      // It may still run, and have spools.
      if (row.state === 'started') running = true;
      continue;
    }
    if (row.state === 'done' && (await exists(join(archives, row.archive ?? '')))) continue;
    const release = await context.database.lock(operationLock(row.id));
    if (release === undefined) {
      running = true;
      done.push({ what: 'running', operation: row.id });
      continue;
    }
    try {
      const [current] = await operations(context, 'id = $1', [row.id]);
      if (current?.state !== row.state || !isGenuine(current)) continue;
      done.push(...(row.state === 'done' ? await finish(row, archives) : await abandon(context, row, archives)));
    } finally {
      await release();
    }
  }
  const wanted = await withArchive(
    context,
    partials.flatMap((name) => operationOfFile(name) ?? []),
  );
  for (const name of partials) {
    if (!wanted.has(operationOfFile(name) ?? '') && (await remove(join(archives, name))))
      done.push({ what: 'removed', file: name });
  }
  if (!running)
    for (const name of spools) if (await remove(join(temporary, name))) done.push({ what: 'removed', file: name });
  await journalChanges(context.database, context.paths.journal);
  await checkpointLog(context.database, { key: context.keys.checkpointKey(), journalPath: context.paths.journal });
  return done;
}

function operations(context: Context, condition: string, values: readonly string[] = []): Promise<Row[]> {
  return context.database.transaction('read committed', (session) =>
    session.query<Row>(
      `SELECT id, o.action, state, array_to_json(o.subjects)::text AS subjects, request, plan_digest, archive,
         e.sequence IS NOT NULL AS logged, ${ARCHIVE_DIGEST} AS sha256
       FROM gdpr.operation o LEFT JOIN gdpr.audit_entry e ON e.operation = o.id AND e.kind = 'outcome'
       WHERE ${condition} ORDER BY started_at, id`,
      values,
    ),
  );
}

function isGenuine({ id, state, archive, logged, sha256 }: Row): boolean {
  return (archive === null || isArchiveName(archive, id)) && (state === 'started' ? !logged : sha256 !== null);
}

/** Which of these operations have an archive to come, or one that the log vouches for. */
async function withArchive(context: Context, ids: readonly string[]): Promise<Set<string>> {
  const rows = await context.database.transaction('read committed', (session) =>
    session.query<{ id: string }>(
      `SELECT id FROM gdpr.operation WHERE id = ANY ($1::text[]) AND state IN ('started', 'done')
       UNION SELECT e.operation FROM gdpr.audit_entry e WHERE e.operation = ANY ($1::text[]) AND ${ARCHIVE_DIGEST} IS NOT NULL`,
      [ids],
    ),
  );
  return new Set(rows.map(({ id }) => id));
}

async function finish(row: Row, archives: string): Promise<Recovery[]> {
  const file = row.archive ?? '';
  const path = join(archives, file);
  const partial = partialOf(path);
  if (await exists(path)) return [];
  // Moved away, as archives are that were handed over: `archive list` tells of it.
  if (!(await exists(partial))) return [];
  if ((await digestFile(partial)) !== row.sha256)
    return [{ what: 'damaged', operation: row.id, file: `${file}.partial` }];
  await renameDurably(partial, path);
  return [{ what: 'finished', operation: row.id, file }];
}

async function abandon(context: Context, row: Row, archives: string): Promise<Recovery[]> {
  const removed = row.archive !== null && (await remove(partialOf(join(archives, row.archive))));
  const intent = {
    action: row.action,
    subjects: JSON.parse(row.subjects) as string[],
    ...(row.request !== null && { request: row.request }),
    ...(row.plan_digest !== null && { planDigest: row.plan_digest }),
  };
  await context.database.transaction('read committed', (session) =>
    recordOutcome(session, context, row.id, intent, { result: 'abandoned' }),
  );
  return [
    ...(removed ? [{ what: 'removed' as const, operation: row.id, file: `${row.archive}.partial` }] : []),
    { what: 'abandoned', operation: row.id },
  ];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    return asFileError(folder, () => Promise.reject(error));
  }
}

/** @returns whether there was such a file */
async function remove(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    return asFileError(path, () => Promise.reject(error));
  }
}
