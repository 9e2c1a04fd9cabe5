import { settleJournaled } from '../customer/settle-journaled.js';
import type { Session } from '../database/session.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { daysBetween } from './day.js';
import { addEvent, type Done, workOn } from './history.js';
import { type Desk, deskOf, lockOpenRequest, readNumber, readRequest } from './register.js';
import { pausedDaysOn, type RequestView, viewOf } from './request.js';
import type { Settled } from './settle.js';
import { checkWords } from './words.js';

export interface Ended extends RequestView {
  /** By how many days it came after the due day; 0 when it was in time. */
  readonly daysLate: number;
  /** What speaks against calling it answered, in words; missing when nothing does. */
  readonly warning?: string;
  /** What was done for the person since the request came in, the oldest first. */
  readonly done: readonly Done[];
}

/**
 * Ends an open request as answered and removes its reply address.
 * @throws GdprError INPUT_INVALID, NOT_FOUND, REFUSED when it is not open
 */
export async function closeRequest(context: Context, typed: string): Promise<Settled<Ended>> {
  const number = readNumber(typed);
  const desk = await deskOf(context);
  return runOperation(context, { action: 'request close', subjects: [], request: number }, (operation) =>
    settleJournaled(context, operation, async (session) => {
      await endAs(session, 'closed', number, desk);
      await addEvent(session, { operator: context.operator, operation: operation.id }, number, { what: 'closed' });
      const { result, traces } = await ended(session, number, desk);
      const warning = await unanswered(session, number);
      return { result: { ...result, ...(warning !== undefined && { warning }) }, traces };
    }),
  );
}

/** A copy that was asked for and that no finished operation under the request's number has given. */
async function unanswered(session: Session, number: string): Promise<string | undefined> {
  const [open] = await session.query<{ kind: string }>(
    `SELECT r.kind FROM gdpr.request r WHERE r.number = $1 AND r.kind IN ('access', 'portability') AND NOT EXISTS (
       SELECT FROM gdpr.operation o WHERE o.request = r.number AND o.state = 'done'
         AND o.action IN ('customer export', 'customer negative answer'))`,
    [number],
  );
  if (open === undefined) return undefined;
  const flags = open.kind === 'portability' ? ' --portable' : '';
  return `no finished export names ${number}: if the person has no copy yet, register the request again and run gdpr customer export${flags} --request`;
}

/**
 * Ends an open request as refused, with the ground (Art. 12(4), (5)), and removes its reply address.
 * @throws GdprError INPUT_INVALID, NOT_FOUND, REFUSED when it is not open
 */
export async function refuseRequest(context: Context, typed: string, typedReason: string): Promise<Settled<Ended>> {
  const number = readNumber(typed);
  const reason = checkWords('--reason', typedReason);
  const desk = await deskOf(context);
  return runOperation(
    context,
    { action: 'request refuse', subjects: [], request: number, ground: reason },
    (operation) =>
      settleJournaled(context, operation, async (session) => {
        await endAs(session, 'refused', number, desk);
        await addEvent(session, { operator: context.operator, operation: operation.id }, number, {
          what: 'refused',
          note: reason,
        });
        return ended(session, number, desk);
      }),
  );
}

/** Ends an open request, in the caller's transaction. @throws GdprError NOT_FOUND, REFUSED when it is not open */
export async function endAs(
  session: Session,
  state: 'closed' | 'refused',
  number: string,
  { today }: Desk,
): Promise<void> {
  const request = await lockOpenRequest(session, number);
  await session.run(
    `UPDATE gdpr.request SET state = $2, ended = $3::date, ended_at = clock_timestamp(), reply_to = NULL,
       paused_days = $4, asked = NULL, asked_in_time = NULL
     WHERE number = $1`,
    [number, state, today, pausedDaysOn(request, today)],
  );
}

async function ended(session: Session, number: string, desk: Desk) {
  const request = await readRequest(session, number);
  const view = viewOf(request, desk.today, desk.holidays);
  const done = await workOn(session, request, desk);
  const traces = { subjects: request.subject === null ? [] : [request.subject], counts: { operations: done.length } };
  return { result: { ...view, daysLate: Math.max(0, daysBetween(view.due, desk.today)), done }, traces };
}
