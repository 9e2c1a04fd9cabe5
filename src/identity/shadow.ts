import { asciiDigits } from './text.js';

/** Stands for a character without a shape, and fills up characters of two UTF-16 units. */
export const IGNORED = '\u200b';

/**
 * The text with digits, spaces, dashes and full-width characters in ASCII, each in its place: the same length, so
 * that a position here is a position there.
 */
export function shadowOf(text: string): string {
  const shadows = new Map<string, string>();
  // Replacing what is not ASCII takes a third of the time and a sixth of the memory of building the text anew.
  return text.replace(/\P{ASCII}/gu, (char) => {
    const known = shadows.get(char);
    if (known !== undefined) return known;
    const shadow = shadowCharacter(char).padEnd(char.length, IGNORED);
    shadows.set(char, shadow);
    return shadow;
  });
}

function shadowCharacter(char: string): string {
  if (/^\p{Nd}$/u.test(char)) return asciiDigits(char.normalize('NFKC'));
  if (/^(?:\p{Cf}|[\ufe00-\ufe0f])$/u.test(char)) return IGNORED;
  if (/^[\p{Pd}\u2212]$/u.test(char)) return '-';
  if (/^\p{Zs}$/u.test(char)) return ' ';
  const plain = char.normalize('NFKC');
  return plain.length === 1 && plain <= '\x7f' ? plain : char;
}
