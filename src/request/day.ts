import { now } from '../foundation/clock.js';
import { GdprError } from '../foundation/errors.js';

/** A calendar day, `2026-03-01`. Days compare as texts. */
export type Day = string;

const MILLISECONDS = 86_400_000;

/** The day of the present instant on the calendar of an IANA time zone. */
export function todayIn(timeZone: string): Day {
  return dayOf(now(), timeZone);
}

/** The day of an instant on the calendar of an IANA time zone. */
export function dayOf(instant: Date, timeZone: string): Day {
  return instant.toLocaleDateString('sv', { timeZone });
}

/** An instant of the log on the clock of a time zone, to the minute: `2026-03-01 14:05`. */
export function minuteOf(instant: string, timeZone: string): string {
  return new Date(instant).toLocaleString('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' });
}

/**
 * A day as it was typed after a flag: `2026-03-01`, or `today`.
 * @throws GdprError INPUT_INVALID, which does not repeat what was typed
 */
export function readDay(flag: string, text: string, today: Day): Day {
  const typed = text.trim();
  if (typed === 'today') return today;
  if (/^\d{4}-\d\d-\d\d$/.test(typed) && !Number.isNaN(Date.parse(typed)) && addDays(typed, 0) === typed) return typed;
  throw new GdprError('INPUT_INVALID', `${flag} is not a date`, { hint: 'write it as 2026-03-01, or: today' });
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * MILLISECONDS).toISOString().slice(0, 10);
}

/** The same date so many months later; where that month has no such date, its last day. */
export function addMonths(day: Day, months: number): Day {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  // Day 0 of a month is the last day of the one before.
  const last = new Date(Date.UTC(year, month + months, 0));
  last.setUTCDate(Math.min(date, last.getUTCDate()));
  return last.toISOString().slice(0, 10);
}

export function daysBetween(from: Day, to: Day): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / MILLISECONDS);
}

export function isWeekend(day: Day): boolean {
  return [0, 6].includes(new Date(day).getUTCDay());
}
