import { checkpointLog } from '../audit/checkpoint-write.js';
import type { Session } from '../database/session.js';
import { type Operation, type Outcome, recordOutcome } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';

/** What a change of the register leaves behind, beside its result. */
export type Traces = Pick<Outcome, 'subjects' | 'request' | 'counts' | 'rules'>;

/** A result with the operation that it came from. */
export type Settled<T> = T & { readonly operation: string; readonly audit: { readonly sequence: number } };

/**
 * Runs a change and records its outcome, both or neither, in one short READ COMMITTED transaction; then signs a
 * checkpoint. A change that throws leaves the operation to its caller, which records the refusal.
 */
export async function settle<T>(
  context: Context,
  operation: Operation,
  change: (session: Session) => Promise<{ readonly result: T; readonly traces: Traces }>,
): Promise<Settled<T>> {
  const settled = await context.database.transaction('read committed', async (session) => {
    const { result, traces } = await change(session);
    const sequence = await recordOutcome(session, context, operation.id, operation.intent, {
      result: 'done',
      ...traces,
    });
    return { ...result, operation: operation.id, audit: { sequence } };
  });
  operation.ended = true;
  await checkpointLog(context.database, { key: context.keys.checkpointKey(), journalPath: context.paths.journal });
  return settled;
}
