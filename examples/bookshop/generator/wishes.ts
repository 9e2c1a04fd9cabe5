import { bookId, rowOf } from './catalogue.js';
import { textArray } from './dice.js';
import { guestCount } from './drafts.js';
import { FIRST_CUSTOMER, FIRST_GUEST, FIRST_ID, type Plan, type Step } from './step.js';

const AGENTS = ['Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (iPhone)', 'Mozilla/5.0 (Windows NT 10.0)'];
const SEARCHES = ['dzeja', 'pasakas bērniem', 'vēsture', 'русские сказки', 'dianētika', 'cookbook', 'Rainis'];
const REVIEWS = [
  'Ļoti aizraujoša grāmata, izlasīju divos vakaros.',
  'Iesaku ikvienam, bet vāks varētu būt izturīgāks.',
  'Хорошая книга, дети в восторге.',
  'Not what I expected, still worth reading.',
  'Tulkojums vietām neveikls.',
];
const LISTS = ['Mani sapņi', 'Dzimšanas diena', 'Vasarai', 'Bērniem'];
const SESSION_DAYS = 900;
/** Microseconds of a visit in which pages are viewed; the visit ends later, so that it outlives its page views. */
const VIEWS_WITHIN = 2_000_000_000;
/** Keys of visitors without an account. */
const FIRST_VISITOR = 3_500_000_000;

