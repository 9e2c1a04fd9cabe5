import { bookId } from './catalogue.js';
import { email, landline, mobile } from './customers.js';
import { guestCount } from './drafts.js';
import { nameNumber } from './names.js';
import { FIRST_CUSTOMER, FIRST_GUEST, FIRST_ID, type Plan, type Step } from './step.js';

const MOST_LINES = 10;
const NOTES = [
  'Lūdzu zvaniet pēc sešiem vakarā',
  'Ietiniet dāvanu papīrā',
  'Rēķinu, lūdzu, uz uzņēmuma vārda',
  'Позвоните, пожалуйста, перед доставкой',
  'Please leave it with the neighbour at number 5',
  'Ja nav uz vietas, atlieciet malā',
];
const DISPUTES = ['Prece nav saņemta', 'Nosūtīta cita grāmata', 'Maksājums noņemts divreiz'];

/** SQL for `pg_temp.guests`: those who order without an account; one in five has one under the same address. */
export function guestTable(plan: Plan): string {
  const { dice, customers } = plan;
  const account = `${FIRST_CUSTOMER} + ${dice.roll('g.id', 'account', customers - FIRST_CUSTOMER + 1)}`;
  return `
    CREATE TEMP TABLE guests ON COMMIT DROP AS
    SELECT g.id, CASE WHEN c.id IS NULL THEN n.first || ' ' || n.last ELSE c.display_name END AS name,
      CASE WHEN c.id IS NULL THEN ${email(dice, 'g.id', `'0' || (g.id - ${FIRST_GUEST})`)}
        WHEN ${dice.chance('g.id', 'capitals', 300)} THEN initcap(c.email COLLATE "C") ELSE c.email END AS email,
      CASE WHEN c.id IS NULL THEN CASE WHEN ${dice.chance('g.id', 'landline', 100)} THEN ${landline(dice, 'g.id', 'g.id')}
        ELSE ${mobile(dice, 'g.id')} END ELSE c.phone END AS phone,
      n.language, c.id IS NOT NULL AS own_account
    FROM generate_series(${FIRST_GUEST + 1}::bigint, ${FIRST_GUEST + guestCount(plan)}::bigint) AS g (id)
    JOIN pg_temp.names n ON n.id = ${nameNumber(dice, 'g.id', 'g.id')}
    LEFT JOIN shop.customers c ON ${dice.chance('g.id', 'has account', 200)} AND c.id = ${account}`;
}

export function orderSteps(plan: Plan, last: number): Step[] {
  const { dice, asOf } = plan;
  const range = { from: FIRST_ID + 1, to: last };
  const lines = `(1 + ${dice.low('d.id', 'lines', MOST_LINES)})::int`;
  const line = `(d.id * 16 + l)`;
  const paid = `(d.status IN ('packed', 'shipped', 'completed', 'returned', 'disputed'))`;
  const done = `(d.status IN ('completed', 'returned', 'disputed'))`;
  const after = (salt: string, days: number) => `least(d.placed_at + ${dice.span('d.id', salt, days)}, ${asOf})`;

  return [
    {
      table: 'order_lines',
      ...range,
      sql: `
        INSERT INTO shop.order_lines (order_id, line_no, book_id, quantity, unit_price)
        SELECT o.id, o.l, b.id, o.quantity, b.price
        FROM (
          SELECT d.id, l, ${bookId(plan, line, 'book')} AS book,
            CASE WHEN ${dice.chance(line, 'several', 80)} THEN 2 + ${dice.roll(line, 'quantity', 4)} ELSE 1 END AS quantity
          FROM pg_temp.drafts d, generate_series(1, ${lines}) l
          WHERE d.id BETWEEN $1 AND $2
        ) o JOIN shop.books b ON b.id = o.book`,
    },
    {
      table: 'orders',
      ...range,
      sql: `
        INSERT INTO shop.orders (id, order_number, customer_id, contact_person_id, guest_email, guest_name, guest_phone, status,
          channel, placed_at, paid_at, completed_at, disputed_at, dispute_reason, goods_total, shipping_total, currency,
          customer_note, client_ip, no_offers)
        SELECT d.id,
          'RB-' || extract(year FROM d.placed_at AT TIME ZONE 'UTC') || '-' || lpad(d.id::text, greatest(6, length(d.id::text)), '0'),
          d.customer_id, p.id, g.email, g.name, g.phone, d.status::shop.order_status,
          CASE WHEN g.id IS NOT NULL THEN 1 ELSE (1 + ${dice.low('d.id', 'channel', 3)}) END::smallint,
          d.placed_at, CASE WHEN ${paid} THEN ${after('paid', 2)} END,
          CASE WHEN ${done} THEN ${after('completed', 12)} END,
          CASE WHEN d.status = 'disputed' THEN ${after('disputed', 40)} END,
          CASE WHEN d.status = 'disputed' THEN ${dice.choose('d.id', 'dispute', DISPUTES)} END,
          s.goods, CASE WHEN s.goods >= 40 THEN 0 ELSE 2.99 END, 'EUR',
          CASE WHEN ${dice.chance('d.id', 'note', 110)} THEN ${dice.choose('d.id', 'note text', NOTES)} END,
          CASE WHEN ${dice.chance('d.id', 'ip', 900)} THEN inet '100.64.0.0' + ${dice.roll('d.id', 'ip number', 4_000_000)} END,
          ${dice.chance('d.id', 'no offers', 60)}
        FROM pg_temp.drafts d
        JOIN (
          SELECT order_id, sum(line_total) AS goods FROM shop.order_lines WHERE order_id BETWEEN $1 AND $2 GROUP BY order_id
        ) s ON s.order_id = d.id
        LEFT JOIN pg_temp.guests g ON g.id = d.guest_id
        LEFT JOIN shop.contact_persons p
          ON p.id = ${FIRST_ID} + d.customer_id * 2 AND ${dice.chance('d.id', 'contact', 700)}
        WHERE d.id BETWEEN $1 AND $2`,
    },
  ];
}
