import { describe, expect, it } from 'vitest';
import { dayOf } from '../../src/request/day.js';
import { deadlineOf } from '../../src/request/deadline.js';
import { holidaysOf } from '../../src/request/holidays.js';

const holidays = await holidaysOf('LV');
const due = (received: string) => deadlineOf({ received, pausedDays: 0, extended: false }, holidays).due;

describe('01 one month', () => {
  it.each([
    ['2026-01-31', '2026-03-02', 'the last day of a shorter month, a Saturday'],
    ['2026-03-05', '2026-04-07', 'Easter'],
    ['2026-05-23', '2026-06-25', 'midsummer'],
    ['2026-11-24', '2026-12-28', 'Christmas and a weekend'],
    ['2026-05-22', '2026-06-22', 'a working day'],
    ['2024-01-31', '2024-02-29', 'a leap year'],
    ['2026-12-01', '2027-01-04', 'New Year and a weekend'],
  ])('01 ends what came on %s on %s: %s', (received, expected) => {
    expect(due(received)).toBe(expected);
  });

  it('01 is neither thirty days nor an overflow into the month after', () => {
    expect(due('2026-03-23')).toBe('2026-04-23');
    expect(due('2026-10-31')).toBe('2026-11-30');
  });

  it('01 reckons days on the calendar of Riga', () => {
    expect(dayOf(new Date('2026-03-04T22:30:00Z'), 'Europe/Riga')).toBe('2026-03-05');
    expect(dayOf(new Date('2026-07-04T21:30:00Z'), 'Europe/Riga')).toBe('2026-07-05');
  });
});
