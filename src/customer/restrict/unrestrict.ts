import { access } from 'node:fs/promises';
import { letter } from '../../documents/letters/letter.js';
import type { Language } from '../../documents/page-model.js';
import { writeDurably } from '../../foundation/durable.js';
import { GdprError } from '../../foundation/errors.js';
import { knownReferences } from '../../identity/reference.js';
import { type Intent, runOperation } from '../../operation/operation.js';
import { type Day, readDay, todayIn } from '../../request/day.js';
import { type Settled, settle } from '../../request/settle.js';
import type { Context } from '../../workspace/open.js';
import { type Chooser, onePerson } from '../choose.js';
import { hasherOf, type Match, matchPeople } from '../find-customer.js';
import { aliasesOf } from '../people.js';
import { type Notified, recipientsOf } from '../recipients.js';
import { gate } from '../requester.js';
import type { PersonQuery } from '../resolve.js';
import { settleJournaled } from '../settle-journaled.js';
import { type Restriction, type RestrictionGround, readRestrictionGround, restrictionsOf } from './restriction.js';

/** A restriction to be lifted. */
interface Lifting {
  readonly query: PersonQuery;
  /** One ground of several; all if left out. */
  readonly ground?: string | undefined;
}

interface Restrained {
  readonly match: Match;
  readonly restrictions: readonly Restriction[];
}

export interface Lifted {
  readonly subject: string;
  readonly grounds: readonly RestrictionGround[];
  /** The day on which the person was told. */
  readonly informed: Day;
  /** Whom to tell of it (Art. 19). */
  readonly notify: readonly Notified[];
}

const ACTION = 'customer unrestrict';

/**
 * Lifts restrictions of which the person was told beforehand (Art. 18(3)).
 * @throws GdprError USAGE, INPUT_INVALID, NOBODY, SEVERAL; REFUSED when nothing is restricted
 */
export async function liftRestriction(
  context: Context,
  lifting: Lifting & { readonly informed: string },
  chooser: Chooser,
): Promise<Settled<Lifted>> {
  const today = todayIn(context.model.map.timeZone);
  const informed = readDay('--informed', lifting.informed, today);
  const { match, restrictions } = await findRestricted(context, lifting, chooser);
  const since =
    restrictions
      .map((each) => each.since)
      .sort()
      .at(-1) ?? today;
  if (informed > today || informed < since) {
    throw new GdprError('INPUT_INVALID', `--informed is after today, ${today}, or before the restriction, ${since}`, {
      hint: 'the day on which the person was told that the restriction would be lifted',
    });
  }
  return runOperation(context, intentOf(match, restrictions), async (operation) => {
    const notify = await recipientsOf(context, match.person);
    return settleJournaled(context, operation, async (session) => {
      const lifted = await session.run(
        `UPDATE gdpr.restriction SET lifted_at = clock_timestamp(), lifted_by = $2, informed = $3::date, lift_operation = $4
         WHERE operation = ANY ($1::text[]) AND lifted_at IS NULL`,
        [restrictions.map(({ restriction }) => restriction), context.operator, informed, operation.id],
      );
      if (lifted !== restrictions.length) throw unrestricted();
      const grounds = restrictions.map(({ ground }) => ground);
      return { result: { subject: match.subject, grounds, informed, notify }, traces: {} };
    });
  });
}

/**
 * Writes the letter that tells the person of it, into a new file; nothing is lifted yet.
 * @throws GdprError USAGE, NOBODY, SEVERAL, ALREADY_EXISTS, FILE_UNAVAILABLE; REFUSED when nothing is restricted
 */
export async function writeLiftingLetter(
  context: Context,
  lifting: Lifting & { readonly language: Language; readonly to: string },
  chooser: Chooser,
): Promise<
  Settled<{ readonly subject: string; readonly grounds: readonly RestrictionGround[]; readonly file: string }>
> {
  const { language, to } = lifting;
  await refuseExisting(to);
  const { match, restrictions } = await findRestricted(context, lifting, chooser);
  const { controller, supervisor, timeZone } = context.model.map;
  const grounds = restrictions.map(({ ground }) => ground);
  return runOperation(context, { ...intentOf(match, restrictions), action: `${ACTION} letter` }, (operation) =>
    settle(context, operation, async () => {
      const restricted = restrictions.map(({ ground, since }) => ({ ground, since }));
      await writeDurably(
        to,
        letter('lifting', { language, date: todayIn(timeZone), controller, supervisor, restricted }),
      );
      return { result: { subject: match.subject, grounds, file: to }, traces: {} };
    }),
  );
}

function intentOf({ subject }: Match, restrictions: readonly Restriction[]): Intent {
  const request = restrictions.find((each) => each.request !== null)?.request;
  return { action: ACTION, subjects: [subject], ground: 'Art. 18(3)', ...(request != null && { request }) };
}

async function findRestricted(context: Context, { query, ground }: Lifting, chooser: Chooser): Promise<Restrained> {
  const wanted = ground === undefined ? undefined : readRestrictionGround(ground);
  const { database, keys, model } = context;
  return gate(context, { action: ACTION, subjects: [], ground: 'Art. 18(3)' }, async () => {
    const match = await onePerson(await matchPeople(context, query), query, chooser);
    const found = await database.transaction('read committed', async (session) => {
      const [known = []] = await knownReferences(session, hasherOf(keys), [aliasesOf(match.person, model)]);
      return restrictionsOf(session, [...new Set([match.subject, ...known])]);
    });
    const restrictions = [...found.values()].flat().filter((each) => wanted === undefined || each.ground === wanted);
    if (restrictions.length === 0) throw unrestricted();
    return { match, restrictions };
  });
}

function unrestricted(): GdprError {
  return new GdprError('REFUSED', 'nothing of the person is restricted on that ground', {
    hint: 'an export of the person shows what is noted about them',
  });
}

async function refuseExisting(path: string): Promise<void> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there) throw new GdprError('ALREADY_EXISTS', `${path} is there already`, { hint: 'name a new file' });
}
