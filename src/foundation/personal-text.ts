/** Sources of patterns by which values of a person are suspected in a text; a guard, which a name slips past. */
const EMAIL = String.raw`[^\s@/\\"'<>(),;:=*]+@[^\s@/\\"'<>(),;:=*]+\.\p{L}{2,}`;
/** A Latvian number with its country code, in pairs or not; another country's with its plus. */
const PHONE = String.raw`(?<!\d)(?:(?:\+|00) ?)?371[ -]?[26]\d(?:[ -]?\d){6}(?!\d)|\+\d(?:[ -]?\d){7,}`;
/** With its hyphen or space whatever the digits; without, where they begin with a day and a month or with 32 to 39. */
const PERSONAS_KODS = String.raw`(?<!\d)(?:\d{6}[- ]\d{5}|(?:(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[012]|3[2-9]\d{5})\d{4})(?!\d)`;
/** Eight digits as Latvian numbers have them, not part of a longer number, date, path or code. */
const BARE_PHONE = String.raw`(?<![\p{L}\d./-])[26]\d(?: ?\d\d){3}(?![\p{L}\d/-])`;
/**
 * A digest or an UUID: among its digits a phone number or a personas kods stands by chance, in some four SHA-256
 * of a thousand, and what is told of it must be able to be typed again.
 */
const DIGEST = String.raw`(?<![\p{L}\d@+])(?:(?=\d*[a-f])[\da-f]{32,}|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12})(?![\p{L}\d@])`;

const MADE = new RegExp(DIGEST, 'giu');
const CERTAIN = new RegExp(`(?<made>${DIGEST})|${[EMAIL, PHONE, PERSONAS_KODS].join('|')}`, 'giu');
const SUSPECTED = new RegExp([String.raw`[^\s@]@[^\s@]`, PHONE, PERSONAS_KODS, BARE_PHONE].join('|'), 'iu');

/** Whether a text of the operator's looks as if it held an e-mail address, a phone number or a personas kods. */
export function looksPersonal(text: string): boolean {
  return SUSPECTED.test(text.replace(MADE, '…'));
}

/** The text with `[personal]` for what is shaped like an e-mail address, a phone number or a personas kods. */
export function withoutPersonal(text: string): string {
  return text.replace(CERTAIN, (found, made: string | undefined) => (made === undefined ? '[personal]' : found));
}
