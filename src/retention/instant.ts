import type { Session } from '../database/session.js';
import { mayRunAhead, now } from '../foundation/clock.js';
import { GdprError } from '../foundation/errors.js';

/** Two clocks that are kept by NTP differ by less. */
const MINUTES = 5;

/**
 * Refuses a run whose instant the database's clock has not come to: under a clock that runs ahead, what the law still
 * keeps would look due.
 * @param asOf ISO 8601
 * @param continues the run whose instant it is, null for a fresh one
 * @throws GdprError REFUSED
 */
export async function assertNotAhead(session: Session, asOf: string, continues: string | null): Promise<void> {
  if (mayRunAhead()) return;
  const [row] = await session.query<{ run: boolean; here: boolean }>(
    `SELECT $1::timestamptz > d.latest AS run, $2::timestamptz > d.latest AS here
     FROM (SELECT clock_timestamp() + interval '${MINUTES} minutes' AS latest) d`,
    [asOf, now().toISOString()],
  );
  if (row?.here === false && !row.run) return;
  const theirs = row?.here === false && continues !== null;
  throw new GdprError(
    'REFUSED',
    theirs
      ? `the run ${continues}, which this one would go on with, began under a clock that was ahead: as of ${asOf}`
      : "this machine's clock is ahead of the database's, so what is not due yet would be taken",
    {
      hint: theirs
        ? 'set the clocks right; a run under rules that have changed, and that two people agreed on, begins afresh'
        : 'set the clocks right, and unset GDPR_NOW; then run it again',
      details: { asOf },
    },
  );
}
