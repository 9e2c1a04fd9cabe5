import { domainToASCII } from 'node:url';
import { sqlBounded, sqlLiteral, sqlSource } from './sql-text.js';
import { lowerText, plainText, UNFOLDED } from './text.js';

const ASCII_ONLY = /^[\x01-\x7f]*$/;
const LOCAL = /^[^\s\p{Cc}<>@]+$/u;
const DOMAIN = /^[\p{L}\p{N}\p{M}._-]+$/u;
const MAX_LENGTH = 320;

/**
 * The address in lower case, its domain in punycode: one form, or none where the text is no address.
 * The local part is folded too: RFC 5321 lets a server tell cases apart, none in use does, and LAW.md 7 asks for it.
 */
export function parseEmail(raw: string): readonly string[] {
  const text = unwrap(lowerText(plainText(raw)));
  const at = text.indexOf('@');
  if (at < 1 || text.length > MAX_LENGTH) return [];
  const local = text.slice(0, at);
  const domain = text.slice(at + 1).replace(/\.+$/, '');
  if (!LOCAL.test(local) || !DOMAIN.test(domain)) return [];
  const ascii = asciiDomain(domain);
  return ascii === undefined ? [] : [`${local}@${ascii}`];
}

/** WHATWG's conversion would read `1.2` as an IPv4 address, so it sees domains with other letters only. */
function asciiDomain(domain: string): string | undefined {
  if (ASCII_ONLY.test(domain)) return domain;
  const ascii = domainToASCII(domain);
  return ascii === '' ? undefined : ascii;
}

function unwrap(text: string): string {
  let before: string;
  let after = text;
  do {
    before = after;
    after = before.trim();
    if (after.startsWith('<') && after.endsWith('>')) after = after.slice(1, -1);
    if (after.startsWith('mailto:')) after = after.slice('mailto:'.length);
  } while (after !== before);
  return after;
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The normal form for every stored text in ASCII; addresses in other letters, IDN domains among them, are unfolded. */
export function sqlEmailKey(expression: string): string {
  const source = sqlSource(expression);
  const from = sqlLiteral(`${UPPER}<> \t\n\v\f\r`);
  const folded = `translate(${source}, ${from}, ${sqlLiteral(UPPER.toLowerCase())})`;
  const bare = `regexp_replace(${folded}, ${sqlLiteral('^(mailto:)+|[.]+$')}, ${sqlLiteral('')}, ${sqlLiteral('g')})`;
  return `CASE WHEN ${source} ~ ${sqlLiteral('[^\x01-\x7f]')} THEN ${sqlLiteral(UNFOLDED)} ELSE ${sqlBounded(bare)} END`;
}

/** Addresses as nearly all are written, with nothing in them that is unwrapped or folded but capitals. */
const PLAIN = '^[A-Za-z0-9][A-Za-z0-9._+-]*@[A-Za-z0-9][A-Za-z0-9.-]*[.][A-Za-z0-9]+$';
/** What no plain address has within: the one expression that leaves these out took three times as long as the other. */
const NOT_PLAIN = ['..', '.@', '.-', '-.'];
/** The longest local part (RFC 5321, 4.5.3.1), so that no part of a plain address is too long. */
const PLAIN_LENGTH = 64;

/**
 * The normal form of a text where SQL can tell it, NULL elsewhere: wherever it is not NULL, `parseEmail` gives just this
 * form, and it is an address that can be written to (RFC 5321), if its domain exists.
 */
export function sqlPlainEmail(expression: string): string {
  const source = sqlSource(expression);
  const without = NOT_PLAIN.map((text) => `strpos(${source}, ${sqlLiteral(text)}) = 0`);
  const plain = [`octet_length(${source}) <= ${PLAIN_LENGTH}`, ...without, `${source} ~ ${sqlLiteral(PLAIN)}`];
  return `CASE WHEN ${plain.join(' AND ')} THEN lower(${source}) END`;
}

export function emailSearchKeys(raw: string): readonly string[] {
  const forms = parseEmail(raw);
  return forms.length === 0 ? [] : [...forms, UNFOLDED];
}
