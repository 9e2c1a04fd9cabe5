import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readToken, type TokenKeys, tokenMaker, type Unsubscription } from '../../src/marketing/token.js';

function keysOf(secret: string, versions = ['hmac-1']): TokenKeys {
  const [newest = ''] = versions;
  return {
    hmacVersion: newest,
    hmacVersions: versions,
    hmac: (domain, value, version = newest) =>
      createHmac('sha256', `${secret} ${version} ${domain}`).update(value).digest('base64url'),
  };
}

const KEYS = keysOf('one');
const STANDS_FOR: Unsubscription = {
  list: '20260301-abcdefghijklmnop',
  channel: 'email',
  purpose: 'marketing',
  source: 'accounts',
  key: ['42', 'ā"\n\u202e'],
  address: { hmac: 'x'.repeat(43), version: 'hmac-1' },
};

describe('an unsubscribe token', () => {
  it('gives back what it was made for, and tells nothing of it', () => {
    const token = tokenMaker(KEYS)(STANDS_FOR);
    expect(readToken(KEYS, token)).toEqual(STANDS_FOR);
    expect(token).toMatch(/^[A-Za-z0-9_-]{50,400}$/);
    const seen = Buffer.from(token, 'base64url').toString('latin1');
    for (const part of ['42', 'accounts', 'marketing', STANDS_FOR.list, STANDS_FOR.address.hmac])
      expect(seen).not.toContain(part);
  });

  it('is another one each time, however many are made: no nonce serves twice', () => {
    const make = tokenMaker(KEYS);
    const tokens = Array.from({ length: 1100 }, () => make(STANDS_FOR));
    const nonces = tokens.map((token) => Buffer.from(token, 'base64url').subarray(8, 20).toString('hex'));
    expect(new Set(nonces).size).toBe(tokens.length);
    expect(readToken(KEYS, tokens.at(-1) ?? '')).toEqual(STANDS_FOR);
  });

  it('is another one of another maker', () => {
    expect(tokenMaker(KEYS)(STANDS_FOR)).not.toBe(tokenMaker(KEYS)(STANDS_FOR));
  });

  it('is refused when any of its bytes was changed', () => {
    const bytes = Buffer.from(tokenMaker(KEYS)(STANDS_FOR), 'base64url');
    const accepted = [...bytes.keys()].filter((i) => {
      const forged = Buffer.from(bytes);
      forged[i] = (forged[i] ?? 0) ^ 1;
      return readToken(KEYS, forged.toString('base64url')) !== undefined;
    });
    expect(accepted).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['another alphabet', 'ab+/=='],
    ['a short text', 'AQ'],
    ['a cut one', tokenMaker(KEYS)(STANDS_FOR).slice(0, -4)],
    ['one of another installation', tokenMaker(keysOf('two'))(STANDS_FOR)],
    ['one of a secret that is not here', tokenMaker(keysOf('one', ['hmac-9']))(STANDS_FOR)],
    ['an endless text', 'A'.repeat(100_000)],
  ])('is not read from %s', (_, text) => {
    expect(readToken(KEYS, text)).toBeUndefined();
  });

  it('is read after the secret was rotated', () => {
    const rotated = keysOf('one', ['hmac-2', 'hmac-1']);
    expect(readToken(rotated, tokenMaker(KEYS)(STANDS_FOR))).toEqual(STANDS_FOR);
    expect(readToken(KEYS, tokenMaker(rotated)(STANDS_FOR))).toBeUndefined();
  });
});
