import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { canonicalEntry, type EntryDraft } from './entry.js';
import { leafHash } from './tree.js';

/** First key of the tool's two-part advisory locks: the bytes of "gdpr" as a 32-bit integer. */
const LOCK_CLASS = 0x67647072;
/** Second key of the lock that serialises appends: held from here to the end of the transaction. */
const APPEND_LOCK = 1;

/** A timestamptz as the text of `AuditEntry.time`. */
export function timeText(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

export interface Appended {
  readonly sequence: number;
  /** Hexadecimal. */
  readonly leafHash: string;
}

/**
 * Appends an entry. It takes the append lock, so nobody else appends until this transaction ends: append last, and
 * commit at once. Sequences have no gaps, because a rolled-back append leaves nothing behind.
 * @throws GdprError INPUT_INVALID when the draft is not an entry or looks as if it held personal data; BUG in a
 * transaction that is not READ COMMITTED, whose snapshot may be older than the end of the log
 */
export async function appendEntry(session: Session, draft: EntryDraft): Promise<Appended> {
  await lockInReadCommitted(session, APPEND_LOCK);
  const [tail] = await session.query<{ sequence: string; time: string }>(
    `SELECT (coalesce(max(sequence), 0) + 1)::text AS sequence, ${timeText('clock_timestamp()')} AS time FROM gdpr.audit_entry`,
  );
  if (tail === undefined) throw new GdprError('BUG', 'the audit log did not tell its next sequence');
  const entry = { ...draft, sequence: Number(tail.sequence), time: tail.time };
  const text = canonicalEntry(entry);
  const leaf = leafHash(text);
  await session.run(
    `INSERT INTO gdpr.audit_entry (sequence, time, kind, action, operation, result, subjects, entry, leaf_hash)
     VALUES ($1, $2::timestamptz, $3, $4, $5, $6, $7::text[], $8, $9)`,
    [
      entry.sequence,
      entry.time,
      entry.kind,
      entry.action,
      entry.operation,
      entry.result ?? null,
      [...entry.subjects],
      text,
      leaf,
    ],
  );
  return { sequence: entry.sequence, leafHash: leaf.toString('hex') };
}

/** Waits for one of the tool's advisory locks; it is held until the transaction ends. */
export async function lockInReadCommitted(session: Session, lock: number): Promise<void> {
  const [setting] = await session.query<{ isolation: string }>(
    `SELECT current_setting('transaction_isolation') AS isolation, pg_advisory_xact_lock($1::int, $2::int)`,
    [LOCK_CLASS, lock],
  );
  if (setting?.isolation !== 'read committed') {
    throw new GdprError(
      'BUG',
      `the audit log is written in READ COMMITTED, not in ${setting?.isolation ?? 'an unknown isolation'}`,
    );
  }
}
