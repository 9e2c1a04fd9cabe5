import { timeText } from '../../audit/append.js';
import type { Session } from '../../database/session.js';
import { now } from '../../foundation/clock.js';

const WRITTEN =
  /^((?:19|20)\d\d)-(\d\d)-(\d\d)(?:[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?))?)?$/i;

/** Midnight at the end of a day, as PostgreSQL reads it. */
const END = ' 24:00:00';

/**
 * A time as PostgreSQL reads it, from ISO 8601: a day, which stands for its beginning or with `edge` for its end (a no of
 * that day beats a yes of it), a day and time on the clock of
 * the map's time zone, or an instant with its offset. Undefined for anything else, 30 February too.
 */
export function timeOf(text: string, edge: 'begin' | 'end' = 'begin'): string | undefined {
  const match = WRITTEN.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', offset = ''] =
    match;
  if (Number(day) < 1 || Number(day) > daysOf(Number(year), Number(month))) return undefined;
  if (edge === 'end' && match[4] === undefined) return `${year}-${month}-${day}${END}`;
  return `${year}-${month}-${day} ${hour}:${minute}:${second}.${fraction.slice(0, 6).padEnd(6, '0')}${offset.toUpperCase()}`;
}

/** Days of a month of the Gregorian calendar; 0 of a month that there is not. */
function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** Day and time as {@link timeOf} writes them, without the offset. */
const LOCAL = '2026-03-01 14:05:00.000000'.length;
const OFFSET = /^([+-])(\d\d):?(\d\d)?$/;

/** The instant of a time with an offset; undefined without one, of which only the database knows the clock. */
function instantOf(time: string): string | undefined {
  if (time.length === LOCAL + 1 && time.endsWith('Z')) return `${time.slice(0, 10)}T${time.slice(11)}`;
  const match = OFFSET.exec(time.slice(LOCAL));
  if (match === null) return undefined;
  const [, sign, hours = '0', minutes = '0'] = match;
  const ahead = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const utc = new Date(Date.parse(`${time.slice(0, 10)}T${time.slice(11, 19)}Z`) - ahead).toISOString();
  return `${utc.slice(0, 19)}${time.slice(19, LOCAL)}Z`;
}

const INSTANT = 'u.time::timestamptz';
const ENDS = `u.time LIKE '%${END}'`;

/** The instants of times that {@link timeOf} gave, in UTC with microseconds, and whether each is yet to come. */
export async function instantsOf(
  session: Session,
  times: readonly string[],
): Promise<{ readonly at: string; readonly future: boolean }[]> {
  const present = now().toISOString();
  const known = times.map(instantOf);
  const local = times.filter((_, i) => known[i] === undefined);
  const asked = local.length === 0 ? [] : await localInstants(session, local, present);
  let next = 0;
  return known.map((at) => {
    if (at !== undefined) return { at, future: at > microseconds(present) };
    next += 1;
    return asked[next - 1] ?? { at: '', future: true };
  });
}

/** `2026-03-01T12:05:00.123Z` with the six digits of all instants here, so that texts compare as times do. */
function microseconds(instant: string): string {
  return instant.replace(/Z$/, '000Z');
}

function localInstants(
  session: Session,
  times: readonly string[],
  present: string,
): Promise<{ readonly at: string; readonly future: boolean }[]> {
  return session.query<{ at: string; future: boolean }>(
    `SELECT ${timeText(`CASE WHEN ${ENDS} THEN least(${INSTANT} - interval '1 microsecond', $2::timestamptz) ELSE ${INSTANT} END`)} AS at,
       CASE WHEN ${ENDS} THEN replace(u.time, '${END}', ' 00:00:00')::timestamptz ELSE ${INSTANT} END > $2::timestamptz AS future
     FROM unnest($1::text[]) WITH ORDINALITY u (time, n) ORDER BY u.n`,
    [times, present],
  );
}
