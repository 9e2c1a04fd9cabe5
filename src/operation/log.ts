import type { AuditEntry } from '../audit/entry.js';
import { journalCheckpoints } from '../audit/journal.js';
import { parseVerifierKey } from '../audit/note.js';
import { type EntryFilter, readEntries, storedCheckpoints, storedEntries } from '../audit/read.js';
import { type LogVerification, verifyLog } from '../audit/verify.js';
import type { Session } from '../database/session.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import { readKeyIds } from '../keys/keys.js';
import type { OpenWorkspace } from '../workspace/open.js';
import { checkOperations } from './agreement.js';

/** The last entries that match, in the order of the log. @throws GdprError INPUT_INVALID for a time that is none */
export async function listEntries(
  { database }: OpenWorkspace,
  filter: EntryFilter,
  last: number,
): Promise<AuditEntry[]> {
  for (const time of [filter.since, filter.until]) {
    if (time !== undefined && Number.isNaN(Date.parse(time))) {
      throw new GdprError('INPUT_INVALID', 'a time is not understood', {
        hint: 'write it as 2026-03-01 or 2026-03-01T12:00:00Z',
      });
    }
  }
  return database.transaction('repeatable read', async (session) => {
    const entries: AuditEntry[] = [];
    for await (const entry of readEntries(session, filter)) {
      entries.push(entry);
      if (entries.length > last) entries.shift();
    }
    return entries;
  });
}

/**
 * Rebuilds the log's tree and compares it with every checkpoint, those of the journal outside the database included,
 * and the table of operations with the log.
 */
export async function verifyAuditLog({ database, paths }: OpenWorkspace): Promise<LogVerification> {
  const verifierKey = parseVerifierKey((await readKeyIds(paths.keys)).checkpoint);
  // Read before the snapshot begins, or a checkpoint made meanwhile would seem to be ahead of the log.
  const fromJournal = await journalCheckpoints(paths.journal).catch((error: unknown) => missing(error));
  return database.transaction('repeatable read', async (session) => {
    if (!Array.isArray(fromJournal) && (await wasUsed(session))) throw fromJournal;
    const log = await verifyLog({
      entries: storedEntries(session),
      checkpoints: storedCheckpoints(session),
      journalCheckpoints: Array.isArray(fromJournal) ? fromJournal : [],
      verifierKey,
    });
    const { check, problems } = await checkOperations(session);
    return {
      ...log,
      valid: log.valid && check.ok,
      checks: [...log.checks, check],
      problems: [...log.problems, ...problems],
    };
  });
}

/** The error when it says that there is no such file; any other one is thrown on. */
function missing(error: unknown): GdprError {
  if (error instanceof GdprError && isMissing(error.cause)) return error;
  throw error;
}

/** Whether any operation ever ran: the first one makes the journal. */
async function wasUsed(session: Session): Promise<boolean> {
  const used = ['operation', 'audit_entry', 'audit_checkpoint'].map((table) => `EXISTS (SELECT FROM gdpr.${table})`);
  const [row] = await session.query<{ used: boolean }>(`SELECT ${used.join(' OR ')} AS used`);
  return row?.used !== false;
}
