import { stemsOf } from '../../identity/declension.js';
import type { CompiledNeedles, NameWord } from './needles.js';

/** A given and a family name, of which a text holds both in either order. */
interface NamePatterns {
  readonly family: string;
  readonly given: string;
}

/** Patterns of which a row's text must meet one. */
export interface NarrowPatterns {
  /** Everything that is certain by itself; undefined when only names are looked for. */
  readonly strong: string | undefined;
  readonly names: readonly NamePatterns[];
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
/** Stands between the rows of a text of many, and in no row. */
export const ROW_END = '\\x1e';

/** Every spelling of a number ends in its last seven digits. */
const KEY_DIGITS = 7;

/** More names in one pass are looked for as any family name with any given name. */
const MOST_NAMES = 4;

/**
 * Regular expressions of PostgreSQL for the needles of any number of people, over a lower-cased text (collation "C":
 * letters of ASCII alone are lowered). With `rowNarrowing`, they let pass every row that the exact check accepts, and
 * some more.
 *
 * 193,560 rows with 78 MB of text (PostgreSQL 15, two shared cores, single runs): reading, joining and lowering the
 * columns 0.2 s, one alternation of all needles 1.3 s, the same with `~*` 2.0 s. translate() to plain letters and
 * digits took 4.7 s, and patterns that know each escape of each letter 17 s; so plain spellings are searched as they
 * are, and escapes are replaced in those texts only that have any.
 */
export function narrowPatterns(people: readonly CompiledNeedles[], idKeys: readonly string[]): NarrowPatterns {
  const strong = new Set<string>();
  const names = new Map<string, { family: string[]; given: string[] }>();
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
      const family = [...new Set(name.family.flatMap(wordPatterns))].sort();
      const given = [...new Set(name.given.flatMap(wordPatterns))].sort();
      // Bērziņa Anna and Anna Bērziņa are one.
      names.set(JSON.stringify([family, given].map((part) => part.join('|')).sort()), { family, given });
    }
  }
  const pairs = names.size <= MOST_NAMES ? [...names.values()] : [merged([...names.values()])];
  return {
    strong: alternation(strong),
    names: pairs.map(({ family, given }) => ({
      family: alternation(new Set(family)) ?? '',
      given: alternation(new Set(given)) ?? '',
    })),
  };
}

function merged(names: readonly { family: string[]; given: string[] }[]): { family: string[]; given: string[] } {
  return { family: names.flatMap(({ family }) => family), given: names.flatMap(({ given }) => given) };
}

/** Takes a value and answers its placeholder, the same for the same value. */
type Bind = (value: string) => string;

/** The condition on the text `x` of a row; undefined when nothing is looked for in texts. */
export function rowNarrowing(patterns: NarrowPatterns, x: string, bind: Bind): string | undefined {
  const { strong, names } = patterns;
  if (strong === undefined && names.length === 0) return undefined;
  return orEscaped(patterns, x, bind, (text) =>
    [
      ...(strong === undefined ? [] : [`${text} ~ ${bind(strong)}`]),
      ...names.map(({ family, given }) => `${text} ~ ${bind(family)} AND ${text} ~ ${bind(given)}`),
    ].join(' OR '),
  );
}

/** The condition on the text `x` of many rows, each with its end: met where `rowNarrowing` is met by one of them. */
export function chunkNarrowing(patterns: NarrowPatterns, x: string, bind: Bind): string {
  const { strong, names } = patterns;
  const inRow = `[^${ROW_END}]*`;
  const pairs = names.map(({ family, given }) => `(?:${family})${inRow}(?:${given})|(?:${given})${inRow}(?:${family})`);
  // Two automata are smaller than one that has to remember both.
  const met = [...(strong === undefined ? [] : [strong]), ...pairs];
  return orEscaped(patterns, x, bind, (text) => met.map((pattern) => `${text} ~ ${bind(pattern)}`).join(' OR '));
}

/** `met` by the text as it is or without its escapes, or an escape of what is never escaped without intent. */
function orEscaped({ names }: NarrowPatterns, x: string, bind: Bind, met: (text: string) => string): string {
  const signs = ['%', '\\\\', '&', '='].map((sign) => `strpos(${x}, E'${sign}') > 0`).join(' OR ');
  const odd = names.length === 0 ? ENCODED_ASCII : `${ENCODED_ASCII}|${ENCODED_CYRILLIC}`;
  const plain = `regexp_replace(${x}, ${bind(ESCAPE)}, E'${ESCAPED}', 'g')`;
  return `((${met(x)}) OR (${signs}) AND ${x} ~ ${bind(ESCAPE)} AND (${x} ~ ${bind(odd)} OR ${met(plain)}))`;
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
