import { describe, expect, it } from 'vitest';
import { objectCustomer } from '../../src/customer/object.js';
import { addressHasher, type Channel } from '../../src/customer/suppression/suppress.js';
import { isSuppressed } from '../../src/customer/suppression/suppressed.js';
import { parse } from '../../src/identity/kinds.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const ANNA = { email: 'anna.berzina@pasts.example' };

async function stopped(email: string, channel: Channel): Promise<boolean | undefined> {
  const addresses = parse('email', email).map((value) => ({ kind: 'email', value }) as const);
  const [answer] = await s.context.database.transaction('read committed', (session) =>
    isSuppressed(session, [addressHasher(s.context.keys)], addresses, channel),
  );
  return answer;
}

describe('19 objection', { timeout: 60_000 }, () => {
  it('19 takes effect at once, on every channel, and is passed on to who sends', async () => {
    const { notify } = await objectCustomer(s.context, { query: ANNA, to: 'marketing' }, nobodyToAsk);
    for (const channel of ['email', 'sms', 'phone', 'post'] as const)
      expect([channel, await stopped(ANNA.email, channel)]).toEqual([channel, true]);
    expect(notify.map(({ recipient }) => recipient)).toEqual(expect.arrayContaining(['mail-service', 'sms-service']));
  });

  it('19 includes profiling, which is objected to on its own', async () => {
    expect(await stopped(ANNA.email, 'insight')).toBe(false);
    await objectCustomer(s.context, { query: ANNA, to: 'insight' }, nobodyToAsk);
    expect(await stopped(ANNA.email, 'insight')).toBe(true);
  });

  it('19 meets the address again when a supplier’s list brings it back, under a new row and in another spelling', async () => {
    const [row] = await s.rows<{ email: string }>(
      `INSERT INTO shop.newsletter_subscriptions
       SELECT (jsonb_populate_record(n, '{"email": "ANNA.Berzina@pasts.EXAMPLE"}')).* FROM shop.newsletter_subscriptions n LIMIT 1
       RETURNING email::text AS email`,
    );
    expect(row?.email).toBe('ANNA.Berzina@pasts.EXAMPLE');
    expect(await stopped(row?.email ?? '', 'email')).toBe(true);
    expect(await stopped(' anna.berzina@PASTS.example ', 'email')).toBe(true);
  });
});
