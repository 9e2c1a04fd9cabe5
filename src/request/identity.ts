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
import { type Day, readDay } from './day.js';
import { promptUntil } from './deadline.js';
import { addEvent, CLOCK } from './history.js';
import { rowOf } from './open.js';
import {
  type Desk,
  deskOf,
  lockOpenRequest,
  lockRegister,
  openRequestsOf,
  readNumber,
  readRequest,
} from './register.js';
import { pausedDaysOn, type RequestView, type StoredRequest, viewOf } from './request.js';
import type { Settled } from './settle.js';
import { checkWords } from './words.js';

/** What is known anew about who asks, as it was typed. */
export interface Identification {
  /** How the identity was checked. */
  readonly how?: string | undefined;
  /** When identification information was asked for. */
  readonly asked?: string | undefined;
  /** When it came. */
  readonly answered?: string | undefined;
  /** Who it is, where the request was opened without a person. */
  readonly query: PersonQuery;
}

export interface Identified extends RequestView {
  /** Other open requests of the same kind by a person who became known now. */
  readonly alsoOpen: readonly string[];
}

interface Step {
  readonly session: Session;
  readonly request: StoredRequest;
  readonly desk: Desk;
  readonly by: { readonly operator: string; readonly operation: string };
}

/**
 * Notes what was asked for, what came and how the identity was checked. Waiting for identification stops the clock
 * when it was asked for promptly; the day of receipt stays what it was (Art. 12(6)).
 * @throws GdprError USAGE, INPUT_INVALID, NOT_FOUND, NOBODY, SEVERAL; REFUSED for what the state of the request rules out
 */
export async function verifyIdentity(
  context: Context,
  typed: string,
  given: Identification,
  chooser: Chooser,
): Promise<Settled<Identified>> {
  const number = readNumber(typed);
  const desk = await deskOf(context);
  const named = !isEmptyQuery(given.query);
  const later = given.how !== undefined || given.answered !== undefined || named;
  if (given.asked === undefined ? !later : later) {
    throw new GdprError('USAGE', later ? '--asked stands alone' : 'there is nothing to note', {
      hint: 'either --asked, or any of --answered, --how and who it is (--email, …)',
    });
  }
  const how = given.how === undefined ? undefined : checkWords('--how', given.how);
  const asked = given.asked === undefined ? undefined : checkDay('--asked', given.asked, desk);
  const answered = given.answered === undefined ? undefined : checkDay('--answered', given.answered, desk);
  const intent = {
    action: 'request verify-identity',
    subjects: [],
    request: number,
    ...(how !== undefined && { verified: how }),
  };
  return runOperation(context, intent, async (operation) => {
    const match = named
      ? await onePerson(await matchAlsoErased(context, given.query), given.query, chooser)
      : undefined;
    return settleJournaled(context, operation, async (session) => {
      await lockRegister(session);
      await lockStanding(session);
      const step = {
        session,
        request: await lockOpenRequest(session, number),
        desk,
        by: { operator: context.operator, operation: operation.id },
      };
      const alsoOpen = match === undefined ? [] : await identify(step, match);
      if (asked !== undefined) await ask(step, asked);
      if (answered !== undefined) await answer(step, answered);
      if (how !== undefined) await verify(step, how, { known: match !== undefined, answered: answered !== undefined });
      const request = await readRequest(session, number);
      return {
        result: { ...viewOf(request, desk.today, desk.holidays), alsoOpen },
        traces: { subjects: request.subject === null ? [] : [request.subject] },
      };
    });
  });
}

function checkDay(flag: string, typed: string, { today }: Desk): Day {
  const day = readDay(flag, typed, today);
  if (day <= today) return day;
  throw new GdprError('INPUT_INVALID', `${flag} is after today, ${today}`, {
    hint: 'note it on the day it happens, or later',
  });
}

async function identify({ session, request, by }: Step, match: Match): Promise<string[]> {
  if (request.subject !== null) {
    throw new GdprError('REFUSED', `whose request ${request.number} is was known already`, {
      hint: 'note how the identity was checked with --how alone; a request of somebody else is a request of its own',
    });
  }
  const alsoOpen = await openRequestsOf(session, request.kind, match.subject);
  await session.run('UPDATE gdpr.request SET subject = $2, person_row = $3 WHERE number = $1', [
    request.number,
    match.subject,
    rowOf(match),
  ]);
  await addEvent(session, by, request.number, { what: 'identified' });
  return alsoOpen;
}

async function ask({ session, request, desk, by }: Step, day: Day): Promise<void> {
  const { number, received } = request;
  if (request.verified !== null) {
    throw new GdprError('REFUSED', `the identity of the person of ${number} was checked already`, {
      hint: 'more may be asked for only in reasonable doubt (Art. 12(6))',
    });
  }
  if (request.asked !== null) {
    throw new GdprError(
      'REFUSED',
      `identification was asked for on ${request.asked}, and the answer is still awaited`,
      { hint: 'when it comes: --answered' },
    );
  }
  if (day < received) throw new GdprError('INPUT_INVALID', `--asked is before the day of receipt, ${received}`);
  const inTime = day <= promptUntil(received, desk.holidays);
  await session.run('UPDATE gdpr.request SET asked = $2::date, asked_in_time = $3 WHERE number = $1', [
    number,
    day,
    inTime,
  ]);
  await addEvent(session, by, number, {
    what: 'asked',
    day,
    note: inTime ? CLOCK.stands : CLOCK.runs,
  });
}

async function answer({ session, request, by }: Step, day: Day): Promise<void> {
  const { number, asked } = request;
  if (asked === null) {
    throw new GdprError('REFUSED', `no answer about the identity is awaited for ${number}`, {
      hint: 'note first when it was asked for: --asked DATE',
    });
  }
  if (day < asked) throw new GdprError('INPUT_INVALID', `--answered is before the day of asking, ${asked}`);
  await session.run('UPDATE gdpr.request SET asked = NULL, asked_in_time = NULL, paused_days = $2 WHERE number = $1', [
    number,
    pausedDaysOn(request, day),
  ]);
  await addEvent(session, by, number, { what: 'answered', day });
}

async function verify(
  { session, request, by }: Step,
  how: string,
  now: { known: boolean; answered: boolean },
): Promise<void> {
  const { number } = request;
  if (request.subject === null && !now.known) {
    throw new GdprError('REFUSED', `nobody knows yet whose request ${number} is`, {
      hint: 'name the person in the same command: --email, --phone, …',
    });
  }
  if (request.asked !== null && !now.answered) {
    throw new GdprError(
      'REFUSED',
      `the clock of ${number} waits for the answer that was asked for on ${request.asked}`,
      {
        hint: 'say in the same command when it came: --answered DATE',
      },
    );
  }
  await session.run('UPDATE gdpr.request SET verified = $2 WHERE number = $1', [number, how]);
  await addEvent(session, by, number, { what: 'verified', note: how });
}
