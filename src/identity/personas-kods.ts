import { DIGIT_SAFE, sqlBounded, sqlClass, sqlLiteral, sqlSource } from './sql-text.js';
import { asciiDigits, plainText, UNFOLDED } from './text.js';

const SPELLING = /^(\d{6})\s*[\p{Pd}\u2212]?\s*(\d{5})$/u;
const NEW_FORM = /^3[2-9]\d{9}$/;
const CENTURIES: Readonly<Record<string, number>> = { '0': 1800, '1': 1900, '2': 2000 };

/**
 * The eleven digits, or nothing. The old form begins with a birth date (DDMMYY and a century digit), which must
 * exist; the new form `3[2-9]…` holds no date and is never read as one. The check digit's rule is unconfirmed,
 * so it rejects nothing.
 */
export function parsePersonasKods(raw: string): readonly string[] {
  const match = SPELLING.exec(asciiDigits(plainText(raw)).trim());
  if (match === null) return [];
  const digits = `${match[1]}${match[2]}`;
  return NEW_FORM.test(digits) || hasBirthDate(digits) ? [digits] : [];
}

function hasBirthDate(digits: string): boolean {
  const century = CENTURIES[digits.charAt(6)];
  if (century === undefined) return false;
  const day = Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  const year = century + Number(digits.slice(4, 6));
  const date = new Date(Date.UTC(year, month - 1, day));
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Whether the text is a Latvian registration number of an organisation: eleven digits, the first above 3. */
export function isOrganisationNumber(raw: string): boolean {
  return /^(?:LV\s*)?[4-9](?:[\s\p{Pd}]?\d){10}$/u.test(asciiDigits(plainText(raw)).trim().toUpperCase());
}

/** The digits of the stored text; digits of other scripts are unfolded. */
export function sqlPersonasKodsKey(expression: string): string {
  const source = sqlSource(expression);
  const digits = `regexp_replace(${source}, ${sqlLiteral('[^0-9]+')}, ${sqlLiteral('')}, ${sqlLiteral('g')})`;
  const unsafe = sqlLiteral(sqlClass(DIGIT_SAFE, true));
  return `CASE WHEN ${source} ~ ${unsafe} THEN ${sqlLiteral(UNFOLDED)} ELSE ${sqlBounded(digits)} END`;
}

export function personasKodsSearchKeys(raw: string): readonly string[] {
  const forms = parsePersonasKods(raw);
  return forms.length === 0 ? [] : [...forms, UNFOLDED];
}
