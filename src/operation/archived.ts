import { join } from 'node:path';
import { type ArchiveWriter, createArchive } from '../archive/write.js';
import { checkpointLog } from '../audit/checkpoint-write.js';
import type { Session } from '../database/session.js';
import { now } from '../foundation/clock.js';
import { privateFolder } from '../foundation/durable.js';
import { EXIT, GdprError } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import { endOperation, mayHaveCommitted, type Operation, type Outcome, recordOutcome } from './operation.js';

/** A published archive and the entry of the log that vouches for it. */
export interface Archived<T> {
  readonly written: T;
  readonly path: string;
  readonly sha256: string;
  readonly sequence: number;
}

/**
 * Ends an operation with a signed archive: `write` fills the `.partial` → signature, fsync → outcome committed →
 * rename. A crash in between is mended by `recover`; an error leaves nothing behind but the log.
 * @throws GdprError FILE_UNAVAILABLE, SERVICE_UNAVAILABLE, DATABASE_UNAVAILABLE and what `write` throws
 */
export async function archiveOutcome<T>(
  context: Context,
  operation: Operation,
  name: string,
  write: (archive: ArchiveWriter) => Promise<{ written: T; outcome?: Pick<Outcome, 'counts' | 'rules' | 'subjects'> }>,
): Promise<Archived<T>> {
  const archive = await openArchive(context, name);
  try {
    const { written, outcome } = await write(archive);
    const { sha256 } = await archive.finish();
    const sequence = await endOperation(context, operation, {
      result: 'done',
      archive: { path: pathOf(context, name), sha256 },
      ...outcome,
    });
    await archive.publish();
    return { written, path: pathOf(context, name), sha256, sequence };
  } catch (error) {
    // After a committed outcome the fsynced partial is evidence: recover puts it under its name.
    if (operation.ended) throw unfinished(error);
    await archive.abort();
    throw error;
  }
}

/**
 * Ends an operation that changes data with a signed archive of what was changed: in one READ COMMITTED transaction
 * `change` → `.partial`, signature, fsync → outcome → commit; then rename. So there is no change without its archive.
 * `sealed` runs in that transaction once the archive's digest is known.
 * @throws GdprError as `archiveOutcome`, and what `change` throws
 */
export async function archiveChange<T>(
  context: Context,
  operation: Operation,
  name: string,
  change: (
    session: Session,
    archive: ArchiveWriter,
  ) => Promise<{
    written: T;
    outcome?: Pick<Outcome, 'counts' | 'rules'>;
    sealed?: (sha256: string) => Promise<void>;
  }>,
): Promise<Archived<T>> {
  const path = pathOf(context, name);
  const archive = await openArchive(context, name);
  try {
    const archived = await context.database
      .transaction('read committed', async (session) => {
        const { written, outcome, sealed } = await change(session, archive);
        const { sha256 } = await archive.finish();
        await sealed?.(sha256);
        const ended: Outcome = { result: 'done', archive: { path, sha256 }, ...outcome };
        const sequence = await recordOutcome(session, context, operation.id, operation.intent, ended);
        operation.ended = true;
        return { written, path, sha256, sequence };
      })
      .catch((error: unknown) => {
        operation.ended &&= mayHaveCommitted(error);
        throw error;
      });
    await checkpointLog(context.database, { key: context.keys.checkpointKey(), journalPath: context.paths.journal });
    await archive.publish();
    return archived;
  } catch (error) {
    if (operation.ended) throw unfinished(error);
    await archive.abort();
    throw error;
  }
}

function pathOf({ paths }: Context, name: string): string {
  return join(paths.archives, name);
}

async function openArchive(context: Context, name: string): Promise<ArchiveWriter> {
  const { paths, config, signer } = context;
  await privateFolder(paths.archives);
  await privateFolder(paths.temporary);
  return createArchive({
    path: pathOf(context, name),
    signer,
    signingTime: now(),
    ...(config.timestamp && { timestamp: config.timestamp }),
  });
}

/** Running the command again would do a second time what is done but for its archive's name. */
function unfinished(error: unknown): unknown {
  if (!(error instanceof GdprError) || error.exit !== EXIT.unavailable) return error;
  return new GdprError(error.code, error.message, {
    cause: error,
    hint: 'mend this, then run: gdpr recover (it finishes this operation, or takes it back)',
  });
}
