import type { Session } from '../../database/session.js';
import { GdprError } from '../../foundation/errors.js';
import { knownReferences } from '../../identity/reference.js';
import type { Context } from '../../workspace/open.js';
import { hasherOf } from '../find-customer.js';
import { aliasesOf, type FoundPerson } from '../people.js';
import { type Restriction, restrictionsOf } from './restriction.js';

/** Who opposes the erasure, or needs the data for claims, has it kept; who has an error checked does not. */
const KEEPS: ReadonlySet<Restriction['ground']> = new Set(['18(1)(b)', '18(1)(c)']);

/** A person, and whether they themselves ask for the erasure. */
interface Asking {
  readonly person: FoundPerson;
  readonly subject: string;
  readonly asks: boolean;
}

/**
 * Refuses the erasure of people of whom anybody had their data restricted so that it is kept.
 * @throws GdprError REFUSED, as `restrictionFaults`
 */
export async function assertErasable(
  session: Session,
  context: Pick<Context, 'model' | 'keys'>,
  people: readonly Asking[],
): Promise<void> {
  const fault = (await restrictionFaults(session, context, people)).find((each) => each !== undefined);
  if (fault !== undefined) throw fault;
}

/** Why each person's data is kept, where they had it restricted for that and do not ask for the erasure: REFUSED. */
export async function restrictionFaults(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  people: readonly Asking[],
): Promise<(GdprError | undefined)[]> {
  if (people.every(({ asks }) => asks)) return people.map(() => undefined);
  const references = await knownReferences(
    session,
    hasherOf(keys),
    people.map(({ person }) => aliasesOf(person, model)),
  );
  const all = people.map(({ subject }, i) => [...new Set([subject, ...(references[i] ?? [])])]);
  const restrictions = await restrictionsOf(session, [...new Set(all.flat())]);
  return people.map(({ asks }, i) => {
    const found = (all[i] ?? []).flatMap((subject) => restrictions.get(subject) ?? []);
    const keeping = asks ? undefined : found.find(({ ground }) => KEEPS.has(ground));
    return keeping === undefined ? undefined : refusal(keeping);
  });
}

function refusal({ ground, since }: Restriction): GdprError {
  return new GdprError('REFUSED', `the data is restricted under Art. ${ground} since ${since}, so it is kept`, {
    hint: 'only the person can ask for the erasure: name their request with --request',
  });
}
