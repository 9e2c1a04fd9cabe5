import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortHmac } from '../../src/keys/short-hmac.js';

describe('the beginning of a keyed code', () => {
  const whole = (key: Uint8Array, value: string) =>
    createHmac('sha256', key).update(value, 'utf8').digest().readUIntBE(0, 6);

  it('is that of HMAC-SHA256, whatever the key and the text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { minLength: 1, maxLength: 5 }),
        (key, values) => {
          const codeOf = shortHmac(key);
          expect(values.map(codeOf)).toEqual(values.map((value) => whole(key, value)));
        },
      ),
    );
  });

  it('is right for a text of every length around a block', () => {
    const key = randomBytes(32);
    const codeOf = shortHmac(key);
    const texts = Array.from({ length: 130 }, (_, length) => 'x'.repeat(length));
    expect(texts.map(codeOf)).toEqual(texts.map((text) => whole(key, text)));
  });
});
