import { type FixedRow, fixed, type PersonKey } from './row.js';

interface Visit {
  readonly id: number;
  readonly of: PersonKey;
  /** Null for a visitor without an account. */
  readonly customer: number | null;
  readonly token: string;
  readonly ip: string;
  readonly agent: string;
  readonly day: string;
  readonly search: string;
  readonly book: number;
  readonly giftText: string;
  /** Typed at the checkout by somebody without an account. */
  readonly email?: string;
}

/** A visit to the shop: session, page views and the cart that was left behind. */
function visit({ id, of, customer, token, ip, agent, day, search, book, giftText, email }: Visit): FixedRow[] {
  const view = { session_id: id, customer_id: customer, dwell_ms: 15000 + id };
  return [
    fixed('sessions', of, {
      id,
      token,
      customer_id: customer,
      ip,
      user_agent: agent,
      started_at: `${day} 17:00:00.000123+00`,
      last_seen_at: `${day} 17:42:42.424242+00`,
    }),
    fixed('page_views', of, {
      ...view,
      viewed_at: `${day} 17:01:00.654321+00`,
      path: '/mekle',
      search_terms: search,
      referrer: 'https://meklētājs.example/',
    }),
    fixed('page_views', of, {
      ...view,
      viewed_at: `${day} 17:05:30.000001+00`,
      path: `/gramata/${book}`,
      search_terms: null,
      referrer: null,
    }),
    fixed('carts', of, {
      id,
      customer_id: customer,
      session_id: id,
      email: email ?? null,
      promo_code: null,
      created_at: `${day} 17:06:00.000600+00`,
      updated_at: `${day} 17:30:00.003000+00`,
    }),
    fixed('cart_items', of, {
      cart_id: id,
      book_id: book,
      quantity: 1,
      gift_text: giftText,
      added_at: `${day} 17:06:01.000601+00`,
    }),
  ];
}

const visits: readonly FixedRow[] = [
  visit({
    id: 1,
    of: 'anna',
    customer: 1,
    token: 'annas-sesija-6c1f0e9ab2',
    ip: '203.0.113.11',
    agent: 'Mozilla/5.0 (AnnasTalrunis 17)',
    day: '2026-10-29',
    search: 'kā audzēt baklažānus uz palodzes',
    book: 31,
    giftText: 'Omītei Zelmai deviņdesmitajā jubilejā',
  }),
  visit({
    id: 2,
    of: 'namesake',
    customer: 2,
    token: 'liepajas-sesija-11aa22bb',
    ip: '203.0.113.22',
    agent: 'Mozilla/5.0 (LiepajasDators 9)',
    day: '2024-06-02',
    search: 'diktāti piektajai klasei ar atslēgām',
    book: 32,
    giftText: 'Kolēģei Velgai',
  }),
  visit({
    id: 3,
    of: 'janis',
    customer: 3,
    token: 'jana-sesija-99f8e7d6',
    ip: '203.0.113.33',
    agent: 'Mozilla/5.0 (JanaPlansete 4)',
    day: '2025-08-17',
    search: 'motociklu remonts iesācējiem 1978',
    book: 33,
    giftText: 'Brālim Oskaram',
  }),
  visit({
    id: 4,
    of: 'lasitava',
    customer: 4,
    token: 'lasitavas-sesija-5e4d3c2b',
    ip: '203.0.113.44',
    agent: 'Mozilla/5.0 (LasitavasDators 2)',
    day: '2026-09-15',
    search: 'ābeces vairumā klasei',
    book: 34,
    giftText: 'Lasītavas pirmklasniekiem',
  }),
  visit({
    id: 5,
    of: 'petr',
    customer: null,
    token: 'petra-sesija-0a0b0c0d',
    ip: '203.0.113.55',
    agent: 'Mozilla/5.0 (PetrsTelefon 8)',
    day: '2026-07-02',
    search: 'шахматные этюды для начинающих 1953',
    book: 35,
    giftText: 'Внуку Мише от деда',
    email: 'petr.ivanov@pasts.example',
  }),
].flat();

const reviews: readonly FixedRow[] = [
  review('anna', 1, 3, 'Anna no Brīvības ielas', 5, 'Lasīju vilcienā uz Siguldu un pabraucu garām savai pieturai.'),
  review('namesake', 2, 4, 'skolotāja A. B.', 2, 'Liepājas bibliotēkā šis izdevums bija daudz labāk iesiets.'),
  review('janis', 3, 2, 'Jānis B., motociklists', 4, 'Trūkst nodaļas par karburatoriem, citādi lieliski.'),
  review('lasitava', 4, 10, 'Lasītavas komanda', 5, 'Otrklasnieki izlasīja visus divpadsmit eksemplārus.'),
];

