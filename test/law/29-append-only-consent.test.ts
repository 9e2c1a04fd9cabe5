import { beforeAll, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { appendEvents } from '../../src/consent/append.js';
import type { ConsentEvent } from '../../src/consent/event.js';
import { listConsent } from '../../src/consent/list.js';
import { type ConsentSaid, recordConsent } from '../../src/consent/record.js';
import { addressHasher } from '../../src/customer/suppression/suppress.js';
import { isSuppressed } from '../../src/customer/suppression/suppressed.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const PETR = { email: 'petr.ivanov@pasts.example' };
const GIVEN = { what: 'given', channels: ['email'], mechanism: 'web-form', wording: 'newsletter-lv' } as const;

const say = (said: Omit<ConsentSaid, 'query'>) => recordConsent(s.context, { query: PETR, ...said }, nobodyToAsk);
const stateAt = async (at?: string) => {
  const asked = { query: PETR, channels: ['email'], states: [], at } as const;
  return (await listConsent(s.context, asked, nobodyToAsk)).rows[0]?.state;
};

describe('29 events in the order in which they were said', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await prepareMarketing(s.context);
    await s.rows(
      "UPDATE shop.customers SET newsletter_opt_in = false, newsletter_opt_in_at = NULL WHERE email = 'petr.ivanov@pasts.example'",
    );
    await s.rows("DELETE FROM shop.newsletter_subscriptions WHERE lower(email) = 'petr.ivanov@pasts.example'");
  }, 60_000);

  it('29 lets no late-imported old yes beat a newer withdrawal', async () => {
    await say({ ...GIVEN, at: '2026-01-10' });
    const { subject } = await say({ what: 'withdrawn', channels: [], mechanism: 'phone', at: '2026-02-10' });
    expect(await stateAt()).toBe('withdrawn');
    const imported: ConsentEvent = {
      subject,
      purpose: 'marketing',
      channel: 'email',
      what: 'given',
      at: '2026-02-01T00:00:00.000000Z',
      mechanism: 'web-form',
      wording: 'newsletter-lv',
      evidence: null,
      guardian: null,
      source: 'import',
    };
    const [row] = await s.rows<{ operation: string }>('SELECT max(operation) AS operation FROM gdpr.consent_event');
    const who = { operation: row?.operation ?? '', operator: 'tester' };
    await s.context.database.transaction('read committed', (session) => appendEvents(session, who, [imported]));
    expect(await stateAt()).toBe('withdrawn');
    const everybody = await listConsent(s.context, { query: {}, channels: ['email'], states: [] }, nobodyToAsk);
    expect(everybody.rows.find((each) => each.subject === subject)?.state).toBe('withdrawn');
    expect([await stateAt('2026-01-09'), await stateAt('2026-01-10'), await stateAt('2026-02-10')]).toEqual([
      undefined,
      'given',
      'withdrawn',
    ]);
  });

  it('29 makes taking back no harder than giving', async () => {
    const words = (said: object) => Object.values(said).filter((value) => value !== undefined).length;
    const withdrawal = { what: 'withdrawn', channels: [], mechanism: 'email', at: '2026-06-01' } as const;
    expect(words(withdrawal)).toBeLessThan(words({ ...GIVEN, at: withdrawal.at }));
    const { channels } = await say(withdrawal);
    expect(channels.map(({ channel, state }) => [channel, state])).toEqual(
      ['email', 'sms', 'phone', 'post'].map((channel) => [channel, 'withdrawn']),
    );
  });

  it('29 lets a no of a day beat a yes of the same day', async () => {
    await say({ what: 'withdrawn', channels: [], mechanism: 'paper', at: '2026-07-05' });
    await say({ ...GIVEN, at: '2026-07-05T15:00' });
    expect(await stateAt('2026-07-05')).toBe('withdrawn');
  });

  it('29 ends an objection by a later yes of the person alone, and the suppression with it', async () => {
    const suppressedNow = async (liftedBy?: string) => {
      const address = { kind: 'email', value: PETR.email, liftedBy } as const;
      const [answer] = await s.context.database.transaction('read committed', (session) =>
        isSuppressed(session, [addressHasher(s.context.keys)], [address], 'email'),
      );
      return answer;
    };
    const objected = await say({ what: 'objected', channels: [], mechanism: 'phone', at: '2026-08-01' });
    expect(objected.suppressed).toBeGreaterThan(0);
    expect(await s.rows('SELECT purpose FROM gdpr.objection')).toEqual([{ purpose: 'marketing' }]);
    expect([await stateAt(), await suppressedNow()]).toEqual(['objected', true]);
    const again = await say({ ...GIVEN, at: '2026-09-01' });
    expect(again.channels).toEqual([{ channel: 'email', new: true, state: 'given' }]);
    expect(await suppressedNow(again.at)).toBe(false);
    expect((await say({ ...GIVEN, at: '2026-09-01' })).channels).toEqual([
      { channel: 'email', new: false, state: 'given' },
    ]);
    const old = await say({ what: 'objected', channels: ['sms'], mechanism: 'phone', at: '2026-08-15' });
    expect(old.channels).toEqual([{ channel: 'sms', new: true, state: 'objected' }]);
    expect(await stateAt()).toBe('given');
  });
});
