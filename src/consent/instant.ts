import { timeText } from '../audit/append.js';
import type { Session } from '../database/session.js';
import { GdprError } from '../foundation/errors.js';
import { addDays, readDay } from '../request/day.js';

const INSTANT = /^(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * A day or an instant as it was typed after a flag, as UTC with microseconds. Without an offset it is on the clock of
 * `timeZone`. A day stands for its beginning; with `edge: 'end'` for its last microsecond or, on the present day, for
 * now, so that a no of that day beats a yes of it.
 * @throws GdprError INPUT_INVALID, which does not repeat what was typed
 */
export async function readInstant(
  session: Session,
  flag: string,
  typed: string,
  { timeZone, edge = 'begin' }: { readonly timeZone: string; readonly edge?: 'begin' | 'end' },
): Promise<string> {
  const text = typed.trim();
  const [, date, time, offset] = INSTANT.exec(text) ?? [];
  const day = readDay(flag, date ?? text, await today(session, timeZone));
  if (time !== undefined) {
    const sql = offset === undefined ? '$1::timestamp AT TIME ZONE $2' : '($1 || $2)::timestamptz';
    return one(session, sql, [`${day} ${time}`, offset ?? timeZone]);
  }
  if (edge === 'begin') return one(session, '$1::timestamp AT TIME ZONE $2', [day, timeZone]);
  return one(
    session,
    `CASE WHEN $1::date = (clock_timestamp() AT TIME ZONE $2)::date THEN clock_timestamp()
       ELSE ($3::timestamp AT TIME ZONE $2) - interval '1 microsecond' END`,
    [day, timeZone, addDays(day, 1)],
  );
}

/** The present instant on the database's clock, by which objections and suppressions are timed too. */
export function presentInstant(session: Session): Promise<string> {
  return one(session, 'clock_timestamp()', []);
}

/** @throws GdprError INPUT_INVALID for an instant that has not come yet: nobody has said anything in the future */
export async function refuseFuture(session: Session, flag: string, at: string): Promise<void> {
  if (at <= (await presentInstant(session))) return;
  throw new GdprError('INPUT_INVALID', `${flag} is in the future`, { hint: 'write when it was said' });
}

async function today(session: Session, timeZone: string): Promise<string> {
  const [row] = await session.query<{ day: string }>('SELECT (clock_timestamp() AT TIME ZONE $1)::date::text AS day', [
    timeZone,
  ]);
  return row?.day ?? '';
}

async function one(session: Session, expression: string, values: readonly string[]): Promise<string> {
  const [row] = await session.query<{ at: string }>(`SELECT ${timeText(`(${expression})`)} AS at`, values);
  return row?.at ?? '';
}