function review(
  of: PersonKey,
  customer: number,
  book: number,
  signed_as: string,
  rating: number,
  body: string,
): FixedRow {
  return fixed('reviews', of, {
    id: customer,
    book_id: book,
    customer_id: customer,
    signed_as,
    rating,
    body,
    status: 'published',
    moderated_by: 'Rita Ābola',
    created_at: `20${20 + customer}-05-05 05:05:05.00000${customer}+00`,
  });
}

interface Wish {
  readonly list: number;
  readonly of: PersonKey;
  readonly title: string;
  readonly note: string;
  /** Whoever promised to buy the book. */
  readonly reserved?: { readonly of: PersonKey; readonly name: string; readonly email: string };
}

const wishes: readonly FixedRow[] = [
  wish({
    list: 1,
    of: 'anna',
    title: 'Annas Ziemassvētku saraksts',
    note: 'Tikai izdevumu ar Zelmas ilustrācijām',
    reserved: { of: 'petr', name: 'Пётр И.', email: 'petr.ivanov@pasts.example' },
  }),
  wish({ list: 2, of: 'namesake', title: 'Piektās klases plaukts', note: 'Nopirkšu pēc algas dienas Liepājā' }),
  wish({
    list: 3,
    of: 'janis',
    title: 'Garāžas plaukts',
    note: 'Pirmizdevums, ja kāds atrod',
    reserved: { of: 'anna', name: 'Anna B.', email: 'Anna.Berzina@pasts.example' },
  }),
  wish({
    list: 4,
    of: 'lasitava',
    title: 'Lasītavas rudens komplekts',
    note: 'Vajag divdesmit vienādus LSTV komplektam',
    reserved: { of: 'ilze', name: 'Ilze K.', email: 'Ilze.Kalnina@lasitava.example' },
  }),
].flat();

function wish({ list, of, title, note, reserved }: Wish): FixedRow[] {
  const at = `2024-11-0${list} 20:20:20.20202${list}+00`;
  return [
    fixed('wishlists', of, { id: list, customer_id: list, title, share_token: `${of}-saraksts-x91`, created_at: at }),
    fixed('wishlist_items', reserved === undefined ? of : [of, reserved.of], {
      wishlist_id: list,
      book_id: 40 + list,
      note,
      reserved_by_name: reserved?.name ?? null,
      reserved_by_email: reserved?.email ?? null,
      added_at: at,
    }),
  ];
}

const newsletter: readonly FixedRow[] = [
  subscription('anna', 'anna.berzina@pasts.example', 'Anna', 'lv', '203.0.113.11', '2018-05-24'),
  subscription('namesake', 'Anna.Berzina2@pasts.example', 'Anna Bērziņa', 'lv', '203.0.113.22', '2015-11-20'),
  subscription('janis', 'janis.berzins@pasts.example', null, 'lv', '203.0.113.33', '2020-12-01', '2023-01-15'),
  subscription('lasitava', 'gramatvediba@lasitava.example', 'Lasītava', 'lv', '203.0.113.44', '2019-03-04'),
  subscription('ilze', 'ilze.kalnina@lasitava.example', 'Ilze', 'lv', '203.0.113.66', '2022-09-09'),
  subscription('petr', 'Petr.Ivanov@Pasts.example', 'Пётр', 'ru', '203.0.113.55', '2020-04-11'),
];

function subscription(
  of: PersonKey,
  email: string,
  name: string | null,
  language: string,
  ip: string,
  day: string,
  ended: string | null = null,
): FixedRow {
  return fixed('newsletter_subscriptions', of, {
    email,
    name,
    language,
    source: 'footer',
    confirm_token: `${of}-apstiprinajums-5d2e`,
    ip,
    subscribed_at: `${day} 12:00:00.121212+00`,
    confirmed_at: `${day} 12:10:00.101010+00`,
    unsubscribed_at: ended === null ? null : `${ended} 08:00:00.080808+00`,
  });
}

/** Visits, carts, reviews, wish lists and newsletter subscriptions of the fixed people. */
export const WISH_ROWS: readonly FixedRow[] = [...visits, ...reviews, ...wishes, ...newsletter];
