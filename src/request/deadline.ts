import { addDays, addMonths, type Day, isWeekend } from './day.js';
import type { Holidays } from './holidays.js';

/** What the deadline of a request follows from. */
export interface Clock {
  readonly received: Day;
  /** Days on which the clock stood still, waiting for identification (Art. 12(6)). */
  readonly pausedDays: number;
  /** Whether the period was extended (Art. 12(3)). */
  readonly extended: boolean;
}

/** Deadlines end with their day, at 24:00 of the map's time zone. */
export interface Deadline {
  /** The day to keep: the earlier one where the law can be read in two ways. */
  readonly due: Day;
  /** The last day under the other reading, by which a day off in place of a holiday moves the deadline too. */
  readonly latest: Day;
}

/**
 * Asked within so many working days after receipt, the question for identification counts as prompt and stops the
 * clock. The Regulation says "without undue delay" and no number; this one is meant to be hard to attack.
 */
export const PROMPT_WORKING_DAYS = 5;

/**
 * One month from receipt (Art. 12(3)), by Regulation 1182/71 Art. 3: the same date of the next month or that month's
 * last day, moved past Saturdays, Sundays and public holidays. An extension adds two months to the date that was not
 * moved. "Two further months" may mean three from receipt or two after the first; the latter never ends later.
 */
export function deadlineOf({ received, pausedDays, extended }: Clock, holidays: Holidays): Deadline {
  const month = addMonths(received, 1);
  const day = addDays(extended ? addMonths(month, 2) : month, pausedDays);
  return {
    due: firstDay(day, (candidate) => !isOff(candidate, holidays)),
    latest: firstDay(day, (candidate) => !isOff(candidate, holidays) && !holidays.isSubstitute(candidate)),
  };
}

/** The last day on which a question for identification is prompt. */
export function promptUntil(received: Day, holidays: Holidays): Day {
  let day = received;
  for (let left = PROMPT_WORKING_DAYS; left > 0; left -= 1)
    day = firstDay(addDays(day, 1), (candidate) => !isOff(candidate, holidays));
  return day;
}

function isOff(day: Day, holidays: Holidays): boolean {
  return isWeekend(day) || holidays.has(day);
}

function firstDay(from: Day, suits: (day: Day) => boolean): Day {
  let day = from;
  while (!suits(day)) day = addDays(day, 1);
  return day;
}
