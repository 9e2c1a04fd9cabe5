import type { Session } from '../../database/session.js';
import { textLiteral } from '../../datamap/sql.js';
import { detectIdentifiers } from '../../identity/detect.js';
import { type IdentifierKind, type IdentifierOptions, parse } from '../../identity/kinds.js';
import { longNumbers, longTexts, type PageRange, textQueries } from './scan-sql.js';
import type { SearchedTable } from './searchable.js';
import { viewsOf } from './views.js';

/** A value in normal form that a text may stand for. */
export interface Token {
  readonly kind: Exclude<IdentifierKind, 'name'>;
  readonly value: string;
}

const AT = '(?:@|%(?:25)*40|\\\\+u0040|&#64;|=40)';
const PLAIN = '[^][ \\t\\n\\x1f"\'<>(),;{}]';
const BETWEEN = '(?:[^0-9a-z]|%(?:25)*[0-9a-f]{2}|\\\\+u00[0-9a-f]{2}|&nbsp;){0,4}';

/**
 * What can be an e-mail address, a code of letters and digits (`rb-2026-000004`), or a run of seven digits or more; and
 * a cheaper condition that a text with one meets.
 */
const PATTERNS = [
  {
    pattern: `${PLAIN}{1,100}${AT}${PLAIN}{3,200}`,
    where: "strpos(s.x, '@') > 0 OR strpos(s.x, '40') > 0 OR strpos(s.x, '64;') > 0",
  },
  { pattern: '[a-z]{1,5}[-/ ]?[0-9](?:[-/ ]?[0-9]){4,}', where: "s.x ~ '[a-z][-/ ]?[0-9]'" },
  { pattern: `[+]?[(]?[0-9](?:${BETWEEN}[0-9]){6,}`, where: "s.x ~ '[0-9].*[0-9]'" },
];

