import { checkpointLog } from '../audit/checkpoint-write.js';
import { EXPIRY_ACTION } from '../audit/entry.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import { recordOutcome, runOperation } from './operation.js';
import { assertOwner } from './owner.js';

/** What expires, or would, in rows. */
export interface Expiry {
  /** Everything older goes: an instant, ISO 8601. */
  readonly before: string;
  /** Entries of the audit log that lose their text; their leaf hashes stay. */
  readonly entries: number;
  /** The highest sequence of an entry without its text; null while there is none. */
  readonly through: number | null;
  /** Consent events that a later no has taken back. */
  readonly consents: number;
  /** Tombstones of people of whom nothing is kept. */
  readonly tombstones: number;
}

export interface ExpiredEvidence extends Expiry {
  readonly operation: string;
  readonly audit: { readonly sequence: number };
}

const HINT = 'run it as a login that is a member of the owner (docs/roles.md)';

/**
 * How much has been kept longer than `evidence.keep` of gdpr.yaml says; nothing is changed.
 * @throws GdprError USAGE when the period is not said, REFUSED when the role is not the owner's
 */
export async function planExpiry(context: Context): Promise<Expiry> {
  const keep = periodOf(context);
  await assertOwner(context.database, 'may let evidence expire', HINT);
  let found: Expiry | undefined;
  const undone = new Error('only counted');
  await context.database
    .transaction('read committed', async (session) => {
      found = await expire(session, 'plan', keep);
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  if (found === undefined) throw new GdprError('BUG', 'the database did not tell what would expire');
  return found;
}

/**
 * Takes from the log, the consent ledger and the tombstones what has been kept longer than `evidence.keep` of gdpr.yaml
 * says, with the entry that tells of it in the same transaction (GDPR Art. 5(1)(e)).
 * @throws GdprError as `planExpiry`
 */
export async function expireEvidence(context: Context): Promise<ExpiredEvidence> {
  const keep = periodOf(context);
  const { database, keys, paths } = context;
  await assertOwner(database, 'may let evidence expire', HINT);
  // What is not covered by a checkpoint does not expire.
  const sign = () => checkpointLog(database, { key: keys.checkpointKey(), journalPath: paths.journal });
  await sign();
  return runOperation(context, { action: EXPIRY_ACTION, subjects: [] }, async (operation) => {
    const result = await database.transaction('read committed', async (session) => {
      const expired = await expire(session, operation.id, keep);
      const { entries, through, consents, tombstones } = expired;
      const counts = { entries, ...(through !== null && { through }), consents, tombstones };
      const sequence = await recordOutcome(session, context, operation.id, operation.intent, {
        result: 'done',
        counts,
      });
      return { ...expired, operation: operation.id, audit: { sequence } };
    });
    operation.ended = true;
    await sign();
    return result;
  });
}

function periodOf({ config }: Context): string {
  if (config.evidence !== undefined) return config.evidence.keep;
  throw new GdprError('USAGE', 'nobody has said how long evidence is kept, so none expires', {
    hint: 'write the period that the controller has decided on into gdpr.yaml, e.g. evidence: { keep: P3Y }',
  });
}

async function expire(session: Session, operation: string, keep: string): Promise<Expiry> {
  const [row] = await session.query<{
    before: string;
    entries: string;
    through: string | null;
    consents: string;
    tombstones: string;
  }>(
    `SELECT to_char(x.before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS before, x.entries::text,
       x.through::text, x.consents::text, x.tombstones::text
     FROM gdpr.expire_evidence($1, now() - $2::interval) x`,
    [operation, keep],
  );
  if (row === undefined) throw new GdprError('BUG', 'the database did not tell what has expired');
  return {
    before: row.before,
    entries: Number(row.entries),
    through: row.through === null ? null : Number(row.through),
    consents: Number(row.consents),
    tombstones: Number(row.tombstones),
  };
}
