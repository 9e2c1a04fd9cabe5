import { russianStems, stemsOfRussianForm } from '../../identity/declension.js';
import { ROW_END } from './automaton.js';
import { foldedWord, wordsIn } from './match.js';
import type { CompiledNeedles, NameWord } from './needles.js';
import { KEY_DIGITS } from './pattern.js';
import { viewsOf } from './views.js';

/** Of an address: at most so many characters before the sign, the sign, and the beginning of the domain. */
const BEFORE_AT = 8;
const AFTER_AT = 3;
/** Of a code: its end. */
const CODE_END = 10;
/** Readings of words that are remembered; texts repeat their words. */
const MOST_WORDS = 200_000;

type People = readonly number[];
type Index<Key> = Map<Key, number[]>;

/** Of whom something may be in texts. */
export interface MetInTexts {
  /** The texts that may hold a value of them. */
  readonly values: ReadonlyMap<number, ReadonlySet<string>>;
  readonly names: ReadonlySet<number>;
  /** The texts with a word of anybody's name; in no other is a name or a part of one. */
  readonly named: ReadonlySet<string>;
}

/** A word of a text as parts of names. */
interface Parts {
  readonly given: readonly number[];
  readonly family: readonly number[];
}
const NO_PARTS: Parts = { given: [], family: [] };

/** Of whom a text may hold a value, and of which names its words are parts, by their numbers. */
interface Read {
  readonly values: ReadonlySet<number>;
  readonly given: ReadonlySet<number>;
  readonly family: ReadonlySet<number>;
}
const NOTHING: Read = { values: new Set(), given: new Set(), family: new Set() };
/** Of names, addresses and numbers many rows hold the same. */
const LONGEST_KNOWN = 60;
const MOST_TEXTS = 50_000;

/**
 * Looks texts up in the needles of many people at once: what it costs depends on the texts, not on how many people there
 * are. It answers with everybody of whom a text may hold something; the exact check is of these.
 */
export class Crowd {
  /** By so many last digits, as a number: all numbers of a country that is known here have seven. */
  readonly #digits = new Map<number, Index<number>>();
  /** By how many characters before the sign and after it. */
  readonly #emails = new Map<
    string,
    { readonly before: number; readonly after: number; readonly index: Index<string> }
  >();
  readonly #codes = new Map<number, Index<string>>();
  /** Whether a code ends with a character, by its number. */
  readonly #codeEnds = new Uint8Array(0x10000);
  readonly #ids: Index<string> = new Map();
  readonly #idStarts = new Set<string>();
  readonly #idKey: RegExp | undefined;
  readonly #given = new Words();
  readonly #family = new Words();
  /** Who has a family name together with a given name, by the numbers of both. */
  readonly #names = new Map<string, number[]>();
  readonly #parts = new Map<string, Parts>();
  readonly #readings = new Map<string, Read>();

