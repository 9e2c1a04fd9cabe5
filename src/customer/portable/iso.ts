const STORED = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)?(?::?(\d\d))?(:\d\d)?)?$/;

/**
 * PostgreSQL's text of a date or timestamp in ISO 8601, every digit of it kept: `2026-03-01 10:05:00.123456+02` →
 * `2026-03-01T10:05:00.123456+02:00`. An offset with seconds, as zones had before 1926, has no place there: the day
 * stays. Undefined for what is no such date (`infinity`, years before Christ or of five digits).
 */
export function isoMoment(stored: string): string | undefined {
  const match = STORED.exec(stored);
  if (match === null) return undefined;
  const [, day = '', time, hours, minutes, seconds] = match;
  if (time === undefined || seconds !== undefined) return day;
  return `${day}T${time}${hours === undefined ? '' : `${hours}:${minutes ?? '00'}`}`;
}

/** The day of it alone. */
export function isoDay(stored: string): string | undefined {
  return isoMoment(stored)?.slice(0, 10);
}
