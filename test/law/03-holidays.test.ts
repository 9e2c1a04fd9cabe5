import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/request/day.js';
import { deadlineOf } from '../../src/request/deadline.js';
import { holidaysOf } from '../../src/request/holidays.js';

const holidays = await holidaysOf('LV');
const deadline = (received: string) => deadlineOf({ received, pausedDays: 0, extended: false }, holidays);

/** Working days of a year that the law takes off; Mother's Day and Pentecost are Sundays always. */
function offOnWeekdays(year: number): string[] {
  const days = Array.from({ length: 366 }, (_, i) => addDays(`${year}-01-01`, i)).filter((day) =>
    day.startsWith(`${year}`),
  );
  return days.filter((day) => holidays.has(day) && ![0, 6].includes(new Date(day).getUTCDay()));
}

describe('03 holidays', () => {
  it('03 knows those of the law, those that move with Easter, and those of one year', () => {
    expect(offOnWeekdays(2026)).toEqual([
      '2026-01-01',
      '2026-04-03',
      '2026-04-06',
      '2026-05-01',
      '2026-05-04',
      '2026-06-23',
      '2026-06-24',
      '2026-11-18',
      '2026-12-24',
      '2026-12-25',
      '2026-12-31',
    ]);
    expect(holidays.has('2018-09-24')).toBe(true);
    expect(holidays.has('2023-05-29')).toBe(true);
  });

  it('03 moves no deadline by a working day that the Cabinet swapped for offices of the state', () => {
    expect(deadline('2026-05-22').due).toBe('2026-06-22');
  });

  it('03 aims at the earlier day where a day off only stands in for a holiday, and tells the later one', () => {
    // 4 May 2024 is a Saturday, and Monday the 6th is off in its place.
    expect(deadline('2024-04-04')).toEqual({ due: '2024-05-06', latest: '2024-05-07' });
    expect(holidays.isSubstitute('2024-05-06')).toBe(true);
  });
});
