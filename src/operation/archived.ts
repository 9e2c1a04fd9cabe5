import { join } from 'node:path';
import { type ArchiveWriter, createArchive } from '../archive/write.js';
import { now } from '../foundation/clock.js';
import { privateFolder } from '../foundation/durable.js';
import { EXIT, GdprError } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import { endOperation, type Operation, type Outcome } from './operation.js';

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
  write: (archive: ArchiveWriter) => Promise<{ written: T; outcome?: Pick<Outcome, 'counts' | 'rules'> }>,
): Promise<Archived<T>> {
  const { paths, config, signer } = context;
  await privateFolder(paths.archives);
  await privateFolder(paths.temporary);
  const path = join(paths.archives, name);
  const archive = await createArchive({
    path,
    signer,
    signingTime: now(),
    ...(config.timestamp && { timestamp: config.timestamp }),
  });
  try {
    const { written, outcome } = await write(archive);
    const { sha256 } = await archive.finish();
    const sequence = await endOperation(context, operation, {
      result: 'done',
      archive: { path, sha256 },
      ...outcome,
    });
    await archive.publish();
    return { written, path, sha256, sequence };
  } catch (error) {
    // After a committed outcome the fsynced partial is evidence: recover puts it under its name.
    if (operation.ended) throw unfinished(error);
    await archive.abort();
    throw error;
  }
}

/** Running the command again would do a second time what is done but for its archive's name. */
function unfinished(error: unknown): unknown {
  if (!(error instanceof GdprError) || error.exit !== EXIT.unavailable) return error;
  return new GdprError(error.code, error.message, {
    cause: error,
    hint: 'mend this, then run: gdpr recover (it finishes this operation, or takes it back)',
  });
}
