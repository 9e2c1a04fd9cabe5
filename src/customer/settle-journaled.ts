import { journalChanges } from '../audit/changes.js';
import type { Session } from '../database/session.js';
import { EXIT, GdprError } from '../foundation/errors.js';
import type { Operation } from '../operation/operation.js';
import { type Settled, settle, type Traces } from '../request/settle.js';
import type { Context } from '../workspace/open.js';

/**
 * As `settle`, for a change that a restored backup must not undo unseen: it is in the journal before it is reported.
 * @throws what `change` throws, and FILE_UNAVAILABLE when the change is done and the journal could not be written
 */
export async function settleJournaled<T>(
  context: Context,
  operation: Operation,
  change: (session: Session) => Promise<{ readonly result: T; readonly traces: Traces }>,
): Promise<Settled<T>> {
  const settled = await settle(context, operation, change);
  await journalDone(context);
  return settled;
}

/**
 * Brings what is committed into the journal.
 * @throws GdprError FILE_UNAVAILABLE, which tells that the change itself is done
 */
export async function journalDone({ database, paths }: Context): Promise<void> {
  try {
    await journalChanges(database, paths.journal);
  } catch (error) {
    if (!(error instanceof GdprError) || error.exit !== EXIT.unavailable) throw error;
    throw new GdprError(error.code, `it is done, but not in the journal yet: ${error.message}`, {
      cause: error,
      hint: 'mend this, then run: gdpr recover',
    });
  }
}
