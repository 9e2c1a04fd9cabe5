import { asciiDigits } from './text.js';

/** Stands for a character without a shape, and fills up characters of two UTF-16 units. */
export const IGNORED = '\u200b';

/**
 * The text with digits, spaces, dashes and full-width characters in ASCII, each in its place: the same length, so
 * that a position here is a position there.
 */
export function shadowOf(text: string): string {
  let out = '';
  for (const char of text) out += shadowCharacter(char).padEnd(char.length, IGNORED);
  return out;
}

function shadowCharacter(char: string): string {
  if (char >= '\x00' && char <= '\x7f') return char;
  if (/^\p{Nd}$/u.test(char)) return asciiDigits(char.normalize('NFKC'));
  if (/^(?:\p{Cf}|[\ufe00-\ufe0f])$/u.test(char)) return IGNORED;
  if (/^[\p{Pd}\u2212]$/u.test(char)) return '-';
  if (/^\p{Zs}$/u.test(char)) return ' ';
  const plain = char.normalize('NFKC');
  return plain.length === 1 && plain <= '\x7f' ? plain : char;
}
