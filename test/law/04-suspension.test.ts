import { afterEach, describe, expect, it, vi } from 'vitest';
import { desk } from '../request/desk.js';

const d = desk();
const at = (day: string) => vi.stubEnv('GDPR_NOW', `${day}T10:00:00Z`);
afterEach(() => vi.unstubAllEnvs());

describe('04 waiting for identification', () => {
  it('04 does not reset or stop the clock when it is asked for on day 28', async () => {
    at('2026-03-05');
    const { request, due } = await d.open();
    at('2026-04-01');
    const asked = await d.identity(request, { asked: '2026-04-01' });
    expect(asked).toMatchObject({ received: '2026-03-05', due, suspended: false });
    at('2026-04-05');
    expect(await d.identity(request, { answered: '2026-04-05' })).toMatchObject({
      received: '2026-03-05',
      due,
      pausedDays: 0,
    });
  });

  it('04 stops it when it is asked for promptly, and keeps the day of receipt', async () => {
    at('2026-03-05');
    const { request } = await d.open();
    at('2026-03-06');
    await d.identity(request, { asked: '2026-03-06' });
    at('2026-03-16');
    const answered = await d.identity(request, { answered: '2026-03-16' });
    // 5 April and ten days more.
    expect(answered).toMatchObject({ received: '2026-03-05', pausedDays: 10, due: '2026-04-15', suspended: false });
  });
});
