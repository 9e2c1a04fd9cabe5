import { access } from 'node:fs/promises';
import type { Database, Session } from '../database/session.js';
import { now } from '../foundation/clock.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import { lockInReadCommitted } from './append.js';
import { type Checkpoint, openCheckpoint, signCheckpoint } from './checkpoint.js';
import { readEntry } from './entry.js';
import { appendJournal, checkpointRecord, type JournaledCheckpoint, journalState, lastCheckpoint } from './journal.js';
import type { CheckpointKey } from './note.js';
import { logSize, storedEntries } from './read.js';
import { CompactTree, leafHash } from './tree.js';
import type { StoredEntry } from './verify.js';

/** Second key of the lock that serialises checkpoints; appends go on meanwhile. */
const CHECKPOINT_LOCK = 2;

export interface WrittenCheckpoint extends Checkpoint {
  readonly note: string;
}

const RESTORED = 'the database may be an older backup: bring the newer state back, or run: gdpr restore replay';
const TAMPERED = 'run: gdpr audit verify';

/**
 * Signs the log as it is committed now and keeps the checkpoint in the database and in the journal, in this order:
 * lock → hash the entries since the last checkpoint → sign → commit → lock → append to the journal → fsync. A crash
 * in between leaves the journal behind, which is harmless; the next call makes up for it. Without new entries the
 * last checkpoint is returned again.
 *
 * It takes the database and not a session, because an entry that is not committed yet must never be signed; call it
 * outside any transaction.
 * @throws GdprError LOG_BEHIND_JOURNAL when the journal knows more entries than the log; VERIFICATION_FAILED when the
 * log was tampered with since the last checkpoint, or a checkpoint is not this key's; FILE_UNAVAILABLE when the
 * journal has gone missing, or cannot be written
 */
export async function checkpointLog(
  database: Pick<Database, 'transaction'>,
  { key, journalPath }: { key: CheckpointKey; journalPath: string },
): Promise<WrittenCheckpoint> {
  const written = await database.transaction('read committed', async (session) => {
    await lockJournal(session, journalPath);
    return writeCheckpoint(session, key, await lastCheckpoint(journalPath));
  });
  await database.transaction('read committed', async (session) => {
    await lockInReadCommitted(session, CHECKPOINT_LOCK);
    const journaled = await lastCheckpoint(journalPath);
    if (journaled === null || journaled.size < written.size)
      await appendJournal(journalPath, checkpointRecord(written.note, now()));
  });
  return written;
}

/**
 * Waits until nobody else appends to the journal, until the transaction ends.
 * @throws GdprError FILE_UNAVAILABLE when the log has checkpoints and the journal is missing
 */
export async function lockJournal(session: Session, journalPath: string): Promise<void> {
  await lockInReadCommitted(session, CHECKPOINT_LOCK);
  await prepareJournal(session, journalPath);
}

/**
 * Whether the journal knows of entries that the log does not have, as after a restored backup, or what is newer than
 * the backup is still to be brought back: both sizes if so, undefined if not.
 * @throws GdprError FILE_UNAVAILABLE when the log has checkpoints and the journal is missing, and as `readJournal`
 */
export async function journalAhead(
  session: Session,
  journalPath: string,
): Promise<{ journalSize: number; logSize: number; unfinished?: true } | undefined> {
  const { last: journaled, restored, unfinished } = await journalState(journalPath);
  if (unfinished && restored !== undefined)
    return { journalSize: restored.former, logSize: await logSize(session), unfinished };
  if (journaled === null) {
    if (await hasCheckpoints(session)) await assertPresent(journalPath);
    return undefined;
  }
  const size = await logSize(session);
  return journaled.size > size ? { journalSize: journaled.size, logSize: size } : undefined;
}

async function hasCheckpoints(session: Session): Promise<boolean> {
  const rows = await session.query('SELECT 1 AS one FROM gdpr.audit_checkpoint LIMIT 1');
  return rows.length > 0;
}

/** State that must exist is never silently made anew: the journal is created before the first checkpoint only. */
async function prepareJournal(session: Session, path: string): Promise<void> {
  if (await hasCheckpoints(session)) await assertPresent(path);
  else await appendJournal(path);
}

