import { beforeAll, describe, expect, it } from 'vitest';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { recordConsent } from '../../src/consent/record.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { shop } from './shop.js';

const s = shop();
let child = '';

const say = (change: object) =>
  recordConsent(
    s.context,
    {
      query: { id: child },
      what: 'given',
      channels: ['email'],
      mechanism: 'web-form',
      wording: 'account-email-lv',
      at: '2026-03-15T12:00',
      ...change,
    },
    nobodyToAsk,
  );

describe('30 the age of consent', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    await prepareMarketing(s.context);
    const [row] = await s.rows<{ id: string }>(
      "UPDATE shop.customers SET birth_date = '2013-03-16' WHERE id = (SELECT max(id) FROM shop.customers WHERE kind = 'private' AND deleted_at IS NULL) RETURNING id::text AS id",
    );
    child = `shop.customers:${row?.id}`;
  }, 60_000);

  it('30 is thirteen, to the day, at the time of the yes; below it a parent has to agree', async () => {
    await expect(say({})).rejects.toMatchObject({ code: 'REFUSED', exit: 3 });
    expect(await s.rows('SELECT FROM gdpr.consent_event')).toEqual([]);
    expect((await say({ guardian: 'Pilnvara 3/2026' })).channels).toMatchObject([{ state: 'given' }]);
    expect((await say({ at: '2026-03-16T00:00' })).channels).toMatchObject([{ state: 'given' }]);
    await expect(say({ at: '2026-03-15T23:59:59.999999' })).rejects.toMatchObject({ code: 'REFUSED' });
  });

  it('30 is asked of nobody who takes back', async () => {
    expect(
      (await say({ what: 'withdrawn', channels: [], wording: undefined, at: '2026-03-14' })).channels,
    ).toHaveLength(4);
  });

  it('30 says nothing of orders, nor of who told no date of birth', async () => {
    const stated = await s.rows<{ text: string }>(
      "SELECT entry AS text FROM gdpr.audit_entry WHERE result = 'refused' ORDER BY sequence",
    );
    expect(stated).toHaveLength(2);
    expect(stated.map(({ text }) => text).join(' ')).not.toContain('2013');
    await s.rows(`UPDATE shop.customers SET birth_date = NULL WHERE id = ${child.split(':')[1]}`);
    expect((await say({ at: '2026-03-10T12:00' })).channels).toMatchObject([{ new: true }]);
  });
});
