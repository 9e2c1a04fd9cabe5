import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { objectCustomer } from '../../src/customer/object.js';
import { addressHasher, addressHashers } from '../../src/customer/suppression/suppress.js';
import { isSuppressed } from '../../src/customer/suppression/suppressed.js';
import { rotateKeys } from '../../src/operation/rotate-keys.js';
import { leaksIn } from '../commands/needles.js';
import { erasePerson } from '../customer/erase/support.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const ANNA = { email: 'anna.berzina@pasts.example' };
const ADDRESS = { kind: 'email', value: ANNA.email } as const;

const rows = () =>
  s.rows<{ text: string; source: string }>('SELECT row_to_json(s)::text AS text, source FROM gdpr.suppression s');

describe('23 suppression list', { timeout: 120_000 }, () => {
  it('23 is not wiped by an erasure, and holds code, channel, date and source, never the address', async () => {
    await objectCustomer(s.context, { query: ANNA, to: 'marketing' }, nobodyToAsk);
    const before = await rows();
    await erasePerson(s.context, ANNA);
    const after = await rows();
    expect(before.filter(({ text }) => !after.some((row) => row.text === text))).toEqual([]);
    expect(new Set(after.map(({ source }) => source))).toEqual(new Set(['objection', 'erasure']));
    expect(after.flatMap(({ text }) => leaksIn(text))).toEqual([]);
    for (const { text } of after)
      expect(JSON.parse(text)).toMatchObject({
        hmac: expect.stringMatching(/^[\w-]{43}$/),
        channel: 'all',
        suppressed_at: expect.stringMatching(/^20\d\d-/),
      });
  });

  it('23 is not orphaned by key rotation: the codes of the old secret count, and without it nothing may be sent', async () => {
    const to = join(s.workspace.root, 'rotated.age');
    await rotateKeys(s.workspace.surroundings, { to, passphrase: 'five random words for the copy' });
    const context = await s.workspace.context();
    try {
      const { keys, database } = context;
      expect(keys.hmacVersion).toBe('hmac-2');
      const ask = (hashers: Parameters<typeof isSuppressed>[1]) =>
        database.transaction('read committed', (session) => isSuppressed(session, hashers, [ADDRESS], 'email'));
      expect(await ask(addressHashers(keys))).toEqual([true]);
      await expect(ask([addressHasher(keys)])).rejects.toMatchObject({ code: 'KEY_MISSING' });
    } finally {
      await context.database.close();
    }
  });
});
