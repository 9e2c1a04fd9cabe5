import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { objectCustomer } from '../../src/customer/object.js';
import type { Address } from '../../src/customer/suppression/addresses.js';
import { type AddressHasher, addressHasher, type Channel, suppress } from '../../src/customer/suppression/suppress.js';
import { isSuppressed, type Wanted } from '../../src/customer/suppression/suppressed.js';
import { runOperation } from '../../src/operation/operation.js';
import { settle } from '../../src/request/settle.js';
import { shop } from '../law/shop.js';
import { erasePerson } from './erase/support.js';
import { nobodyToAsk } from './support/export.js';

const s = shop();
const ANNA: Address = { kind: 'email', value: 'anna.berzina@pasts.example' };
const PETR = { email: 'petr.ivanov@pasts.example' };

function ask(addresses: readonly Wanted[], channel: Channel, hashers?: readonly AddressHasher[]): Promise<boolean[]> {
  return s.context.database.transaction('read committed', (session) =>
    isSuppressed(session, hashers ?? [addressHasher(s.context.keys)], addresses, channel),
  );
}

/** Suppresses as an operation does, under any key. */
function enter(address: Address, channel: Channel, hasher = addressHasher(s.context.keys)): Promise<unknown> {
  const keys = { hmacVersion: hasher.version, hmac: () => hasher.hmac(address) };
  return runOperation(s.context, { action: 'customer object', subjects: [] }, (operation) =>
    settle(s.context, operation, async (session) => {
      const why = { operation: operation.id, source: 'complaint', channel } as const;
      await suppress(session, keys, why, [{ ...address, subject: null }]);
      return { result: {}, traces: {} };
    }),
  );
}

describe('suppression', { timeout: 120_000 }, () => {
  it('of an objection to marketing is for every way of sending and for no profile', async () => {
    const other: Address = { kind: 'email', value: 'somebody.else@pasts.example' };
    expect(await ask([ANNA, other], 'email')).toEqual([false, false]);
    await objectCustomer(s.context, { query: { email: ANNA.value }, to: 'marketing' }, nobodyToAsk);
    const phone: Address = { kind: 'phone', value: '+37121234567' };
    for (const channel of ['email', 'sms', 'phone', 'post'] as const)
      expect([channel, await ask([other, ANNA, phone], channel)]).toEqual([channel, [false, true, true]]);
    expect(await ask([ANNA, phone], 'insight')).toEqual([false, false]);
    await objectCustomer(s.context, { query: { email: ANNA.value }, to: 'insight' }, nobodyToAsk);
    expect(await ask([ANNA, phone, other], 'insight')).toEqual([true, true, false]);
    // A phone is not an e-mail, whatever its digits.
    expect(await ask([{ kind: 'email', value: phone.value }], 'sms')).toEqual([false]);
  });

  it('yields to a consent that came later, to the microsecond, and to nothing earlier', async () => {
    const address: Address = { kind: 'email', value: 'later.consent@pasts.example' };
    await enter(address, 'email');
    const [row] = await s.rows<{ at: string; after: string; before: string }>(
      `SELECT suppressed_at::text AS at, (suppressed_at + interval '1 microsecond')::text AS after,
         (suppressed_at - interval '1 microsecond')::text AS before
       FROM gdpr.suppression WHERE source = 'complaint' ORDER BY suppressed_at DESC LIMIT 1`,
    );
    const lifted = [row?.before, row?.at, row?.after].map((liftedBy) => ({ ...address, liftedBy }));
    expect(await ask(lifted, 'email')).toEqual([true, true, false]);
    await enter(address, 'email');
    expect(await ask(lifted, 'email')).toEqual([true, true, true]);
    expect(await ask([address], 'sms')).toEqual([false]);
  });

  it('is left by an erasure, under codes alone', async () => {
    await erasePerson(s.context, PETR);
    expect(await ask([{ kind: 'email', value: PETR.email }], 'email')).toEqual([true]);
    const rows = await s.rows<{ text: string }>(
      "SELECT row_to_json(s)::text AS text FROM gdpr.suppression s WHERE source = 'erasure'",
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ text }) => /petr|ivanov|@|\+371/i.test(text))).toEqual([]);
    const removal = s.context.database.transaction('read committed', (session) =>
      session.run('DELETE FROM gdpr.suppression'),
    );
    await expect(removal).rejects.toThrow();
    expect(await ask([{ kind: 'email', value: PETR.email }], 'email')).toEqual([true]);
  });

  it('outlives a change of the secret, and refuses to answer without the old one', async () => {
    const older: AddressHasher = {
      version: 'hmac-0',
      hmac: ({ kind, value }) =>
        createHmac('sha256', 'an older secret').update(`${kind}\n${value}`).digest('base64url'),
    };
    const address: Address = { kind: 'email', value: 'under.the.old.key@pasts.example' };
    await enter(address, 'email', older);
    const both = [addressHasher(s.context.keys), older];
    expect(await ask([address, ANNA], 'email', both)).toEqual([true, true]);
    expect(await ask([{ kind: 'email', value: 'nobody@pasts.example' }], 'email', both)).toEqual([false]);
    await expect(ask([ANNA], 'email')).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('answers for many addresses at once', async () => {
    const many = Array.from({ length: 2000 }, (_, i): Address => ({ kind: 'email', value: `many.${i}@pasts.example` }));
    const hasher = { version: 'hmac-0', hmac: () => 'none' };
    const answers = await ask([...many, ANNA], 'email', [addressHasher(s.context.keys), hasher]);
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(answers.at(-1)).toBe(true);
  });
});
