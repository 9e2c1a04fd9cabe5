import { withoutDigests } from '../../foundation/digest-text.js';
import { detectIdentifiers } from '../../identity/detect.js';
import { type IdentifierOptions, namesMayBeOne, parse } from '../../identity/kinds.js';
import { foldName } from '../../identity/name.js';
import { type CompiledNeedles, isForm, type NameNeedle, type NeedleKind, type PhoneNeedle } from './needles.js';
import { viewsOf } from './views.js';

/** The exact check of one person's needles. */
export interface Matcher {
  /**
   * The kinds of needles that a text holds, in any spelling and encoding; ids are no matter of texts.
   * @param mayName whether a word of the name may be in the text, by default it may
   */
  kindsIn(text: string, mayName?: boolean): ReadonlySet<NeedleKind>;
  /** Whether a text is nothing but one part of a name, as a column of first names holds it. */
  partOf(text: string): { readonly name: number; readonly part: 'given' | 'family' }[];
  /** Whether a text is nothing but the name. */
  isName(text: string): boolean;
  /** Whether a text that is a name may be one of theirs, as people write it. */
  sharesName(text: string): boolean;
}

/** How many words apart the parts of a name may stand: a second given name, a patronymic, a title between. */
const NEAR = 3;
const LONGEST_FIELD = 80;

/** `names` as they were given, which the needles repeat in normal form. */
export function matcherOf(needles: CompiledNeedles, names: readonly string[], options: IdentifierOptions): Matcher {
  const numbers = needles.phones.map(({ number }) => number);
  const endings = [...new Set(needles.phones.map(({ national }) => national.slice(-7)))];
  return {
    kindsIn(text, mayName = true) {
      const found = new Set<NeedleKind>();
      const views = viewsOf(text);
      for (const view of views) {
        const lower = view.toLowerCase().normalize('NFKC');
        for (const kind of WRITTEN) if (!found.has(kind) && holdsValue(kind, lower, needles)) found.add(kind);
        const numbered = withoutDigests(lower);
        for (const kind of NUMBERED) if (!found.has(kind) && holdsValue(kind, numbered, needles)) found.add(kind);
        const bare = withoutDigests(view);
        if (!found.has('phone') && endings.some((end) => holdsEnding(bare, end)) && holdsPhone(bare, numbers, options))
          found.add('phone');
      }
      // Wholly decoded: under an encoding, an address is not seen to be one, and its parts look like a name.
      if (mayName && needles.names.length > 0 && holdsName(views.at(-1) ?? '', needles.names)) found.add('name');
      return found;
    },
    partOf(text) {
      if (needles.names.length === 0 || text.length > LONGEST_FIELD) return [];
      const words = viewsOf(text).map(wordsOf).at(-1) ?? [];
      return needles.names.flatMap((name, i) =>
        (['given', 'family'] as const)
          .filter((part) => words.length > 0 && words.every((word) => meets(word, name, part)))
          .map((part) => ({ name: i, part })),
      );
    },
    isName(text) {
      if (text.length > LONGEST_FIELD) return false;
      const words = wordsOf(text);
      return needles.names.some((name) =>
        words.every((word) => meets(word, name, 'given') || meets(word, name, 'family')),
      );
    },
    sharesName: (text) => names.some((name) => namesMayBeOne(name, text)),
  };
}

const WRITTEN = ['email', 'code'] as const;
/** What digits alone tell; those of a digest tell nothing. */
const NUMBERED = ['phone', 'personas-kods'] as const;

/** A pattern is made for the first text that may hold the value: most texts hold nothing of anybody. */
function holdsValue(kind: (typeof WRITTEN | typeof NUMBERED)[number], text: string, needles: CompiledNeedles): boolean {
  switch (kind) {
    case 'email':
      return needles.emails.some((form) => text.includes(form) && pattern(kind, form, emailPattern).test(text));
    case 'phone':
      return needles.phones.some(
        (phone) =>
          digitsOf(text).includes(phone.national) && pattern(kind, phone.number, () => phonePattern(phone)).test(text),
      );
    case 'personas-kods':
      return needles.kods.some((kods) => digitsOf(text).includes(kods) && pattern(kind, kods, kodsPattern).test(text));
    case 'code':
      return needles.codes.some(
        (code) => solid(text).includes(code.toLowerCase()) && pattern(kind, code, codePattern).test(text),
      );
  }
}

function holdsEnding(text: string, digits: string): boolean {
  const between = (end: string) => new RegExp([...end].join('\\D{0,8}'));
  return digitsOf(text).includes(digits) && pattern('ending', digits, between).test(text);
}

/** To make a pattern costs what it costs to search hundreds of texts, and to keep those of everybody many kilobytes each. */
const PATTERNS = new Map<string, RegExp>();
const MOST_PATTERNS = 2000;

function pattern(kind: string, value: string, make: (value: string) => RegExp): RegExp {
  const id = `${kind} ${value}`;
  const known = PATTERNS.get(id);
  if (known !== undefined) return known;
  if (PATTERNS.size >= MOST_PATTERNS) PATTERNS.clear();
  const made = make(value);
  PATTERNS.set(id, made);
  return made;
}

/** Each text is asked for by many values, one after the other. */
const digitsOf = rememberingLast((text) => text.replace(/\D+/g, ''));
const solid = rememberingLast((text) => text.replace(/\s+/gu, ''));

function rememberingLast<T>(reduce: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly reduced: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, reduced: reduce(text) };
    return last.reduced;
  };
}

