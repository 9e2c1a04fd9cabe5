import { afterEach, describe, expect, it, vi } from 'vitest';
import { restrictCustomer } from '../../src/customer/restrict/restrict.js';
import { restrictionsOf } from '../../src/customer/restrict/restriction.js';
import { liftRestriction } from '../../src/customer/restrict/unrestrict.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const ANNA = { email: 'anna.berzina@pasts.example' };
const PETR = { email: 'petr.ivanov@pasts.example' };
afterEach(() => vi.unstubAllEnvs());

/** Whom a mailing to these people would leave out. */
async function leftOut(subjects: readonly string[]): Promise<string[]> {
  const found = await s.context.database.transaction('read committed', (session) => restrictionsOf(session, subjects));
  return subjects.filter((subject) => found.has(subject));
}

describe('18 restriction', { timeout: 60_000 }, () => {
  it('18 is met by whoever asks for many people at once, and names whom to tell', async () => {
    const [anna, petr] = [...(await s.find(ANNA)), ...(await s.find(PETR))].map(({ subject }) => subject);
    const both = [anna ?? '', petr ?? ''];
    expect(await leftOut(both)).toEqual([]);
    const { notify } = await restrictCustomer(s.context, { query: ANNA, ground: '18(1)(a)' }, nobodyToAsk);
    expect(await leftOut(both)).toEqual([anna]);
    expect(notify).toContainEqual({
      recipient: 'mail-service',
      name: 'SIA "Vēstuļnesis"',
      role: 'processor',
      agreement: 'Datu apstrādes līgums VN-2022/19',
    });
  });

  it('18 is not lifted before the person was told', async () => {
    const [anna] = (await s.find(ANNA)).map(({ subject }) => subject);
    const lift = (informed: string) => liftRestriction(s.context, { query: ANNA, informed }, nobodyToAsk);
    await expect(lift('2020-01-01')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(lift('')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await leftOut([anna ?? ''])).toEqual([anna]);
    const unsaid = s.context.database.transaction('read committed', (session) =>
      session.run('UPDATE gdpr.restriction SET lifted_at = now()'),
    );
    await expect(unsaid).rejects.toThrow();
    await lift('today');
    expect(await leftOut([anna ?? ''])).toEqual([]);
  });
});
