import type { Session } from '../../database/session.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import { knownReferences } from '../../identity/reference.js';
import { dayOf } from '../../request/day.js';
import type { Context } from '../../workspace/open.js';
import { hasherOf } from '../find-customer.js';
import { aliasesOf, type FoundPerson } from '../people.js';

interface PersonHold extends Record<string, unknown> {
  readonly id: string;
  readonly authority: string;
  readonly until: string;
  readonly gagged: boolean;
}

/**
 * Refuses the erasure or correction of people who are on hold as a whole. The words begin alike for every hold; what may not be told
 * of ends there.
 * @throws GdprError REFUSED
 */
export async function assertNotHeld(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  people: readonly { readonly person: FoundPerson; readonly subject: string }[],
  done: 'erased' | 'corrected' = 'erased',
): Promise<void> {
  const references = await knownReferences(
    session,
    hasherOf(keys),
    people.map(({ person }) => aliasesOf(person, model)),
  );
  const holds = await session.query<PersonHold>(
    `SELECT id, authority, until::text AS until, coalesce(gag_until >= $2::date, false) AS gagged FROM gdpr.hold
     WHERE scope = 'person' AND released_at IS NULL AND until >= $2::date AND subjects && $1::text[] ORDER BY until DESC, id`,
    [[...new Set([...people.map(({ subject }) => subject), ...references.flat()])], dayOf(now(), model.map.timeZone)],
  );
  if (holds.length === 0) return;
  const told = holds.filter(({ gagged }) => !gagged);
  const why = told.map(({ id, authority, until }) => `${id} by ${authority} until ${until}`).join(', ');
  throw new GdprError('REFUSED', `the data may not be ${done} at present${why === '' ? '' : `: ${why}`}`, {
    hint: 'ask whoever answers for data protection',
  });
}
