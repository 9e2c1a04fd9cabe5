import type { Day } from './day.js';
import { daysBetween } from './day.js';
import { type Clock, deadlineOf } from './deadline.js';
import type { Holidays } from './holidays.js';

export const KINDS = ['access', 'portability', 'rectification', 'erasure', 'restriction', 'objection'] as const;
export type Kind = (typeof KINDS)[number];

/** The right that a request claims. */
export const ARTICLES: Readonly<Record<Kind, string>> = {
  access: 'Art. 15',
  portability: 'Art. 20',
  rectification: 'Art. 16',
  erasure: 'Art. 17',
  restriction: 'Art. 18',
  objection: 'Art. 21',
};

export const CHANNELS = ['email', 'post', 'phone', 'in-person', 'form'] as const;
export type Channel = (typeof CHANNELS)[number];

export type State = 'open' | 'closed' | 'refused';

/** A request as the register holds it, without the reply address. */
export interface StoredRequest {
  readonly number: string;
  readonly kind: Kind;
  readonly state: State;
  /** Null while nobody knows who asks. */
  readonly subject: string | null;
  readonly row: string | null;
  readonly channel: Channel;
  readonly handler: string;
  readonly received: Day;
  readonly verified: string | null;
  /** Since when an answer about the identity is awaited, and whether it was asked for promptly. */
  readonly asked: Day | null;
  readonly askedInTime: boolean | null;
  readonly pausedDays: number;
  readonly extended: boolean;
  readonly opened: string;
  readonly ended: Day | null;
}

/** A request as people and programs read it; nothing in it is a value of the person. */
export interface RequestView {
  readonly request: string;
  readonly kind: Kind;
  readonly state: State;
  readonly subject: string | null;
  /** What `--id` takes to find the person again. */
  readonly row: string | null;
  readonly channel: Channel;
  readonly handler: string;
  readonly received: Day;
  readonly due: Day;
  readonly latest: Day;
  /** Until the due day; negative when it has passed, null when the request was answered. */
  readonly daysLeft: number | null;
  readonly extended: boolean;
  readonly verified: string | null;
  readonly waitingSince: Day | null;
  /** Whether the clock stands still meanwhile. */
  readonly suspended: boolean;
  readonly pausedDays: number;
  /** Instant of registration, UTC with microseconds. */
  readonly opened: string;
  readonly ended: Day | null;
}

/** The clock of a request on a day; while it stands still, as if the answer came on that day. */
export function clockOf(request: StoredRequest, today: Day): Clock {
  return { received: request.received, pausedDays: pausedDaysOn(request, today), extended: request.extended };
}

/** All days on which the clock has stood still, if the wait that is under way ends on `day`. */
export function pausedDaysOn({ asked, askedInTime, pausedDays }: StoredRequest, day: Day): number {
  return asked !== null && askedInTime === true ? pausedDays + daysBetween(asked, day) : pausedDays;
}

export function viewOf(request: StoredRequest, today: Day, holidays: Holidays): RequestView {
  const { due, latest } = deadlineOf(clockOf(request, today), holidays);
  return {
    request: request.number,
    kind: request.kind,
    state: request.state,
    subject: request.subject,
    row: request.row,
    channel: request.channel,
    handler: request.handler,
    received: request.received,
    due,
    latest,
    daysLeft: request.state === 'open' ? daysBetween(today, due) : null,
    extended: request.extended,
    verified: request.verified,
    waitingSince: request.asked,
    suspended: request.asked !== null && request.askedInTime === true,
    pausedDays: pausedDaysOn(request, today),
    opened: request.opened,
    ended: request.ended,
  };
}
