import { stemsOf } from '../../identity/declension.js';
import type { CompiledNeedles, NameWord } from './needles.js';

/** Patterns of which a row's text must meet: strong, or family together with given. */
export interface NarrowPatterns {
  /** Everything that is certain by itself; undefined when only names are looked for. */
  readonly strong: string | undefined;
  /** The family names, to be met together with one of the given names. */
  readonly family: string | undefined;
  readonly given: string | undefined;
}

/** What encoders put in the place of one byte or letter: percent, JSON, C and HTML escapes, quoted-printable. */
const ESCAPE = '%(?:25)*[0-9a-f]{2}|\\\\+(?:u[0-9a-f]{4}|[0-7]{3}|x[0-9a-f]{2}|[nrt])|&#?[a-z0-9]{1,8};|=[0-9a-f]{2}';
/** Stands for an escape: a character that is no letter of ASCII. */
const ESCAPED = '\\u00a4';

/** Encoders leave letters and digits alone; whoever does not could hide anything from the patterns. */
const ALNUM = '(?:3[0-9]|[46][1-9a-f]|[57][0-9a])';
const ENCODED_ASCII = `%(?:25)*${ALNUM}|\\\\+(?:u00|x)${ALNUM}`;
/** Three encoded Cyrillic letters in a row, whose spelling in Latin letters is not known here. */
const ENCODED_CYRILLIC =
  '(?:%(?:25)*d[0-3]%(?:25)*[89ab][0-9a-f]){3}|(?:\\\\+u04[0-9a-f]{2}){3}|(?:\\\\+32[0-3]\\\\+2[0-7]{2}){3}|(?:=d[0-3]=[89ab][0-9a-f]){3}';

/** A character outside printable ASCII. */
const OTHER = '[^ -~]';
const BETWEEN = '[^a-z0-9]';

/** Every spelling of a number ends in its last seven digits. */
const KEY_DIGITS = 7;

/**
 * Regular expressions of PostgreSQL for the needles of any number of people, over the lower-cased text of a row
 * (collation "C": letters of ASCII alone are lowered). With `narrowing`, they let pass every text that the exact check
 * accepts, and some more.
 *
 * 193,560 rows with 78 MB of text (PostgreSQL 15, two shared cores, single runs): reading, joining and lowering the
 * columns 0.2 s, one alternation of all needles 1.3 s, the same with `~*` 2.0 s. translate() to plain letters and
 * digits took 4.7 s, and patterns that know each escape of each letter 17 s; so plain spellings are searched as they
 * are, and escapes are replaced in those rows only that have any.
 */
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
  return { strong: alternation(strong), family: alternation(family), given: alternation(given) };
}

/**
 * The condition on the text `x` of a row; undefined when nothing is looked for in texts.
 * @param bind takes a value and answers its placeholder
 */
export function narrowing(patterns: NarrowPatterns, x: string, bind: (value: string) => string): string | undefined {
  const { strong, family, given } = patterns;
  const all = [strong, family].filter((pattern) => pattern !== undefined).join('|');
  if (all === '') return undefined;
  const bound = new Map<string, string>();
  const placeholder = (pattern: string) => {
    const known = bound.get(pattern) ?? bind(pattern);
    bound.set(pattern, known);
    return known;
  };
  const met = (text: string) => {
    const first = `${text} ~ ${placeholder(all)}`;
    if (family === undefined || given === undefined) return first;
    const certain = strong === undefined ? [] : [`${text} ~ ${placeholder(strong)}`];
    return `(${first} AND (${[...certain, `${text} ~ ${placeholder(given)}`].join(' OR ')}))`;
  };
  const signs = ['%', '\\\\', '&', '='].map((sign) => `strpos(${x}, E'${sign}') > 0`).join(' OR ');
  const odd = family === undefined ? ENCODED_ASCII : `${ENCODED_ASCII}|${ENCODED_CYRILLIC}`;
  const plain = `regexp_replace(${x}, ${placeholder(ESCAPE)}, E'${ESCAPED}', 'g')`;
  return `(${met(x)} OR (${signs}) AND ${x} ~ ${placeholder(ESCAPE)} AND (${x} ~ ${placeholder(odd)} OR ${met(plain)}))`;
}

function alternation(patterns: ReadonlySet<string>): string | undefined {
  return patterns.size === 0 ? undefined : [...patterns].join('|');
}

/** Runs of letters and digits as they are, whatever is between them as `between`. */
function joined(text: string, between: string): string {
  return text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((run) => run !== '')
    .map((run) => [...run].map((char) => (/[a-z0-9]/.test(char) ? char : `${OTHER}{1,4}`)).join(''))
    .join(between);
}

/** A shorter stem is in many words; before its first letter stands no other, but for the tail of an escape. */
const SHORT = 4;

function wordPatterns({ word }: NameWord): string[] {
  const latin = stemsOf(word).map((stem) => {
    const body = [...stem].map(letterPattern).join('');
    return stem.length < SHORT ? `(?:^|[^a-z]|\\\\[nrt])${body}` : body;
  });
  const cyrillic = cyrillicPattern(word);
  return cyrillic === undefined ? latin : [...latin, cyrillic];
}

/** Letters that some language writes with a mark, which may be a character of its own. */
const MARKED = /[acdegiklnorstuyz]/;

function letterPattern(letter: string): string {
  if (!/[a-z0-9]/.test(letter)) return `${OTHER}{1,4}`;
  return MARKED.test(letter) ? `(?:${letter}${OTHER}?|${OTHER}{1,4})` : letter;
}

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
