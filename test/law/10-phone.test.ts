import { describe, expect, it } from 'vitest';
import { same } from '../../src/identity/kinds.js';
import { shop } from './shop.js';

const s = shop();

describe('10 phones', () => {
  it.each(['+37121234567', '0037121234567', '00371 2123-4567', '371 21234567', '2123 4567'])(
    '10 takes %s for the same phone',
    (phone) => {
      expect(same('phone', phone, '+371 21234567')).toBe(true);
    },
  );

  it('10 finds a person by the same number in another spelling', async () => {
    expect((await s.find({ phone: '00371 2123-4567' })).map(({ id }) => id)).toEqual(['shop.customers:1']);
  });

  it('10 finds by today’s number what was stored with seven digits before 2008, and the other way round', async () => {
    expect(same('phone', '7123456', '+371 67123456')).toBe(true);
    await s.rows(
      `INSERT INTO shop."Import Log 2019" VALUES (900, now(), NULL, 'sena@pasts.example', '7345678', 'Sena Kliente', '{}')`,
    );
    for (const phone of ['+371 67345678', '7345678']) {
      expect((await s.find({ phone })).map(({ traits }) => traits.get('email'))).toEqual([['sena@pasts.example']]);
    }
  });

  it('10 keeps other countries’ numbers apart', () => {
    expect(same('phone', '+372 21234567', '+371 21234567')).toBe(false);
    expect(same('phone', '+371 21234568', '+371 21234567')).toBe(false);
  });
});
