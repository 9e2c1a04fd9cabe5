import { parseEmail } from './email.js';
import type { IdentifierKind } from './kind-names.js';
import { parsePhone } from './phone.js';
import { plainText } from './text.js';

const HIDDEN = '***';
const ENOUGH_LETTERS = 4;

/**
 * A value as an operator may see it to tell candidates apart: `j***s@p***.example`, `***56`, `J. B.`. Never the
 * value itself, however short or already masked it is; a value that is not of its kind shows nothing.
 */
export function mask(kind: IdentifierKind, raw: string): string {
  const shown = MASKS[kind](plainText(raw).trim());
  return raw.trim() !== '' && shown.includes(raw.trim()) ? HIDDEN : shown;
}

const MASKS: Readonly<Record<IdentifierKind, (text: string) => string>> = {
  email: maskEmail,
  phone: (text) => (parsePhone(text).length === 0 && digitsOf(text).length < 7 ? HIDDEN : tail(digitsOf(text), 2)),
  name: maskName,
  'personas-kods': (text) => (digitsOf(text).length < 11 ? HIDDEN : tail(digitsOf(text), 2)),
  code: (text) => (text.length < 6 ? HIDDEN : tail(text, 2)),
};

function maskEmail(text: string): string {
  const form = parseEmail(text)[0];
  if (form === undefined) return HIDDEN;
  const at = form.indexOf('@');
  const local = Array.from(form.slice(0, at));
  const labels = form.slice(at + 1).split('.');
  const last = labels.length > 1 ? `.${labels.at(-1)}` : '';
  const first = Array.from(labels[0]?.startsWith('xn--') ? '' : (labels[0] ?? ''));
  const start = local.length >= 3 ? local[0] : '';
  const end = local.length >= ENOUGH_LETTERS ? local.at(-1) : '';
  return `${start}${HIDDEN}${end}@${first.length >= 3 ? first[0] : ''}${HIDDEN}${last}`;
}

/** Initials in the script and order of the name; initials alone would show it whole. */
function maskName(text: string): string {
  const words = (text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'\u2019\u02bc]*/gu) ?? []).map((word) => Array.from(word));
  if (words.every((letters) => letters.length === 1)) return HIDDEN;
  return words.map((letters) => `${letters[0]?.toUpperCase()}.`).join(' ');
}

function digitsOf(text: string): string {
  return text.replace(/\P{Nd}/gu, '');
}

function tail(text: string, length: number): string {
  return `${HIDDEN}${Array.from(text).slice(-length).join('')}`;
}