const AT_SIGNS = new RegExp(AT, 'g');
const NOT_PLAIN = /[\][ \t\n\x1e\x1f"'<>(),;{}]/;
const LONGEST_LOCAL = 100;
const LONGEST_DOMAIN = 200;
/** The digits of a code; letters may stand before them. */
const CODES = /[0-9](?:[-/ ]?[0-9]){4,}/g;
const LETTERS = /[a-z]{1,5}[-/ ]?$/;
const ESCAPE_END = /(?:%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[nrt]|\\x[0-9a-f]{2}|\\[0-7]{3}|=[0-9a-f]{2})$/;
const IN_WORD = /[a-z0-9]/;
/** As in `PATTERNS`, but across no end of a column or a row; a character beyond ASCII is two bytes to four. */
const NUMBERS =
  /[+]?[(]?[0-9](?:(?:[^0-9a-z\x1e\x1f\x80-\xff]|[\xc2-\xf4][\x80-\xbf]{1,3}|%(?:25)*[0-9a-f]{2}|\\+u00[0-9a-f]{2}|&nbsp;){0,4}[0-9]){6,}/g;

/** Letters of a code, what parts them from its digits, and an escape before them. */
const LONGEST_BEFORE = 12;

/** What a text was found as: a code and nothing else, no code, or whatever may be in it. */
const AS_CODE = '#';
const NO_CODE = '+';
const AS_ANY = '*';

/**
 * Hands over the texts of a table, or some of its pages, that may identify somebody, in lower case, each after a sign of
 * what it was found as; some of them several times. Short rows come as texts of many, in which they are found here: the
 * server needs two microseconds for each. In long rows, and where rows have no pages, the server finds them.
 */
export async function readTokens(
  session: Session,
  table: SearchedTable,
  pages: PageRange | undefined,
  each: (token: string) => void,
): Promise<void> {
  if (table.columns.length > 0) {
    const [texts] = pages === undefined ? [] : textQueries(table, pages);
    if (texts !== undefined) await session.copy(texts, ([, text]) => text && findTokens(lowered(text), each));
    if (pages === undefined || table.isToasted) {
      // Each pattern for itself: an address may hold digits, and a number stand in a link.
      const found = PATTERNS.map(
        ({ pattern, where }) => `SELECT regexp_matches(s.x, ${textLiteral(`(${pattern})`)}, 'g') WHERE ${where}`,
      );
      const sql = `SELECT DISTINCT f.m[1] AS token FROM ${longTexts(table, pages)} s, LATERAL (${found.join(' UNION ALL ')}) f (m)`;
      for await (const [token] of session.stream(sql)) each(AS_ANY + token);
    }
  }
  for (const column of table.numbers) {
    for await (const [number] of session.stream(longNumbers(table, column, pages))) {
      // The zero at the beginning of a personas kods is lost in a number.
      for (const token of number?.length === 10 ? [number, `0${number}`] : [number ?? '']) each(AS_ANY + token);
    }
  }
}

/** Bytes as characters, those of ASCII in lower case: a third of the time that reading UTF-8 takes. */
function lowered(text: Buffer): string {
  for (let i = 0; i < text.length; i += 1) {
    const byte = text[i] as number;
    if (byte >= 65 && byte <= 90) text[i] = byte | 32;
  }
  return text.toString('latin1');
}

/** What bytes as characters stand for. */
function decoded(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8').toLowerCase() : bytes;
}

/** `text` is bytes as characters. A byte beyond ASCII ends a word: a code too many is no harm. */
function findTokens(text: string, each: (token: string) => void): void {
  for (const { index, 0: at } of text.matchAll(AT_SIGNS)) {
    let start = index;
    while (start > 0 && index - start < LONGEST_LOCAL && !NOT_PLAIN.test(text.charAt(start - 1))) start -= 1;
    let end = index + at.length;
    while (end < text.length && end - index < LONGEST_DOMAIN && !NOT_PLAIN.test(text.charAt(end))) end += 1;
    if (start < index) each(AS_ANY + decoded(text.slice(start, end)));
  }
  for (const { index, 0: digits } of text.matchAll(CODES)) {
    // What is part of a longer word is no code.
    if (IN_WORD.test(text.charAt(index + digits.length))) continue;
    const before = text.slice(Math.max(0, index - LONGEST_BEFORE), index);
    const letters = LETTERS.exec(before)?.[0] ?? '';
    if (letters !== '' && startsWord(before.slice(0, before.length - letters.length))) each(AS_CODE + letters + digits);
    // RB-2026-000004 is also known as 2026-000004; after n in \n2026-000004 stands no word.
    if (startsWord(before)) each(AS_CODE + digits);
  }
  for (const [token] of text.matchAll(NUMBERS)) each(NO_CODE + decoded(token));
}

function startsWord(before: string): boolean {
  return !IN_WORD.test(before.slice(-1)) || ESCAPE_END.test(before);
}

/** An address that is nothing else. */
const ADDRESS = /^[a-z0-9][a-z0-9._+-]*@(?:[a-z0-9-]+\.)+[a-z]{2,}$/;
/** Without letters and escapes; a plus only at the beginning. */
const NUMBER = /^\+?[^+a-z%\\&=\x80-\uffff]+$/;
/** What numbers of Latvia begin with, and began with while they had seven digits. */
const OF_LATVIA = /^[26789]/;
const BEFORE_2008 = /^[2-9]/;
const LATVIAN_NUMBER = /^(?:\+|00)?371([26][0-9]{7})$/;
const LONGEST_CODE = 40;
/** Of a phone with its country code, and the two zeros before it. */
const MOST_DIGITS = 17;
/** Of a Latvian number. */
const MOST_OF_OWN = 8;

/**
 * What a token of `tokensIn`, in lower case, may stand for, and for plain ones some more: most are plain, and to look
 * for identifiers inside of one costs ten times as much as to compare a code too many.
 */
export function valuesOf(signed: string, options: IdentifierOptions): Token[] {
  const sign = signed.charAt(0);
  const token = signed.slice(1);
  // As `parse` would have it.
  if (sign === AS_CODE) return [{ kind: 'code', value: token.replaceAll(' ', '').toUpperCase() }];
  if (ADDRESS.test(token)) return valuesAs(['email'], token, options);
  const codes = (view: string) => (sign === AS_ANY ? codeOf(view, options) : []);
  if ((options.defaultCountry ?? 'LV') === 'LV' && NUMBER.test(token))
    return [...numbersIn(token, options), ...codes(token)];
  const values = new Map<string, Token>();
  const add = (found: readonly Token[]) => {
    for (const value of found) values.set(`${value.kind} ${value.value}`, value);
  };
  for (const view of viewsOf(token)) {
    for (const { kind, value } of detectIdentifiers(view, options)) add(valuesAs([kind], value, options));
    if (/\d/.test(view)) add(valuesAs(['phone', 'personas-kods'], view, options));
    add(codes(view));
  }
  return [...values.values()];
}

/** Every phone and personas kods that groups of digits may be, in Latvia; whether a phone can exist is not asked. */
function numbersIn(token: string, options: IdentifierOptions): Token[] {
  const values = new Map<string, Token>();
  const add = (kind: Token['kind'], value: string) => values.set(`${kind} ${value}`, { kind, value });
  const plus = token.startsWith('+');
  const whole = token.replace(/[^0-9]/g, '');
  const latvian = LATVIAN_NUMBER.exec(plus ? `+${whole}` : whole)?.[1];
  if (latvian !== undefined) add('phone', `+371${latvian}`);
  else if (plus || (whole.startsWith('00') && whole !== token))
    for (const value of parse('phone', token, options)) add('phone', value);
  const groups = token.match(/[0-9]+/g) ?? [];
  for (let from = 0; from < groups.length; from += 1) {
    let digits = '';
    for (const group of groups.slice(from)) {
      digits += group;
      if (digits.length > MOST_DIGITS) break;
      const national = digits.replace(/^(?:00)?371(?=\d{7,8}$)/, '');
      if (national.length === 8 && OF_LATVIA.test(national)) add('phone', `+371${national}`);
      if (national.length === 7 && BEFORE_2008.test(national))
        for (const first of ['2', '6']) add('phone', `+371${first}${national}`);
      const international = digits.replace(/^00/, '');
      if (international.length >= MOST_OF_OWN && digits.length > MOST_OF_OWN && !international.startsWith('0'))
        add('phone', `+${international}`);
      if (digits.length === 11)
        for (const value of parse('personas-kods', digits, options)) add('personas-kods', value);
    }
  }
  return [...values.values()];
}

function valuesAs(kinds: readonly Token['kind'][], raw: string, options: IdentifierOptions): Token[] {
  return kinds.flatMap((kind) => parse(kind, raw, options).map((value) => ({ kind, value })));
}

function codeOf(view: string, options: IdentifierOptions): Token[] {
  return /^[\p{L}\p{N}]/u.test(view) && view.length <= LONGEST_CODE ? valuesAs(['code'], view, options) : [];
}
