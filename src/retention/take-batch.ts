import type { Session } from '../database/session.js';
import type { Batch, BatchContext, BatchDone, Protection } from './batch.js';
import { deleteAtOnce } from './delete-at-once.js';
import { takeCarefully } from './take-carefully.js';

/** Waiting longer than this for a lock, the run steps back. */
const LOCK_TIMEOUT_MS = 500;

/**
 * Takes the due rows of a batch, in the caller's READ COMMITTED transaction: rows that others hold are passed by, and
 * every condition is asked of the rows as they are once they are locked.
 * @throws GdprError REFUSED when the database did something else, DRIFT when a constraint is in the way
 */
export async function takeBatch(
  session: Session,
  batch: Batch,
  context: BatchContext,
  protection: Protection,
): Promise<BatchDone> {
  const { unit } = batch;
  const [row] = await session.query<{ kept: boolean }>(
    `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
       EXISTS (SELECT FROM gdpr.kept_row WHERE table_name = $3) AS kept`,
    [String(LOCK_TIMEOUT_MS), String(batch.timeout), unit.erase.table.name],
  );
  const plain =
    unit.does === 'delete' &&
    !unit.person &&
    unit.feeds.length === 0 &&
    row?.kept === false &&
    !protection.rows.has(unit.erase.table.name) &&
    (unit.erase.live.key.length > 0 || protection.people.length === 0) &&
    // What comes to point to a row before it is locked is an error of the database, unless the database itself sees to it.
    context.ruling.erasure.dependencies.every(
      ({ parent, cut, key }) =>
        parent.table !== unit.erase.table ||
        (cut.length === 0 && (key.onDelete === 'no action' || key.onDelete === 'restrict')),
    );
  return plain
    ? deleteAtOnce(session, batch, context, protection)
    : takeCarefully(session, batch, context, protection, row?.kept === true);
}
