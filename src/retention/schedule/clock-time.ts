import { GdprError } from '../../foundation/errors.js';

export interface ClockTime {
  readonly hour: number;
  readonly minute: number;
}

/** Reads `HH:MM`. @throws GdprError USAGE */
export function clockTime(text: string): ClockTime {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match !== null) return { hour: Number(match[1]), minute: Number(match[2]) };
  throw new GdprError('USAGE', '--at is not a time of the day', { hint: 'write hours and minutes: 03:00' });
}

export function clockText({ hour, minute }: ClockTime): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

const DAY = 86_400_000;

/**
 * The first day (YYYY-MM-DD) within some two years that has no such time in the zone, because the clocks are put
 * forward over it; undefined when every day has it.
 */
export function dayWithout({ hour, minute }: ClockTime, timeZone: string, from: Date): string | undefined {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  /** The zone's wall clock at an instant, as if it were UTC. */
  const wall = (instant: number) => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute);
  };
  const start = Math.floor(from.getTime() / DAY) * DAY + hour * 3_600_000 + minute * 60_000;
  for (let wanted = start; wanted < start + 740 * DAY; wanted += DAY) {
    const offsets = [wanted - DAY, wanted + DAY].map((instant) => wall(instant) - instant);
    if (!offsets.some((offset) => wall(wanted - offset) === wanted)) return new Date(wanted).toISOString().slice(0, 10);
  }
  return undefined;
}
