import type { Session } from '../database/session.js';
import type { DataMap } from '../datamap/schema.js';
import { GdprError } from '../foundation/errors.js';
import { checkWords } from '../request/words.js';

const LONGEST = 100;

/**
 * Who may be given data, as it is kept and compared: a recipient's id in the data map, or a name on one line.
 * @throws GdprError INPUT_INVALID for what is empty, too long or holds what looks like data of a person
 */
export function partyName(typed: string): string {
  const name = checkWords('--party', typed).normalize('NFC').replace(/\s+/g, ' ');
  if (name.length <= LONGEST) return name;
  throw new GdprError('INPUT_INVALID', '--party is too long', { hint: `a name of ${LONGEST} characters at most` });
}

/** A name without what it is written differently with: case, diacritics, punctuation and the order of its words. */
function foldParty(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (
    plain
      .match(/[\p{L}\p{N}]+/gu)
      ?.sort()
      .join(' ') ?? plain
  );
}

/** The recipient of the data map that is meant by its id or its name, however either is written. */
export function mappedParty({ recipients }: Pick<DataMap, 'recipients'>, name: string): string | undefined {
  if (Object.hasOwn(recipients, name)) return name;
  const folded = foldParty(name);
  const found = Object.entries(recipients).find(([id, mapped]) =>
    [id, mapped.name].some((each) => foldParty(each) === folded),
  );
  return found?.[0];
}

/** How the ledger names a party that is called one of these, in each of the ways in which it was written. */
export async function ledgerParties(session: Session, names: readonly string[]): Promise<string[]> {
  const folded = new Set(names.map(foldParty));
  const known = await session.query<{ party: string }>(
    'SELECT DISTINCT party COLLATE "C" AS party FROM gdpr.consent_event WHERE party IS NOT NULL ORDER BY 1',
  );
  return known.flatMap(({ party }) => (folded.has(foldParty(party)) ? [party] : []));
}
