import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import type { Day } from './day.js';
import type { Desk } from './register.js';
import type { StoredRequest } from './request.js';

export interface RequestEvent {
  /** UTC with microseconds. */
  readonly at: string;
  readonly what: 'opened' | 'identified' | 'verified' | 'asked' | 'answered' | 'extended' | 'refused' | 'closed';
  /** The day that it is about: received, asked, answered, the new due day. */
  readonly day: Day | null;
  /** How, or why. */
  readonly note: string | null;
  readonly operator: string;
}

/** What an event notes when identification was asked for: whether the clock waits for the answer. */
export const CLOCK = { stands: 'the clock stands still', runs: 'late: the clock runs on' } as const;

/** Adds to the story of a request; nothing takes away from it. */
export async function addEvent(
  session: Session,
  by: { readonly operator: string; readonly operation: string },
  number: string,
  event: { readonly what: RequestEvent['what']; readonly day?: Day; readonly note?: string },
): Promise<void> {
  await session.run(
    'INSERT INTO gdpr.request_event (number, what, day, note, operator, operation) VALUES ($1, $2, $3::date, $4, $5, $6)',
    [number, event.what, event.day ?? null, event.note ?? null, by.operator, by.operation],
  );
}

export async function readEvents(session: Session, number: string): Promise<RequestEvent[]> {
  return session.query<RequestEvent & Record<string, unknown>>(
    `SELECT ${timeText('at')} AS at, what, day, note, operator FROM gdpr.request_event WHERE number = $1 ORDER BY id`,
    [number],
  );
}

/** An operation that concerned the person since the request came in, or that served it. */
export interface Done {
  readonly operation: string;
  readonly action: string;
  readonly result: string;
  /** UTC with microseconds. */
  readonly ended: string;
  readonly operator: string;
}

/** What was done about a request until it ended, its own entries in the register left out. */
export async function workOn(session: Session, request: StoredRequest, desk: Desk): Promise<Done[]> {
  return session.query<Done & Record<string, unknown>>(
    `SELECT o.id AS operation, o.action, o.state AS result, ${timeText('o.ended_at')} AS ended, o.operator
     FROM gdpr.operation o JOIN gdpr.request r ON r.number = $1
     WHERE (o.request = r.number OR (r.subject IS NOT NULL AND o.subjects @> ARRAY[r.subject]))
       AND o.started_at >= (r.received::timestamp AT TIME ZONE $2) AND o.started_at <= coalesce(r.ended_at, 'infinity')
       AND o.state <> 'started' AND o.action NOT LIKE 'request %'
     ORDER BY o.ended_at, o.id`,
    [request.number, desk.timeZone],
  );
}
