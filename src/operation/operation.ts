import { basename } from 'node:path';
import { appendEntry } from '../audit/append.js';
import { checkpointLog } from '../audit/checkpoint-write.js';
import type { EntryDraft, Result } from '../audit/entry.js';
import type { Session } from '../database/session.js';
import { now } from '../foundation/clock.js';
import { EXIT, GdprError } from '../foundation/errors.js';
import { randomId } from '../foundation/random-id.js';
import { isEarlier, type KeyIds } from '../keys/keys.js';
import type { Context } from '../workspace/open.js';

/** What an operation says of itself when it begins. */
export interface Intent {
  /** The command's words, e.g. `customer export`. */
  readonly action: string;
  readonly subjects: readonly string[];
  /** Number of the request in the register that it serves. */
  readonly request?: string;
  /** Keyed code of the list of people that it is a part of. */
  readonly batch?: string;
  readonly planDigest?: string;
  readonly ground?: string;
  readonly verified?: string;
  /** What is known in numbers beforehand. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** What became of it. */
export interface Outcome {
  readonly result: Result;
  readonly counts?: Readonly<Record<string, number>>;
  readonly rules?: readonly string[];
  readonly code?: string;
  /** The fsynced archive, not yet under its name. */
  readonly archive?: { readonly path: string; readonly sha256: string };
  /** References that became known only during the operation, as of a search. */
  readonly subjects?: readonly string[];
  /** The number of a request that was registered only during the operation. */
  readonly request?: string;
}

/** A running operation: its intent is committed, its outcome is not. */
export interface Operation {
  readonly id: string;
  readonly intent: Intent;
  /** Whether an outcome was recorded, or may have been. */
  ended: boolean;
  readonly release: () => Promise<void>;
}

/** The lock that tells a running operation from one whose process died. */
export function operationLock(id: string): string {
  return `operation ${id}`;
}

/** Key of the advisory lock that lets no operation begin while the keys are rotated. */
export const KEYS_LOCK = "hashtextextended('gdpr keys', 0)";

/** @throws GdprError KEY_WRONG when the keys were rotated since this process has read them */
async function assertKeysInUse(session: Session, { keys }: Context): Promise<void> {
  await session.query(`SELECT pg_advisory_xact_lock_shared(${KEYS_LOCK})`);
  // A statement of its own, whose snapshot is newer than the wait.
  const [row] = await session.query<{ keys: string | null }>('SELECT keys::text AS keys FROM gdpr.installation');
  if (row?.keys == null || !isEarlier(keys.ids, JSON.parse(row.keys) as KeyIds)) return;
  throw new GdprError('KEY_WRONG', 'the keys were rotated while the command began', { hint: 'run it again' });
}

/** Logs and commits the intent, before any data is read or changed. */
async function beginOperation(
  context: Context,
  intent: Intent,
  archiveName?: (id: string) => string,
): Promise<Operation> {
  const id = `${now().toISOString().slice(0, 10).replaceAll('-', '')}-${randomId(16)}`;
  const release = await context.database.lock(operationLock(id));
  if (release === undefined) throw new GdprError('LOCKED', 'the operation is already running');
  try {
    await context.database.transaction('read committed', async (session) => {
      await assertKeysInUse(session, context);
      await session.run(
        `INSERT INTO gdpr.operation (id, action, state, operator, subjects, request, plan_digest, archive, batch)
         VALUES ($1, $2, $3, $4, $5::text[], $6, $7, $8, $9)`,
        [
          id,
          intent.action,
          'started',
          context.operator,
          [...intent.subjects],
          intent.request ?? null,
          intent.planDigest ?? null,
          archiveName?.(id) ?? null,
          intent.batch ?? null,
        ],
      );
      await appendEntry(session, { ...entry(context, id, intent), kind: 'intent' });
    });
  } catch (error) {
    await release();
    throw error;
  }
  return { id, intent, release, ended: false };
}

/**
 * Records the outcome in a short transaction of its own, then signs a checkpoint. The operation's lock is kept, so
 * that `recover` leaves an archive alone which is just being put under its name.
 * @returns the sequence of the outcome's entry
 */
export async function endOperation(context: Context, operation: Operation, outcome: Outcome): Promise<number> {
  operation.ended = true;
  const sequence = await context.database
    .transaction('read committed', (session) =>
      recordOutcome(session, context, operation.id, operation.intent, outcome),
    )
    .catch((error: unknown) => {
      operation.ended = mayHaveCommitted(error);
      throw error;
    });
  await checkpointLog(context.database, { key: context.keys.checkpointKey(), journalPath: context.paths.journal });
  return sequence;
}

/** A connection lost during COMMIT leaves open what became of it; an error that names another cause was before it. */
export function mayHaveCommitted(error: unknown): boolean {
  return !(error instanceof GdprError) || error.code === 'DATABASE_UNAVAILABLE';
}

/** The rows of an outcome; the caller commits. */
export async function recordOutcome(
  session: Session,
  who: { operator: string; databaseRole: string },
  id: string,
  intent: Intent,
  outcome: Outcome,
): Promise<number> {
  const subjects = [...new Set(outcome.subjects ?? intent.subjects)];
  const changed = await session.run(
    `UPDATE gdpr.operation SET state = $2, ended_at = clock_timestamp(), archive = $3, archive_sha256 = $4, subjects = $5::text[],
       request = coalesce($6, request)
     WHERE id = $1 AND state = 'started'`,
    [
      id,
      outcome.result,
      outcome.archive === undefined ? null : basename(outcome.archive.path),
      outcome.archive?.sha256 ?? null,
      subjects,
      outcome.request ?? null,
    ],
  );
  if (changed !== 1) {
    throw new GdprError('PLAN_CHANGED', 'the operation was ended by another process while it ran', {
      hint: 'see: gdpr audit list',
    });
  }
  const { sequence } = await appendEntry(session, {
    ...entry(who, id, intent),
    kind: 'outcome',
    result: outcome.result,
    subjects,
    ...(outcome.request && { request: outcome.request }),
    ...(outcome.archive && { archiveDigest: `sha256:${outcome.archive.sha256}` }),
    ...(outcome.counts && { counts: outcome.counts }),
    ...(outcome.rules && { rules: outcome.rules }),
    ...(outcome.code && { code: outcome.code }),
  });
  return sequence;
}

function entry(who: { operator: string; databaseRole: string }, id: string, intent: Intent): Omit<EntryDraft, 'kind'> {
  return {
    action: intent.action,
    operation: id,
    operator: { name: who.operator, databaseRole: who.databaseRole },
    subjects: [...new Set(intent.subjects)],
    ...(intent.request && { request: intent.request }),
    ...(intent.planDigest && { planDigest: intent.planDigest }),
    ...(intent.ground && { ground: intent.ground }),
    ...(intent.verified && { verified: intent.verified }),
    ...(intent.counts && { counts: intent.counts }),
  };
}

/**
 * Runs the work between intent and outcome; an error that it throws becomes the outcome `refused` or `failed`,
 * and is thrown on. `work` ends the operation itself when it succeeds.
 */
export async function runOperation<T>(
  context: Context,
  intent: Intent,
  work: (operation: Operation) => Promise<T>,
  archiveName?: (id: string) => string,
): Promise<T> {
  const operation = await beginOperation(context, intent, archiveName);
  try {
    return await work(operation);
  } catch (error) {
    if (!operation.ended) {
      const code = error instanceof GdprError ? error.code : 'BUG';
      const refused =
        error instanceof GdprError &&
        [EXIT.refused, EXIT.nobodyOrSeveral, EXIT.drift].some((exit) => exit === error.exit);
      // The first error is the one to report; a database that went away cannot take the outcome, and recover will.
      await endOperation(context, operation, { result: refused ? 'refused' : 'failed', code }).catch(() => {});
    }
    throw error;
  } finally {
    await operation.release();
  }
}
