import { createRequire } from 'node:module';
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';
import { GdprError } from '../foundation/errors.js';
import { asciiDigits, plainText } from './text.js';

export interface IdentifierOptions {
  /** ISO 3166-1 alpha-2 code of the country whose numbers are written without a country code; `LV` if left out. */
  readonly defaultCountry?: string;
}

type Library = typeof import('libphonenumber-js/max');

/**
 * Loaded at the first phone number: 35–55 ms (Node 20, two shared cores, single runs), as much as starting Node.
 * `max` costs no more time than `min` and knows the types and true ranges of numbers, which `min` only guesses by length.
 */
let library: Library | undefined;
function phoneLibrary(): Library {
  library ??= createRequire(import.meta.url)('libphonenumber-js/max') as Library;
  return library;
}

const NOT_A_NUMBER_CHARACTER = /[^\d+()\s.·/\p{Pd}\u2212]+/u;
const LATVIAN_RANGES = /^[26]\d{7}$/;
const LATVIAN_LENGTH = /^(?:371)?\d{8}$/;
const PRE_2008 = /^\d{7}$/;
const SHORTEST_BARE_INTERNATIONAL = 10;

/**
 * The E.164 numbers (`+37129123456`) that a text may stand for, in any spelling; [] for junk. A field that holds
 * several numbers gives them all, extensions and words around them fall away. Seven digits of the time before 2008
 * give both the mobile (prefix 2) and the fixed (prefix 6) reading.
 * @throws GdprError CONFIG_INVALID for an unknown default country.
 */
export function parsePhone(raw: string, options: IdentifierOptions = {}): readonly string[] {
  const country = countryOf(options);
  const found = new Set<string>();
  for (const piece of asciiDigits(plainText(raw)).split(NOT_A_NUMBER_CHARACTER)) {
    for (const number of piecesOf(piece)) {
      for (const form of readNumber(number, country, true)) found.add(form);
    }
  }
  return [...found];
}

/** Whether the digits of one piece are so many that they can only be several numbers; `sqlPhoneKey` asks the same. */
function holdsSeveral(digits: string): boolean {
  return /^(?:[1-9][0-9]|0[1-9])[0-9]{12}/.test(digits) || digits.length >= 18;
}

function piecesOf(piece: string): readonly string[] {
  if (!holdsSeveral(piece.replace(/\D/g, ''))) return [piece];
  const byMark = piece.split(/[/\n]|\s{2,}|(?=\+)/).filter((part) => /\d/.test(part));
  return byMark.flatMap((part) => (holdsSeveral(part.replace(/\D/g, '')) ? [part, ...part.split(/\s+/)] : [part]));
}

/**
 * One number in ASCII digits and separators. `bareInternational` also tries the digits as if a plus had been lost,
 * as spreadsheets do: right for a field that holds a phone, too bold for free text.
 */
export function readNumber(text: string, country: CountryCode, bareInternational: boolean): readonly string[] {
  const digits = withoutTrunkZero(text).replace(/\D/g, '');
  if (digits.length < 4 || digits.length > 20) return [];
  if (digits.startsWith('00')) return international(digits.slice(2));
  if (text.includes('+')) return international(digits);
  // The library needs 10-20 µs a number, too much for the many other numbers that a text may hold.
  const plausible = country !== 'LV' || LATVIAN_LENGTH.test(digits);
  const national = plausible ? parse(text.replace(/\D/g, ''), country) : undefined;
  if (national !== undefined && (national.isValid() || isLatvian(national))) return [national.number];
  if (country === 'LV' && PRE_2008.test(digits)) return pre2008(digits);
  return bareInternational && digits.length >= SHORTEST_BARE_INTERNATIONAL && parse(`+${digits}`)?.isValid() === true
    ? international(digits)
    : [];
}

/** `+44 (0)20 …`: the bracketed trunk zero is not dialled after a country code. */
function withoutTrunkZero(text: string): string {
  const match = /^(\D*\d{1,5}\D*)\(0\)(.*)$/s.exec(text);
  if (match === null) return text;
  const rest = match[2] ?? '';
  return rest.replace(/\D/g, '').length < 7 ? text : `${match[1]}${rest}`;
}

/** A foreign number counts by its length alone: the library's ranges lag behind what regulators hand out. */
function international(digits: string): readonly string[] {
  if (/^371\d{7}$/.test(digits)) return pre2008(digits.slice(3));
  const number = parse(`+${digits}`);
  if (number === undefined) return [];
  const accepted = number.countryCallingCode === '371' ? number.isValid() || isLatvian(number) : number.isPossible();
  return accepted ? [number.number] : [];
}

function pre2008(digits: string): readonly string[] {
  return /^[01]/.test(digits) ? [] : [`+3712${digits}`, `+3716${digits}`];
}

function isLatvian(number: PhoneNumber): boolean {
  return number.countryCallingCode === '371' && LATVIAN_RANGES.test(number.nationalNumber);
}

function parse(text: string, country?: CountryCode): PhoneNumber | undefined {
  const read = phoneLibrary().parsePhoneNumberFromString;
  return country === undefined
    ? read(text, { extract: false })
    : read(text, { defaultCountry: country, extract: false });
}

/** @throws GdprError CONFIG_INVALID for a country that has no numbering plan. */
export function countryOf(options: IdentifierOptions): CountryCode {
  const country = options.defaultCountry ?? 'LV';
  if (country !== 'LV' && !phoneLibrary().isSupportedCountry(country)) {
    throw new GdprError('CONFIG_INVALID', 'the default country of phone numbers is unknown', {
      hint: 'give a two-letter ISO 3166-1 code in capitals, such as LV',
    });
  }
  return country as CountryCode;
}

/** The country calling code and the national number of an E.164 number. */
export function splitNumber(e164: string): { callingCode: string; national: string } | undefined {
  const number = parse(e164);
  return number === undefined ? undefined : { callingCode: number.countryCallingCode, national: number.nationalNumber };
}

/** Latvian mobile numbers begin with 2: the only ones to which an SMS goes. */
export function isLatvianMobile(e164: string): boolean {
  return /^\+3712\d{7}$/.test(e164);
}

/** Latvian fixed numbers begin with 6. */
export function isLatvianFixed(e164: string): boolean {
  return /^\+3716\d{7}$/.test(e164);
}

/** Whether an SMS can be sent to an E.164 number: Latvian mobiles begin with 2, of others the numbering plan tells. */
export function isMobile(e164: string): boolean {
  if (e164.startsWith('+371')) return isLatvianMobile(e164);
  const type = parse(e164)?.getType();
  return type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE';
}
