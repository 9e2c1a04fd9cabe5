import type { Text } from './page-model.js';

const NBSP = '\u00a0';
const MINUS = '\u2212';
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * An amount with at least two decimals and as many as its value has: `12.5` → `12,50` and `12.50`, `0.125` keeps
 * three. Never rounded. Undefined when it is no plain decimal number.
 */
export function moneyText(value: string): Text | undefined {
  const match = DECIMAL.exec(value);
  if (match === null) return undefined;
  const [, sign, whole = '', decimals = ''] = match;
  const fraction = decimals.replace(/0+$/, '').padEnd(2, '0');
  const minus = sign === '-' ? MINUS : '';
  return {
    lv: `${minus}${grouped(whole, NBSP)},${fraction}`,
    en: `${minus}${grouped(whole, ',')}.${fraction}`,
  };
}

/** A number, digit for digit: it may be a code, so it is not grouped. Undefined when it is no plain decimal number. */
export function numberText(value: string): Text | undefined {
  const match = DECIMAL.exec(value);
  if (match === null) return undefined;
  const [, sign, whole = '', decimals] = match;
  const minus = sign === '-' ? MINUS : '';
  if (decimals === undefined) return { lv: minus + whole, en: minus + whole };
  return { lv: `${minus}${whole},${decimals}`, en: `${minus}${whole}.${decimals}` };
}

/** PostgreSQL's `t`/`f` or `true`/`false` in words; undefined for anything else. */
export function booleanText(value: string): Text | undefined {
  if (value === 't' || value === 'true') return { lv: 'jā', en: 'yes' };
  if (value === 'f' || value === 'false') return { lv: 'nē', en: 'no' };
  return undefined;
}

function grouped(digits: string, separator: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, separator);
}

/** The forms of a noun after a number: Latvian has one for 0, 10–20 and other tens, one for 1, 21…, one for the rest. */
export interface Noun {
  readonly lv: { readonly zero: string; readonly one: string; readonly other: string };
  readonly en: { readonly one: string; readonly other: string };
}

/** A whole number with its noun: `21 ieraksts`, `21 records`. */
export function counted(count: number, noun: Noun): Text {
  return {
    lv: `${grouped(String(count), NBSP)}${NBSP}${noun.lv[latvianPlural(count)]}`,
    en: `${grouped(String(count), ',')}${NBSP}${count === 1 ? noun.en.one : noun.en.other}`,
  };
}

/** Unicode CLDR's plural rule for Latvian whole numbers. */
function latvianPlural(count: number): 'zero' | 'one' | 'other' {
  const tens = count % 100;
  if (count % 10 === 0 || (tens >= 11 && tens <= 19)) return 'zero';
  return count % 10 === 1 ? 'one' : 'other';
}

const PERIOD_NOUNS: readonly Noun[] = [
  { lv: { zero: 'gadu', one: 'gads', other: 'gadi' }, en: { one: 'year', other: 'years' } },
  { lv: { zero: 'mēnešu', one: 'mēnesis', other: 'mēneši' }, en: { one: 'month', other: 'months' } },
  { lv: { zero: 'nedēļu', one: 'nedēļa', other: 'nedēļas' }, en: { one: 'week', other: 'weeks' } },
  { lv: { zero: 'dienu', one: 'diena', other: 'dienas' }, en: { one: 'day', other: 'days' } },
];

/** An ISO 8601 period in words: `P1Y6M` → `1 gads un 6 mēneši`. A text that is none is given back as it is. */
export function periodText(period: string): Text {
  const match = /^P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/.exec(period);
  if (match === null) return { lv: period, en: period };
  const parts = PERIOD_NOUNS.flatMap((noun, index) => {
    const count = Number(match[index + 1] ?? 0);
    return count === 0 ? [] : [counted(count, noun)];
  });
  if (parts.length === 0) return { lv: 'uzreiz', en: 'at once' };
  return listText(parts);
}

/** `a, b un c` · `a, b and c`. */
export function listText(items: readonly Text[]): Text {
  const join = (texts: readonly string[], and: string) =>
    texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} ${and} ${texts.at(-1)}`;
  return {
    lv: join(
      items.map((item) => item.lv),
      'un',
    ),
    en: join(
      items.map((item) => item.en),
      'and',
    ),
  };
}

/** A country's name from its ISO 3166-1 code; a text that is no known code is given back as it is. */
export function countryText(country: string): Text {
  if (!/^[A-Z]{2}$/.test(country)) return { lv: country, en: country };
  const name = (language: string) => new Intl.DisplayNames([language], { type: 'region' }).of(country) ?? country;
  return { lv: name('lv'), en: name('en') };
}

/** A place in the Regulation: `15(1)(a)` → `15. panta 1. punkta a) apakšpunkts` · `Article 15(1)(a)`. */
export function articleText(article: string): Text {
  const match = /^(\d+)(?:\((\d+)\))?(?:\(([a-z])\))?$/.exec(article);
  if (match === null) return { lv: article, en: article };
  const [, number, paragraph, point] = match;
  const en = `Article${NBSP}${article}`;
  if (paragraph === undefined) return { lv: `${number}.${NBSP}pants`, en };
  if (point === undefined) return { lv: `${number}.${NBSP}panta ${paragraph}.${NBSP}punkts`, en };
  return { lv: `${number}.${NBSP}panta ${paragraph}.${NBSP}punkta ${point})${NBSP}apakšpunkts`, en };
}
