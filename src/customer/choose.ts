import { GdprError } from '../foundation/errors.js';
import { type MaskedCandidate, masked } from './find.js';
import type { Match } from './find-customer.js';
import type { PersonQuery } from './resolve.js';

/** Asks a person to pick one of several; undefined when nobody is there to ask. */
export type Chooser = (candidates: readonly MaskedCandidate[]) => Promise<number | undefined>;

/**
 * The one person that is meant. A name alone never decides, even when one person bears it today: a namesake may be
 * somebody who is not in the database. The same holds for an e-mail that is only mentioned in somebody's rows.
 * @throws GdprError NOBODY, SEVERAL with the masked candidates in `details`
 */
export async function onePerson(matches: readonly Match[], query: PersonQuery, chooser: Chooser): Promise<Match> {
  const [first] = matches;
  if (first === undefined) {
    throw new GdprError('NOBODY', 'nobody matches', {
      hint: 'try another identifier, or only one of them; gdpr customer find shows who matches',
    });
  }
  const { name: _, ...others } = query;
  const byNameAlone = Object.values(others).every((value) => value === undefined);
  if (matches.length === 1 && first.identified) return first;
  const candidates = matches.map(masked);
  const chosen = await chooser(candidates);
  const match = chosen === undefined ? undefined : matches[chosen];
  if (match !== undefined) return match;
  const one = byNameAlone
    ? 'a name alone does not identify a person'
    : 'what was given is mentioned in rows of one person, but it does not identify them';
  const message = matches.length === 1 ? one : `${matches.length} people match`;
  throw new GdprError('SEVERAL', message, {
    hint: 'compare with what the person told you, then name one with --id',
    details: { candidates },
  });
}