  /** `idKeys` are the last parts of JSON keys under which ids stand. */
  constructor(people: readonly CompiledNeedles[], idKeys: readonly string[]) {
    for (const [person, { phones, kods, emails, codes, ids, names }] of people.entries()) {
      for (const digits of [...phones.map(({ national }) => national), ...kods]) this.#addDigits(digits, person);
      for (const email of emails) this.#addEmail(email, person);
      for (const code of codes) {
        const end = code.toLowerCase().slice(-CODE_END);
        this.#codeEnds[end.charCodeAt(end.length - 1)] = 1;
        add(ofLength(this.#codes, end.length), end, person);
      }
      for (const { key } of ids) {
        const id = (key[0] ?? '').toLowerCase();
        const [start] = id.match(RUN) ?? [];
        if (start !== undefined) this.#idStarts.add(start);
        add(this.#ids, id, person);
      }
      for (const { given, family } of names) {
        const givens = given.map((word) => this.#given.add(word));
        for (const one of family.map((word) => this.#family.add(word)))
          for (const other of givens) add(this.#names, `${one} ${other}`, person);
      }
    }
    // A list with what follows it up to the next key; or one value, which may be that key: {"customer": {"id": 17}}.
    if (this.#idStarts.size > 0 && idKeys.length > 0) {
      const list = '\\s*(\\[[^\\]]*)(?=([^:]*))';
      const one = '(?=[^\\p{L}\\p{N}]*([\\p{L}\\p{N}]+))';
      this.#idKey = new RegExp(`(?:${idKeys.join('|')})"\\s*:(?:${list}|${one})`, 'gu');
    }
  }

  get isEmpty(): boolean {
    return [this.#digits, this.#emails, this.#codes, this.#ids, this.#names].every(({ size }) => size === 0);
  }

  /**
   * Calls `met` with the number of each row that may hold something of somebody, and answers how many rows there are.
   * `text` is rows in UTF-8, an end between two of them.
   */
  rows(text: Buffer, met: (row: number) => void): number {
    const rows = text.toString('utf8').split(String.fromCharCode(ROW_END));
    for (const [number, row] of rows.entries()) if (this.#mayHold(row)) met(number);
    return rows.length;
  }

  /** Of whom which texts may hold a value, and everybody of whom all of them together may hold a name. */
  in(texts: Iterable<string>): MetInTexts {
    const values = new Map<number, Set<string>>();
    const names = new Set<number>();
    const named = new Set<string>();
    const given = new Set<number>();
    const family = new Set<number>();
    for (const text of texts) {
      const read = this.#read(text);
      for (const person of read.values) values.set(person, (values.get(person) ?? new Set()).add(text));
      if (read.given.size + read.family.size > 0) named.add(text);
      for (const part of read.given) given.add(part);
      for (const part of read.family) family.add(part);
    }
    for (const found of this.#named(given, family)) for (const person of found) names.add(person);
    return { values, names, named };
  }

  /** Everybody of whom one of the texts may hold something other than a name or an id. */
  valuesIn(texts: Iterable<string>): Set<number> {
    const people = new Set<number>();
    for (const text of texts) for (const person of this.#read(text).values) people.add(person);
    return people;
  }

  #read(text: string): Read {
    const known = this.#readings.get(text);
    if (known !== undefined) return known;
    const read = { values: new Set<number>(), given: new Set<number>(), family: new Set<number>() };
    for (const view of viewsOf(text)) {
      for (const found of this.#values(view, loweredView(view))) for (const person of found) read.values.add(person);
      this.#words(view, read.given, read.family);
    }
    if (text.length > LONGEST_KNOWN) return read;
    const reading = read.values.size + read.given.size + read.family.size === 0 ? NOTHING : read;
    if (this.#readings.size >= MOST_TEXTS) this.#readings.clear();
    this.#readings.set(text, reading);
    return reading;
  }

  /** Whose row has this id, whatever the table. */
  withId(id: string): People {
    return this.#ids.get(id.toLowerCase()) ?? [];
  }

  /** What stands in a JSON text behind a backslash is only known when the text is taken apart. */
  #mayHold(row: string): boolean {
    if (row.includes('\\')) return true;
    const given = new Set<number>();
    const family = new Set<number>();
    for (const view of viewsOf(row)) {
      const lower = loweredView(view);
      for (const _ of this.#values(view, lower)) return true;
      if (this.#idKey !== undefined && view.includes('"'))
        for (const [, list = '', after = '', one = ''] of lower.matchAll(this.#idKey))
          for (const [start] of `${list}${after} ${one}`.matchAll(RUNS)) if (this.#idStarts.has(start)) return true;
      this.#words(view, given, family);
    }
    for (const _ of this.#named(given, family)) return true;
    return false;
  }

  /** Addresses, numbers and codes; `lower` is the view as addresses and codes are compared. */
  *#values(view: string, lower: string): Generator<People> {
    yield* this.#numbers(lower);
    if (lower.length !== view.length || NOT_ASCII.test(view)) yield* this.#numbers(view);
    for (let at = lower.indexOf('@'); at !== -1; at = lower.indexOf('@', at + 1)) {
      for (const { before, after, index } of this.#emails.values()) {
        const people = index.get(lower.slice(Math.max(0, at - before), at + 1 + after));
        if (people !== undefined) yield people;
      }
    }
    if (this.#codes.size > 0) yield* this.#ends(lower);
  }

  *#numbers(text: string): Generator<People> {
    for (const [length, index] of this.#digits) {
      const most = 10 ** length;
      let value = 0;
      let count = 0;
      for (let i = 0; i < text.length; i += 1) {
        const digit = text.charCodeAt(i) - 48;
        if (digit < 0 || digit > 9) continue;
        value = (value * 10 + digit) % most;
        count += 1;
        const people = count < length ? undefined : index.get(value);
        if (people !== undefined) yield people;
      }
    }
  }

  *#ends(lower: string): Generator<People> {
    const text = /\s/.test(lower) ? lower.replace(/\s+/gu, '') : lower;
    for (let i = 1; i <= text.length; i += 1) {
      if (this.#codeEnds[text.charCodeAt(i - 1)] === 0) continue;
      for (const [length, index] of this.#codes) {
        const people = i < length ? undefined : index.get(text.slice(i - length, i));
        if (people !== undefined) yield people;
      }
    }
  }

  #words(view: string, given: Set<number>, family: Set<number>): void {
    if (this.#names.size === 0) return;
    for (const word of wordsIn(view)) {
      const parts = this.#partsOf(word);
      for (const part of parts.given) given.add(part);
      for (const part of parts.family) family.add(part);
    }
  }

  *#named(given: ReadonlySet<number>, family: ReadonlySet<number>): Generator<People> {
    for (const one of family) {
      for (const other of given) {
        const people = this.#names.get(`${one} ${other}`);
        if (people !== undefined) yield people;
      }
    }
  }

  #partsOf(found: string): Parts {
    const known = this.#parts.get(found);
    if (known !== undefined) return known;
    // What is remembered of a text must not hold the whole of it in memory, as a part of it does.
    const word = Buffer.from(found).toString();
    if (this.#parts.size >= MOST_WORDS) this.#parts.clear();
    const { forms, cyrillic } = foldedWord(word);
    const given = this.#given.of(forms, cyrillic);
    const family = this.#family.of(forms, cyrillic);
    const parts = given.length + family.length === 0 ? NO_PARTS : { given, family };
    this.#parts.set(word, parts);
    return parts;
  }

  #addDigits(digits: string, person: number): void {
    const end = digits.slice(-KEY_DIGITS);
    add(ofLength(this.#digits, end.length), Number(end), person);
  }

  #addEmail(email: string, person: number): void {
    const at = email.lastIndexOf('@');
    const before = Math.min(at, BEFORE_AT);
    const after = Math.min(email.length - at - 1, AFTER_AT);
    const part = this.#emails.get(`${before} ${after}`) ?? { before, after, index: new Map<string, number[]>() };
    this.#emails.set(`${before} ${after}`, part);
    add(part.index, email.slice(at - before, at + 1 + after), person);
  }
}

/** The distinct words of names, each with a number. */
class Words {
  readonly #numbers = new Map<string, number>();
  readonly #byForm: Index<string> = new Map();
  readonly #byRussianStem: Index<string> = new Map();

  add({ word, forms }: NameWord): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(word, number);
    for (const form of forms) add(this.#byForm, form, number);
    for (const stem of russianStems(word)) add(this.#byRussianStem, stem, number);
    return number;
  }

  /** The words of which a word of a text, in its folded forms, is one in some case. */
  of(forms: readonly string[], cyrillic: boolean): number[] {
    const found = new Set(forms.flatMap((form) => this.#byForm.get(form) ?? []));
    const stems = cyrillic ? forms.flatMap(stemsOfRussianForm) : [];
    for (const stem of stems) for (const number of this.#byRussianStem.get(stem) ?? []) found.add(number);
    return [...found];
  }
}

const RUN = /[\p{L}\p{N}]+/u;
const RUNS = /[\p{L}\p{N}]+/gu;
const NOT_ASCII = /[^\x00-\x7f]/;

function loweredView(view: string): string {
  const lower = view.toLowerCase();
  return NOT_ASCII.test(lower) ? lower.normalize('NFKC') : lower;
}

function ofLength<Key>(indexes: Map<number, Index<Key>>, length: number): Index<Key> {
  const index = indexes.get(length) ?? new Map<Key, number[]>();
  indexes.set(length, index);
  return index;
}

function add<Key>(index: Index<Key>, key: Key, value: number): void {
  const list = index.get(key);
  if (list === undefined) index.set(key, [value]);
  else if (list.at(-1) !== value) list.push(value);
}
