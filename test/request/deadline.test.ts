import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { addDays, daysBetween, isWeekend } from '../../src/request/day.js';
import { deadlineOf, PROMPT_WORKING_DAYS, promptUntil } from '../../src/request/deadline.js';
import { type Holidays, holidaysOf } from '../../src/request/holidays.js';
import { isHoliday, isSubstitute, slowDeadline, tomorrow } from './slow-deadline.js';

let latvia: Holidays;
beforeAll(async () => {
  latvia = await holidaysOf('LV');
});

const clock = (received: string, extended = false, pausedDays = 0) => ({ received, extended, pausedDays });

describe('the first month', () => {
  it.each([
    ['2026-01-31', '2026-03-02'],
    ['2026-03-05', '2026-04-07'],
    ['2026-05-23', '2026-06-25'],
    ['2026-11-24', '2026-12-28'],
    ['2026-05-22', '2026-06-22'],
    ['2024-01-31', '2024-02-29'],
    ['2026-11-30', '2026-12-30'],
    ['2026-12-31', '2027-02-01'],
  ])('of what came on %s ends on %s', (received, due) => {
    expect(deadlineOf(clock(received), latvia)).toEqual({ due, latest: due });
  });

  it('keeps the earlier day where a day off only stands in for a holiday, and knows the later one', () => {
    expect(deadlineOf(clock('2024-04-04'), latvia)).toEqual({ due: '2024-05-06', latest: '2024-05-07' });
    expect(deadlineOf(clock('2018-06-08'), latvia)).toEqual({ due: '2018-07-09', latest: '2018-07-10' });
  });

  it('passes over days that were holidays once', () => {
    expect(deadlineOf(clock('2018-08-24'), latvia).due).toBe('2018-09-25');
    expect(deadlineOf(clock('2023-04-29'), latvia).due).toBe('2023-05-30');
  });
});

describe('an extension', () => {
  it('takes the earlier reading of "two further months"', () => {
    expect(deadlineOf(clock('2026-01-31', true), latvia).due).toBe('2026-04-28');
    expect(deadlineOf(clock('2026-01-15', true), latvia).due).toBe('2026-04-15');
  });

  it('counts from the day that was not moved', () => {
    // One month ends on Easter Sunday and is moved to Tuesday, 7 April; three months end on Friday, 5 June.
    expect(deadlineOf(clock('2026-03-05', true), latvia).due).toBe('2026-06-05');
  });

  it('is moved past a weekend itself', () => {
    expect(deadlineOf(clock('2026-03-06', true), latvia).due).toBe('2026-06-08');
  });
});

describe('a pause', () => {
  it('moves the end by its days, before weekends and holidays are passed over', () => {
    expect(deadlineOf(clock('2026-01-31', false, 3), latvia).due).toBe('2026-03-03');
    expect(deadlineOf(clock('2026-01-31', true, 3), latvia).due).toBe('2026-05-05');
  });

  it('needs a question within five working days', () => {
    expect(PROMPT_WORKING_DAYS).toBe(5);
    expect(promptUntil('2026-03-02', latvia)).toBe('2026-03-09');
    // Good Friday, the weekend and Easter Monday do not count.
    expect(promptUntil('2026-04-02', latvia)).toBe('2026-04-13');
  });
});

describe('against a second implementation that walks day by day, 2010 to 2040', () => {
  const first = '2010-01-01';
  const span = daysBetween(first, '2040-12-31');

  it('agrees on which working days are off', () => {
    const faults: string[] = [];
    for (let day = first; day <= '2040-12-31'; day = tomorrow(day)) {
      if (isWeekend(day)) continue;
      if (latvia.has(day) !== isHoliday(day)) faults.push(`${day} holiday`);
      if (latvia.isSubstitute(day) !== isSubstitute(day)) faults.push(`${day} substitute`);
    }
    expect(faults).toEqual([]);
  });

  it('agrees on every day of receipt', () => {
    const faults: string[] = [];
    for (let received = first; received <= '2040-09-30'; received = tomorrow(received)) {
      for (const extended of [false, true]) {
        const fast = deadlineOf(clock(received, extended), latvia);
        const slow = slowDeadline({ received, extended });
        if (fast.due !== slow.due || fast.latest !== slow.latest) faults.push(`${received} ${extended}`);
      }
    }
    expect(faults).toEqual([]);
  }, 60_000);

  it('agrees with any pause inside the first month', () => {
    fc.assert(
      fc.property(fc.nat(span - 400), fc.nat(27), fc.nat(200), fc.boolean(), (offset, askedAfter, waited, extended) => {
        const received = addDays(first, offset);
        const asked = addDays(received, askedAfter);
        const answered = addDays(asked, waited);
        expect(deadlineOf(clock(received, extended, waited), latvia)).toEqual(
          slowDeadline({ received, extended, pause: { asked, answered } }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('never ends on a weekend, on a holiday, or before the month is over', () => {
    fc.assert(
      fc.property(fc.nat(span - 400), fc.boolean(), (offset, extended) => {
        const received = addDays(first, offset);
        const { due, latest } = deadlineOf(clock(received, extended), latvia);
        expect([isWeekend(due), isHoliday(due), isWeekend(latest), isHoliday(latest), isSubstitute(latest)]).toEqual([
          false,
          false,
          false,
          false,
          false,
        ]);
        expect(daysBetween(received, due)).toBeGreaterThanOrEqual(extended ? 86 : 28);
        expect(latest >= due).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('holidays elsewhere', () => {
  it('are the public ones of the country, with days in their place told apart', async () => {
    const britain = await holidaysOf('GB');
    expect(['2022-06-02', '2022-06-03', '2022-09-19'].map((day) => britain.has(day))).toEqual([true, true, true]);
    expect(['2022-03-27', '2022-06-04', '2022-06-23'].map((day) => britain.has(day))).toEqual([false, false, false]);
    expect([britain.has('2022-01-03'), britain.isSubstitute('2022-01-03')]).toEqual([false, true]);
    expect(deadlineOf(clock('2022-05-02'), britain).due).toBe('2022-06-06');
  });

  it('may be longer than a day', async () => {
    const china = await holidaysOf('CN');
    const days = ['2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19'].filter((day) => china.has(day));
    expect(days.length).toBeGreaterThanOrEqual(3);
  });

  it('are none where the country is unknown, so that deadlines are rather too early', async () => {
    const nowhere = await holidaysOf('ZZ');
    expect(nowhere.has('2026-01-01')).toBe(false);
    expect(deadlineOf(clock('2026-03-05'), nowhere).due).toBe('2026-04-06');
  });
});
