import { describe, expect, it } from 'vitest';
import { occurring, readable } from '../customer/support/leaks.js';
import { shop } from './shop.js';

const s = shop();

describe('08 companies', () => {
  it("08 does not hide the person in a company's order: she is found and given it", async () => {
    for (const query of [{ email: 'ilze.kalnina@lasitava.example' }, { phone: '21345678' }]) {
      expect((await s.find(query)).map(({ id }) => id)).toEqual(['shop.contact_persons:1']);
    }
    const { archive } = await s.export({ email: 'ilze.kalnina@lasitava.example' });
    expect(archive.rows('shop.contact_persons')).toMatchObject([{ name: 'Ilze Kalniņa', mobile: '+371 21345678' }]);
    expect(archive.rows('shop.orders').map((row) => row.order_number)).toEqual(['RB-2023-000011', 'RB-2026-000012']);
  });

  it("08 keeps her name and mobile out of the company's own export", async () => {
    const { archive } = await s.export({ email: 'gramatvediba@lasitava.example' });
    expect(archive.rows('shop.customers')).toMatchObject([{ company_name: 'SIA "Lasītava"' }]);
    expect(
      occurring(readable(archive), ['Ilze Kalniņa', 'ilze.kalnina@lasitava.example', '21345678', '2134 5678']),
    ).toEqual([]);
  });
});
