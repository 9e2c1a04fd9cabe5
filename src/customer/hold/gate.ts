import type { Session } from '../../database/session.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import { knownReferences } from '../../identity/reference.js';
import { dayOf } from '../../request/day.js';
import type { Context } from '../../workspace/open.js';
import { hasherOf } from '../find-customer.js';
import { aliasesOf, type FoundPerson } from '../people.js';

interface PersonHold {
  readonly id: string;
  readonly authority: string;
  readonly until: string;
  readonly gagged: boolean;
  /** References as a JSON list. */
  readonly subjects: string;
}

/**
 * Refuses the erasure or correction of people of whom anybody is on hold as a whole.
 * @throws GdprError REFUSED, as `holdFaults`
 */
export async function assertNotHeld(
  session: Session,
  context: Pick<Context, 'model' | 'keys'>,
  people: readonly { readonly person: FoundPerson; readonly subject: string }[],
  done: 'erased' | 'corrected' = 'erased',
): Promise<void> {
  const fault = (await holdFaults(session, context, people, done)).find((each) => each !== undefined);
  if (fault !== undefined) throw fault;
}

/**
 * Why each person may not be erased or corrected, where they are on hold as a whole: REFUSED. The words begin alike for
 * every hold; what may not be told of ends there.
 */
export async function holdFaults(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  people: readonly { readonly person: FoundPerson; readonly subject: string }[],
  done: 'erased' | 'corrected' = 'erased',
): Promise<(GdprError | undefined)[]> {
  const references = await knownReferences(
    session,
    hasherOf(keys),
    people.map(({ person }) => aliasesOf(person, model)),
  );
  const holds = await session.query<PersonHold & Record<string, unknown>>(
    `SELECT id, authority, until::text AS until, coalesce(gag_until >= $2::date, false) AS gagged,
       array_to_json(subjects)::text AS subjects FROM gdpr.hold
     WHERE scope = 'person' AND released_at IS NULL AND until >= $2::date AND subjects && $1::text[] ORDER BY until DESC, id`,
    [[...new Set([...people.map(({ subject }) => subject), ...references.flat()])], dayOf(now(), model.map.timeZone)],
  );
  const held = holds.map((hold) => ({ ...hold, subjects: JSON.parse(hold.subjects) as string[] }));
  return people.map(({ subject }, i) => {
    const mine = new Set([subject, ...(references[i] ?? [])]);
    const theirs = held.filter(({ subjects }) => subjects.some((each) => mine.has(each)));
    return theirs.length === 0 ? undefined : refusal(theirs, done);
  });
}

function refusal(holds: readonly Omit<PersonHold, 'subjects'>[], done: string): GdprError {
  const told = holds.filter(({ gagged }) => !gagged);
  const why = told.map(({ id, authority, until }) => `${id} by ${authority} until ${until}`).join(', ');
  return new GdprError('REFUSED', `the data may not be ${done} at present${why === '' ? '' : `: ${why}`}`, {
    hint: 'ask whoever answers for data protection',
  });
}
