import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { bookshopFile } from '../../examples/bookshop/generate.js';
import { prepareMarketing } from '../../examples/bookshop/marketing.js';
import { addWording } from '../../src/consent/add-wording.js';
import { consentHistory } from '../../src/consent/history.js';
import { listConsent } from '../../src/consent/list.js';
import { proveConsent } from '../../src/consent/proof.js';
import { recordConsent } from '../../src/consent/record.js';
import { unzip } from '../customer/support/archive.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { pageText, shop } from './shop.js';

const s = shop();
const ANNA = { email: 'anna.berzina@pasts.example' };
const NEW_TEXT = 'Jā, rakstiet man par grāmatām!\nNē – lūdzu, ne.';

describe('28 proof of consent', { timeout: 60_000 }, () => {
  beforeAll(() => prepareMarketing(s.context), 60_000);

  it('28 takes no yes without the wording that was shown then', async () => {
    const said = { query: ANNA, what: 'given', channels: ['email'], mechanism: 'web-form' } as const;
    const code = (change: object) =>
      recordConsent(s.context, { ...said, ...change }, nobodyToAsk).then(
        () => 'recorded',
        (error: { code?: string }) => error.code,
      );
    expect(await code({})).toBe('USAGE');
    expect(await code({ wording: 'nothing-like-it' })).toBe('NOT_FOUND');
    expect(await code({ wording: 'newsletter-lv', at: '2018-04-30T23:59:59' })).toBe('INPUT_INVALID');
    expect(await code({ wording: 'account-sms-lv' })).toBe('INPUT_INVALID');
    expect(await code({ wording: 'checkout-lv' })).toBe('INPUT_INVALID');
    expect(await code({ wording: 'newsletter-lv', at: '2999-01-01' })).toBe('INPUT_INVALID');
    expect(await s.rows('SELECT FROM gdpr.consent_event')).toEqual([]);
  });

  it('28 says who, when, on which channel, how, for what, the text verbatim, and the withdrawal', async () => {
    const base = { query: ANNA, channels: ['email'] } as const;
    const given = {
      ...base,
      what: 'given',
      mechanism: 'paper',
      wording: 'newsletter-lv',
      evidence: 'Veidlapa 17',
    } as const;
    await recordConsent(s.context, { ...given, at: '2026-03-02T10:15:30.123456' }, nobodyToAsk);
    await recordConsent(
      s.context,
      { ...base, what: 'withdrawn', mechanism: 'phone', at: '2026-04-01T09:00' },
      nobodyToAsk,
    );
    const proof = await proveConsent(s.context, { query: ANNA }, nobodyToAsk);
    const files = new Map([...(await unzip(proof.archive))].map(([name, bytes]) => [name, bytes.toString('utf8')]));
    const json = JSON.parse(files.get('consent.json') ?? '') as {
      person: { names: string[]; addresses: string[] };
      events: Record<string, unknown>[];
    };
    expect(json.person.addresses).toContain(ANNA.email);
    expect(json.events).toContainEqual(
      expect.objectContaining({
        what: 'given',
        at: '2026-03-02T08:15:30.123456Z',
        channel: 'email',
        purpose: 'marketing',
        mechanism: 'paper',
        wording: 'newsletter-lv',
        evidence: 'Veidlapa 17',
      }),
    );
    expect(json.events.at(-1)).toMatchObject({
      what: 'withdrawn',
      at: '2026-04-01T06:00:00.000000Z',
      before: 'given',
      after: 'withdrawn',
    });
    const shown = (await readFile(bookshopFile('wordings/newsletter-lv.txt'), 'utf8')).replace(/\n$/, '');
    expect(files.get('wordings/newsletter-lv.txt')).toBe(shown);
    const [registered] = await s.rows<{ sha256: string }>("SELECT sha256 FROM gdpr.wording WHERE id = 'newsletter-lv'");
    expect(registered?.sha256).toBe(createHash('sha256').update(shown).digest('hex'));
    const page = pageText(files.get('consent-lv.html') ?? '');
    for (const text of [
      'Anna Bērziņa',
      ANNA.email,
      '2026. gada 2. marts, 10:15',
      'uz papīra',
      'Veidlapa 17',
      'atsauca piekrišanu',
      registered?.sha256 ?? '',
    ])
      expect(page).toContain(text);
    expect(page.replaceAll(/\s+/g, ' ')).toContain(shown.replaceAll(/\s+/g, ' '));
    expect(pageText(files.get('consent-en.html') ?? '')).toContain('withdrew the agreement');
  });

  it('28 keeps the old text as it was when the question changes', async () => {
    const added = { kind: 'consent', channels: ['email'], language: 'lv', doubleOptIn: false } as const;
    const text = new TextEncoder().encode(`\uFEFF${NEW_TEXT}\n`);
    await addWording(s.context, {
      ...added,
      id: 'newsletter-lv-2',
      text,
      from: '2026-05-01',
      replaces: 'newsletter-lv',
    });
    expect(await s.rows("SELECT text FROM gdpr.wording WHERE id = 'newsletter-lv-2'")).toEqual([{ text: NEW_TEXT }]);
    const late = { query: ANNA, what: 'given', channels: ['email'], mechanism: 'web-form', at: '2026-05-02' } as const;
    await expect(recordConsent(s.context, { ...late, wording: 'newsletter-lv' }, nobodyToAsk)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    const { channels } = await recordConsent(s.context, { ...late, wording: 'newsletter-lv-2' }, nobodyToAsk);
    expect(channels).toEqual([{ channel: 'email', new: true, state: 'given' }]);
    await expect(
      addWording(s.context, { ...added, id: 'newsletter-lv', text: new TextEncoder().encode('x'), from: '2026-06-01' }),
    ).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('28 counts a yes of the shop’s boolean column only with a time and a registered wording', async () => {
    await s.rows(
      "UPDATE shop.customers SET newsletter_opt_in_at = '2017-01-01' WHERE id = (SELECT min(id) FROM shop.customers WHERE newsletter_opt_in AND id > 20)",
    );
    const [who] = await s.rows<{ id: string }>(
      'SELECT min(id)::text AS id FROM shop.customers WHERE newsletter_opt_in AND id > 20',
    );
    const { standings } = await consentHistory(s.context, { id: `shop.customers:${who?.id}` }, nobodyToAsk);
    expect(standings).toContainEqual(
      expect.objectContaining({ channel: 'email', state: 'unproven', source: 'shop', wording: null }),
    );
    const listed = await listConsent(s.context, { query: {}, channels: ['email'], states: ['unproven'] }, nobodyToAsk);
    expect(listed.total).toBeGreaterThan(10);
    expect(listed.rows.every(({ wording, source }) => wording === null && source === 'shop')).toBe(true);
  });
});
