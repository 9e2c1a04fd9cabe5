import { rowOf, SHOP_CITIES } from './catalogue.js';
import { type Dice, textArray } from './dice.js';
import { nameNumber } from './names.js';
import { FIRST_CUSTOMER, FIRST_ID, type Plan, type Step } from './step.js';

/** Accounts go back so far that every retention period has passed for some of them. */
const HISTORY_DAYS = 13 * 365;

const DOMAINS = ['epasts.example', 'vestule.example', 'mail.example', 'tikls.example', 'kastite.example'];
const STREETS = [
  'Brīvības iela',
  'Lāčplēša iela',
  'Tērbatas iela',
  'Skolas iela',
  'Raiņa bulvāris',
  'Dārza iela',
  'Meža prospekts',
  'Krasta iela',
  'Liepu aleja',
  'Saules iela',
  'Stacijas laukums',
  'Upes iela',
];
const COMPANIES = ['Grāmatu koks', 'Zaļais plaukts', 'Rīta putns', 'Baltā lapa', 'Pūces ligzda', 'Ābele un dēli'];
const POSITIONS = ['Biroja vadītāja', 'Iepirkumu speciālists', 'Bibliotekāre', 'Valdes loceklis', 'Grāmatvede'];
const INSTRUCTIONS = ['Zvanīt pirms piegādes', 'Kods 12K34', 'Ieeja no pagalma', 'Suns nekož', 'Atstāt pie sarga'];

/** SQL for the key of a household: every fifth customer lives with the one before. */
function household(dice: Dice, id: string): string {
  return `(${id} - (${id} > ${FIRST_CUSTOMER} AND ${dice.chance(id, 'household', 200)})::int)`;
}

/** SQL for a mobile number in one of the spellings that people use; it never starts with 21, as the fixed ones do. */
export function mobile(dice: Dice, key: string): string {
  const number = dice.roll(key, 'mobile', 9_000_000);
  const digits = `(20000000 + ${number} + CASE WHEN ${number} < 1000000 THEN 0 ELSE 1000000 END)::text`;
  return `(SELECT CASE ${dice.roll(key, 'spelling', 6)}
      WHEN 0 THEN d WHEN 1 THEN '+371 ' || d WHEN 2 THEN '00371 ' || left(d, 4) || '-' || right(d, 4)
      WHEN 3 THEN '+371' || d WHEN 4 THEN left(d, 2) || ' ' || substr(d, 3, 3) || ' ' || right(d, 3)
      ELSE '371' || d END
    FROM (SELECT ${digits}) m (d))`;
}

/** SQL for a household's landline; old records have the seven digits of before 2008. */
export function landline(dice: Dice, house: string, key: string): string {
  const digits = `(67200000 + ${dice.roll(house, 'landline', 800_000)})::text`;
  return `(SELECT CASE ${dice.roll(key, 'landline spelling', 4)}
      WHEN 0 THEN substr(d, 2) WHEN 1 THEN '+371 ' || d WHEN 2 THEN left(d, 2) || ' ' || substr(d, 3, 3) || ' ' || right(d, 3)
      ELSE d END
    FROM (SELECT ${digits}) l (d))`;
}

/**
 * SQL for an e-mail address. It holds the label, which is the person's alone, so that no two people share one;
 * `pg_temp.names n` is the person's name.
 */
export function email(dice: Dice, key: string, label = key): string {
  const typed = `CASE ${dice.roll(key, 'e-mail form', 3)}
      WHEN 0 THEN n.ascii_first || '.' || n.ascii_last || ${label}
      WHEN 1 THEN left(n.ascii_first, 1) || '.' || n.ascii_last || ${label}
      ELSE n.ascii_last || ${label} || '.' || n.ascii_first END || '@' || ${dice.choose(key, 'domain', DOMAINS)}`;
  return `(SELECT CASE WHEN ${dice.chance(key, 'e-mail case', 120)} THEN initcap(a COLLATE "C") ELSE a END FROM (SELECT ${typed}) e (a))`;
}

