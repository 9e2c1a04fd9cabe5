import { addDays, type Day } from './day.js';

/** The days of a country that are no working days, beside Saturdays and Sundays. */
export interface Holidays {
  has(day: Day): boolean;
  /**
   * Whether a working day is off only in place of a holiday that fell on a weekend. Whether such a day moves a deadline
   * under Regulation 1182/71 is open, so it is told apart.
   */
  isSubstitute(day: Day): boolean;
}

/**
 * What date-holidays lacks, by country: ISO 3166-1. Latvia's list is section 1 of the law on holidays. Mother's Day and
 * Pentecost are missing there too, but are Sundays always. Working days that the Cabinet moves bind bodies of the state
 * budget only and are no holidays.
 */
const CORRECTIONS: Readonly<
  Record<string, { readonly holidays: readonly Day[]; readonly substitutes: readonly Day[] }>
> = {
  LV: {
    holidays: [
      '2018-07-08', // closing day of the Song and Dance Festival
      '2018-09-24', // visit of the Pope
      '2023-05-29', // medal in ice hockey
      '2023-07-09', // closing day of the Song and Dance Festival
    ],
    substitutes: ['2018-07-09', '2023-07-10'],
  },
};

interface Year {
  readonly holidays: ReadonlySet<Day>;
  readonly substitutes: ReadonlySet<Day>;
}

/** The public holidays of a country (ISO 3166-1); none where date-holidays does not know it, which errs to earlier deadlines. */
export async function holidaysOf(country: string): Promise<Holidays> {
  // 0.27 s to import, so only where a deadline is reckoned.
  const { default: Library } = await import('date-holidays');
  const library = new Library(country, { timezone: 'UTC' });
  const corrections = CORRECTIONS[country];
  const years = new Map<string, Year>();
  const yearOf = (day: Day): Year => {
    const year = day.slice(0, 4);
    const known = years.get(year);
    if (known !== undefined) return known;
    const holidays = new Set(corrections?.holidays);
    const substitutes = new Set(corrections?.substitutes);
    for (const { type, start, end, substitute } of library.getHolidays(Number(year))) {
      if (type === 'public')
        for (const one of daysOf(start, end)) (substitute === true ? substitutes : holidays).add(one);
    }
    years.set(year, { holidays, substitutes });
    return { holidays, substitutes };
  };
  return {
    has: (day) => yearOf(day).holidays.has(day),
    isSubstitute: (day) => yearOf(day).substitutes.has(day),
  };
}

/** The days whose noon lies in a span: those of a holiday that begins at sunset too, and all days of a long one. */
function daysOf(start: Date, end: Date): Day[] {
  const days: Day[] = [];
  for (let day = start.toISOString().slice(0, 10); Date.parse(`${day}T12:00Z`) < end.getTime(); day = addDays(day, 1)) {
    if (Date.parse(`${day}T12:00Z`) >= start.getTime()) days.push(day);
  }
  return days;
}
