import { stemsOf } from '../../identity/declension.js';
import type { CompiledNeedles, NameWord } from './needles.js';

/**
 * Regular expressions of PostgreSQL over the lower-cased text of a row (collation "C", so ASCII letters alone are
 * lowered). They let pass every text that the exact check accepts, in plain and in encoded spelling, and some more.
 *
 * Of 155 MB in one table (PostgreSQL 15, two shared cores): reading and joining the columns took 0.2 s, a search of
 * the lower-cased text by one alternation 1.4 s, by the same alternation with `~*` 2.0 s; translate() to plain letters
 * and digits took 4.7 s, so it is the pattern that knows the spellings, not the text that is folded.
 */
export interface NarrowPatterns {
  /** Everything that is certain by itself; undefined when only names are looked for. */
  readonly strong: string | undefined;
  /** The family names, to be met together with one of the given names. */
  readonly family: string | undefined;
  readonly given: string | undefined;
}

const PERCENT = '%(?:25)*[0-9a-f]{2}';
const BACKSLASHED = '\\\\+(?:u[0-9a-f]{4}|[0-7]{3}|x[0-9a-f]{2}|[nrt])';
const ENTITY = '&#?[a-z0-9]{1,8};';

/** What may stand between two digits or in the place of a character that is no letter. */
const BETWEEN = `(?:[^a-z0-9]|${PERCENT}|${BACKSLASHED}|${ENTITY}|=[0-9a-f]{2})`;

/** A letter outside ASCII, plain or encoded. */
const OTHER_LETTER = `(?:[^ -~]|${PERCENT}${PERCENT}|\\\\+u[0-9a-f]{4}|\\\\+[0-7]{3}\\\\+[0-7]{3}|=[0-9a-f]{2}=[0-9a-f]{2}|${ENTITY})`;

/** Encoders leave letters and digits alone; whoever does not could hide anything from the other patterns. */
const ALNUM = '(?:3[0-9]|[46][1-9a-f]|[57][0-9a])';
const ENCODED_ASCII = `%(?:25)*${ALNUM}|\\\\+(?:u00|x)${ALNUM}`;

/** Letters that some language writes with a mark which folding takes off. */
const MARKED = /[acdegiklnorstuyz]/;

/** Cyrillic letters by what is left of their Latin spellings: the consonants that no spelling leaves out or changes. */
const CYRILLIC: Readonly<Record<string, string>> = {
  b: 'б',
  d: 'дзж',
  f: 'фѳ',
  l: 'лљ',
  m: 'м',
  n: 'нњң',
  p: 'п',
  r: 'р',
  s: 'стцчшщћ',
  v: 'вўѵ',
  z: 'зжд',
};
const OTHERS = 'аеёиіїоуыэюяєйьъўгґкхһқѓќјәғөұү’';
/** Three encoded Cyrillic letters in a row. */
const ENCODED_CYRILLIC = `(?:%(?:25)*d[0-3]%(?:25)*[89ab][0-9a-f]){3}|(?:\\\\+u04[0-9a-f]{2}){3}|(?:\\\\+32[0-3]\\\\+2[0-7]{2}){3}|(?:=d[0-3]=[89ab][0-9a-f]){3}`;

/** The patterns for the needles of any number of people. */
export function narrowPatterns(people: readonly CompiledNeedles[], idKeys: readonly string[]): NarrowPatterns {
  const strong = new Set<string>();
  const family = new Set<string>();
  const given = new Set<string>();
  for (const needles of people) {
    for (const email of needles.emails) strong.add(joined(email, `${BETWEEN}+`));
    for (const { national } of needles.phones) strong.add([...national.slice(-KEY_DIGITS)].join(`${BETWEEN}*`));
    for (const kods of needles.kods) strong.add([...kods].join(`${BETWEEN}*`));
    for (const code of needles.codes) strong.add(joined(code.toLowerCase(), `${BETWEEN}*`));
    for (const { key } of needles.ids) {
      const value = key.length === 1 ? joined((key[0] ?? '').toLowerCase(), `${BETWEEN}+`) : '';
      if (value !== '') strong.add(`(?:${idKeys.join('|')})\\\\*"\\s*:\\s*\\\\*"?${value}(?:[^a-z0-9]|$)`);
    }
    for (const name of needles.names) {
      for (const word of name.family) for (const pattern of wordPatterns(word)) family.add(pattern);
      for (const word of name.given) for (const pattern of wordPatterns(word)) given.add(pattern);
    }
  }
  if (strong.size > 0) strong.add(ENCODED_ASCII);
  if (family.size > 0)
    for (const set of [family, given]) for (const more of [ENCODED_CYRILLIC, ENCODED_ASCII]) set.add(more);
  return { strong: alternation(strong), family: alternation(family), given: alternation(given) };
}

/** Every spelling of a number ends in its last seven digits. */
const KEY_DIGITS = 7;

function alternation(patterns: ReadonlySet<string>): string | undefined {
  return patterns.size === 0 ? undefined : [...patterns].join('|');
}

/** Runs of letters and digits as they are, whatever is between them as `between`. */
function joined(text: string, between: string): string {
  return text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((run) => run !== '')
    .map((run) => [...run].map((char) => (/[a-z0-9]/.test(char) ? char : `${OTHER_LETTER}+`)).join(''))
    .join(between);
}

const SHORT = 4;

function wordPatterns({ word }: NameWord): string[] {
  const latin = stemsOf(word).map((stem) => {
    const body = [...stem].map(letterPattern).join('');
    // A short stem is in many words; before its first letter stands no other, but for the tail of an escape.
    return stem.length < SHORT ? `(?:^|[^a-z]|${PERCENT}|${BACKSLASHED}|=[0-9a-f]{2})${body}` : body;
  });
  const cyrillic = cyrillicPattern(word);
  return cyrillic === undefined ? latin : [...latin, cyrillic];
}

function letterPattern(letter: string): string {
  if (!/[a-z0-9]/.test(letter)) return `${OTHER_LETTER}+`;
  return MARKED.test(letter) ? `(?:${letter}${OTHER_LETTER}?|${OTHER_LETTER})` : letter;
}

/** Undefined where no letter is left to look for. */
function cyrillicPattern(word: string): string | undefined {
  const stem = stemsOf(word).reduce((a, b) => (a.length <= b.length ? a : b));
  const skeleton = [...stem]
    .map((letter) => (/[ct]/.test(letter) ? 's' : letter))
    .filter((letter) => letter in CYRILLIC);
  const letters = skeleton.filter((letter, i) => letter !== 's' || skeleton[i - 1] !== 's');
  if (letters.length === 0) return undefined;
  // Щ is one letter and shch four: where s stands, more of its kind may follow.
  return letters
    .map((letter) => {
      const own = CYRILLIC[letter] ?? '';
      return `${eitherCase(own)}${eitherCase(letter === 's' ? `${OTHERS}${own}` : OTHERS)}*`;
    })
    .join('');
}

function eitherCase(letters: string): string {
  return `[${letters}${letters.toUpperCase()}]`;
}
