import { Automaton } from './automaton.js';
import { Crowd } from './crowd.js';
import type { IdPlaces } from './id-places.js';
import { type Matcher, matcherOf } from './match.js';
import { type CompiledNeedles, type NeedleKind, NO_NEEDLES } from './needles.js';
import { numbersOf } from './numbers.js';
import { narrowPatterns } from './pattern.js';

export interface SearchedPerson {
  readonly needles: CompiledNeedles;
  readonly matcher: Matcher;
  /** Equal for people of whom a text says the same where it holds nothing but the name. */
  readonly alike: string;
}

/** People who are searched for together. */
export interface SearchedPeople {
  readonly people: readonly SearchedPerson[];
  /** Lets pass the rows that may hold something of somebody. */
  readonly narrow: Pick<Automaton, 'isEmpty' | 'rows'>;
  /** Of whom; undefined where each is asked for. */
  readonly crowd: Crowd | undefined;
  /** The matcher of those who are like a person, for texts that hold nothing of theirs but the name. */
  ofName(person: SearchedPerson): Matcher;
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
  const byNames = new Map<string, Matcher>();
  return {
    people,
    crowd,
    numbers,
    narrow: crowd ?? new Automaton(narrowPatterns(needles, jsonKeys)),
    ofName(person) {
      const matcher = byNames.get(person.alike) ?? nameMatcher(person);
      byNames.set(person.alike, matcher);
      return matcher;
    },
  };
}

const NAME: ReadonlySet<NeedleKind> = new Set<NeedleKind>(['name']);
const NOTHING: ReadonlySet<NeedleKind> = new Set();

/** Many rows hold the same names. */
function nameMatcher({ needles, matcher }: SearchedPerson): Matcher {
  const { kindsIn, partOf, isName } = matcherOf({ ...NO_NEEDLES, phones: [], names: needles.names }, [], {});
  return {
    kindsIn: remembering((text) => (kindsIn(text).has('name') ? NAME : NOTHING)),
    partOf: remembering(partOf),
    isName: remembering(isName),
    sharesName: remembering(matcher.sharesName),
  };
}

function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const answer = known.get(text) ?? read(text);
    if (text.length > LONGEST_KNOWN) return answer;
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, answer);
    return answer;
  };
}

const LONGEST_KNOWN = 60;
const MOST_KNOWN = 100;
