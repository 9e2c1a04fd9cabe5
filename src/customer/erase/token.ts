import type { CatalogColumn } from '../../datamap/catalog.js';
import { textLiteral } from '../../datamap/sql.js';
import type { IdentifierKind } from '../../identity/kinds.js';

/** How a pseudonym is written, so that a column of that kind takes it and nobody takes it for a real value. */
export type TokenForm = 'email' | 'word' | 'digits' | 'personas-kods' | 'uuid' | 'number';

/** A form with its length in characters; a column with a limit gets as many as it takes. */
export interface TokenFormat {
  readonly form: TokenForm;
  readonly length: number;
}

/** RFC 2606: no mail is ever sent to a name under `.invalid`. */
const MAIL_END = '@erased.invalid';
const WORD_START = 'erased-';
/** No number, no personas kods begins so: there is no country code 0, and no day 00. */
const DIGITS_START = '000';
const CODE_START = '00';
const NUMBER_START = '999';
const UUID_START = 'e2a5ed00';
/** 26 characters of base32 hold 130 bits; fewer than 10 would make two people's tokens meet. */
const MOST_RANDOM = 26;
const LEAST_RANDOM = 10;

const TEXTS = new Set(['text', 'character varying', 'bpchar', 'character']);

/** Whether the type below any domain holds text. */
export function isText(type: string): boolean {
  return TEXTS.has(type) || /(^|\.)citext$/.test(type);
}

/** The formats that a column may take by its type, length and identifier, the most telling first. */
export function tokenFormats(column: CatalogColumn, kind: IdentifierKind | undefined): TokenFormat[] {
  if (column.baseType === 'uuid') return [{ form: 'uuid', length: 36 }];
  if (column.baseType === 'bigint' || column.type === 'numeric') return [{ form: 'number', length: 15 }];
  if (!isText(column.baseType)) return [];
  const most = column.maxLength ?? Number.POSITIVE_INFINITY;
  const email = { form: 'email' as const, length: Math.min(most, MOST_RANDOM + MAIL_END.length) };
  const word = { form: 'word' as const, length: Math.min(most, MOST_RANDOM + WORD_START.length) };
  const digits = [15, 12, 11].map((length) => ({ form: 'digits' as const, length }));
  const code = { form: 'personas-kods' as const, length: 12 };
  const wanted =
    kind === 'email'
      ? [email]
      : kind === 'phone'
        ? digits
        : kind === 'personas-kods'
          ? [code, ...digits.slice(2)]
          : [word, ...digits, email];
  return wanted.filter((format) => format.length <= most && randomLength(format) >= leastOf(format));
}

function leastOf({ form }: TokenFormat): number {
  return form === 'email' || form === 'word' ? LEAST_RANDOM : 8;
}

function randomLength({ form, length }: TokenFormat): number {
  if (form === 'email') return length - MAIL_END.length;
  if (form === 'word') return length - wordStart(length).length;
  return length - DIGITS_START.length;
}

/** A short column has no room for the word. */
function wordStart(length: number): string {
  return length - WORD_START.length >= LEAST_RANDOM ? WORD_START : 'x';
}

/** The token for the bytes of a keyed hash (32 of them). Two formats of one length never give the same text. */
export function renderToken({ form, length }: TokenFormat, hash: Buffer): string {
  const random = randomLength({ form, length });
  switch (form) {
    case 'email':
      return base32(hash, random) + MAIL_END;
    case 'word':
      return wordStart(length) + base32(hash, random);
    case 'digits':
      return DIGITS_START + decimal(hash, random);
    case 'personas-kods': {
      const digits = CODE_START + decimal(hash, 9);
      return `${digits.slice(0, 6)}-${digits.slice(6)}`;
    }
    case 'number':
      return NUMBER_START + decimal(hash, random);
    case 'uuid': {
      const hex = UUID_START + hash.toString('hex').slice(0, 24);
      return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join(
        '-',
      );
    }
  }
}

/** A regular expression (PostgreSQL's and ECMAScript's alike) that all tokens of the format match. */
function tokenPattern({ form, length }: TokenFormat): string {
  const random = randomLength({ form, length });
  switch (form) {
    case 'email':
      return `^[a-z2-7]{${random}}${MAIL_END.replace('.', '[.]')}$`;
    case 'word':
      return `^${wordStart(length)}[a-z2-7]{${random}}$`;
    case 'digits':
      return `^${DIGITS_START}[0-9]{${random}}$`;
    case 'personas-kods':
      return `^${CODE_START}[0-9]{4}-[0-9]{5}$`;
    case 'number':
      return `^${NUMBER_START}[0-9]{${random}}$`;
    case 'uuid':
      return `^${UUID_START}-`;
  }
}

/** Whether a text expression is a token already, so that a second erasure leaves it as it is. */
export function isToken(format: TokenFormat, expression: string): string {
  return `${expression} ~ ${textLiteral(tokenPattern(format))}`;
}

/** The format as a plan and the table of tokens name it. */
export function formatName({ form, length }: TokenFormat): string {
  return `${form} ${length}`;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(hash: Buffer, length: number): string {
  return Array.from(hash.subarray(0, length), (byte) => ALPHABET[byte & 31]).join('');
}

/** The hash modulo a power of ten: of 256 bits, so that no digit is likelier than another. */
function decimal(hash: Buffer, digits: number): string {
  const value = BigInt(`0x${hash.toString('hex')}`) % 10n ** BigInt(digits);
  return value.toString().padStart(digits, '0');
}