async function assertPresent(path: string): Promise<void> {
  try {
    await asFileError(path, () => access(path));
  } catch (error) {
    if (!(error instanceof GdprError) || !isMissing(error.cause)) throw error;
    throw new GdprError('FILE_UNAVAILABLE', `the journal ${path} is missing, although the log has been checkpointed`, {
      cause: error.cause,
      hint: 'let `journal:` of gdpr.yaml name the path that all operators share, or bring the journal back from its copy',
    });
  }
}

async function writeCheckpoint(
  session: Session,
  key: CheckpointKey,
  journaled: JournaledCheckpoint | null,
): Promise<WrittenCheckpoint> {
  const stored = await lastStored(session, key);
  const tree = stored?.tree ?? new CompactTree();
  if (journaled !== null) {
    openCheckpoint(journaled.note, key);
    if (journaled.size < tree.size) await assertStored(session, journaled, key);
  }
  const check = (): void => {
    if (journaled?.size === tree.size && !journaled.root.equals(tree.root())) throw otherThanJournal(journaled);
  };
  check();
  for await (const batch of storedEntries(session, tree.size)) {
    for (const row of batch) {
      tree.append(genuineLeaf(row, tree.size + 1));
      check();
    }
  }
  if (journaled !== null && journaled.size > tree.size) {
    throw new GdprError(
      'LOG_BEHIND_JOURNAL',
      `the journal knows of ${journaled.size} entries, the log has ${tree.size}`,
      { hint: RESTORED },
    );
  }
  if (stored !== undefined && stored.written.size === tree.size) return stored.written;
  const root = tree.root();
  const note = signCheckpoint(tree.size, root, key);
  await session.run('INSERT INTO gdpr.audit_checkpoint (size, note, frontier) VALUES ($1::bigint, $2, $3)', [
    tree.size,
    note,
    tree.frontier(),
  ]);
  return { origin: key.name, size: tree.size, root, note };
}

/** An older checkpoint of the journal was in the database before; the newer one was signed on top of it. */
async function assertStored(session: Session, journaled: JournaledCheckpoint, key: CheckpointKey): Promise<void> {
  const [row] = await session.query<{ note: string }>(
    'SELECT note FROM gdpr.audit_checkpoint WHERE size = $1::bigint',
    [journaled.size],
  );
  if (row === undefined || !openCheckpoint(row.note, key).root.equals(journaled.root))
    throw otherThanJournal(journaled);
}

function otherThanJournal({ size }: Checkpoint): GdprError {
  return new GdprError('VERIFICATION_FAILED', `the log differs from the journal's checkpoint over ${size} entries`, {
    hint: TAMPERED,
  });
}

/** The newest stored checkpoint with its tree, after checking that this key signed exactly that tree. */
export async function lastStored(
  session: Session,
  key: CheckpointKey,
): Promise<{ written: WrittenCheckpoint; tree: CompactTree } | undefined> {
  const [row] = await session.query<{ size: string; note: string; frontier: string }>(
    `SELECT size::text AS size, note, encode(frontier, 'hex') AS frontier
     FROM gdpr.audit_checkpoint ORDER BY audit_checkpoint.size DESC LIMIT 1`,
  );
  if (row === undefined) return undefined;
  const written = { ...openCheckpoint(row.note, key), note: row.note };
  try {
    const tree = CompactTree.restore(Number(row.size), Buffer.from(row.frontier, 'hex'));
    if (tree.size === written.size && tree.root().equals(written.root)) return { written, tree };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new GdprError(
    'VERIFICATION_FAILED',
    `the stored checkpoint over ${row.size} entries does not belong to its tree`,
    {
      hint: TAMPERED,
    },
  );
}

/** The hash of the row's entry, so that a changed row is found before it is signed rather than after. */
export function genuineLeaf(row: StoredEntry, expected: number): Buffer {
  const leaf = leafHash(row.entry);
  const entry = readEntry(row.entry);
  if (
    row.sequence === expected &&
    leaf.equals(row.leafHash) &&
    typeof entry !== 'string' &&
    entry.sequence === expected
  )
    return leaf;
  const what = row.sequence === expected ? `entry ${expected} was changed` : `entry ${expected} is missing`;
  throw new GdprError('VERIFICATION_FAILED', `the log is not signed, because ${what}`, { hint: TAMPERED });
}
