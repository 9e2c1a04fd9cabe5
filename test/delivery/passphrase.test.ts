import { describe, expect, it } from 'vitest';
import { newPassphrase, PASSPHRASE_DIGITS, passphraseDigits } from '../../src/delivery/passphrase.js';

describe('a new passphrase', () => {
  const made = Array.from({ length: 2000 }, newPassphrase);

  it('is six groups of four digits, each time others: 77 bits or more', () => {
    for (const passphrase of made) expect(passphrase).toMatch(/^\d{4}( \d{4}){5}$/);
    expect(new Set(made).size).toBe(made.length);
    expect(Math.log2(10 ** PASSPHRASE_DIGITS)).toBeGreaterThan(77);
  });

  it('holds every digit at every place about as often', () => {
    const places = Array.from({ length: PASSPHRASE_DIGITS }, () => new Array<number>(10).fill(0));
    for (const passphrase of made) {
      [...passphraseDigits(passphrase)].forEach((digit, place) => {
        const counts = places[place] ?? [];
        counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1;
      });
    }
    // 200 expected, standard deviation 13: a fair digit strays further than this once in some 10⁹ tests.
    const all = places.flat();
    expect(Math.min(...all)).toBeGreaterThan(100);
    expect(Math.max(...all)).toBeLessThan(300);
  });
});

describe('a typed passphrase', () => {
  it.each([
    '1234 5678 9012',
    '1234-5678-9012',
    '123456789012',
    ' 1234–5678\u00a09012\n',
    'Kods: 1234.5678.9012',
    '１２３４ 5678 9012',
  ])('is the same as %j', (typed) => {
    expect(passphraseDigits(typed)).toBe('123456789012');
  });
});
