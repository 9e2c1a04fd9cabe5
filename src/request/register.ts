import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import type { Context } from '../workspace/open.js';
import { type Day, todayIn } from './day.js';
import { type Holidays, holidaysOf } from './holidays.js';
import type { StoredRequest } from './request.js';

/** By what the register reckons: the day on the map's clock, and the holidays of its country. */
export interface Desk {
  readonly today: Day;
  readonly timeZone: string;
  readonly holidays: Holidays;
}

export async function deskOf({ model }: Pick<Context, 'model'>): Promise<Desk> {
  const { timeZone, country } = model.map;
  return { today: todayIn(timeZone), timeZone, holidays: await holidaysOf(country) };
}

/** A request's number as it was typed. @throws GdprError INPUT_INVALID, which does not repeat what was typed */
export function readNumber(typed: string): string {
  const number = typed.trim().toUpperCase();
  if (/^R-\d{4}-\d{4,9}$/.test(number)) return number;
  throw new GdprError('INPUT_INVALID', 'this is not the number of a request', {
    hint: 'it looks like R-2026-0001; see: gdpr request list',
  });
}

/** Makes the openings of requests wait for one another, so that no two are taken for the first. */
export async function lockRegister(session: Session): Promise<void> {
  await session.query("SELECT pg_advisory_xact_lock(hashtextextended('gdpr request', 0))");
}

const COLUMNS = `number, kind, state, subject, person_row AS row, channel, handler, received, verified, asked,
  asked_in_time AS "askedInTime", paused_days AS "pausedDays", extended, ${timeText('opened_at')} AS opened, ended`;

type Row = StoredRequest & Record<string, unknown>;

/** @throws GdprError NOT_FOUND */
export async function readRequest(session: Session, number: string): Promise<StoredRequest> {
  return found(number, await session.query<Row>(`SELECT ${COLUMNS} FROM gdpr.request WHERE number = $1`, [number]));
}

/** An open request, locked until the transaction ends. @throws GdprError NOT_FOUND, REFUSED when it is not open */
export async function lockOpenRequest(session: Session, number: string): Promise<StoredRequest> {
  const request = found(
    number,
    await session.query<Row>(`SELECT ${COLUMNS} FROM gdpr.request WHERE number = $1 FOR UPDATE`, [number]),
  );
  if (request.state === 'open') return request;
  throw new GdprError(
    'REFUSED',
    `${number} was ${request.state} on ${request.ended}; nothing about it changes any more`,
    {
      hint: 'if the person writes again, register a new request: gdpr request open',
    },
  );
}

function found(number: string, [request]: readonly StoredRequest[]): StoredRequest {
  if (request !== undefined) return request;
  throw new GdprError('NOT_FOUND', `there is no request ${number}`, { hint: 'see: gdpr request list --all' });
}

/** Requests in the order of their numbers. */
export async function readRequests(session: Session, which: 'open' | 'all'): Promise<StoredRequest[]> {
  return session.query<Row>(
    `SELECT ${COLUMNS} FROM gdpr.request ${which === 'open' ? "WHERE state = 'open'" : ''} ORDER BY number`,
  );
}

/** Those of the requests that there are, in no order. */
export async function readRequestsNumbered(session: Session, numbers: readonly string[]): Promise<StoredRequest[]> {
  return session.query<Row>(`SELECT ${COLUMNS} FROM gdpr.request WHERE number = ANY ($1::text[])`, [numbers]);
}

/** Numbers of the open requests of a kind by a person. */
export async function openRequestsOf(session: Session, kind: string, subject: string): Promise<string[]> {
  const rows = await session.query<{ number: string }>(
    "SELECT number FROM gdpr.request WHERE state = 'open' AND kind = $1 AND subject = $2 ORDER BY number",
    [kind, subject],
  );
  return rows.map(({ number }) => number);
}

/** The next number of a year; given back when the transaction is rolled back. */
export async function nextNumber(session: Session, today: Day): Promise<string> {
  const year = today.slice(0, 4);
  const [row] = await session.query<{ last: number }>(
    `INSERT INTO gdpr.request_number AS n (year, last) VALUES ($1, 1)
     ON CONFLICT (year) DO UPDATE SET last = n.last + 1 RETURNING last`,
    [Number(year)],
  );
  return `R-${year}-${String(row?.last).padStart(4, '0')}`;
}
