import type { CountryCode } from 'libphonenumber-js/max';
import { parseEmail } from './email.js';
import { parsePersonasKods } from './personas-kods.js';
import { countryOf, type IdentifierOptions, readNumber } from './phone.js';
import { IGNORED, shadowOf } from './shadow.js';

export interface DetectedIdentifier {
  readonly kind: 'email' | 'phone' | 'personas-kods';
  /** The text as written; `identifiers[kind].parse` gives its normal forms. */
  readonly value: string;
  /** Positions in UTF-16 units, `end` exclusive; findings never overlap. */
  readonly start: number;
  readonly end: number;
}

type Span = Pick<DetectedIdentifier, 'kind' | 'start' | 'end'>;

const I = IGNORED;
const DIGIT = `\\d${I}{0,3}`;
const MONEY = '(?:€|\\$|£|EUR|USD|GBP|LVL|Ls|eiro|eur|euro)';
const MONEY_IN = new RegExp(MONEY, 'u');
const AMOUNT = "(?:\\d{1,3}(?:[ .,']\\d{3})+|\\d+)(?:[.,]\\d{1,2})?";

const LOCAL = `[\\p{L}\\p{N}\\p{M}!#$%&*+^_~.'\\-${I}]`;
const LABEL = `[\\p{L}\\p{N}\\p{M}_\\-${I}]+`;
const EMAIL = new RegExp(`(?<!${LOCAL})${LOCAL}+@(?:${LABEL}\\.)+${LABEL}`, 'gu');
const PERSONAS_KODS = new RegExp(
  `(?<![\\d+])(?:${DIGIT}){6}[ ${I}]{0,3}-?[ ${I}]{0,3}(?:${DIGIT}){4}\\d(?!${I}{0,3}\\d)`,
  'g',
);
/** Eleven digits in a row that begin like a Latvian phone number with its country code; a personas kods rarely does. */
const PHONE_WITHOUT_PLUS = /^371[26]\d{7}$/;

/** A whole sum of tens of millions next to a currency is a phone number beside one (`29 123 456 EUR 12`). */
const PHONE_BESIDE_MONEY = /^\D*[26]\d{7}\D*$/;

/** Numbers that are obviously something else. An order number of a year and four digits could be a mobile's: it stays. */
const OTHER_NUMBERS: readonly RegExp[] = [
  /(?<!\d[-./]?)(?:19|20)\d{2}([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?![-./]?\d)/g,
  /(?<!\d[-./]?)(?:0?[1-9]|[12]\d|3[01])([-./]) ?(?:0?[1-9]|1[0-2])\1 ?(?:(?:19|20)\d{2}|\d{2})(?![-./]?\d)/g,
  /(?<![\d+][-./ ]?)(?:19|20)\d{2}(?=[-/])(?![-/]\d{4}(?![-/]?\d))(?:[-/]\d+)+/g,
  /ISBN(?:-1[03])?[: ]*\d(?:[- ]?[\dXx]){8,12}/gi,
  /(?<!\d)97[89](?:[- ]?\d){10}(?!\d)/g,
  /(?<![\p{L}\d])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){3,7}(?: ?[A-Z\d]{1,3})?(?![\p{L}\d])/gu, // IBAN
  new RegExp(`(?<![\\d+])${AMOUNT} ?${MONEY}(?!\\p{L})`, 'gu'),
  new RegExp(`(?<!\\p{L})${MONEY} ?${AMOUNT}(?!\\d)`, 'gu'),
  /(?<![\d+][-. ]?)\d{1,7},\d{2}(?![\d,])/g,
  /(?<![\d+][-. ]?)\d{1,7}\.\d{2}(?![-. ]?\d)/g,
];

