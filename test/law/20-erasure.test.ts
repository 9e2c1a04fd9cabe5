import { describe, expect, it } from 'vitest';
import { erasePerson } from '../customer/erase/support.js';
import { shop } from './shop.js';

const s = shop();
const PETR = { email: 'petr.ivanov@pasts.example' };

const invoices = () =>
  s.rows<{ text: string }>('SELECT i.number || i.net::text || i.vat::text AS text FROM shop.invoices i ORDER BY 1');

describe('20 erasure', { timeout: 120_000 }, () => {
  it('20 deletes no invoice, and keeps no e-mail or phone because there is one', async () => {
    const orders = await s.rows<{ id: string }>('SELECT id FROM shop.orders WHERE lower(guest_email::text) = $1', [
      PETR.email,
    ]);
    const ids = orders.map(({ id }) => id);
    const mine = await s.rows('SELECT 1 AS one FROM shop.invoices WHERE order_id = ANY ($1::bigint[])', [ids]);
    expect(mine.length).toBeGreaterThan(0);
    const before = await invoices();
    const { kept, residue } = await erasePerson(s.context, PETR);
    expect(residue.clean).toBe(true);
    expect(await invoices()).toEqual(before);
    const left = await s.rows<{ email: string | null; phone: string | null }>(
      // An order that is still open, or not paid, needs them; that is another ground than the invoice.
      `SELECT guest_email::text AS email, guest_phone AS phone FROM shop.orders o WHERE id = ANY ($1::bigint[])
         AND NOT EXISTS (SELECT FROM gdpr.kept_row k WHERE k.table_name = 'shop.orders' AND k.source = 'ground'
                           AND k.key::jsonb ->> 0 = o.id::text)`,
      [ids],
    );
    expect(left.length).toBeGreaterThan(0);
    for (const { email, phone } of left) {
      expect(email ?? '').not.toContain('ivanov');
      expect(phone).toBeNull();
    }
    // Each kept field with its ground and the day on which it goes.
    const documents = kept.filter(({ table }) => table === 'shop.invoices');
    expect(documents.length).toBeGreaterThan(0);
    for (const { id, first, last } of documents) {
      expect(id).toBe('source-documents');
      expect([first, last]).toEqual([expect.stringMatching(/^\d{4}-01-01$/), expect.stringMatching(/^\d{4}-01-01$/)]);
    }
  });
});
