import { Automaton } from './automaton.js';
import { Crowd } from './crowd.js';
import type { IdPlaces } from './id-places.js';
import type { Matcher } from './match.js';
import type { CompiledNeedles, NeedleKind } from './needles.js';
import { numbersOf } from './numbers.js';
import { narrowPatterns } from './pattern.js';

export interface SearchedPerson {
  readonly needles: CompiledNeedles;
  readonly matcher: Matcher;
}

/** People who are searched for together. */
export interface SearchedPeople {
  readonly people: readonly SearchedPerson[];
  /** Lets pass the rows that may hold something of somebody. */
  readonly narrow: Pick<Automaton, 'isEmpty' | 'rows'>;
  /** Of whom; undefined where each is asked for. */
  readonly crowd: Crowd | undefined;
  /** What a column of numbers may hold, by the number. */
  readonly numbers: ReadonlyMap<string, readonly { readonly person: number; readonly kind: NeedleKind }[]>;
}

/** The automaton has a state for each beginning of a pattern that a text can be in the middle of. */
const MOST_IN_AUTOMATON = 4;

export function searchedPeople(people: readonly SearchedPerson[], { jsonKeys }: IdPlaces): SearchedPeople {
  const needles = people.map((person) => person.needles);
  const crowd = people.length > MOST_IN_AUTOMATON ? new Crowd(needles, jsonKeys) : undefined;
  const numbers = new Map<string, { person: number; kind: NeedleKind }[]>();
  for (const [person, own] of needles.entries()) {
    for (const [number, kind] of numbersOf(own))
      numbers.set(number, [...(numbers.get(number) ?? []), { person, kind }]);
  }
  return { people, crowd, numbers, narrow: crowd ?? new Automaton(narrowPatterns(needles, jsonKeys)) };
}
