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
