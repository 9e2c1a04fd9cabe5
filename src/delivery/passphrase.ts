import { randomInt } from 'node:crypto';

const GROUPS = 6;
const DIGITS_PER_GROUP = 4;

/** How many digits a passphrase has. */
export const PASSPHRASE_DIGITS = GROUPS * DIGITS_PER_GROUP;

/**
 * A new passphrase: 24 random decimal digits (79.7 bits) in groups of four. Digits, because they are the one alphabet
 * that Latvian and English name alike, that no keypad lacks, and of which none looks like another.
 */
export function newPassphrase(): string {
  const group = () => String(randomInt(10 ** DIGITS_PER_GROUP)).padStart(DIGITS_PER_GROUP, '0');
  return Array.from({ length: GROUPS }, group).join(' ');
}

/** The digits of a passphrase as it was typed, which is what the key is made of; spaces and hyphens do not matter. */
export function passphraseDigits(typed: string): string {
  return typed.normalize('NFKC').replace(/[^0-9]/g, '');
}
