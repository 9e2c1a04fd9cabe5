import { checkpointLog } from '../audit/checkpoint-write.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { assertNewCopy, exportKeys } from '../keys/copy.js';
import { describeKeys, isEarlier, type KeyIds } from '../keys/keys.js';
import { rotateHmac } from '../keys/rotate.js';
import { knownIds } from '../workspace/keys.js';
import { type Context, openRotating, type Surroundings } from '../workspace/open.js';
import { KEYS_LOCK, recordOutcome, runOperation } from './operation.js';
import { assertOwner } from './owner.js';

export interface RotatedKeys {
  readonly operation: string;
  readonly ids: KeyIds;
  /** The version of the HMAC secret under which everything is written from now on. */
  readonly hmacVersion: string;
  /** The copy, which holds every version, and its SHA-256. */
  readonly copy: { readonly path: string; readonly sha256: string };
  readonly audit: { readonly sequence: number };
}

/**
 * Makes a new HMAC secret beside the former ones: added to the workspace's keys → a copy of all of them → the database
 * told, with the outcome. Nothing else may run meanwhile, or it would not meet what is written under the new secret. A
 * run that was killed is gone on with by the next.
 * @throws GdprError REFUSED when the role is not the owner's, LOCKED when another operation runs, what the copy throws and what opening throws
 */
export async function rotateKeys(
  surroundings: Surroundings,
  copy: { readonly to: string; readonly passphrase: string },
): Promise<RotatedKeys> {
  await assertNewCopy(copy.to, copy.passphrase);
  const context = await openRotating(surroundings);
  try {
    await assertOwner(
      context.database,
      'rotates keys',
      'run it as a login that is a member of the owner (docs/roles.md)',
    );
    return await runOperation(context, { action: 'key rotate', subjects: [] }, async (operation) => {
      const { database, paths, keys } = context;
      await database.transaction('read committed', (session) => assertNothingElseRuns(session, operation.id));
      const ids = await rotated(context);
      const passphrase = await passphraseOf(context);
      const written = await exportKeys(paths.keys, { passphrase, copyPassphrase: copy.passphrase, to: copy.to });
      const sequence = await database.transaction('read committed', async (session) => {
        await session.query(`SELECT pg_advisory_xact_lock(${KEYS_LOCK})`);
        await assertNothingElseRuns(session, operation.id);
        await session.run('UPDATE gdpr.installation SET keys = $1::jsonb', [JSON.stringify(ids)]);
        return recordOutcome(session, context, operation.id, operation.intent, { result: 'done' });
      });
      operation.ended = true;
      await checkpointLog(database, { key: keys.checkpointKey(), journalPath: paths.journal });
      const { hmacVersion } = await describeKeys(paths.keys);
      return { operation: operation.id, ids, hmacVersion, copy: written, audit: { sequence } };
    });
  } finally {
    await context.database.close();
  }
}

async function passphraseOf({ paths, surroundings }: Context): Promise<string | undefined> {
  return (await describeKeys(paths.keys)).passphrase ? surroundings.passphrase() : undefined;
}

/** The ids with a new secret; one that the database does not know is of a run that was interrupted, and was never used. */
async function rotated(context: Context): Promise<KeyIds> {
  const { paths, keys } = context;
  const known = await knownIds(context);
  if (known !== null && isEarlier(known, keys.ids)) return keys.ids;
  return rotateHmac(paths.keys, await passphraseOf(context));
}

/** @throws GdprError LOCKED */
async function assertNothingElseRuns(session: Session, own: string): Promise<void> {
  const [running] = await session.query<{ id: string }>(
    `WITH other AS MATERIALIZED (SELECT id FROM gdpr.operation WHERE state = 'started' AND id <> $1)
     SELECT id FROM other WHERE NOT pg_try_advisory_xact_lock(hashtextextended('gdpr operation ' || id, 0)) LIMIT 1`,
    [own],
  );
  if (running === undefined) return;
  throw new GdprError('LOCKED', `the operation ${running.id} is running, and would go on with the former keys`, {
    hint: 'wait until it has ended, then run gdpr key rotate again',
  });
}
