import { DIGEST, withoutDigests } from './digest-text.js';

/** Sources of patterns by which values of a person are suspected in a text; a guard, which a name slips past. */
const EMAIL = String.raw`[^\s@/\\"'<>(),;:=*]+@[^\s@/\\"'<>(),;:=*]+\.\p{L}{2,}`;
/** A Latvian number with its country code, in pairs or not; another country's with its plus. */
const PHONE = String.raw`(?<!\d)(?:(?:\+|00) ?)?371[ -]?[26]\d(?:[ -]?\d){6}(?!\d)|\+\d(?:[ -]?\d){7,}`;
/** With its hyphen or space whatever the digits; without, where they begin with a day and a month or with 32 to 39. */
const PERSONAS_KODS = String.raw`(?<!\d)(?:\d{6}[- ]\d{5}|(?:(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[012]|3[2-9]\d{5})\d{4})(?!\d)`;
/** Eight digits as Latvian numbers have them, not part of a longer number, date, path or code. */
const BARE_PHONE = String.raw`(?<![\p{L}\d./-])[26]\d(?: ?\d\d){3}(?![\p{L}\d/-])`;

const CERTAIN = new RegExp(`(${DIGEST})|${[EMAIL, PHONE, PERSONAS_KODS].join('|')}`, 'giu');
const SUSPECTED = new RegExp([String.raw`[^\s@]@[^\s@]`, PHONE, PERSONAS_KODS, BARE_PHONE].join('|'), 'iu');

/** Whether a text of the operator's looks as if it held an e-mail address, a phone number or a personas kods. */
export function looksPersonal(text: string): boolean {
  return SUSPECTED.test(withoutDigests(text));
}

/**
 * The text with `[personal]` for what is shaped like an e-mail address, a phone number or a personas kods. A digest stays
 * whole: what is told of it must be able to be typed again.
 */
export function withoutPersonal(text: string): string {
  return text.replace(CERTAIN, (found, digest: string | undefined) => (digest === undefined ? '[personal]' : found));
}
