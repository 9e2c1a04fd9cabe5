import { entryTextFault } from '../audit/entry.js';
import type { Chooser } from '../customer/choose.js';
import { onePerson } from '../customer/choose.js';
import { type Match, matchAlsoErased } from '../customer/find-customer.js';
import { isEmptyQuery, type PersonQuery } from '../customer/resolve.js';
import { settleJournaled } from '../customer/settle-journaled.js';
import { lockStanding } from '../customer/standing.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { addMonths, type Day, readDay } from './day.js';
import { addEvent } from './history.js';
import { type Desk, deskOf, lockRegister, nextNumber, openRequestsOf, readRequest } from './register.js';
import { ARTICLES, type Channel, type Kind, type RequestView, viewOf } from './request.js';
import type { Settled } from './settle.js';
import { checkAddress } from './words.js';

/** What came in, as it was typed. */
export interface Incoming {
  readonly kind: Kind;
  readonly channel: Channel;
  readonly received: string;
  readonly query: PersonQuery;
  /** Nobody knows yet who asks. */
  readonly unknown: boolean;
  readonly replyTo?: string | undefined;
  /** Register it although the same is open already. */
  readonly again: boolean;
}

const OLDEST_MONTHS = 120;

/**
 * Registers a request under the next number. The person is named, or `unknown`.
 * @throws GdprError USAGE, INPUT_INVALID; NOBODY, SEVERAL; REFUSED when a request of that kind by that person is open
 */
export async function openRequest(
  context: Context,
  incoming: Incoming,
  chooser: Chooser,
): Promise<Settled<RequestView>> {
  const desk = await deskOf(context);
  const { kind, channel, query, unknown, again } = incoming;
  if (unknown !== isEmptyQuery(query)) {
    throw new GdprError('USAGE', unknown ? 'the person is named and --unknown both' : 'nobody is named', {
      hint: 'name the person (--email, --phone, --order, …), or say --unknown until you know who asks',
    });
  }
  const received = checkReceived(incoming.received, desk);
  const replyTo = incoming.replyTo === undefined ? null : checkAddress('--reply-to', incoming.replyTo);
  return runOperation(context, { action: 'request open', subjects: [], ground: ARTICLES[kind] }, async (operation) => {
    const match = unknown ? undefined : await onePerson(await matchAlsoErased(context, query), query, chooser);
    return settleJournaled(context, operation, async (session) => {
      await lockRegister(session);
      await lockStanding(session);
      if (match !== undefined && !again) await refuseDuplicate(session, kind, match.subject);
      const number = await nextNumber(session, desk.today);
      await session.run(
        `INSERT INTO gdpr.request (number, kind, subject, person_row, channel, reply_to, handler, received)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8::date)`,
        [number, kind, match?.subject ?? null, rowOf(match), channel, replyTo, context.operator, received],
      );
      await addEvent(session, { operator: context.operator, operation: operation.id }, number, {
        what: 'opened',
        day: received,
      });
      const view = viewOf(await readRequest(session, number), desk.today, desk.holidays);
      return { result: view, traces: { request: number, subjects: match === undefined ? [] : [match.subject] } };
    });
  });
}

/** The row by which a person is found again, unless its key looks like a value of theirs. */
export function rowOf(match: Match | undefined): string | null {
  return match === undefined || match.id === '' || entryTextFault(match.id) !== undefined ? null : match.id;
}

function checkReceived(typed: string, { today }: Desk): Day {
  const received = readDay('--received', typed, today);
  if (received > today)
    throw new GdprError('INPUT_INVALID', `--received is after today, ${today}`, {
      hint: 'the day on which the request reached you',
    });
  if (received < addMonths(today, -OLDEST_MONTHS)) {
    throw new GdprError('INPUT_INVALID', '--received is over ten years ago', { hint: 'check the year' });
  }
  return received;
}

async function refuseDuplicate(session: Session, kind: Kind, subject: string): Promise<void> {
  const [number] = await openRequestsOf(session, kind, subject);
  if (number === undefined) return;
  throw new GdprError('REFUSED', `a request of this person for ${kind} is open already: ${number}`, {
    hint: `see: gdpr request show ${number}; if the person asks for something else, register it with --again`,
  });
}
