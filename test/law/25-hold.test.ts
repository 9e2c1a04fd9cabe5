import { afterEach, describe, expect, it, vi } from 'vitest';
import { placeHold } from '../../src/customer/hold/place.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf } from '../commands/schemas.js';
import { erasePerson } from '../customer/erase/support.js';
import { nobodyToAsk } from '../customer/support/export.js';
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
});
