import { describe, expect, it } from 'vitest';
import { prepareExport } from '../../src/customer/export-customer.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
const ids = async (query: Parameters<typeof s.find>[0]) => (await s.find(query)).map(({ id }) => id);

describe('07 search', () => {
  it('07 never takes a name alone for a person, be it one that many bear or only one', async () => {
    expect((await ids({ name: 'Anna Berzina' })).length).toBeGreaterThan(1);
    expect(await ids({ name: 'ilze kalnina' })).toHaveLength(1);
    for (const name of ['Anna Bērziņa', 'ilze kalnina']) {
      await expect(prepareExport(s.context, { name }, nobodyToAsk)).rejects.toMatchObject({ code: 'SEVERAL', exit: 4 });
    }
  });

  it('07 lets a person decide where an identifier is ambiguous, showing only masked candidates', async () => {
    // Anna and Jānis share a landline.
    const shown: string[] = [];
    const prepared = await prepareExport(s.context, { phone: '67123456' }, async (candidates) => {
      shown.push(JSON.stringify(candidates));
      return candidates.findIndex(({ id }) => id === 'shop.customers:3');
    });
    expect(prepared.match.id).toBe('shop.customers:3');
    expect(JSON.parse(shown[0] ?? '')).toHaveLength(2);
    expect(shown[0]).not.toMatch(/Bērziņ|pasts\.example|67123456/);
  });

  it.each([
    ['a folded name beside an e-mail in capitals', { name: 'BERZINA anna', email: 'ANNA.BERZINA@PASTS.EXAMPLE' }],
    ['a phone with another prefix', { phone: '00371 2123 4567' }],
    ['an order number in small letters', { order: 'rb-2014-000001' }],
    ['a personal code without its hyphen', { personasKods: '12038511234' }],
  ])('07 finds the one person by %s', async (_, query) => {
    expect(await ids(query)).toEqual(['shop.customers:1']);
  });

  it('07 finds orders that were placed without an account', async () => {
    const { archive } = await s.export({ email: 'anna.berzina@pasts.example' });
    expect(archive.rows('shop.orders').map((row) => row.order_number)).toContain('RB-2021-000006');
    expect((await s.find({ email: 'petr.ivanov@pasts.example' }))[0]?.kind.en).toBe('guest');
  });
});
