import type { Database, Session } from '../database/session.js';
import { now } from '../foundation/clock.js';
import { GdprError } from '../foundation/errors.js';
import { type Break, followJournal, noteKind, signBreak, signReplayed } from './breaks.js';
import { signCheckpoint } from './checkpoint.js';
import { genuineLeaf, lastStored, lockJournal } from './checkpoint-write.js';
import { appendJournal, breakRecord, checkpointRecord, type JournalRecord, journalCheckpoints } from './journal.js';
import type { CheckpointKey } from './note.js';
import { logSize, storedCheckpoints, storedEntries } from './read.js';
import { CompactTree } from './tree.js';
import { verifyLog } from './verify.js';

interface Where {
  readonly key: CheckpointKey;
  readonly journalPath: string;
}

/**
 * Lets the log go on from a restored backup: checks that what the database has is a beginning of the log that the
 * journal vouches for, then signs into the journal where that log was cut off and where it goes on, fsynced before
 * this returns. A second call, after a crash, finds the break there and only mends what is missing beside it.
 * @returns the break that is still to be mended; undefined when the log is not behind its journal
 * @throws GdprError VERIFICATION_FAILED when the database is no earlier state of that log, or either was tampered with;
 * FILE_UNAVAILABLE, and as `readJournal`
 */
export async function continueLog(
  database: Pick<Database, 'transaction'>,
  { key, journalPath }: Where,
): Promise<Break | undefined> {
  return database.transaction('read committed', async (session) => {
    await lockJournal(session, journalPath);
    const notes = await journalCheckpoints(journalPath);
    const claims = follow(notes, key);
    const size = await logSize(session);
    const last = claims.present.reduce((most, each) => (each.size >= most.size ? each : most), {
      size: claims.unfinished?.size ?? 0,
      root: claims.unfinished?.root ?? Buffer.alloc(0),
    });
    const cut = last.size > size;
    if (!cut && claims.unfinished === undefined) return undefined;

    const wanted = new Set(claims.present.map((checkpoint) => checkpoint.size));
    if (claims.unfinished !== undefined) wanted.add(claims.unfinished.size);
    if (cut) wanted.add(size);
    const root = await signMissing(session, key, wanted);
    const has = (checkpoint: number) => claims.present.some((each) => each.size === checkpoint);
    const records: { readonly note: string; readonly record: JournalRecord }[] = [];
    const vouchFor = ({ size: upTo, root: over }: Pick<Break, 'size' | 'root'>) => {
      const note = signCheckpoint(upTo, over, key);
      records.push({ note, record: checkpointRecord(note, now()) });
    };
    let found = claims.unfinished;
    if (found !== undefined && !has(found.size)) vouchFor(found);
    if (cut) {
      found = { former: { size: last.size, root: last.root }, size, root };
      const note = signBreak(found, key);
      records.push({ note, record: breakRecord(note, now()) });
      vouchFor(found);
    }
    await assertWhole(session, [...notes, ...records.map(({ note }) => note)], key);
    if (records.length > 0) await appendJournal(journalPath, ...records.map(({ record }) => record));
    return found;
  });
}

/** Signs into the journal that everything newer than the backup was brought back; from then on operations run again. */
export async function endReplay(
  database: Pick<Database, 'transaction'>,
  { key, journalPath }: Where,
  found: Break,
): Promise<void> {
  await database.transaction('read committed', async (session) => {
    await lockJournal(session, journalPath);
    await appendJournal(journalPath, breakRecord(signReplayed(found, key), now()));
  });
}

/**
 * Refuses a journal in which somebody else than the holder of the key has written that a backup was restored.
 * @throws GdprError VERIFICATION_FAILED, and as `readJournal`
 */
export async function assertGenuineBreaks(journalPath: string, key: CheckpointKey): Promise<void> {
  follow(await journalCheckpoints(journalPath), key);
}

function follow(notes: readonly string[], key: CheckpointKey) {
  return followJournal(notes, key, (note, { message }) => {
    if (noteKind(note) === 'checkpoint') return;
    throw new GdprError(
      'VERIFICATION_FAILED',
      `a note about a restored backup in the journal counts for nothing: ${message}`,
      {
        hint: 'run: gdpr audit verify',
      },
    );
  });
}

/**
 * Signs the checkpoints over these sizes that the backup lacks: it was taken between an entry and its checkpoint.
 * @returns the root over the whole log
 */
async function signMissing(session: Session, key: CheckpointKey, sizes: ReadonlySet<number>): Promise<Buffer> {
  const tree = (await lastStored(session, key))?.tree ?? new CompactTree();
  // Read before signing: a stream leaves its connection to no other statement.
  const missing: { size: number; note: string; frontier: Buffer }[] = [];
  const sign = () => {
    if (!sizes.has(tree.size)) return;
    missing.push({ size: tree.size, note: signCheckpoint(tree.size, tree.root(), key), frontier: tree.frontier() });
  };
  sign();
  for await (const batch of storedEntries(session, tree.size)) {
    for (const row of batch) {
      tree.append(genuineLeaf(row, tree.size + 1));
      sign();
    }
  }
  await session.run(
    `INSERT INTO gdpr.audit_checkpoint (size, note, frontier)
     SELECT u.size, u.note, decode(u.frontier, 'hex') FROM unnest($1::bigint[], $2::text[], $3::text[]) u (size, note, frontier)
     ON CONFLICT DO NOTHING`,
    [
      missing.map(({ size }) => size),
      missing.map(({ note }) => note),
      missing.map(({ frontier }) => frontier.toString('hex')),
    ],
  );
  return tree.root();
}

async function assertWhole(session: Session, journal: readonly string[], key: CheckpointKey): Promise<void> {
  const { problems } = await verifyLog({
    entries: storedEntries(session),
    checkpoints: storedCheckpoints(session),
    journalCheckpoints: journal,
    verifierKey: key,
    replaying: true,
  });
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new GdprError(
    'VERIFICATION_FAILED',
    `the database is not an earlier state of the log that the journal vouches for: ${first.problem}${more}`,
    { hint: 'restore another backup, or bring the journal back from its copy; see: gdpr audit verify' },
  );
}
