import { runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type Done, type RequestEvent, readEvents, workOn } from './history.js';
import { deskOf, readNumber, readRequest, readRequests } from './register.js';
import { type RequestView, viewOf } from './request.js';
import { type Settled, settle } from './settle.js';
import { maskAddress } from './words.js';

export interface Shown extends RequestView {
  /** Where the answer goes: masked, unless it was asked for in clear; null when it is not known, or removed. */
  readonly replyTo: string | null;
  readonly story: readonly RequestEvent[];
  readonly done: readonly Done[];
  /** The zone on whose clock the deadlines end. */
  readonly timeZone: string;
}

/** One request and its story. Looking is logged, and whether the reply address was revealed. @throws GdprError INPUT_INVALID, NOT_FOUND */
export async function showRequest(context: Context, typed: string, reveal: boolean): Promise<Settled<Shown>> {
  const number = readNumber(typed);
  const desk = await deskOf(context);
  return runOperation(context, { action: 'request show', subjects: [], request: number }, (operation) =>
    settle(context, operation, async (session) => {
      const request = await readRequest(session, number);
      const [row] = await session.query<{ reply: string | null }>(
        'SELECT reply_to AS reply FROM gdpr.request WHERE number = $1',
        [number],
      );
      const reply = row?.reply ?? null;
      const view = viewOf(request, desk.today, desk.holidays);
      return {
        result: {
          ...view,
          replyTo: reply === null || reveal ? reply : maskAddress(reply),
          story: await readEvents(session, number),
          done: await workOn(session, request, desk),
          timeZone: desk.timeZone,
        },
        traces: {
          subjects: request.subject === null ? [] : [request.subject],
          counts: { revealed: reveal && reply !== null ? 1 : 0 },
        },
      };
    }),
  );
}

export interface Listed {
  /** Open ones first, by due day; then the others by number. */
  readonly requests: readonly RequestView[];
}

/** The open requests, or all. */
export async function listRequests(context: Context, which: 'open' | 'all'): Promise<Settled<Listed>> {
  return look(context, 'request list', which, () => true);
}

/** The open requests whose due day has passed or comes within so many days. */
export async function dueRequests(context: Context, within: number): Promise<Settled<Listed>> {
  return look(context, 'request due', 'open', ({ daysLeft }) => daysLeft !== null && daysLeft <= within);
}

async function look(
  context: Context,
  action: string,
  which: 'open' | 'all',
  wanted: (view: RequestView) => boolean,
): Promise<Settled<Listed>> {
  const { today, holidays } = await deskOf(context);
  return runOperation(context, { action, subjects: [] }, (operation) =>
    settle(context, operation, async (session) => {
      const views = (await readRequests(session, which))
        .map((request) => viewOf(request, today, holidays))
        .filter(wanted);
      return { result: { requests: views.sort(byUrgency) }, traces: { counts: { requests: views.length } } };
    }),
  );
}

function byUrgency(a: RequestView, b: RequestView): number {
  const [x, y] = [a, b].map(({ state, due, request }) => (state === 'open' ? `0 ${due} ${request}` : `1 ${request}`));
  return (x ?? '') < (y ?? '') ? -1 : 1;
}
