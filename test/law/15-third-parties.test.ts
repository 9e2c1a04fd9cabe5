import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportPrepared, prepareExport } from '../../src/customer/export-customer.js';
import { readReview } from '../../src/customer/review/read.js';
import { writeReview } from '../../src/customer/review/review.js';
import { readArchive } from '../customer/support/archive.js';
import { type Exported, nobodyToAsk } from '../customer/support/export.js';
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

  it('15 gives a text that somebody read as it was decided, and withholds it as long as nobody did', async () => {
    const prepared = await prepareExport(s.context, { email: 'anna.berzina@pasts.example' }, nobodyToAsk);
    const path = join(s.workspace.root, 'texts.yaml');
    await writeReview(s.context, prepared, { verified: 'account login' }, path);
    const body = async () => {
      const review = await readReview(path, { person: prepared.match.subject, plan: prepared.plan.digest });
      const options = { verified: 'account login', language: 'lv' as const, review };
      const { archive } = await exportPrepared(s.context, prepared, options, () => {});
      return (await readArchive(archive)).rows('shop.support_messages').find(({ id }) => id === '1')?.body;
    };
    expect(await body()).toEqual({ withheld: 'free-text' });
    const undecided = await readFile(path, 'utf8');
    await writeFile(path, undecided.replace('decision: undecided\ncover: []', 'decision: redact\ncover: [Jānim]'));
    expect(await body()).toContain('zvaniet vīram ████, ████, vai rakstiet uz ████, jo');
    await expect(writeReview(s.context, prepared, { verified: 'account login' }, path)).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });
});
