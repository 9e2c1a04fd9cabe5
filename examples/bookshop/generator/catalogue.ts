import type { Session } from '../../../src/database/session.js';
import { textArray } from './dice.js';
import { FIRST_ID, PARCEL_MACHINES, type Plan, type Step } from './step.js';

const CATEGORIES: readonly (readonly [slug: string, parent: number | null, lv: string, en: string])[] = [
  ['dailliteratura', null, 'Daiļliteratūra', 'Fiction'],
  ['romani', 1, 'Romāni', 'Novels'],
  ['dzeja', 1, 'Dzeja', 'Poetry'],
  ['bernu-gramatas', null, 'Bērnu grāmatas', "Children's books"],
  ['pasakas', 4, 'Pasakas', 'Fairy tales'],
  ['pasattistiba', null, 'Pašattīstība', 'Self-improvement'],
  ['dianetika', 6, 'Dianētika', 'Dianetics'],
  ['religija', 6, 'Reliģija un filozofija', 'Religion and philosophy'],
  ['veseliba', 6, 'Veselība', 'Health'],
  ['vesture', null, 'Vēsture', 'History'],
  ['latvijas-vesture', 10, 'Latvijas vēsture', 'History of Latvia'],
  ['macibu-gramatas', null, 'Mācību grāmatas', 'Textbooks'],
];
const ADJECTIVES = [
  'Klusais',
  'Baltais',
  'Pēdējais',
  'Tālais',
  'Zudušais',
  'Lielais',
  'Aizmirstais',
  'Ziemas',
  'Jūras',
];
const NOUNS = [
  'dārzs',
  'ceļš',
  'gads',
  'sapnis',
  'vējš',
  'tilts',
  'noslēpums',
  'stāsts',
  'koks',
  'vilciens',
  'atspulgs',
];
const AUTHORS = [
  'I. Ziemele',
  'K. Upmale',
  'A. Tīrums',
  'M. Hart',
  'В. Северный',
  'J. Krasts',
  'E. Grīva',
  'S. Morgan',
];
const PUBLISHERS = [
  'Zvaigžņu lapa',
  'Jumava un dēli',
  'Dienas grāmata',
  'Northern Press',
  'Новая страница',
  'Lielais lācis',
];
const CITIES = [
  'Rīga',
  'Daugavpils',
  'Liepāja',
  'Jelgava',
  'Jūrmala',
  'Ventspils',
  'Rēzekne',
  'Valmiera',
  'Ogre',
  'Cēsis',
];
export const SHOP_CITIES: readonly string[] = CITIES;

/** Categories, publishers, parcel machines and settings; answers the rows of each. */
export async function fillCatalogue(session: Session): Promise<Record<string, number>> {
  const categories = await session.run(
    `INSERT INTO shop.categories (id, parent_id, slug, title_lv, title_en)
     SELECT n, (row ->> 1)::int, row ->> 0, row ->> 2, row ->> 3
     FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS c (row, n)`,
    [JSON.stringify(CATEGORIES)],
  );
  const publishers = await session.run(
    `INSERT INTO shop.publishers (id, name, country)
     SELECT n, name, (ARRAY['LV', 'LV', 'LV', 'GB', 'LV', 'LV'])[n]
     FROM unnest(${textArray(PUBLISHERS)}) WITH ORDINALITY AS p (name, n)`,
  );
  const parcel_machines = await session.run(
    `INSERT INTO shop.parcel_machines (id, carrier, code, name, city, postcode)
     SELECT n, 'omniva', (9000 + n)::text, city || ', pakomāts ' || n, city, 'LV-' || (1000 + n * 37)
     FROM generate_series(1, ${PARCEL_MACHINES}) n, LATERAL (SELECT (${textArray(CITIES)})[1 + n % ${CITIES.length}]) c (city)`,
  );
  const app_settings = await session.run(
    `INSERT INTO shop.app_settings (key, value, updated_at) VALUES
       ('currency', '"EUR"', '2016-01-04 08:00:00+00'),
       ('free_shipping_from', '{"amount": "40.00"}', '2024-02-01 09:30:00.5+00'),
       ('maintenance', 'false', '2026-06-30 22:15:07.000001+00'),
       ('vat_percent', '12', '2018-01-01 00:00:00+00')`,
  );
  return { categories, publishers, parcel_machines, app_settings };
}

export function bookStep({ books, dice }: Plan): Step {
  const roll = (salt: string, sides: number) => dice.roll('n', salt, sides);
  return {
    table: 'books',
    from: 1,
    to: books,
    sql: `
      INSERT INTO shop.books
        (id, isbn, title, author, language, publisher_id, category_id, price, stock, published_on)
      SELECT n, '97899340' || lpad((n * 7 + 13)::text, 5, '0'),
        ${dice.choose('n', 'adjective', ADJECTIVES)} || ' ' || ${dice.choose('n', 'noun', NOUNS)} || ' ' || n,
        ${dice.choose('n', 'author', AUTHORS)}, ${dice.choose('n', 'language', ['lv', 'lv', 'lv', 'ru', 'en'])},
        1 + ${roll('publisher', PUBLISHERS.length)}, 1 + ${roll('category', CATEGORIES.length)},
        (399 + ${roll('price', 3000)}) / 100.0, ${roll('stock', 200)},
        date '1995-01-01' + ${roll('published', 11_000)}::int
      FROM generate_series($1::bigint, $2::bigint) n`,
  };
}

/** Books sell unevenly: a few very often. SQL for a book's id. */
export function bookId({ books, dice }: Plan, key: string, salt: string): string {
  return `(1 + ${dice.roll(key, salt, books)} * ${dice.roll(key, `${salt}'`, books)} / ${books})::int`;
}

/** The id of a row of which each customer has at most `each`. */
export function rowOf(customer: string, each: number, which: number | string = 0): string {
  return `(${FIRST_ID} + ${customer} * ${each} + ${which})`;
}
