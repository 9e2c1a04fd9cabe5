import { afterEach, describe, expect, it, vi } from 'vitest';
import { placeHold } from '../../src/customer/hold/place.js';
import { releaseHold } from '../../src/customer/hold/release.js';
import { runRetention } from '../../src/retention/run.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { agreed } from '../retention/agreed.js';
import { shop } from './shop.js';

const s = shop();
const PETR = { email: 'petr.ivanov@pasts.example' };
const CASE = { reference: 'KPL 191/2026-7', authority: 'Valsts policija' };
const place = (until: string) =>
  placeHold(s.context, { target: { scope: 'person', query: PETR }, ...CASE, until }, nobodyToAsk);
afterEach(() => vi.unstubAllEnvs());

describe('25 legal hold', { timeout: 120_000 }, () => {
  it('25 has an end: none is placed without one', async () => {
    const args = [
      'hold',
      'place',
      '--row',
      'shop.orders:1',
      '--reference',
      'C 1',
      '--authority',
      'Rigas tiesa',
      '--json',
    ];
    const ran = await gdpr(args, { cwd: s.workspace.root, environment: s.workspace.environment });
    expect([ran.code, jsonErrorOf(ran)]).toEqual([2, expect.objectContaining({ message: 'missing: --until' })]);
    await expect(place('')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const endless = s.rows("INSERT INTO gdpr.hold (id, scope, subjects) VALUES ('hold-aaaaaaaaaa', 'rows', '{}')");
    await expect(endless).rejects.toThrow();
  });

  it('25 is not passed over: thirty days and thirty more, then the data may go', async () => {
    vi.stubEnv('GDPR_NOW', '2026-03-01T10:00:00Z');
    await place('2026-03-31');
    vi.stubEnv('GDPR_NOW', '2026-03-31T20:59:00Z');
    await expect(erasePerson(s.context, PETR)).rejects.toMatchObject({ code: 'REFUSED' });
    await place('2026-04-30');
    vi.stubEnv('GDPR_NOW', '2026-04-30T20:30:00Z');
    await expect(erasePerson(s.context, PETR)).rejects.toMatchObject({ code: 'REFUSED' });
    // Half past midnight in Riga, still the day before in Greenwich.
    vi.stubEnv('GDPR_NOW', '2026-04-30T21:30:00Z');
    expect((await erasePerson(s.context, PETR)).residue.clean).toBe(true);
  });

  it('25 is heeded by the nightly purge: the order stays with what belongs to it, everything else that is due goes', async () => {
    vi.stubEnv('GDPR_NOW', '2026-11-23T01:00:00Z');
    const context = { ...s.context, config: { ...s.context.config, retention: { maxShare: 100 } } };
    await agreed(context);
    // What a guest ordered under the e-mail of an account keeps that account, whose clock has not run out.
    const alone = 'NOT EXISTS (SELECT FROM shop.customers c WHERE lower(c.email) = lower(guest_email))';
    const [order] = await s.rows<{ id: number; number: string }>(
      `SELECT o.id, o.order_number AS number FROM shop.orders o JOIN shop.shipments p ON p.order_id = o.id
       WHERE o.guest_name IS NOT NULL AND o.completed_at < '2023-01-01' AND o.status = 'completed' AND ${alone} ORDER BY o.id LIMIT 1`,
    );
    const held = () =>
      s.rows(
        'SELECT o::text AS row, (SELECT string_agg(p::text, chr(10) ORDER BY p::text) FROM shop.shipments p WHERE p.order_id = o.id) AS shipments FROM shop.orders o WHERE id = $1',
        [order?.id],
      );
    const due = () =>
      s.rows<{ rows: string }>(
        `SELECT count(*)::text AS rows FROM shop.orders WHERE completed_at < '2024-11-23' AND guest_name IS NOT NULL AND status = 'completed' AND ${alone}`,
      );
    const before = await held();
    const target = { scope: 'order', number: order?.number ?? '' } as const;
    const { hold } = await placeHold(s.context, { target, ...CASE, until: '2026-12-22' }, nobodyToAsk);
    expect((await runRetention(context, { confirm: {} }, () => {})).rows).toBeGreaterThan(100);
    expect(await held()).toEqual(before);
    expect(await due()).toEqual([{ rows: '1' }]);
    await releaseHold({ ...s.context, operator: 'another' }, hold, 'case closed');
    expect((await runRetention(context, { confirm: {} }, () => {})).rows).toBeGreaterThan(0);
    expect(await due()).toEqual([{ rows: '0' }]);
  });
});
