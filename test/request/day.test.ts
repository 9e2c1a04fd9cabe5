import { afterEach, describe, expect, it, vi } from 'vitest';
import { addDays, addMonths, daysBetween, minuteOf, readDay, todayIn } from '../../src/request/day.js';

afterEach(() => vi.unstubAllEnvs());

describe('today', () => {
  it.each([
    ['2026-02-28T21:59:59.999Z', '2026-02-28'],
    ['2026-02-28T22:00:00.000Z', '2026-03-01'],
    ['2026-06-30T20:59:59.999Z', '2026-06-30'],
    ['2026-06-30T21:00:00.000Z', '2026-07-01'],
    ['2025-12-31T22:00:00.000Z', '2026-01-01'],
    // The clocks go forward at 01:00 UTC on 29 March.
    ['2026-03-28T22:00:00.000Z', '2026-03-29'],
    ['2026-03-29T20:59:59.999Z', '2026-03-29'],
    ['2026-03-29T21:00:00.000Z', '2026-03-30'],
  ])('in Riga at %s is %s', (instant, day) => {
    vi.stubEnv('GDPR_NOW', instant);
    expect(todayIn('Europe/Riga')).toBe(day);
  });

  it('is told on the clock that was asked for', () => {
    expect(minuteOf('2026-06-30T21:00:12.345678Z', 'Europe/Riga')).toBe('2026-07-01 00:00');
    expect(minuteOf('2026-06-30T21:00:12.345678Z', 'UTC')).toBe('2026-06-30 21:00');
  });
});

describe('a typed day', () => {
  it('is a date of the calendar, or today', () => {
    expect(readDay('--received', ' 2024-02-29 ', '2026-03-01')).toBe('2024-02-29');
    expect(readDay('--received', 'today', '2026-03-01')).toBe('2026-03-01');
  });

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-1',
    '01.03.2026',
    '2026-03-01T00:00',
    '',
    'anna@pasts.example',
    '20260301',
  ])('is not %j, which is not repeated', (text) => {
    const read = () => readDay('--received', text, '2026-03-01');
    expect(read).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID', message: '--received is not a date' }));
  });
});

describe('reckoning with days', () => {
  it.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-12-31', 2, '2027-02-28'],
    ['2026-10-31', -120, '2016-10-31'],
    ['2024-02-29', -120, '2014-02-28'],
    ['2026-03-31', -1, '2026-02-28'],
  ])('%s and %i months is %s', (day, months, result) => {
    expect(addMonths(day, months)).toBe(result);
  });

  it('is not disturbed by summer time', () => {
    expect(addDays('2026-03-28', 2)).toBe('2026-03-30');
    expect(daysBetween('2026-03-28', '2026-10-26')).toBe(212);
  });
});
