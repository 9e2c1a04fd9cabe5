/**
 * The same law, written a second time and walked day by day. It shares nothing with src/request: no calendar
 * arithmetic but "tomorrow", holidays from the text of the law, Easter by counting.
 */
export interface Walk {
  readonly received: string;
  readonly extended: boolean;
  /** Days from `asked` on, up to the one before `answered`, do not count. */
  readonly pause?: { readonly asked: string; readonly answered: string };
}

/** Remembers answers, since three decades are walked again and again. */
function remembering<T>(answer: (day: string) => T): (day: string) => T {
  const known = new Map<string, T>();
  return (day) => {
    const before = known.get(day);
    if (before !== undefined) return before;
    const now = answer(day);
    known.set(day, now);
    return now;
  };
}

export const tomorrow = remembering((day) => {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
});

const weekday = remembering((day) => new Date(`${day}T12:00:00Z`).getUTCDay());
const monthOf = (day: string) => day.slice(0, 7);

/** Easter Sunday by the tables of the Book of Common Prayer: the Sunday after the ecclesiastical full moon. */
function easter(year: number): string {
  const golden = (year % 19) + 1;
  // Paschal full moons by golden number, valid 1900–2199.
  const moons = [
    '04-14',
    '04-03',
    '03-23',
    '04-11',
    '03-31',
    '04-18',
    '04-08',
    '03-28',
    '04-16',
    '04-05',
    '03-25',
    '04-13',
    '04-02',
    '03-22',
    '04-10',
    '03-30',
    '04-17',
    '04-07',
    '03-27',
  ];
  let day = tomorrow(`${year}-${moons[golden - 1]}`);
  while (weekday(day) !== 0) day = tomorrow(day);
  return day;
}

const EVERY_YEAR = ['01-01', '05-01', '05-04', '06-23', '06-24', '11-18', '12-24', '12-25', '12-26', '12-31'];
const ONCE = ['2018-07-08', '2018-09-24', '2023-05-29', '2023-07-09'];

export const isHoliday = remembering((day) => {
  if (EVERY_YEAR.includes(day.slice(5)) || ONCE.includes(day)) return true;
  const sunday = easter(Number(day.slice(0, 4)));
  const tellsOf = (offset: number) => {
    const date = new Date(`${sunday}T12:00:00Z`);
    date.setUTCDate(date.getUTCDate() + offset);
    return date.toISOString().slice(0, 10) === day;
  };
  return tellsOf(-2) || tellsOf(0) || tellsOf(1);
});

/** Whether a day is off because 4 May, 18 November or a festival's closing day just before it fell on a weekend. */
export function isSubstitute(day: string): boolean {
  if (weekday(day) !== 1 || isHoliday(day)) return false;
  const date = new Date(`${day}T12:00:00Z`);
  return [1, 2].some((back) => {
    const before = new Date(date);
    before.setUTCDate(before.getUTCDate() - back);
    const text = before.toISOString().slice(0, 10);
    return ['05-04', '11-18'].includes(text.slice(5)) || ['2018-07-08', '2023-07-09'].includes(text);
  });
}

/** The same date so many months on: walks until that many months have begun, then on to the date or the month's end. */
function monthsOn(day: string, months: number): string {
  const date = day.slice(8);
  let at = day;
  for (let begun = 0; begun < months; ) {
    const next = tomorrow(at);
    if (monthOf(next) !== monthOf(at)) begun += 1;
    at = next;
  }
  while (at.slice(8) < date && monthOf(tomorrow(at)) === monthOf(at)) at = tomorrow(at);
  return at;
}

export function slowDeadline({ received, extended, pause }: Walk): { due: string; latest: string } {
  const month = monthsOn(received, 1);
  let end = month;
  if (extended) {
    const readings = [monthsOn(received, 3), monthsOn(month, 2)];
    end = readings.sort()[0] ?? month;
  }
  // Tick off the days of the period; those of the pause do not tick.
  let left = 0;
  for (let day = received; day !== end; day = tomorrow(day)) left += 1;
  let day = received;
  while (left > 0) {
    if (pause === undefined || day < pause.asked || day >= pause.answered) left -= 1;
    day = tomorrow(day);
  }
  let due = day;
  while (weekday(due) === 0 || weekday(due) === 6 || isHoliday(due)) due = tomorrow(due);
  let latest = day;
  while (weekday(latest) === 0 || weekday(latest) === 6 || isHoliday(latest) || isSubstitute(latest))
    latest = tomorrow(latest);
  return { due, latest };
}
