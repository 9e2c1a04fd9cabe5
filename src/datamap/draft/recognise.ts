import type { CatalogColumn, CatalogTable } from '../catalog.js';
import { wordsOf } from './words.js';

/** What a column seems to hold, by its name and type; `structure` is keys and the like, `unknown` says nothing. */
export type Kind =
  | 'email'
  | 'phone'
  | 'name'
  | 'personas-kods'
  | 'birth'
  | 'order-number'
  | 'secret'
  | 'staff'
  | 'address'
  | 'technical'
  | 'payment'
  | 'consent'
  | 'free-text'
  | 'json'
  | 'structure'
  | 'unknown';

export interface Recognised {
  readonly column: CatalogColumn;
  readonly kind: Kind;
  /** What stands before the word that was recognised: `guest` in guest_email, so that columns of one person meet. */
  readonly group: string;
}

const TEXT = /^(text|character varying|character|bpchar|name|.*\bcitext)$/;
const INTEGER = /^(smallint|integer|bigint)$/;

export const isText = (column: CatalogColumn): boolean => TEXT.test(column.baseType);
export const isInteger = (column: CatalogColumn): boolean => INTEGER.test(column.baseType);
export const isDate = (column: CatalogColumn): boolean => /^(date|timestamp)/.test(column.baseType);

const SECRET = /^(password|passwd|pwd|passphrase|parole|token|secret|salt|hash|otp|apikey)$/;
const EMAIL = /^(emails?|epasts?|epasta)\d*$/;
const NOT_EMAIL = /^(subject|template|body|status|type|text|verified|count)$/;
const PHONE = /^(phone|telephone|tel|mobile|mob|gsm|cell|landline|talrunis|msisdn|whatsapp)\d*$/;
const NOT_PHONE = /^(type|model|verified|prefix|code|status)$/;
const PEOPLE_BEFORE_NAME =
  /^(first|last|full|family|given|middle|maiden|display|nick|recipient|receiver|customer|client|guest|buyer|payer|payee|holder|cardholder|contact|sender|owner|beneficiary|person|signer|delivery|shipping|billing|patient|student|member|by)$/;
const NAME_ALONE =
  /^(surname|forename|firstname|lastname|fullname|vards|uzvards|cardholder|recipient|consignee|payee|addressee)$/;
const STAFF = /^(staff|employee|moderator|operator|darbinieks)$/;
const DONE_BY =
  /^(written|created|updated|modified|changed|approved|moderated|handled|processed|assigned|closed|deleted)$/;
const ADDRESS =
  /^(street|address|addr|city|town|parish|postcode|postal|zip|house|flat|apartment|country|county|region|iela|adrese|pilseta|novads)\d*$/;
const TECHNICAL = /^(ip|ipaddress|useragent|agent|cookie|device|fingerprint|referrer|referer|latitude|longitude)$/;
const PAYMENT = /^(iban|bic|swift|card|amount|price|total|subtotal|vat|tax|currency|discount|invoice|paid|payment)$/;
const CONSENT = /^(consent|newsletter|subscribed|unsubscribed|marketing|piekrisana)$/;
const FREE_TEXT =
  /^(note|notes|comment|comments|remark|remarks|message|body|description|instructions|text|reason|explanation|feedback|question|answer|content|subject|details|bio|about|piezimes|piezime|komentars)$/;

/** Recognises every column of a table, in its order. */
export function recognise(table: CatalogTable): Recognised[] {
  const structure = new Set([...table.key, ...table.foreignKeys.flatMap((key) => key.columns)]);
  const columns = [...table.columns.values()];
  const first = columns.map((column) => ({ column, ...kindOf(column, structure.has(column.name)) }));
  // A bare "name" is a person's where an e-mail or a phone of the same person stands beside it.
  const people = new Set(first.filter(({ kind }) => kind === 'email' || kind === 'phone').map(({ group }) => group));
  return first.map((item) => {
    const words = wordsOf(item.column.name);
    const bare =
      item.kind === 'unknown' &&
      isText(item.column) &&
      words.at(-1) === 'name' &&
      people.has(words.slice(0, -1).join(' '));
    return bare ? { ...item, kind: 'name', group: words.slice(0, -1).join(' ') } : item;
  });
}

function kindOf(column: CatalogColumn, structural: boolean): { kind: Kind; group: string } {
  const words = wordsOf(column.name);
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  const before = (pattern: RegExp) =>
    words
      .slice(
        0,
        words.findIndex((word) => pattern.test(word)),
      )
      .join(' ');
  const last = words.at(-1) ?? '';
  const previous = words.at(-2) ?? '';
  const text = isText(column);
  const plain = (kind: Kind) => ({ kind, group: '' });
  if (has(EMAIL) && text && !has(NOT_EMAIL)) return { kind: 'email', group: before(EMAIL) };
  if (isPersonasKods(words) && (text || isInteger(column))) return plain('personas-kods');
  if (/^orders? (number|no|nr|num|ref|reference|code)$|^pasutijuma (numurs|nr)$/.test(words.join(' ')))
    return plain('order-number');
  if (structural) return plain('structure');
  if (/^jsonb?$/.test(column.baseType)) return plain('json');
  if (has(SECRET) && (text || column.baseType === 'bytea' || column.baseType === 'uuid')) return plain('secret');
  if (has(PHONE) && (text || isInteger(column) || column.baseType === 'numeric') && !has(NOT_PHONE))
    return { kind: 'phone', group: before(PHONE) };
  if ((has(/^(birth|birthday|birthdate|dob)$/) || words.join(' ') === 'dzimsanas datums') && (text || isDate(column)))
    return plain('birth');
  if (text && (has(STAFF) || (last === 'by' && DONE_BY.test(previous)) || words.join(' ') === 'assigned to'))
    return plain('staff');
  if (text && last === 'name' && PEOPLE_BEFORE_NAME.test(previous)) return { kind: 'name', group: nameGroup(words) };
  if (text && (NAME_ALONE.test(last) || words.join(' ') === 'account holder'))
    return { kind: 'name', group: words.slice(0, -1).join(' ') };
  if (has(CONSENT) || words.join(' ').includes('opt in')) return plain('consent');
  if (column.baseType === 'inet' || words.join(' ') === 'user agent' || (text && has(TECHNICAL)))
    return plain('technical');
  if (text && has(ADDRESS)) return plain('address');
  if (text && FREE_TEXT.test(last)) return plain('free-text');
  if (has(PAYMENT)) return plain('payment');
  if (column.generated || isDate(column) || last === 'id') return plain('structure');
  return plain('unknown');
}

/** `guest` in guest_name, `reserved by` in reserved_by_name; first and last names are of the row itself. */
function nameGroup(words: readonly string[]): string {
  const rest = words.slice(0, -1);
  const own = /^(first|last|full|family|given|middle|maiden|display|nick)$/;
  return rest.filter((word) => !own.test(word)).join(' ');
}

function isPersonasKods(words: readonly string[]): boolean {
  return /\b(personas kods|personaskods|personal (code|id|number|identity)|national id|ssn)\b/.test(words.join(' '));
}
