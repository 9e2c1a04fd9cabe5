import type { Session } from '../database/session.js';
import { timeText } from './append.js';
import { type AuditEntry, parseEntry } from './entry.js';
import type { StoredEntry } from './verify.js';

export interface EntryFilter {
  /** First and last sequence, both inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Instants, ISO 8601 with an offset or Z: from `since` on, and before `until`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly action?: string | undefined;
  readonly operation?: string | undefined;
  /** Entries that name this reference. */
  readonly subject?: string | undefined;
}

const CONDITIONS: Readonly<Record<keyof EntryFilter, (parameter: string) => string>> = {
  from: (value) => `sequence >= ${value}::bigint`,
  to: (value) => `sequence <= ${value}::bigint`,
  since: (value) => `time >= ${value}::timestamptz`,
  until: (value) => `time < ${value}::timestamptz`,
  action: (value) => `action = ${value}`,
  operation: (value) => `operation = ${value}`,
  subject: (value) => `subjects @> ARRAY[${value}::text]`,
};

/**
 * Entries in the order of the log, in constant memory. It trusts the stored rows: whether they are genuine is
 * `verifyLog`'s question.
 * @throws GdprError VERIFICATION_FAILED when a row does not hold an entry
 */
export async function* readEntries(session: Session, filter: EntryFilter = {}): AsyncGenerator<AuditEntry> {
  const values: (string | number)[] = [];
  // What has expired has no text.
  const conditions: string[] = ["entry <> ''"];
  for (const [name, condition] of Object.entries(CONDITIONS)) {
    const value = filter[name as keyof EntryFilter];
    if (value === undefined) continue;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  }
  const where = conditions.join(' AND ');
  for await (const [entry] of session.stream(
    `SELECT entry FROM gdpr.audit_entry WHERE ${where} ORDER BY sequence`,
    values,
  )) {
    yield parseEntry(entry ?? '');
  }
}

const BATCH = 1000;

/** The rows after `after` as they are stored, for `verifyLog`, in batches. */
export async function* storedEntries(session: Session, after = 0): AsyncGenerator<StoredEntry[]> {
  const rows = session.stream(
    `SELECT sequence, entry, encode(leaf_hash, 'hex'), ${timeText('time')}, kind, action, operation, result, array_to_json(subjects)
     FROM gdpr.audit_entry WHERE sequence > $1::bigint ORDER BY sequence`,
    [after],
  );
  let batch: StoredEntry[] = [];
  for await (const row of rows) {
    batch.push(storedEntry(row));
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function storedEntry(row: readonly (string | null)[]): StoredEntry {
  const [sequence, entry, leaf, time, kind, action, operation, result, subjects] = row;
  return {
    sequence: Number(sequence),
    entry: entry ?? '',
    leafHash: Buffer.from(leaf ?? '', 'hex'),
    listed: {
      time: time ?? '',
      kind: kind ?? '',
      action: action ?? '',
      operation: operation ?? '',
      result: result ?? null,
      subjects: JSON.parse(subjects ?? '[]') as string[],
    },
  };
}

/** The notes of all stored checkpoints, by size. */
export async function* storedCheckpoints(session: Session): AsyncGenerator<string> {
  for await (const [note] of session.stream('SELECT note FROM gdpr.audit_checkpoint ORDER BY size')) yield note ?? '';
}

/** The number of entries, by the highest sequence. */
export async function logSize(session: Session): Promise<number> {
  const [row] = await session.query<{ size: string }>(
    'SELECT coalesce(max(sequence), 0)::text AS size FROM gdpr.audit_entry',
  );
  return Number(row?.size ?? 0);
}
