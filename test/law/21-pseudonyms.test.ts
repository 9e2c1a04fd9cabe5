import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { erasePerson } from '../customer/erase/support.js';
import { shop } from './shop.js';

const s = shop();
const EMAIL = 'janis.ozols@pasts.example';

describe('21 what stands in place of erased data', { timeout: 120_000 }, () => {
  it('21 is no plain hash of the e-mail, and not the same in two places', async () => {
    const [account] = await s.rows<{ id: string; email: string }>(
      `SELECT id, email::text AS email FROM shop.customers c
       WHERE kind = 'private' AND EXISTS (SELECT FROM shop.newsletter_subscriptions n WHERE n.email = c.email)
       ORDER BY id LIMIT 1 OFFSET 5`,
    );
    const { id, email } = account ?? { id: '', email: EMAIL };
    await erasePerson(s.context, { email });
    const [after] = await s.rows<{ text: string; email: string }>(
      'SELECT c::text AS text, email::text AS email FROM shop.customers c WHERE id = $1',
      [id],
    );
    expect(after?.email).toMatch(/@erased\.invalid$/);
    const everything = (
      await s.rows<{ text: string }>(
        `SELECT string_agg(t::text, E'\\n') AS text FROM (SELECT o::text AS t FROM shop.orders o
           UNION ALL SELECT c::text FROM shop.customers c UNION ALL SELECT n::text FROM shop.newsletter_subscriptions n) t`,
      )
    )[0]?.text;
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512']) {
      for (const form of [email, email.toLowerCase(), email.toUpperCase()]) {
        const digest = createHash(algorithm).update(form);
        const hex = digest.copy().digest('hex');
        for (const text of [
          hex.slice(0, 16),
          digest.copy().digest('base64url').slice(0, 12),
          digest.digest('base64').slice(0, 12),
        ])
          expect(everything).not.toContain(text);
      }
    }
    const local = after?.email.split('@')[0] ?? '';
    expect((everything ?? '').split(local).length - 1).toBe(1);
  });
});
