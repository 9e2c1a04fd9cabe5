import { describe, expect, it } from 'vitest';
import { pageText, shop } from './shop.js';

const s = shop();

describe('14 a faithful and intelligible copy', () => {
  it('14 gives each value as it is stored, to the microsecond and the cent', async () => {
    const { archive } = await s.export({ email: 'anna.berzina@pasts.example' });
    const stored = await s.rows<Record<string, unknown>>(
      `SELECT order_number, placed_at::text, total::text, customer_note, guest_email::text FROM shop.orders
       WHERE customer_id = 1 OR lower(guest_email) = 'anna.berzina@pasts.example' ORDER BY id`,
    );
    expect(stored.length).toBe(6);
    const given = archive
      .rows('shop.orders')
      .filter((row) => stored.some(({ order_number }) => order_number === row.order_number));
    expect(
      given.map(({ order_number, placed_at, total, customer_note, guest_email }) => ({
        order_number,
        placed_at,
        total,
        customer_note,
        guest_email,
      })),
    ).toEqual(stored);
    expect(stored[0]?.placed_at).toMatch(/\.123456\+/);
  });

  it('14 drops no note of the staff, in the data or on the page', async () => {
    const { archive } = await s.export({ email: 'anna.berzina@pasts.example' });
    const notes = await s.rows<{ body: string }>('SELECT body FROM shop.notes WHERE id IN (1, 2, 3) ORDER BY id');
    expect(archive.rows('shop.notes').map((row) => row.body)).toEqual(notes.map(({ body }) => body));
    const page = pageText(archive.text('index.html'));
    expect(notes.filter(({ body }) => !page.includes(body))).toEqual([]);
  });

  it('14 explains every code: words on the page, their meaning beside the data', async () => {
    const { archive } = await s.export({ email: 'ilze.kalnina@lasitava.example' });
    expect(archive.rows('shop.orders')[0]?.channel).toBe(2);
    expect(archive.tables.get('shop.orders')?.columns.channel).toMatchObject({
      codes: { 2: { lv: 'Pa tālruni', en: 'By telephone' } },
    });
    expect(pageText(archive.text('index.html'))).toContain('Pa tālruni');
  });
});