const BETWEEN_GROUPS = `[ \\t().\\/\\-${I}]{0,5}`;
const DIGIT_RUN = new RegExp(`(?:\\(?\\+[ (${I}]*)?\\d(?:${BETWEEN_GROUPS}\\d)*`, 'g');
/** A number glued to letters is a code (LV80BANK…, X12345678) unless the letters say that it is a phone. */
const GLUED_LETTERS = /[\p{L}_]+$/u;
const PHONE_WORDS = /^(?:t|tel|tālr|talr|m|mob|ph|phone|т|тел|моб)$/iu;
const CODE_BEFORE = /(?:[#№]|[A-Z]-)$/;
const MAX_DIGITS = 17;
const LONGEST_PREFIX = 24;

/**
 * E-mail addresses, phone numbers and personas kodi in free text, in any spelling, in the order of the text.
 * Where a number could be a phone or something else it counts as a phone: what is found here gets hidden from others.
 * @throws GdprError CONFIG_INVALID for an unknown default country.
 */
export function detectIdentifiers(text: string, options: IdentifierOptions = {}): DetectedIdentifier[] {
  let shadow = shadowOf(text);
  const emails = emailSpans(shadow, text);
  shadow = blank(shadow, emails);
  const kodi = personasKodsSpans(shadow);
  shadow = blank(shadow, kodi);
  for (const other of OTHER_NUMBERS) {
    shadow = shadow.replace(other, (found: string) => (isPhoneBesideMoney(found) ? found : BLANK.repeat(found.length)));
  }
  const phones = phoneSpans(shadow, countryOf(options));
  return [...emails, ...kodi, ...phones]
    .sort((a, b) => a.start - b.start)
    .map(({ kind, start, end: last }) => {
      // The last digit may be a pair of surrogates, whose second half is only a filler in the shadow.
      const end = /[\ud800-\udbff]/.test(text.charAt(last - 1)) ? last + 1 : last;
      return { kind, value: text.slice(start, end), start, end };
    });
}

function isPhoneBesideMoney(found: string): boolean {
  return MONEY_IN.test(found) && PHONE_BESIDE_MONEY.test(found.replaceAll(' ', ''));
}

/** Neither digit, letter nor separator, so that nothing is read across it. */
const BLANK = '\ufffc';

function blank(shadow: string, spans: readonly Span[]): string {
  let out = '';
  let at = 0;
  for (const { start, end } of spans) {
    out += shadow.slice(at, start) + BLANK.repeat(end - start);
    at = end;
  }
  return out + shadow.slice(at);
}

function emailSpans(shadow: string, text: string): Span[] {
  return spansOf('email', shadow, EMAIL, /^[.'\-\u200b]+/, /[._'\-\u200b]+$/).filter(
    ({ start, end }) => parseEmail(text.slice(start, end)).length > 0,
  );
}

function personasKodsSpans(shadow: string): Span[] {
  return spansOf('personas-kods', shadow, PERSONAS_KODS, /^$/, /^$/).filter(({ start, end }) => {
    const written = shadow.slice(start, end).replaceAll(IGNORED, '');
    return !PHONE_WITHOUT_PLUS.test(written) && parsePersonasKods(written).length > 0;
  });
}

function spansOf(kind: Span['kind'], shadow: string, pattern: RegExp, head: RegExp, tail: RegExp): Span[] {
  return [...shadow.matchAll(pattern)].map((match) => {
    const before = head.exec(match[0])?.[0].length ?? 0;
    const after = tail.exec(match[0])?.[0].length ?? 0;
    return { kind, start: match.index + before, end: match.index + match[0].length - after };
  });
}

interface Group {
  readonly start: number;
  readonly end: number;
}

function phoneSpans(shadow: string, country: CountryCode): Span[] {
  const spans: Span[] = [];
  for (const run of shadow.matchAll(DIGIT_RUN)) {
    const before = shadow.slice(Math.max(0, run.index - LONGEST_PREFIX), run.index);
    const glued = GLUED_LETTERS.exec(before)?.[0];
    const code = CODE_BEFORE.test(before) || (glued !== undefined && !PHONE_WORDS.test(glued));
    const groups = [...run[0].matchAll(/\d+/g)].map(({ index, 0: digits }) => ({
      start: run.index + index,
      end: run.index + index + digits.length,
    }));
    const first = groups[0];
    // The plus and the brackets before the first digits belong to the number.
    if (code) groups.shift();
    else if (first !== undefined) groups[0] = { start: run.index, end: first.end };
    spans.push(...phonesAmong(groups, shadow, country));
  }
  return spans;
}

/** The longest number from each group on; seven digits count only where no other digits stand beside them. */
function phonesAmong(groups: readonly Group[], shadow: string, country: CountryCode): Span[] {
  const spans: Span[] = [];
  let rest: Group[] = [];
  const flush = () => {
    const start = rest[0]?.start;
    const end = rest.at(-1)?.end;
    if (start !== undefined && end !== undefined && digitCount(shadow, start, end) === 7) {
      if (isPhone(shadow.slice(start, end), country)) spans.push({ kind: 'phone', start, end });
    }
    rest = [];
  };
  for (let from = 0; from < groups.length; from += 1) {
    const group = groups[from] as Group;
    const length = longestPhone(groups, from, shadow, country);
    if (length === 0) {
      rest.push(group);
      continue;
    }
    flush();
    spans.push({ kind: 'phone', start: group.start, end: (groups[from + length - 1] as Group).end });
    from += length - 1;
  }
  flush();
  return spans;
}

/** How many groups from `from` on make the longest phone number of more than seven digits; 0 for none. */
function longestPhone(groups: readonly Group[], from: number, shadow: string, country: CountryCode): number {
  const start = (groups[from] as Group).start;
  let longest = 0;
  for (let to = from; to < groups.length; to += 1) {
    const end = (groups[to] as Group).end;
    const digits = digitCount(shadow, start, end);
    if (digits > MAX_DIGITS) break;
    if (
      (digits > 7 || (digits === 7 && shadow.slice(start, end).includes('+'))) &&
      isPhone(shadow.slice(start, end), country)
    )
      longest = to - from + 1;
  }
  return longest;
}

function isPhone(written: string, country: CountryCode): boolean {
  return readNumber(written.replaceAll(IGNORED, ''), country, false).length > 0;
}

function digitCount(shadow: string, start: number, end: number): number {
  return shadow.slice(start, end).replace(/\D/g, '').length;
}