export function street(dice: Dice, key: string): string {
  const house = `(1 + ${dice.roll(key, 'house', 180)})`;
  return `(${dice.choose(key, 'street', STREETS)} || ' ' || ${house} || '-' || (1 + ${dice.roll(key, 'flat', 90)}))`;
}

export function city(dice: Dice, key: string): string {
  return `(${textArray(SHOP_CITIES)})[1 + ${dice.low(key, 'city', SHOP_CITIES.length)}::int]`;
}

export function postcode(dice: Dice, key: string): string {
  return `('LV-' || (1001 + ${dice.roll(key, 'postcode', 4600)}))`;
}

/** SQL for whether a customer is a company. */
function isCompany(dice: Dice, id: string): string {
  return dice.chance(id, 'company', 40);
}

export function customerSteps({ customers, dice, asOf }: Plan): Step[] {
  const range = { from: FIRST_CUSTOMER, to: customers };
  const company = `(${dice.choose('c.id', 'company name', COMPANIES)} || ' ' || c.id)`;
  const people = `FROM (
      SELECT id, ${household(dice, 'id')} AS house, ${isCompany(dice, 'id')} AS legal,
        ${asOf} - ${dice.span('id', 'created', HISTORY_DAYS)} AS created_at
      FROM generate_series($1::bigint, $2::bigint) AS g (id)
    ) c JOIN pg_temp.names n ON n.id = ${nameNumber(dice, 'c.id', 'c.house')}`;
  const born = `date '1940-01-01' + ${dice.roll('c.id', 'birth', 25_500)}::int`;
  const optIn = (salt: string, perMille: number) => `(${dice.chance('c.id', salt, perMille)})`;
  const since = (salt: string) => `least(c.created_at + ${dice.span('c.id', salt, 300)}, ${asOf})`;

  return [
    {
      table: 'customers',
      ...range,
      sql: `
        INSERT INTO shop.customers (id, kind, email, first_name, last_name, company_name, registration_number, vat_number,
          phone, landline, birth_date, personas_kods, language, password_hash, newsletter_opt_in, newsletter_opt_in_at,
          sms_opt_in, sms_opt_in_at, opt_in_ip, segment, default_address_id, created_at, last_login_at, deleted_at)
        SELECT c.id, CASE WHEN c.legal THEN 'legal' ELSE 'private' END,
          CASE WHEN c.legal THEN 'info@uznemums' || c.id || '.example' ELSE ${email(dice, 'c.id')} END,
          CASE WHEN NOT c.legal THEN n.first END, CASE WHEN NOT c.legal THEN n.last END,
          CASE WHEN c.legal THEN 'SIA "' || ${company} || '"' END,
          CASE WHEN c.legal THEN (40300000000 + c.id)::text END,
          CASE WHEN c.legal AND ${dice.chance('c.id', 'vat', 700)} THEN 'LV' || (40300000000 + c.id) END,
          CASE WHEN ${dice.chance('c.id', 'phone', 880)} THEN ${mobile(dice, 'c.id')} END,
          CASE WHEN ${dice.chance('c.house', 'has landline', 250)} THEN ${landline(dice, 'c.house', 'c.id')} END,
          CASE WHEN NOT c.legal AND b.given THEN b.born END,
          CASE WHEN NOT c.legal AND ${dice.chance('c.id', 'personas kods', 25)} THEN
            CASE WHEN b.given THEN to_char(b.born, 'DDMMYY') || '-' || CASE WHEN b.born < date '2000-01-01' THEN '1' ELSE '2' END
              || lpad(${dice.roll('c.id', 'personas kods end', 10_000)}::text, 4, '0')
            ELSE '32' || lpad(((c.id * 7919) % 1000000000)::text, 9, '0') END
          END,
          n.language,
          CASE WHEN ${dice.chance('c.id', 'password', 930)} THEN '$2y$12$' || ${dice.token('c.id', 'hash')} END,
          o.news, CASE WHEN o.news THEN ${since('newsletter at')} END,
          o.sms, CASE WHEN o.sms THEN ${since('sms at')} END,
          CASE WHEN o.news OR o.sms THEN inet '100.64.0.0' + ${dice.roll('c.id', 'ip', 4_000_000)} END,
          (1 + ${dice.low('c.id', 'segment', 5)})::smallint,
          CASE WHEN ${dice.chance('c.id', 'default address', 900)} THEN ${rowOf('c.id', 2)} END,
          c.created_at,
          CASE WHEN ${dice.chance('c.id', 'login', 850)} THEN ${since('login at')} END,
          CASE WHEN ${dice.chance('c.id', 'deleted', 30)} THEN ${since('deleted at')} END
        ${people},
        LATERAL (SELECT ${born} AS born, ${dice.chance('c.id', 'birth given', 350)} AS given) b,
        LATERAL (SELECT ${optIn('newsletter', 420)} AS news, ${optIn('sms', 180)} AS sms) o`,
    },
    {
      table: 'addresses',
      ...range,
      sql: `
        INSERT INTO shop.addresses
          (id, customer_id, label, recipient_name, street, city, postcode, country, phone, instructions, created_at)
        SELECT ${rowOf('c.id', 2, 'k')}, c.id, CASE k WHEN 1 THEN 'Darbs' END, c.display_name,
          ${street(dice, 'p.key')}, ${city(dice, 'p.key')}, ${postcode(dice, 'p.key')}, 'LV',
          CASE WHEN ${dice.chance('p.own', 'address phone', 300)} THEN coalesce(c.phone, c.landline) END,
          CASE WHEN ${dice.chance('p.own', 'instructions', 150)}
            THEN ${dice.choose('p.own', 'instruction', INSTRUCTIONS)} END,
          c.created_at
        FROM shop.customers c CROSS JOIN generate_series(0, 1) k,
        LATERAL (SELECT CASE k WHEN 0 THEN ${household(dice, 'c.id')} ELSE c.id + 1000000000 END AS key,
          c.id * 2 + k AS own) p
        WHERE c.id BETWEEN $1 AND $2 AND (k = 0 OR ${dice.chance('c.id', 'second address', 150)})`,
    },
    {
      table: 'contact_persons',
      ...range,
      sql: `
        INSERT INTO shop.contact_persons
          (id, customer_id, name, email, mobile, position, receives_invoices, created_at, left_on)
        SELECT c.row, c.id, n.first || ' ' || n.last,
          n.ascii_first || '.' || n.ascii_last || '@uznemums' || c.id || '.example', ${mobile(dice, 'c.key')},
          ${dice.choose('c.key', 'position', POSITIONS)}, c.k = 0, c.created_at,
          CASE WHEN c.k = 1 AND ${dice.chance('c.key', 'left', 300)} THEN (c.created_at AT TIME ZONE 'UTC')::date + 400 END
        FROM (
          SELECT id, k, created_at, ${rowOf('id', 2, 'k')} AS row, 3000000000 + id * 2 + k AS key
          FROM shop.customers CROSS JOIN generate_series(0, 1) k
          WHERE id BETWEEN $1 AND $2 AND kind = 'legal' AND (k = 0 OR ${dice.chance('id', 'second contact', 400)})
        ) c JOIN pg_temp.names n ON n.id = ${nameNumber(dice, 'c.key', 'c.key')}`,
    },
    {
      table: 'loyalty_cards',
      ...range,
      sql: `
        INSERT INTO shop.loyalty_cards
          (card_series, card_no, customer_id, holder_name, tier, points, issued_on, blocked_on)
        SELECT ${dice.choose('id', 'series', ['LV', 'RB'])}, ${FIRST_ID} + id, id, display_name,
          (1 + ${dice.low('id', 'tier', 3)})::smallint, ${dice.low('id', 'points', 900)}::int,
          (created_at AT TIME ZONE 'UTC')::date,
          CASE WHEN deleted_at IS NOT NULL THEN (deleted_at AT TIME ZONE 'UTC')::date END
        FROM shop.customers WHERE id BETWEEN $1 AND $2 AND ${dice.chance('id', 'card', 300)}`,
    },
  ];
}