/** A letter or digit beside the address, or one joined by `.`, `_`, `+` or `-`, makes it another address. */
function emailPattern(form: string): RegExp {
  return new RegExp(
    `(?<![\\p{L}\\p{N}\\p{M}])(?<![\\p{L}\\p{N}\\p{M}][._+-])${literal(form)}(?![\\p{L}\\p{N}\\p{M}_-])(?!\\.[\\p{L}\\p{N}])`,
    'u',
  );
}

const BETWEEN = '[\\s().,/_\\p{Pd}\\u2212·]{0,4}';

/** The national number with or without its country code, a trunk zero, and anything people put between digits. */
function phonePattern({ callingCode, national }: PhoneNeedle): RegExp {
  const digits = (text: string) => [...text].join(BETWEEN);
  const code = callingCode === '' ? '' : `(?:(?:00${BETWEEN})?${digits(callingCode)}${BETWEEN}0?${BETWEEN}|0)?`;
  return new RegExp(`(?<!\\d)${code}${digits(national)}(?!\\d)`, 'u');
}

function kodsPattern(digits: string): RegExp {
  return new RegExp(`(?<!\\d)${digits.slice(0, 6)}[\\s\\p{Pd}\\u2212]{0,3}${digits.slice(6)}(?!\\d)`, 'u');
}

function codePattern(code: string): RegExp {
  const body = [...code.toLowerCase()].map(literal).join('\\s*');
  return new RegExp(`(?<![\\p{L}\\p{N}])${body}(?![\\p{L}\\p{N}])`, 'u');
}

/** Seven digits of the time before 2008 stand for two numbers; what they may mean, the phone rules know. */
function holdsPhone(view: string, numbers: readonly string[], options: IdentifierOptions): boolean {
  const spelled = phonesIn(view, options);
  const values = view.length <= LONGEST_FIELD ? [...spelled, view] : spelled;
  return values.some((value) => parse('phone', value, options).some((number) => numbers.includes(number)));
}

/** One text is asked about by many people's matchers, all with the same options. */
const PHONES = new WeakMap<IdentifierOptions, (text: string) => string[]>();

function phonesIn(view: string, options: IdentifierOptions): string[] {
  const detect =
    PHONES.get(options) ??
    rememberingLast((text: string) =>
      detectIdentifiers(text, options).flatMap(({ kind, value }) => (kind === 'phone' ? [value] : [])),
    );
  PHONES.set(options, detect);
  return detect(view);
}

/** A word of a text as names are compared. */
export interface Word {
  readonly forms: readonly string[];
  readonly cyrillic: boolean;
}

const ADDRESS = /[\p{L}\p{N}\p{M}._%+-]+@[\p{L}\p{N}\p{M}.-]+/gu;
const APOSTROPHES = /['\u2018\u2019\u02bc`\u00b4]/g;

/** An e-mail address is an identifier of its own: the name in a namesake's address is not the name in a text. */
function wordsOf(view: string): readonly Word[] {
  const known = WORDS.get(view);
  if (known !== undefined) return known;
  const words = lettersOf(view.replace(ADDRESS, ' ').replace(/<[^<>]{0,200}>/g, ' ')).map(foldedWord);
  wordsLength += view.length;
  if (wordsLength > MOST_LENGTH) {
    WORDS.clear();
    wordsLength = view.length;
  }
  WORDS.set(view, words);
  return words;
}

/** The words that may be a name, among them all that the exact check compares. */
export function wordsIn(view: string): string[] {
  const words = lettersOf(view);
  // Once its address is taken out, a name that only an apostrophe parts from it stands alone.
  return view.includes('@') && view.search(APOSTROPHES) !== -1
    ? [...words, ...lettersOf(view.replace(ADDRESS, ' '))]
    : words;
}

/** The words of a text, whatever it is written in; one letter is none. */
function lettersOf(text: string): string[] {
  return (text.replace(APOSTROPHES, '').match(/[\p{L}\p{M}]+/gu) ?? []).filter((word) => word.length > 1);
}

/** Folding a word takes some microseconds, and texts repeat their words. */
const FOLDED = new Map<string, Word>();
const MOST_FOLDED = 20_000;
/** Many people's matchers are asked about one text. */
const WORDS = new Map<string, readonly Word[]>();
/** In characters of texts; the words take some times their space. */
const MOST_LENGTH = 1_000_000;
let wordsLength = 0;

export function foldedWord(word: string): Word {
  const known = FOLDED.get(word);
  if (known !== undefined) return known;
  if (FOLDED.size >= MOST_FOLDED) FOLDED.clear();
  const folded = { forms: foldName(word), cyrillic: /\p{Script=Cyrillic}/u.test(word) };
  FOLDED.set(word, folded);
  return folded;
}

function meets({ forms, cyrillic }: Word, name: NameNeedle, part: 'given' | 'family'): boolean {
  return name[part].some((own) => forms.some((form) => isForm(own, form, cyrillic)));
}

function holdsName(view: string, names: readonly NameNeedle[]): boolean {
  const words = wordsOf(view);
  return names.some((name) => {
    const last = { given: Number.NEGATIVE_INFINITY, family: Number.NEGATIVE_INFINITY };
    return words.some((word, at) => {
      // One word may be a form of both parts (Kārlis Kārliņš has none, Ādams Ādams has): it counts as one of them.
      const family = meets(word, name, 'family');
      const given = meets(word, name, 'given');
      const near = (family && at - last.given <= NEAR) || (given && at - last.family <= NEAR);
      if (family) last.family = at;
      if (given) last.given = at;
      return near;
    });
  });
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
