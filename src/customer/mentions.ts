import type { DetectedIdentifier } from '../identity/detect.js';
import { detectIdentifiers } from '../identity/detect.js';
import { type IdentifierOptions, same } from '../identity/kinds.js';
import type { Traits } from './traits.js';

/** Whose identifiers a text may hold without telling of others. */
export interface Own {
  readonly traits: Traits;
  /** The controller's own e-mails and phones, which are nobody's secret. */
  readonly known: readonly string[];
  readonly spelling: IdentifierOptions;
}

/** Whether a text holds an e-mail, phone or personas kods that is neither the person's nor the controller's. */
export function mentionsOthers(own: Own, text: string): boolean {
  const isOthers = othersOf(own);
  return detectIdentifiers(text, own.spelling).some(isOthers);
}

/** The e-mails, phones and personas kodi of others in a text, in its order; they never overlap. */
export function mentionsOf(own: Own, text: string): DetectedIdentifier[] {
  return detectIdentifiers(text, own.spelling).filter(othersOf(own));
}

/** The same number stands in a long text a hundred times, and comparing takes some 10 µs. */
function othersOf({ traits, known, spelling }: Own): (found: DetectedIdentifier) => boolean {
  const decided = new Map<string, boolean>();
  return ({ kind, value }) => {
    const id = `${kind} ${value}`;
    let others = decided.get(id);
    if (others === undefined) {
      others = ![...(traits.get(kind) ?? []), ...known].some((own) => same(kind, own, value, spelling));
      decided.set(id, others);
    }
    return others;
  };
}
