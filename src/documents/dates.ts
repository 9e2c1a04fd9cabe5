import type { Text } from './page-model.js';

/** A date, or a date with a time and perhaps an offset, as its text says it; nothing is converted. */
export interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly time?: {
    readonly hour: string;
    readonly minute: string;
    readonly second: string;
    readonly fraction: string;
  };
  /** `Z`, or a sign with `HH`, `HH:MM` or `HH:MM:SS`. */
  readonly offset?: string;
}

const MOMENT =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)?)?$/;

const NBSP = '\u00a0';

type LatvianCase = 'nominative' | 'genitive' | 'dative' | 'locative';

/** Nominative, genitive, dative, locative. */
const LATVIAN_MONTHS = [
  ['janvāris', 'janvāra', 'janvārim', 'janvārī'],
  ['februāris', 'februāra', 'februārim', 'februārī'],
  ['marts', 'marta', 'martam', 'martā'],
  ['aprīlis', 'aprīļa', 'aprīlim', 'aprīlī'],
  ['maijs', 'maija', 'maijam', 'maijā'],
  ['jūnijs', 'jūnija', 'jūnijam', 'jūnijā'],
  ['jūlijs', 'jūlija', 'jūlijam', 'jūlijā'],
  ['augusts', 'augusta', 'augustam', 'augustā'],
  ['septembris', 'septembra', 'septembrim', 'septembrī'],
  ['oktobris', 'oktobra', 'oktobrim', 'oktobrī'],
  ['novembris', 'novembra', 'novembrim', 'novembrī'],
  ['decembris', 'decembra', 'decembrim', 'decembrī'],
] as const;

const CASES: readonly LatvianCase[] = ['nominative', 'genitive', 'dative', 'locative'];

const ENGLISH_MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/**
 * Reads PostgreSQL's ISO text (`2026-03-03`, `2026-03-03 14:05:06.123456+02`) or ISO 8601. Undefined for anything
 * else, `infinity` and years BC among it: such a value is shown as it is stored.
 */
export function parseMoment(text: string): Moment | undefined {
  const match = MOMENT.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (date.year === 0 || date.month < 1 || date.month > 12) return undefined;
  if (date.day < 1 || date.day > daysIn(date.year, date.month)) return undefined;
  if (hour === undefined || minute === undefined) return date;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const time = { hour, minute, second: second ?? '00', fraction: fraction ?? '' };
  return offset === undefined ? { ...date, time } : { ...date, time, offset };
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `2026. gada 3. marts` (in the case asked for) and `3 March 2026`; the day does not part from its month. */
export function dateText(moment: Moment, latvianCase: LatvianCase = 'nominative'): Text {
  const names = LATVIAN_MONTHS[moment.month - 1] as (typeof LATVIAN_MONTHS)[number];
  const lv = names[CASES.indexOf(latvianCase)] as string;
  return {
    lv: `${moment.year}.${NBSP}gada ${moment.day}.${NBSP}${lv}`,
    en: `${moment.day}${NBSP}${ENGLISH_MONTHS[moment.month - 1]}${NBSP}${moment.year}`,
  };
}

/** A month by one of its days (ISO 8601): `2026. gada marts` and `March 2026`. */
export function monthText(day: string): Text {
  const moment = parseMoment(day);
  if (moment === undefined) return { lv: day, en: day };
  const lv = LATVIAN_MONTHS[moment.month - 1]?.[0];
  return { lv: `${moment.year}.${NBSP}gada ${lv}`, en: `${ENGLISH_MONTHS[moment.month - 1]}${NBSP}${moment.year}` };
}

/** `14:05`, with seconds where the stored time has any. The fraction stays in the raw text. */
export function timeText(moment: Moment): string {
  if (moment.time === undefined) return '';
  const { hour, minute, second, fraction } = moment.time;
  return second === '00' && /^0*$/.test(fraction) ? `${hour}:${minute}` : `${hour}:${minute}:${second}`;
}

/** `UTC+2`, `UTC+5:30`, `UTC`; empty without an offset. */
export function offsetText(moment: Moment): string {
  if (moment.offset === undefined) return '';
  const [hours, minutes, seconds] = offsetParts(moment.offset);
  if (hours + minutes + seconds === 0) return 'UTC';
  const tail = seconds > 0 ? `:${two(minutes)}:${two(seconds)}` : minutes > 0 ? `:${two(minutes)}` : '';
  return `UTC${moment.offset.startsWith('-') ? '\u2212' : '+'}${hours}${tail}`;
}

/** A valid `datetime` attribute (milliseconds at most, no seconds in the offset), or undefined if there is none. */
export function datetimeAttribute(moment: Moment): string | undefined {
  const date = `${String(moment.year).padStart(4, '0')}-${two(moment.month)}-${two(moment.day)}`;
  if (moment.time === undefined) return date;
  const { hour, minute, second, fraction } = moment.time;
  const clock = `${hour}:${minute}:${second}${fraction === '' ? '' : `.${fraction.slice(0, 3)}`}`;
  if (moment.offset === undefined) return `${date}T${clock}`;
  if (moment.offset === 'Z') return `${date}T${clock}Z`;
  const [hours, minutes, seconds] = offsetParts(moment.offset);
  if (seconds > 0) return undefined;
  return `${date}T${clock}${moment.offset[0]}${two(hours)}:${two(minutes)}`;
}

/**
 * An instant of the operation itself on the clock of a time zone, to the minute: `2026. gada 3. marts, 14:05`.
 * The text as it is when it is no instant or the zone is unknown. Data never passes through here.
 */
export function instantIn(text: string, timeZone: string): Text {
  const moment = parseMoment(text);
  if (moment?.time === undefined || moment.offset === undefined) return { lv: text, en: text };
  const [hours, minutes, seconds] = moment.offset === 'Z' ? [0, 0, 0] : offsetParts(moment.offset);
  const ahead = (moment.offset.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds);
  const { hour, minute, second } = moment.time;
  const utc =
    Date.UTC(moment.year, moment.month - 1, moment.day, Number(hour), Number(minute), Number(second)) - ahead * 1000;
  const local = localMoment(utc, timeZone);
  if (local === undefined) return { lv: text, en: text };
  const date = dateText(local);
  return { lv: `${date.lv}, ${timeText(local)}`, en: `${date.en}, ${timeText(local)}` };
}

function localMoment(utc: number, timeZone: string): Moment | undefined {
  try {
    const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    return parseMoment(format.format(utc));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function offsetParts(offset: string): [number, number, number] {
  const [hours = '0', minutes = '0', seconds = '0'] = offset.slice(1).match(/\d\d/g) ?? [];
  return [Number(hours), Number(minutes), Number(seconds)];
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
