import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { parse } from '../../identity/kinds.js';
import type { FoundPerson } from '../people.js';
import type { Traits } from '../traits.js';

/** Where something could be sent to, in its normal form. */
export interface Address {
  readonly kind: 'email' | 'phone';
  readonly value: string;
}

/**
 * The e-mails and phones of a person, each once: those by which they are known and those in their own rows. A number
 * that can be read in two ways stands for both: a letter too few does no harm.
 */
export function addressesOf(
  model: DataMapModel,
  { person, traits }: { readonly person: FoundPerson; readonly traits: Traits },
): Address[] {
  const spelling = spellingOf(model);
  const addresses = (['email', 'phone'] as const).flatMap((kind) => {
    const known = person.identifiers.filter(({ identifier }) => model.map.identifiers[identifier]?.kind === kind);
    const raw = [...known.map(({ value }) => value), ...(traits.get(kind) ?? [])];
    return raw.flatMap((text) => parse(kind, text, spelling).map((value): Address => ({ kind, value })));
  });
  return [...new Map(addresses.map((address) => [`${address.kind} ${address.value}`, address])).values()];
}
