import type { Session } from '../../database/session.js';
import { GdprError } from '../../foundation/errors.js';
import { knownReferences } from '../../identity/reference.js';
import type { Context } from '../../workspace/open.js';
import { hasherOf } from '../find-customer.js';
import { aliasesOf, type FoundPerson } from '../people.js';
import { type Restriction, restrictionsOf } from './restriction.js';

/** Who opposes the erasure, or needs the data for claims, has it kept; who has an error checked does not. */
const KEEPS: ReadonlySet<Restriction['ground']> = new Set(['18(1)(b)', '18(1)(c)']);

/**
 * Refuses the erasure of people who had their data restricted so that it is kept, unless they themselves ask for it.
 * @throws GdprError REFUSED
 */
export async function assertErasable(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  people: readonly { readonly person: FoundPerson; readonly subject: string }[],
  theyAsk: boolean,
): Promise<void> {
  if (theyAsk) return;
  const references = await knownReferences(
    session,
    hasherOf(keys),
    people.map(({ person }) => aliasesOf(person, model)),
  );
  const subjects = new Set([...people.map(({ subject }) => subject), ...references.flat()]);
  const found = [...(await restrictionsOf(session, [...subjects])).values()].flat();
  const keeping = found.find(({ ground }) => KEEPS.has(ground));
  if (keeping === undefined) return;
  throw new GdprError(
    'REFUSED',
    `the data is restricted under Art. ${keeping.ground} since ${keeping.since}, so it is kept`,
    { hint: 'only the person can ask for the erasure: name their request with --request' },
  );
}
