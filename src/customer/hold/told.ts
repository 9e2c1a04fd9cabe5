/**
 * That what a row of `gdpr.kept_row` under the alias keeps may be told of at the instant, a parameter such as `$1`:
 * no hold that is gagged on that day is its reason.
 */
export function isTold(alias: string, instant: string): string {
  return `NOT EXISTS (SELECT FROM gdpr.hold h WHERE ${alias}.source = 'hold' AND h.id = ${alias}.reason AND h.gag_until >= (${instant}::timestamptz)::date)`;
}
