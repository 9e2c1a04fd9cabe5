import { entryTextFault } from '../audit/entry.js';
import { GdprError } from '../foundation/errors.js';
import { detectIdentifiers } from '../identity/detect.js';
import { parseEmail } from '../identity/email.js';
import { mask } from '../identity/mask.js';
import { parsePhone } from '../identity/phone.js';

const LONGEST_ADDRESS = 500;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Words for the log and the history of a request: a reason, or how an identity was checked.
 * @throws GdprError INPUT_INVALID when nothing is said, or when it holds what looks like data of a person
 */
export function checkWords(flag: string, given: string): string {
  const words = given.trim();
  if (words === '')
    throw new GdprError('INPUT_INVALID', `${flag} is empty`, { hint: 'say it in a few words, without data' });
  const fault =
    entryTextFault(words) ??
    (detectIdentifiers(words).length === 0 ? undefined : 'holds what looks like a phone number or a personas kods');
  if (fault !== undefined) {
    throw new GdprError('INPUT_INVALID', `${flag} ${fault}`, {
      hint: 'say it in a few words, without names, numbers or addresses of people',
    });
  }
  return words;
}

/**
 * Where the answer goes. @throws GdprError INPUT_INVALID, which does not repeat it
 */
export function checkAddress(flag: string, given: string): string {
  const address = given.trim();
  if (address !== '' && address.length <= LONGEST_ADDRESS && address.isWellFormed() && !CONTROL.test(address))
    return address;
  throw new GdprError('INPUT_INVALID', `${flag} is empty, too long or more than a line`, {
    hint: `an e-mail address, a phone number or a postal address on one line, ${LONGEST_ADDRESS} characters at most`,
  });
}

/** The address as it may be shown: enough to tell two apart, and nothing of a postal one. */
export function maskAddress(address: string): string {
  if (parseEmail(address).length > 0) return mask('email', address);
  return /^[\d\s()+./-]+$/.test(address) && parsePhone(address).length > 0 ? mask('phone', address) : '***';
}
