import { afterEach, describe, expect, it, vi } from 'vitest';
import { ANNA, desk } from '../request/desk.js';

const d = desk();
const at = (day: string) => vi.stubEnv('GDPR_NOW', `${day}T10:00:00Z`);
afterEach(() => vi.unstubAllEnvs());

describe('05 refusing', () => {
  it('05 does not refuse a second request because it is the second one', async () => {
    at('2026-03-05');
    const first = await d.open({ query: ANNA });
    await d.close(first.request);
    at('2026-03-06');
    const second = await d.open({ query: ANNA });
    expect(second).toMatchObject({ state: 'open', subject: first.subject });
    expect(await d.open({ query: ANNA, again: true })).toMatchObject({ state: 'open' });
  });

  it('05 refuses only by a person who gives the ground, which the log keeps', async () => {
    at('2026-03-05');
    const { request } = await d.open();
    await expect(d.refuse(request, ' ')).rejects.toMatchObject({ exit: 2 });
    const refused = await d.refuse(request, 'Art. 12(5)(b): the same question weekly');
    expect(refused).toMatchObject({ state: 'refused', daysLate: 0 });
    expect(
      await d.rows("SELECT entry::jsonb ->> 'ground' AS ground FROM gdpr.audit_entry WHERE sequence = $1", [
        refused.audit.sequence,
      ]),
    ).toEqual([{ ground: 'Art. 12(5)(b): the same question weekly' }]);
  });

  it('05 tells by how many days a refusal came late', async () => {
    at('2026-03-05');
    const { request } = await d.open();
    at('2026-04-10');
    expect(await d.refuse(request)).toMatchObject({ due: '2026-04-07', daysLate: 3 });
  });
});
