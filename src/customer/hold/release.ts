import type { Session } from '../../database/session.js';
import { GdprError } from '../../foundation/errors.js';
import { runOperation } from '../../operation/operation.js';
import { todayIn } from '../../request/day.js';
import type { Settled } from '../../request/settle.js';
import { checkWords } from '../../request/words.js';
import type { Context } from '../../workspace/open.js';
import { settleJournaled } from '../settle-journaled.js';
import { type HoldView, lockHold, readHold, SEPARATION } from './hold.js';

/** A released hold, and what an erasure had left standing for it alone or for it too. */
export interface Released extends HoldView {
  readonly separation: typeof SEPARATION;
  /** Erased people of whom rows were kept under it; they can be erased again. */
  readonly waiting: readonly { readonly subject: string; readonly rows: number }[];
}

const ID = /^hold-[a-z2-7]{10}$/;

/**
 * Releases a hold; whoever placed it cannot.
 * @throws GdprError INPUT_INVALID, NOT_FOUND, REFUSED when it is released already or was placed by the same operator
 */
export async function releaseHold(context: Context, typed: string, typedReason: string): Promise<Settled<Released>> {
  const id = typed.trim().toLowerCase();
  if (!ID.test(id))
    throw new GdprError('INPUT_INVALID', 'this is not the id of a hold', { hint: 'see: gdpr hold list' });
  const reason = checkWords('--reason', typedReason);
  const today = todayIn(context.model.map.timeZone);
  return runOperation(context, { action: 'hold release', subjects: [] }, (operation) =>
    settleJournaled(context, operation, async (session) => {
      const hold = await lockHold(session, id, today);
      if (hold.state === 'released')
        throw new GdprError('REFUSED', `${id} was released already`, { hint: 'see: gdpr hold list --all' });
      if (hold.placedBy === context.operator) {
        throw new GdprError('REFUSED', `${id} was placed by the same operator, and another one has to release it`, {
          hint: 'have a colleague run this under a name of their own (GDPR_OPERATOR)',
        });
      }
      await session.run(
        `UPDATE gdpr.hold SET released_at = clock_timestamp(), released_by = $2, released_role = session_user,
           release_reason = $3, release_operation = $4 WHERE id = $1`,
        [id, context.operator, reason, operation.id],
      );
      const released = await readHold(session, id, today);
      return {
        result: { ...released, separation: SEPARATION, waiting: await waitingFor(session, id) },
        traces: { subjects: hold.gagged ? [] : hold.subjects, rules: [id] },
      };
    }),
  );
}

function waitingFor(session: Session, id: string): Promise<{ subject: string; rows: number }[]> {
  return session.query(
    `SELECT subject, count(DISTINCT (table_name, key))::integer AS rows FROM gdpr.kept_row
     WHERE source = 'hold' AND reason = $1 GROUP BY subject ORDER BY subject`,
    [id],
  );
}
