import {
  type IdentifierKind,
  type IdentifierOptions,
  namesMayBeOne,
  parse,
  same,
  searchKeys,
} from '../identity/kinds.js';

/** How identifiers of this map are read: numbers without a country code are the map's country's. */
export function spellingOf({ map }: { readonly map: { readonly country: string } }): IdentifierOptions {
  return { defaultCountry: map.country };
}

/** A value of a person, under an identifier of the map. */
export interface KnownIdentifier {
  readonly identifier: string;
  readonly value: string;
}

/** As much of a person as decides whether a row is theirs. */
interface Known {
  readonly identifiers: readonly KnownIdentifier[];
  /** What their own rows call them; none when nothing does. */
  readonly names?: readonly string[] | undefined;
  /** Whether others are known by the same identifiers, so that a row must bear one of the names to be theirs. */
  readonly byNameOnly?: boolean | undefined;
}

/** Whether a row that bears this name (or none) may be the person's. */
function bearsName({ names = [], byNameOnly = false }: Known, name: string | null): boolean {
  if (name === null || name.trim() === '') return !byNameOnly;
  return names.length === 0 ? !byNameOnly : names.some((known) => namesMayBeOne(known, name));
}

/** identifier → value → the people who have it, by position. */
export type IdentifierIndex = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

export function indexIdentifiers(people: readonly Known[]): IdentifierIndex {
  const index = new Map<string, Map<string, number[]>>();
  people.forEach((person, i) => {
    for (const { identifier, value } of person.identifiers) {
      const values = index.get(identifier) ?? new Map<string, number[]>();
      index.set(identifier, values);
      const list = values.get(value);
      if (list === undefined) values.set(value, [i]);
      else list.push(i);
    }
  });
  return index;
}

export interface Matcher {
  /** What the SQL key of the first identifier is compared with. */
  readonly searchKeys: readonly string[];
  /**
   * The people who have all of these values, one an identifier; `contradicted` when the row bears a name that is
   * not theirs, and so is somebody else's under the same identifier.
   */
  peopleOf(
    values: readonly (string | null)[],
    name: string | null,
  ): { readonly person: number; readonly contradicted: boolean }[];
}

/** The exact check of an identifier reach; undefined when nobody has a value of its first identifier. */
export function matcher(
  identifiers: readonly { readonly id: string; readonly kind: IdentifierKind }[],
  people: readonly Known[],
  index: IdentifierIndex,
  options: IdentifierOptions,
): Matcher | undefined {
  const first = identifiers[0];
  const values = first === undefined ? undefined : index.get(first.id);
  if (first === undefined || values === undefined) return undefined;
  // By normal form: search keys are coarser, and some values share one key with every other.
  const holders = new Map<string, Set<number>>();
  for (const [value, persons] of values) {
    for (const form of parse(first.kind, value, options)) {
      const set = holders.get(form) ?? new Set<number>();
      holders.set(form, set);
      for (const person of persons) set.add(person);
    }
  }
  return {
    searchKeys: [...new Set([...values.keys()].flatMap((value) => searchKeys(first.kind, value, options)))],
    peopleOf(found, name) {
      const forms = parse(first.kind, found[0] ?? '', options);
      const candidates = new Set(forms.flatMap((form) => [...(holders.get(form) ?? [])]));
      return [...candidates].flatMap((person) => {
        const known = people[person];
        const all = identifiers.every(({ id, kind }, i) =>
          known?.identifiers.some((own) => own.identifier === id && same(kind, own.value, found[i] ?? '', options)),
        );
        return known !== undefined && all ? [{ person, contradicted: !bearsName(known, name) }] : [];
      });
    },
  };
}
