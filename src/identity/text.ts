/**
 * The key of every stored value that SQL cannot fold exactly (other scripts, several numbers in one field …).
 * `searchKeys` always holds it, so that such rows stay candidates and the exact check decides.
 */
export const UNFOLDED = '*';

const IGNORABLE = /\p{Cf}|\u034f|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;
const DIGIT = /\p{Nd}/u;

/**
 * NFKC without characters that have no shape of their own (direction marks, zero-width spaces, soft hyphens,
 * variation selectors). Lone surrogates become U+FFFD, because PostgreSQL cannot hold them.
 */
export function plainText(raw: string): string {
  return raw.toWellFormed().replace(IGNORABLE, '').normalize('NFKC');
}

/** Lower case by Unicode's default mapping (never the locale's), composed again because İ leaves a loose dot. */
export function lowerText(text: string): string {
  return text.toLowerCase().normalize('NFKC');
}

/** Replaces the decimal digits of every script by ASCII digits. */
export function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => (digit >= '0' && digit <= '9' ? digit : digitValue(digit)));
}

/** Unicode keeps the ten digits of a script in one ascending run; runs that touch are multiples of ten long. */
function digitValue(digit: string): string {
  const start = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(start - before - 1))) before += 1;
  return String(before % 10);
}
