import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Session } from '../../database/session.js';
import { NewFile } from '../../delivery/new-file.js';
import { endOperation, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { basisFor, type PreparedExport } from '../export-customer.js';
import { assertPlan, planExport } from '../plan.js';
import { type Snapshot, takeSnapshot } from '../snapshot.js';
import { listTexts } from './list.js';
import { entryOf, headOf } from './write.js';

/** A review file that was written, to be decided on. */
export interface WrittenReview {
  readonly operation: string;
  /** Path of the file. */
  readonly review: string;
  readonly subject: string;
  readonly planDigest: string;
  /** How many texts it lists, and how many of them nobody has decided yet. */
  readonly texts: number;
  readonly undecided: number;
  readonly audit: { readonly sequence: number };
}

/**
 * Writes the free texts of the person into a new file (0600), to be decided on: from one snapshot, streamed, fsynced;
 * put under its name once the log holds the outcome. Nothing is exported, but personal data is read, and so logged.
 * @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE, DRIFT, PLAN_CHANGED, NOBODY, INPUT_INVALID, REFUSED
 */
export async function writeReview(
  context: Context,
  prepared: PreparedExport,
  options: { readonly verified: string | undefined; readonly planDigest?: string | undefined },
  path: string,
): Promise<WrittenReview> {
  const { kind, match, plan } = prepared;
  const { verified, number } = await basisFor(context, prepared, options.verified);
  const intent = {
    action: 'customer review',
    subjects: [match.subject],
    planDigest: plan.digest,
    ground: kind.ground,
    verified,
    ...(number !== undefined && { request: number }),
  };
  return runOperation(context, intent, async (operation) => {
    assertPlan(plan, options.planDigest);
    const file = await NewFile.create(path);
    try {
      const counts = { texts: 0, undecided: 0 };
      await context.database.transaction('repeatable read', async (session) => {
        const snapshot = await takeSnapshot(session, context, [match.person], [match.subject], kind);
        assertPlan(planExport(context.model, snapshot.catalog, [match.subject], kind), plan.digest);
        const pieces = new Remembering(content(session, snapshot, context, { match, plan }, counts));
        await file.fill(pieces).catch((error: unknown) => Promise.reject(pieces.failure ?? error));
      });
      const sequence = await endOperation(context, operation, { result: 'done', counts });
      await file.publish();
      const { subject } = match;
      return {
        operation: operation.id,
        review: resolve(path),
        subject,
        planDigest: plan.digest,
        ...counts,
        audit: { sequence },
      };
    } catch (error) {
      await file.discard();
      throw error;
    }
  });
}

/** Keeps what the pieces failed with, which whoever writes them would take for a fault of the file. */
class Remembering implements AsyncIterable<Buffer> {
  failure: unknown;

  constructor(private readonly pieces: AsyncIterable<Buffer>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      yield* this.pieces;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

async function* content(
  session: Session,
  { at, reads, people: [facts] }: Snapshot,
  { model, surroundings }: Context,
  { match, plan }: Pick<PreparedExport, 'match' | 'plan'>,
  counts: { texts: number; undecided: number },
): AsyncGenerator<Buffer> {
  if (facts === undefined) throw new Error('the snapshot holds nobody');
  if ('fault' in facts) throw facts.fault;
  const salt = randomBytes(16).toString('hex');
  yield Buffer.from(headOf({ person: match.subject, plan: plan.digest, read: at, salt }));
  const { traits } = facts;
  for await (const text of listTexts(session, { model, traits, reads, signal: surroundings.signal })) {
    counts.texts += 1;
    if (text.spans.length > 0 || !text.described) counts.undecided += 1;
    const { entry, columns } = model.table(text.table);
    const column = columns.find(({ name }) => name === text.column)?.entry.title.en ?? text.column;
    yield Buffer.from(entryOf(counts.texts, text, `${entry.title.en}: ${column}`));
  }
}
