import { beforeAll, describe, expect, it } from 'vitest';
import type { Exported } from '../customer/support/export.js';
import { occurring, readable } from '../customer/support/leaks.js';
import { shop } from './shop.js';

const s = shop();
let anna: Exported;
beforeAll(async () => {
  anna = await s.export({ email: 'anna.berzina@pasts.example' });
});

describe('15 other people in one person’s rows', () => {
  it('15 covers them and lists each place with its reason, instead of refusing', () => {
    const { withheld } = anna.archive.manifest;
    expect(anna.archive.rows('shop.gift_recipients').length).toBeGreaterThan(0);
    expect(withheld).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ table: 'shop.gift_recipients', column: 'email', reason: 'third-party' }),
        expect.objectContaining({ table: 'shop.payments', column: 'cardholder_name', reason: 'third-party', rows: 1 }),
        expect.objectContaining({ table: 'shop.support_messages', column: 'body', reason: 'free-text', rows: 1 }),
      ]),
    );
  });

  it('15 does not expose the recipient of a gift, the holder of a card, or whom a message names', () => {
    const text = readable(anna.archive);
    expect(occurring(text, ['anna.berzina@pasts.example'])).toHaveLength(1);
    expect(occurring(text, ['janis.berzins@pasts.example', '21555123', 'Jānis Bērziņš', 'Ganību dambis'])).toEqual([]);
  });

  it('15 does not give a relative’s data to whoever shares the phone', async () => {
    const both = await s.find({ phone: '67123456' });
    expect(both.map(({ id }) => id).sort()).toEqual(['shop.customers:1', 'shop.customers:3']);
    expect(both[0]?.subject).not.toBe(both[1]?.subject);
    const janis = await s.export({ id: '3', phone: '67123456' });
    expect(occurring(readable(janis.archive), ['anna.berzina@', '21234567', '2123-4567', '120385'])).toEqual([]);
  });
});
