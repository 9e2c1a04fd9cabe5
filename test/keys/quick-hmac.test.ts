import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quickHmac } from '../../src/keys/quick-hmac.js';

describe('a keyed code and its beginning', () => {
  const both = (key: Uint8Array, value: string) => {
    const code = createHmac('sha256', key).update(value, 'utf8').digest();
    return [code.readUIntBE(0, 6), code.toString('base64url')];
  };

  it('are those of HMAC-SHA256, whatever the key and the text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { minLength: 1, maxLength: 5 }),
        (key, values) => {
          const { short, whole } = quickHmac(key);
          expect(values.map((value) => [short(value), whole(value)])).toEqual(values.map((value) => both(key, value)));
        },
      ),
    );
  });

  it('are right for a text of every length around a block', () => {
    const key = randomBytes(32);
    const { short, whole } = quickHmac(key);
    const texts = Array.from({ length: 130 }, (_, length) => 'x'.repeat(length));
    expect(texts.map((text) => [short(text), whole(text)])).toEqual(texts.map((text) => both(key, text)));
  });
});
