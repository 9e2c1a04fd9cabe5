import { afterEach, describe, expect, it, vi } from 'vitest';
import { deadlineOf } from '../../src/request/deadline.js';
import { holidaysOf } from '../../src/request/holidays.js';
import { desk } from '../request/desk.js';

const d = desk();
const at = (day: string) => vi.stubEnv('GDPR_NOW', `${day}T10:00:00Z`);
afterEach(() => vi.unstubAllEnvs());

describe('02 two further months', () => {
  it('02 takes the earlier of the two readings, counted from the day that was not moved', async () => {
    const holidays = await holidaysOf('LV');
    const due = (received: string) => deadlineOf({ received, pausedDays: 0, extended: true }, holidays).due;
    expect(due('2026-01-31')).toBe('2026-04-28');
    // The first month was moved past Easter to 7 April; two months from there would be 8 June.
    expect(due('2026-03-05')).toBe('2026-06-05');
  });

  it('02 extends inside the first month only, and tells by when the person must know', async () => {
    at('2026-03-05');
    const { request } = await d.open();
    at('2026-04-08');
    await expect(d.extend(request)).rejects.toMatchObject({ code: 'REFUSED', exit: 3 });
    at('2026-04-07');
    expect(await d.extend(request)).toMatchObject({ extended: true, due: '2026-06-05', tellBy: '2026-04-07' });
  });

  it('02 demands a reason, and extends once', async () => {
    at('2026-03-05');
    const { request } = await d.open();
    await expect(d.extend(request, '  ')).rejects.toMatchObject({ exit: 2 });
    await d.extend(request, 'orders on paper in an archive');
    await expect(d.extend(request, 'and yet another archive')).rejects.toMatchObject({ code: 'REFUSED' });
  });
});
