import type { CompiledNeedles, NeedleKind } from './needles.js';

/** Digits before 2008: a Latvian number without its first. */
const OLD_DIGITS = 7;

/**
 * What a column of numbers holds of a person: phones with and without the country code and as before 2008, personas
 * kodi and codes of digits, each without the zeros that a number loses at its beginning. Ids are no matter of these.
 */
export function numbersOf({ phones, kods, codes }: CompiledNeedles): Map<string, NeedleKind> {
  const numbers = new Map<string, NeedleKind>();
  const add = (kind: NeedleKind, digits: string) => {
    const number = digits.replace(/^0+/, '');
    if (number.length >= OLD_DIGITS) numbers.set(number, kind);
  };
  for (const code of codes) if (/^\d+$/.test(code)) add('code', code);
  for (const digits of kods) add('personas-kods', digits);
  for (const { callingCode, national } of phones) {
    add('phone', national);
    add('phone', callingCode + national);
    if (callingCode === '371') add('phone', national.slice(-OLD_DIGITS));
  }
  return numbers;
}
