import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacCode, shortHmac } from '../../src/keys/short-hmac.js';

describe.each([
  {
    what: 'a keyed code',
    codes: hmacCode as (key: Uint8Array) => (value: string) => unknown,
    of: (digest: Buffer): unknown => digest.toString('base64url'),
  },
  { what: 'the beginning of a keyed code', codes: shortHmac, of: (digest: Buffer) => digest.readUIntBE(0, 6) },
])('$what', ({ codes, of }) => {
  const whole = (key: Uint8Array, value: string) => of(createHmac('sha256', key).update(value, 'utf8').digest());

  it('is that of HMAC-SHA256, whatever the key and the text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 80 }), { minLength: 1, maxLength: 5 }),
        (key, values) => {
          const codeOf = codes(key);
          expect(values.map(codeOf)).toEqual(values.map((value) => whole(key, value)));
        },
      ),
    );
  });

  it('is right for a text of every length around a block', () => {
    const key = randomBytes(32);
    const codeOf = codes(key);
    const texts = Array.from({ length: 130 }, (_, length) => 'x'.repeat(length));
    expect(texts.map(codeOf)).toEqual(texts.map((text) => whole(key, text)));
  });
});
