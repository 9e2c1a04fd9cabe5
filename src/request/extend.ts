import { settleJournaled } from '../customer/settle-journaled.js';
import { GdprError } from '../foundation/errors.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { Day } from './day.js';
import { deadlineOf } from './deadline.js';
import { addEvent } from './history.js';
import { deskOf, lockOpenRequest, readNumber, readRequest } from './register.js';
import { clockOf, type RequestView, viewOf } from './request.js';
import type { Settled } from './settle.js';
import { checkWords } from './words.js';

export interface Extended extends RequestView {
  /** The last day on which the person can be told of the extension. */
  readonly tellBy: Day;
}

/**
 * Extends by two further months, because of complexity or the number of requests (Art. 12(3)): once, with a reason,
 * and inside the first month.
 * @throws GdprError INPUT_INVALID, NOT_FOUND, REFUSED
 */
export async function extendRequest(context: Context, typed: string, typedReason: string): Promise<Settled<Extended>> {
  const number = readNumber(typed);
  const reason = checkWords('--reason', typedReason);
  const { today, holidays } = await deskOf(context);
  return runOperation(
    context,
    { action: 'request extend', subjects: [], request: number, ground: reason },
    (operation) =>
      settleJournaled(context, operation, async (session) => {
        const request = await lockOpenRequest(session, number);
        const { due: tellBy } = deadlineOf({ ...clockOf(request, today), extended: false }, holidays);
        if (request.extended)
          throw new GdprError('REFUSED', `${number} was extended already`, {
            hint: 'the law allows it once (Art. 12(3))',
          });
        if (today > tellBy) {
          throw new GdprError(
            'REFUSED',
            `the first month of ${number} ended on ${tellBy}: it can no longer be extended`,
            {
              hint: 'answer it at once, and say in the answer that it comes late',
            },
          );
        }
        await session.run('UPDATE gdpr.request SET extended = true WHERE number = $1', [number]);
        const view = viewOf(await readRequest(session, number), today, holidays);
        await addEvent(session, { operator: context.operator, operation: operation.id }, number, {
          what: 'extended',
          day: view.due,
          note: reason,
        });
        return { result: { ...view, tellBy }, traces: { subjects: view.subject === null ? [] : [view.subject] } };
      }),
  );
}
