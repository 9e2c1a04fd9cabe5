/** The present instant; `GDPR_NOW` (ISO 8601) stands in for it where a run must be repeatable, as in tests. */
export function now(): Date {
  const fixed = process.env.GDPR_NOW;
  if (fixed === undefined || fixed === '') return new Date();
  const date = new Date(fixed);
  if (Number.isNaN(date.getTime())) throw new RangeError('GDPR_NOW is not an ISO 8601 instant');
  return date;
}

/** Whether a run of retention may be told an instant that has not come yet: for tests, which look years ahead. */
export function mayRunAhead(): boolean {
  return process.env.GDPR_TEST_CLOCK === 'ahead';
}
