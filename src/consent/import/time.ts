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
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return undefined;
  if (edge === 'end' && match[4] === undefined) return `${year}-${month}-${day}${END}`;
  return `${year}-${month}-${day} ${hour}:${minute}:${second}.${fraction.slice(0, 6).padEnd(6, '0')}${offset.toUpperCase()}`;
}

const INSTANT = 'u.time::timestamptz';
const ENDS = `u.time LIKE '%${END}'`;

/** The instants of times that {@link timeOf} gave, in UTC with microseconds, and whether each is yet to come. */
export async function instantsOf(
  session: Session,
  times: readonly string[],
): Promise<{ readonly at: string; readonly future: boolean }[]> {
  return session.query<{ at: string; future: boolean }>(
    `SELECT ${timeText(`CASE WHEN ${ENDS} THEN least(${INSTANT} - interval '1 microsecond', $2::timestamptz) ELSE ${INSTANT} END`)} AS at,
       CASE WHEN ${ENDS} THEN replace(u.time, '${END}', ' 00:00:00')::timestamptz ELSE ${INSTANT} END > $2::timestamptz AS future
     FROM unnest($1::text[]) WITH ORDINALITY u (time, n) ORDER BY u.n`,
    [times, now().toISOString()],
  );
}
