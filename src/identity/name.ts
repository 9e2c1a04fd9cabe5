import { lowerText, plainText } from './text.js';
import { isCyrillic, SCHEMES, type Scheme, transliterate } from './transliterate.js';

/** Written as one word without them: O'Brien, Д’Артаньян, ג׳ורג׳. The acute and the grave stand in for them. */
const APOSTROPHES = /['\u2018\u2019\u201b\u2032\u02b9\u02bb\u02bc\u02c8\u00b4`\u055a\u05f3\u05f4\uff07]/g;

/**
 * Marks that people leave out: diacritics, Hebrew points, Arabic vowel signs, tatweel. Marks that carry the sound
 * in other scripts (Devanagari vowels, Japanese voicing) are letters of the name and stay.
 */
const LOOSE_MARKS = new RegExp(
  [
    '[\\u0300-\\u036f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]',
    '[\\u0483-\\u0489]',
    '[\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7]',
    '[\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed]',
    '\\u0640',
  ].join('|'),
  'g',
);

/** Letters that Unicode does not decompose. */
// biome-ignore format: a table
const UNDECOMPOSED: Readonly<Record<string, string>> = {
  ł: 'l', đ: 'd', ð: 'd', ø: 'o', ħ: 'h', ŧ: 't', ı: 'i', ŋ: 'n', ĸ: 'k', ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th',
  ə: 'e', ς: 'σ',
};
const NEEDS_REPLACEMENT = new RegExp(`[${Object.keys(UNDECOMPOSED).join('')}]`, 'g');
const NOT_IN_A_WORD = /[^\p{L}\p{N}\p{M}]+/gu;
const CYRILLIC = /\p{Script=Cyrillic}/u;

/**
 * A name in lower-case words parted by single spaces, in the order written, without diacritics; one spelling for
 * each way to write its Cyrillic letters in Latin ones. Letters of other scripts stay as they are.
 */
export function foldName(raw: string): readonly string[] {
  const text = lowerText(plainText(raw.replace(APOSTROPHES, '')).replace(APOSTROPHES, ''));
  if (!CYRILLIC.test(text)) return [foldWith(text, 'everyday')];
  const base = looseLetters(text);
  return [...new Set(SCHEMES.map((scheme) => foldWith(base, scheme)))];
}

/** й and ё are letters of their own, so only Cyrillic letters without a Latin spelling lose their marks. */
function looseLetters(text: string): string {
  return Array.from(text, (char) => (isCyrillic(char) ? char : char.normalize('NFKD').replace(LOOSE_MARKS, ''))).join(
    '',
  );
}

function foldWith(text: string, scheme: Scheme): string {
  return transliterate(text, scheme)
    .normalize('NFKD')
    .replace(LOOSE_MARKS, '')
    .replace(NEEDS_REPLACEMENT, (letter) => UNDECOMPOSED[letter] ?? letter)
    .normalize('NFC')
    .replace(NOT_IN_A_WORD, ' ')
    .trim();
}

/**
 * The normal forms of a name: its folded words in alphabetical order, so that `Bērziņa, Anna` is `Anna Bērziņa`.
 * Several forms only where the name has Cyrillic letters; [] where there is no letter at all.
 */
export function parseName(raw: string): readonly string[] {
  const forms = foldName(raw).map((form) => words(form).sort().join(' '));
  return [...new Set(forms)].filter((form) => form !== '');
}

/** Whether every word of `query` is a word of `full`, in any order. A query without words is in no name. */
export function nameContains(full: string, query: string): boolean {
  const stored = foldName(full).map((form) => new Set(words(form)));
  return foldName(query).some((form) => {
    const wanted = words(form);
    return wanted.length > 0 && stored.some((have) => wanted.every((word) => have.has(word)));
  });
}

function words(form: string): string[] {
  return form.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word));
}

/**
 * Whether two names may be one person's as people write it: all words of the shorter are met in the longer, where a
 * word may differ in its last letter (Ivanovs and Иванов, Bērziņa and Bērziņai) or stand as an initial.
 */
export function namesMayBeOne(a: string, b: string): boolean {
  return foldedWords(a).some((x) => foldedWords(b).some((y) => wordsMeet(x, y)));
}

/** Folding a name takes some microseconds, and one is compared with many. */
const FOLDED = new Map<string, readonly (readonly string[])[]>();
const MOST_FOLDED = 10_000;

function foldedWords(name: string): readonly (readonly string[])[] {
  const known = FOLDED.get(name);
  if (known !== undefined) return known;
  if (FOLDED.size >= MOST_FOLDED) FOLDED.clear();
  const folded = foldName(name).map((form) => form.split(' '));
  FOLDED.set(name, folded);
  return folded;
}

function wordsMeet(a: readonly string[], b: readonly string[]): boolean {
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a];
  const free = [...longer];
  return shorter.every((word) => {
    const at = free.findIndex((other) => wordMeets(word, other));
    if (at === -1) return false;
    free.splice(at, 1);
    return true;
  });
}

function wordMeets(a: string, b: string): boolean {
  if (a === b) return true;
  if (a.length === 1 || b.length === 1) return a[0] === b[0];
  const longest = Math.max(a.length, b.length);
  return longest >= 4 && a.slice(0, longest - 1) === b.slice(0, longest - 1);
}
