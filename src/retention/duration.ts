import { GdprError } from '../foundation/errors.js';

const DURATION = /^(?=\d)(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?$/;

/**
 * A stretch of time as `2h`, `90m`, `1h30m` or `45s`, in seconds.
 * @param flag names where it was given, for the message
 * @throws GdprError USAGE when it is no such text, or nothing at all
 */
export function durationSeconds(text: string, flag: string): number {
  const [hours, minutes, seconds] = (DURATION.exec(text) ?? []).slice(1).map((part) => Number(part ?? 0));
  const total = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  if (total > 0) return total;
  throw new GdprError('USAGE', `${flag} is not a duration`, {
    hint: 'write hours, minutes and seconds: 2h, 90m, 1h30m',
  });
}
