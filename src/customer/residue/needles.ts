import type { RowKey } from '../../datamap/collect-plan.js';
import { caseForms, isRussianForm } from '../../identity/declension.js';
import { type IdentifierOptions, identifiers } from '../../identity/kinds.js';
import { foldName } from '../../identity/name.js';
import { splitNumber } from '../../identity/phone.js';
import { unicodeDomain } from './email-domain.js';

/** What a person is looked for by: values as somebody wrote them, in any spelling. */
export interface Needles {
  readonly emails: readonly string[];
  readonly phones: readonly string[];
  readonly kods: readonly string[];
  /** Full names. A name of one word is not looked for, since it is in too many texts. */
  readonly names: readonly string[];
  /** Order numbers, card numbers and the like. */
  readonly codes: readonly string[];
  /** Rows that are or were the person; their ids are met in id columns and under JSON keys only. */
  readonly ids: readonly RowKey[];
}

export const NEEDLE_KINDS = ['email', 'phone', 'personas-kods', 'name', 'code', 'id'] as const;
export type NeedleKind = (typeof NEEDLE_KINDS)[number];

/** One word of a name, in every case. */
export interface NameWord {
  readonly word: string;
  readonly forms: ReadonlySet<string>;
}

/** A name as its parts: one word of each has to stand near the other. */
export interface NameNeedle {
  readonly given: readonly NameWord[];
  readonly family: readonly NameWord[];
}

export interface PhoneNeedle {
  /** E.164. */
  readonly number: string;
  readonly callingCode: string;
  readonly national: string;
}

/** Needles in normal form. */
export interface CompiledNeedles {
  /** Lower case; an address of another script in both spellings of its domain. */
  readonly emails: readonly string[];
  readonly phones: readonly PhoneNeedle[];
  readonly kods: readonly string[];
  readonly names: readonly NameNeedle[];
  readonly codes: readonly string[];
  readonly ids: readonly RowKey[];
}

export const NO_NEEDLES: Needles = { emails: [], phones: [], kods: [], names: [], codes: [], ids: [] };

/**
 * What cannot be of its kind (a phone field that says "none") falls away.
 * @param words the words of names that were met before: many people share theirs
 */
export function compileNeedles(
  needles: Needles,
  spelling: IdentifierOptions,
  words = new Map<string, NameWord>(),
): CompiledNeedles {
  const forms = (kind: 'email' | 'phone' | 'personas-kods' | 'code', values: readonly string[]) => [
    ...new Set(values.flatMap((value) => identifiers[kind].parse(value, spelling))),
  ];
  return {
    emails: [...new Set(forms('email', needles.emails).flatMap((form) => [form, unicodeDomain(form)]))],
    phones: forms('phone', needles.phones).map((number) => {
      const parts = splitNumber(number);
      return { number, callingCode: parts?.callingCode ?? '', national: parts?.national ?? number.slice(1) };
    }),
    kods: forms('personas-kods', needles.kods),
    names: distinctNames(needles.names.flatMap((name) => nameNeedle(name, words))),
    codes: forms('code', needles.codes).filter((code) => code.length >= SHORTEST_CODE),
    ids: needles.ids.filter(({ key }) => key.length === 1 && key[0] !== ''),
  };
}

/** A shorter code is a number like any other. */
const SHORTEST_CODE = 5;

/** Whether there is anything to search a text for. */
export function isEmpty({ emails, phones, kods, names, codes, ids }: CompiledNeedles): boolean {
  return [emails, phones, kods, names, codes, ids].every((list) => list.length === 0);
}

function distinctNames(names: readonly NameNeedle[]): NameNeedle[] {
  return [...new Map(names.map((name) => [nameText(name), name])).values()];
}

function nameText({ given, family }: NameNeedle): string {
  return [given, family].map((part) => part.map(({ word }) => word).join(' ')).join('|');
}

/** Equal for people who are known by the same names; `names` as they were given. */
export function namesText(needles: CompiledNeedles, names: readonly string[]): string {
  const folded = new Set(names.map((name) => foldName(name).join('|')));
  return JSON.stringify([needles.names.map(nameText).sort(), [...folded].sort()]);
}

/**
 * The family name is what stands before a comma, or else the last word; a double one (Bērziņa-Kalniņa) may be met by
 * either half.
 */
function nameNeedle(raw: string, known: Map<string, NameWord>): NameNeedle[] {
  const comma = raw.indexOf(',');
  const parts = raw.trim().split(/\s+/u);
  const family = comma === -1 ? (parts.at(-1) ?? '') : raw.slice(0, comma);
  const given = comma === -1 ? parts.slice(0, -1).join(' ') : raw.slice(comma + 1);
  const needle = { given: wordsOf(given, known), family: wordsOf(family, known) };
  return needle.given.length === 0 || needle.family.length === 0 ? [] : [needle];
}

/** Each spelling of a Cyrillic word is a word of its own. */
function wordsOf(part: string, known: Map<string, NameWord>): NameWord[] {
  const words = foldName(part).flatMap((form) => form.split(' '));
  return [...new Set(words)]
    .filter((word) => word.length > 1)
    .map((word) => {
      const own = known.get(word) ?? { word, forms: caseForms(word) };
      known.set(word, own);
      return own;
    });
}

/** Whether a folded word of a text is the name's word in some case. */
export function isForm({ word, forms }: NameWord, candidate: string, cyrillic: boolean): boolean {
  return forms.has(candidate) || (cyrillic && isRussianForm(word, candidate));
}
