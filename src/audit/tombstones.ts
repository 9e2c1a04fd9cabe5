import type { Database, Session } from '../database/session.js';
import { timeText } from './append.js';
import { lockJournal } from './checkpoint-write.js';
import { appendJournal, type JournalRecord, readJournal } from './journal.js';

const TOMBSTONE = 'tombstone';

/**
 * Appends to the journal the tombstones that the database has and it has not, fsynced before this returns, so that a
 * restored backup cannot bring erased people back unseen. Called after the erasure is committed and before it is
 * reported; what a crash in between leaves out, the next call makes up for.
 * @returns how many were appended
 * @throws GdprError FILE_UNAVAILABLE, VERIFICATION_FAILED when the journal is damaged
 */
export async function journalTombstones(database: Pick<Database, 'transaction'>, path: string): Promise<number> {
  return database.transaction('read committed', async (session) => {
    await lockJournal(session, path);
    const known = await journaled(path);
    const records = (await tombstones(session)).filter((record) => !known.has(idOf(record)));
    if (records.length > 0) await appendJournal(path, ...records);
    return records.length;
  });
}

async function journaled(path: string): Promise<Set<string>> {
  const known = new Set<string>();
  for await (const { record } of readJournal(path)) if (record.type === TOMBSTONE) known.add(idOf(record));
  return known;
}

function idOf({ subject, operation }: JournalRecord): string {
  return JSON.stringify([subject, operation]);
}

/** Keyed codes alone, as in the database: the journal holds no personal data. */
async function tombstones(session: Session): Promise<JournalRecord[]> {
  const rows = await session.query<{
    subject: string;
    operation: string;
    time: string;
    ground: string;
    map: string;
    identifiers: string;
  }>(
    `SELECT t.subject, t.operation, ${timeText('t.erased_at')} AS time, t.ground, t.map_digest AS map,
       (SELECT coalesce(json_agg(json_build_array(i.kind, i.key_version, i.hmac) ORDER BY i.kind, i.key_version, i.hmac), '[]')
        FROM gdpr.tombstone_identifier i WHERE i.subject = t.subject AND i.operation = t.operation)::text AS identifiers
     FROM gdpr.tombstone t ORDER BY t.erased_at, t.operation, t.subject`,
  );
  return rows.map(({ subject, operation, time, ground, map, identifiers }) => ({
    type: TOMBSTONE,
    subject,
    operation,
    time,
    ground,
    map,
    identifiers: (JSON.parse(identifiers) as [string, string, string][]).map(([kind, keyVersion, hmac]) => ({
      kind,
      keyVersion,
      hmac,
    })),
  }));
}