/** Visits, carts, reviews, wish lists and newsletter subscriptions. */
export function wishSteps(plan: Plan): Step[] {
  const { customers, dice, asOf } = plan;
  const range = { from: FIRST_CUSTOMER, to: customers };
  const started = `(${asOf} - interval '1 hour' - ${dice.span('s.id', 'started', SESSION_DAYS)})`;
  const moment = (key: string, salt: string, days: number) => `(${asOf} - ${dice.span(key, salt, days)})`;
  const view = '(s.id * 8 + k)';
  const inCart = `(1 + (c.first - 1 + k * 17) % ${plan.books})`;

  return [
    {
      table: 'sessions',
      ...range,
      sql: `
        INSERT INTO shop.sessions (id, token, customer_id, ip, user_agent, started_at, last_seen_at)
        SELECT s.id, ${dice.token('s.id', 'token')}, s.customer, inet '100.64.0.0' + ${dice.roll('s.id', 'ip', 4_000_000)},
          ${dice.choose('s.id', 'agent', AGENTS)}, ${started},
          ${started} + (${VIEWS_WITHIN} + ${dice.roll('s.id', 'stay', 1_000_000_000)}) * interval '1 microsecond'
        FROM (
          SELECT ${rowOf('g', 4, 'k')} AS id, CASE WHEN k < 3 THEN g END AS customer
          FROM generate_series($1::bigint, $2::bigint) g, generate_series(0, 3) k
          WHERE ${dice.chance('(g * 4 + k)', 'session', 220)}
        ) s`,
    },
    {
      table: 'page_views',
      ...range,
      sql: `
        INSERT INTO shop.page_views (viewed_at, session_id, customer_id, path, search_terms, referrer, dwell_ms)
        SELECT s.started_at + ${dice.roll(view, 'at', VIEWS_WITHIN)} * interval '1 microsecond', s.id, s.customer_id,
          CASE WHEN v.search THEN '/mekle' ELSE '/gramata/' || ${bookId(plan, view, 'viewed')} END,
          CASE WHEN v.search THEN ${dice.choose(view, 'terms', SEARCHES)} END,
          CASE k WHEN 1 THEN 'https://search.example/' END, ${dice.roll(view, 'dwell', 90_000)}
        FROM shop.sessions s, generate_series(1, (1 + ${dice.roll('s.id', 'views', 5)})::int) k,
        LATERAL (SELECT ${dice.chance(view, 'search', 200)} AS search) v
        WHERE s.id BETWEEN ${rowOf('$1::bigint', 4)} AND ${rowOf('$2::bigint', 4, 3)}`,
    },
    {
      table: 'carts',
      ...range,
      sql: `
        INSERT INTO shop.carts (id, customer_id, session_id, email, promo_code, created_at, updated_at)
        SELECT s.id, s.customer_id, s.id,
          CASE WHEN s.customer_id IS NULL AND ${dice.chance('s.id', 'typed', 400)}
            THEN 'grozs' || s.id || '@vestule.example' END,
          CASE WHEN ${dice.chance('s.id', 'promo', 100)} THEN 'RUDENS15' END, s.started_at, s.last_seen_at
        FROM shop.sessions s
        WHERE s.id BETWEEN ${rowOf('$1::bigint', 4)} AND ${rowOf('$2::bigint', 4, 3)} AND ${dice.chance('s.id', 'cart', 350)}`,
    },
    {
      table: 'cart_items',
      ...range,
      sql: `
        INSERT INTO shop.cart_items (cart_id, book_id, quantity, gift_text, added_at)
        SELECT c.id, ${inCart}, 1, CASE WHEN ${dice.chance('c.id', 'gift text', 50)} THEN 'Draugam' END, c.created_at
        FROM (SELECT id, created_at, ${bookId(plan, 'id', 'in cart')} AS first FROM shop.carts
          WHERE id BETWEEN ${rowOf('$1::bigint', 4)} AND ${rowOf('$2::bigint', 4, 3)}) c,
        generate_series(0, ${dice.low('c.id', 'items', 4)}::int) k`,
    },
    {
      table: 'reviews',
      ...range,
      sql: `
        INSERT INTO shop.reviews (id, book_id, customer_id, signed_as, rating, body, status, moderated_by, created_at)
        SELECT ${rowOf('c.id', 2, 'k')}, 1 + (${bookId(plan, 'c.id', 'reviewed')} - 1 + k * 19) % ${plan.books}, c.id,
          coalesce(c.first_name, c.company_name), 5 - ${dice.low('r.key', 'rating', 5)}, ${dice.choose('r.key', 'review', REVIEWS)},
          ${dice.choose('r.key', 'review status', ['published', 'published', 'published', 'pending', 'rejected'])},
          CASE WHEN ${dice.chance('r.key', 'moderated', 600)} THEN 'Rita Ābola' END, ${moment('r.key', 'reviewed at', 4000)}
        FROM shop.customers c CROSS JOIN generate_series(0, 1) k, LATERAL (SELECT c.id * 2 + k AS key) r
        WHERE c.id BETWEEN $1 AND $2 AND ${dice.chance('r.key', 'reviews', 150)}`,
    },
    {
      table: 'wishlists',
      ...range,
      sql: `
        INSERT INTO shop.wishlists (id, customer_id, title, share_token, created_at)
        SELECT ${FIRST_ID} + g, g, ${dice.choose('g', 'list', LISTS)},
          CASE WHEN ${dice.chance('g', 'shared', 300)} THEN ${dice.token('g', 'share')} END, ${moment('g', 'list at', 3000)}
        FROM generate_series($1::bigint, $2::bigint) g WHERE ${dice.chance('g', 'wishlist', 180)}`,
    },
    {
      table: 'wishlist_items',
      ...range,
      sql: `
        INSERT INTO shop.wishlist_items (wishlist_id, book_id, note, reserved_by_name, reserved_by_email, added_at)
        SELECT w.id, 1 + (w.first - 1 + k * 23) % ${plan.books}, CASE WHEN ${dice.chance('w.key', 'wish note', 100)} THEN 'Cietajos vākos' END,
          f.display_name, f.email, w.created_at
        FROM (SELECT id, created_at, ${bookId(plan, 'id', 'wished')} AS first, id * 8 + k AS key, k
          FROM shop.wishlists, generate_series(0, 5) k
          WHERE id BETWEEN ${FIRST_ID} + $1::bigint AND ${FIRST_ID} + $2::bigint AND k <= ${dice.roll('id', 'wishes', 6)}) w
        LEFT JOIN shop.customers f ON ${dice.chance('w.key', 'reserved', 40)} AND f.kind = 'private'
          AND f.id = ${FIRST_CUSTOMER} + ${dice.roll('w.key', 'reserver', customers - FIRST_CUSTOMER + 1)}`,
    },
    {
      table: 'newsletter_subscriptions',
      ...range,
      sql: subscriptions(
        plan,
        'SELECT id, email, first_name AS name, language, created_at AS at FROM shop.customers',
        350,
      ),
    },
    {
      table: 'newsletter_subscriptions',
      from: FIRST_GUEST + 1,
      to: FIRST_GUEST + guestCount(plan),
      sql: subscriptions(
        plan,
        `SELECT id, email, name, language, ${moment('id', 'read since', 3000)} AS at
        FROM pg_temp.guests WHERE NOT own_account`,
        300,
      ),
    },
    {
      table: 'newsletter_subscriptions',
      ...range,
      sql: subscriptions(
        plan,
        `SELECT ${FIRST_VISITOR} + g AS id, 'lasu' || g || '.' || (${textArray(['rita', 'maris', 'olga'])})[1 + g % 3] || '@kastite.example' AS email,
        NULL::text AS name, 'lv' AS language, ${moment('g', 'read since', 3000)} AS at
        FROM generate_series(${FIRST_CUSTOMER}::bigint, ${customers}::bigint) g`,
        60,
        FIRST_VISITOR,
      ),
    },
  ];
}

/** SQL that subscribes so many of 1000 of the people whom the query gives. */
function subscriptions({ dice, asOf }: Plan, people: string, perMille: number, offset = 0): string {
  return `
    INSERT INTO shop.newsletter_subscriptions (email, name, language, source, confirm_token, ip, subscribed_at, confirmed_at, unsubscribed_at)
    SELECT p.email, p.name, p.language, ${dice.choose('p.id', 'source', ['footer', 'checkout', 'fair', 'import'])},
      CASE WHEN ${dice.chance('p.id', 'token', 500)} THEN ${dice.token('p.id', 'confirm')} END,
      inet '100.64.0.0' + ${dice.roll('p.id', 'subscribed from', 4_000_000)}, p.at,
      CASE WHEN ${dice.chance('p.id', 'confirmed', 850)} THEN least(p.at + interval '7 minutes', ${asOf}) END,
      CASE WHEN ${dice.chance('p.id', 'unsubscribed', 220)} THEN least(p.at + ${dice.span('p.id', 'left', 700)}, ${asOf}) END
    FROM (${people}) p
    WHERE p.id BETWEEN $1::bigint + ${offset} AND $2::bigint + ${offset} AND ${dice.chance('p.id', 'newsletter', perMille)}`;
}
