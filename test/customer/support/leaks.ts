import type { Session } from '../../../src/database/session.js';
import type { ReadArchive } from './archive.js';
import type { KnownPerson } from './expected.js';

/**
 * Everything that can be read in an archive, in lower case: names of files, their bytes as text, and the same with
 * the escapes of JSON (also of JSON inside JSON) and HTML undone.
 */
export function readable({ files }: ReadArchive): string {
  const texts = new Set<string>();
  for (const [name, content] of files) {
    const raw = content.toString('utf8').normalize('NFC');
    const plain = unescapeJson(raw);
    const page = unescapeHtml(raw);
    for (const text of [name, raw, plain, unescapeJson(plain), page, unescapeJson(page)]) texts.add(text);
  }
  return [...texts].join('\n').toLowerCase();
}

const SHORT: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function unescapeJson(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code?: string, short?: string) =>
    code === undefined ? (SHORT[short ?? ''] ?? short ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function unescapeHtml(text: string): string {
  // A page may let long words break.
  return text
    .replaceAll('<wbr>', '')
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex?: string, dec?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return dec === undefined ? (ENTITIES[name ?? ''] ?? whole) : String.fromCodePoint(Number(dec));
    });
}

/** Those of the values that can be read in the text. */
export function occurring(text: string, values: Iterable<string>): string[] {
  return [...values].filter((value) => text.includes(value.normalize('NFC').toLowerCase()));
}

/** Every e-mail, phone and name of the database, by who it is; `mine` is what the person's own rows hold. */
export interface Bystanders {
  readonly emails: readonly string[];
  /** The last eight digits. */
  readonly phones: ReadonlySet<string>;
  readonly names: readonly string[];
}

const EMAILS = `
  SELECT email::text FROM shop.customers UNION SELECT email FROM shop.contact_persons UNION
  SELECT guest_email FROM shop.orders UNION SELECT email FROM shop.gift_recipients UNION SELECT email FROM shop.carts UNION
  SELECT reserved_by_email FROM shop.wishlist_items UNION SELECT email FROM shop.newsletter_subscriptions UNION
  SELECT email FROM shop.support_tickets UNION SELECT "E-mail" FROM shop."Import Log 2019" UNION
  SELECT payload #>> '{customer,email}' FROM shop.event_log UNION SELECT payload #>> '{recipient,email}' FROM shop.event_log`;

const PHONES = `
  SELECT phone, id AS customer, NULL::text AS email FROM shop.customers UNION
  SELECT landline, id, NULL FROM shop.customers UNION
  SELECT mobile, NULL, email FROM shop.contact_persons UNION
  SELECT phone, customer_id, NULL FROM shop.addresses UNION
  SELECT guest_phone, NULL, guest_email FROM shop.orders UNION
  SELECT phone, NULL, email FROM shop.gift_recipients UNION
  SELECT s.recipient_phone, o.customer_id, o.guest_email
    FROM shop.shipments s JOIN shop.orders o ON o.id = s.order_id WHERE s.gift_recipient_id IS NULL UNION
  SELECT s.recipient_phone, NULL, g.email
    FROM shop.shipments s JOIN shop.gift_recipients g ON g.id = s.gift_recipient_id UNION
  SELECT "Phone ""old""", "customerId", "E-mail" FROM shop."Import Log 2019" UNION
  SELECT payload #>> '{customer,phone}', NULL, payload #>> '{customer,email}' FROM shop.event_log UNION
  SELECT payload #>> '{recipient,phone}', NULL, payload #>> '{recipient,email}' FROM shop.event_log UNION
  SELECT change ->> side, (payload #>> '{customer,id}')::bigint, NULL FROM shop.event_log,
    jsonb_array_elements(payload -> 'changes') change, unnest(ARRAY['old', 'new']) side WHERE change ->> 'field' = 'phone'`;

const NAMES = `
  SELECT first_name || ' ' || last_name FROM shop.customers UNION SELECT company_name FROM shop.customers UNION
  SELECT name FROM shop.contact_persons UNION SELECT guest_name FROM shop.orders UNION
  SELECT name FROM shop.gift_recipients UNION SELECT recipient_name FROM shop.addresses UNION
  SELECT cardholder_name FROM shop.payments UNION SELECT "Full Name" FROM shop."Import Log 2019"`;

/** What belongs to anybody but the person. Written by hand; nothing of it comes from the program or its map. */
export async function bystandersOf(
  session: Session,
  person: KnownPerson,
  ownNames: readonly string[],
): Promise<Bystanders> {
  const list = async (sql: string) =>
    (await session.query<{ value: string }>(`SELECT DISTINCT v.value FROM (${sql}) v (value) WHERE v.value <> ''`)).map(
      ({ value }) => value,
    );
  const own = new Set(person.emails);
  const emails = (await list(EMAILS)).filter((email) => !own.has(email.toLowerCase()));
  const phones = await session.query<{ phone: string; mine: boolean }>(
    `SELECT v.phone, v.customer::bigint = ANY ($1::bigint[]) OR lower(v.email) = ANY ($2::text[]) AS mine
     FROM (${PHONES}) v WHERE v.phone <> ''`,
    [person.customers ?? [], person.emails ?? []],
  );
  const mine = new Set(phones.filter((row) => row.mine).map(({ phone }) => lastEight(phone)));
  const others = phones.map(({ phone }) => lastEight(phone)).filter((phone) => !mine.has(phone));
  const ownWords = new Set(ownNames.flatMap(words));
  const names = (await list(NAMES)).filter((name) => !words(name).every((word) => ownWords.has(word)));
  return { emails, phones: new Set(others), names };
}

function words(name: string): string[] {
  return (
    name
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function lastEight(phone: string): string {
  return phone.replace(/\D/g, '').slice(-8);
}

/** Phones of others that can be read, whatever spaces and dashes are between their digits. */
export function phonesIn(text: string, phones: ReadonlySet<string>): string[] {
  const written = text.match(/(?<![\d.:])\+?\(?\d[\d ()-]{4,}\d(?![\d:.])/g) ?? [];
  const found = new Set(written.map(lastEight).filter((phone) => phones.has(phone)));
  return [...found, ...[...phones].filter((phone) => phone.length === 8 && text.includes(phone))];
}
