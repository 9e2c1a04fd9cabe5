import { countryOf, type IdentifierOptions, parsePhone, splitNumber } from './phone.js';
import { DIGIT_SAFE, sqlClass, sqlLiteral, sqlSource } from './sql-text.js';
import { UNFOLDED } from './text.js';

/** Every spelling of one number ends in the same seven digits, with and without country code and Latvian prefix. */
const KEY_DIGITS = 7;

/** Characters that may stand inside one number; anything else between two digits may part two numbers. */
const INSIDE_A_NUMBER: readonly (readonly [number, number])[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0x28, 0x29],
  [0x2b, 0x2b],
  [0x2e, 0x2f],
  [0xa0, 0xa0],
  [0x2000, 0x2015],
  [0x2028, 0x202f],
  [0x205f, 0x2064],
  [0x2066, 0x206f],
  [0x2212, 0x2212],
  [0xfeff, 0xfeff],
  [0x30, 0x39],
];

/**
 * The last seven digits of the stored text, or all of fewer. Unfolded are digits of other scripts, and texts that
 * may hold several numbers or an extension, where the last seven digits belong to another number.
 */
export function sqlPhoneKey(expression: string): string {
  const source = sqlSource(expression);
  const digits = `regexp_replace(${source}, ${sqlLiteral('[^0-9]+')}, ${sqlLiteral('')}, ${sqlLiteral('g')})`;
  const unsafe = sqlLiteral(sqlClass(DIGIT_SAFE, true));
  const parted = sqlLiteral(`[0-9].*${sqlClass(INSIDE_A_NUMBER, true).replace(/\]$/, '-]')}.*[0-9]`);
  const several = sqlLiteral('^([1-9][0-9]|0[1-9])[0-9]{12}|^[0-9]{18}');
  return (
    `CASE WHEN ${source} ~ ${unsafe} OR ${source} ~ ${parted} OR ${digits} ~ ${several} ` +
    `THEN ${sqlLiteral(UNFOLDED)} ELSE right(${digits}, ${KEY_DIGITS}) END`
  );
}

/**
 * The one number that a text stands for where SQL can tell it, NULL elsewhere: wherever it is not NULL, `parsePhone` gives just
 * this number. Latvian mobiles and fixed numbers, with the country code or, where it is the default, without.
 */
export function sqlPlainPhone(expression: string, options: IdentifierOptions): string {
  const source = sqlSource(expression);
  const plain =
    countryOf(options) === 'LV' ? '^([+]371)? ?[26][0-9]{3} ?[0-9]{4}$' : '^[+]371 ?[26][0-9]{3} ?[0-9]{4}$';
  return `CASE WHEN ${source} ~ ${sqlLiteral(plain)} THEN '+371' || right(replace(${source}, ' ', ''), 8) END`;
}

/** Every key that a stored spelling of the same number can have. */
export function phoneSearchKeys(raw: string, options: IdentifierOptions = {}): readonly string[] {
  const forms = parsePhone(raw, options);
  if (forms.length === 0) return [];
  const keys = new Set([UNFOLDED]);
  for (const form of forms) {
    const parts = splitNumber(form) ?? { callingCode: '', national: form.slice(1) };
    for (const spelling of spellings(parts.callingCode, parts.national)) keys.add(spelling.slice(-KEY_DIGITS));
  }
  return [...keys];
}

/**
 * A national number of fewer than seven digits lets the country code or a trunk prefix into the key; where a
 * numbering plan lets callers leave out the area code, as in San Marino, the text may hold the last digits only.
 */
function spellings(callingCode: string, national: string): readonly string[] {
  const all = [national];
  if (callingCode === '371') return all;
  for (let length = 4; length < KEY_DIGITS; length += 1) all.push(national.slice(-length));
  if (national.length < KEY_DIGITS) {
    const written = `${callingCode}${national}`;
    all.push(written, `0${written}`, `00${written}`, `${callingCode}0${national}`, `00${callingCode}0${national}`);
    for (let trunk = 0; trunk <= 9; trunk += 1) all.push(`${trunk}${national}`);
  }
  // Argentina writes a mobile's local 15 between area code and number; E.164 drops it.
  if (callingCode === '54') all.push(`5${national.slice(-6)}`, `15${national.slice(-6)}`);
  return all;
}
