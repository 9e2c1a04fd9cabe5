import { city, email, mobile, postcode, street } from './customers.js';
import { nameNumber } from './names.js';
import { FIRST_CUSTOMER, FIRST_ID, PARCEL_MACHINES, type Plan, type Step } from './step.js';

const MESSAGES = ['Daudz laimes!', 'Priecīgus Ziemassvētkus!', 'С днём рождения!', 'With love', 'Paldies par visu'];
const STAFF = ['Rita Ābola', 'Edgars Zemītis', 'Marta Liepkalne'];
export const STAFF_NAMES: readonly string[] = STAFF;

const BUYER = `
  FROM shop.orders o
  LEFT JOIN shop.customers c ON c.id = o.customer_id
  LEFT JOIN shop.addresses a ON a.id = ${FIRST_ID} + o.customer_id * 2
  LEFT JOIN shop.gift_recipients r ON r.id = o.id`;
const NAME = 'coalesce(c.display_name, o.guest_name)';

/** Gifts, payments, invoices, refunds, shipments and loyalty points: each has the number of its order. */
export function fulfilmentSteps(plan: Plan, last: number): Step[] {
  const { dice, asOf, customers } = plan;
  const range = { from: FIRST_ID + 1, to: last };
  const stranger = '(4000000000 - o.id)';
  const friend = `CASE WHEN ${dice.chance('o.id', 'friend', 400)} THEN
    ${FIRST_CUSTOMER} + ${dice.roll('o.id', 'which friend', customers - FIRST_CUSTOMER + 1)} END`;
  const where = (column: string, own: string) => `coalesce(a.${column}, ${own})`;
  const invoiced = "o.status NOT IN ('new', 'cancelled')";
  const issued = "(o.placed_at AT TIME ZONE 'Europe/Riga')::date";
  const iban = `'LV' || (10 + ${dice.roll('o.id', 'iban check', 89)}) || 'BANK'
    || lpad(${dice.roll('o.id', 'iban', 1_000_000_000_000)}::text, 13, '0')`;
  const method = dice.choose('o.id', 'method', ['card', 'card', 'card', 'transfer', 'transfer', 'cash']);
  const carrier = dice.choose('o.id', 'carrier', ['omniva', 'omniva', 'pasts', 'dpd']);

  return [
    {
      table: 'gift_recipients',
      ...range,
      sql: `
        INSERT INTO shop.gift_recipients (id, order_id, name, phone, email, street, city, postcode, message, created_at)
        SELECT o.id, o.id, coalesce(f.display_name, n.first || ' ' || n.last),
          CASE WHEN f.id IS NULL THEN ${mobile(dice, stranger)} ELSE f.phone END,
          CASE WHEN f.id IS NOT NULL THEN f.email WHEN ${dice.chance('o.id', 'gift e-mail', 500)} THEN ${email(dice, stranger, "'00' || o.id")} END,
          ${street(dice, stranger)}, ${city(dice, stranger)}, ${postcode(dice, stranger)},
          CASE WHEN ${dice.chance('o.id', 'message', 700)} THEN ${dice.choose('o.id', 'message text', MESSAGES)} END, o.placed_at
        FROM shop.orders o
        JOIN pg_temp.names n ON n.id = ${nameNumber(dice, stranger, stranger)}
        LEFT JOIN shop.customers f ON f.id = ${friend} AND f.kind = 'private' AND f.id IS DISTINCT FROM o.customer_id
        WHERE o.id BETWEEN $1 AND $2 AND ${dice.chance('o.id', 'gift', 70)}`,
    },
    {
      table: 'payments',
      ...range,
      sql: `
        INSERT INTO shop.payments (id, order_id, method, status, amount, cardholder_name, card_last4, payer_iban,
          provider_reference, created_at, paid_at)
        SELECT o.id, o.id, m.method,
          CASE WHEN o.status = 'returned' THEN 4 WHEN o.paid_at IS NOT NULL THEN 2 WHEN ${dice.chance('o.id', 'refused', 300)} THEN 3 ELSE 0 END,
          o.total,
          CASE WHEN m.method = 'card' THEN CASE WHEN ${dice.chance('o.id', 'other card', 60)} THEN n.first || ' ' || n.last ELSE ${NAME} END END,
          CASE WHEN m.method = 'card' THEN (1000 + ${dice.roll('coalesce(o.customer_id, o.id)', 'last4', 9000)})::text END,
          CASE WHEN m.method = 'transfer' THEN ${iban} END,
          'PAY-' || ${dice.token('o.id', 'provider')}, o.placed_at, o.paid_at
        FROM shop.orders o
        LEFT JOIN shop.customers c ON c.id = o.customer_id
        JOIN pg_temp.names n ON n.id = ${nameNumber(dice, stranger, stranger)},
        LATERAL (SELECT ${method} AS method) m
        WHERE o.id BETWEEN $1 AND $2 AND o.status <> 'new'`,
    },
    {
      table: 'invoices',
      ...range,
      sql: `
        INSERT INTO shop.invoices (id, number, order_id, issued_on, due_on, paid_on, buyer_name, buyer_address,
          buyer_registration, net, vat)
        SELECT o.id, 'R' || extract(year FROM ${issued}) || '-' || lpad(o.id::text, greatest(6, length(o.id::text)), '0'), o.id,
          ${issued}, ${issued} + CASE c.kind WHEN 'legal' THEN 30 ELSE 14 END,
          (o.paid_at AT TIME ZONE 'Europe/Riga')::date, ${NAME},
          ${where('street', street(dice, 'o.id'))} || ', ' || ${where('city', city(dice, 'o.id'))} || ', '
            || ${where('postcode', postcode(dice, 'o.id'))},
          c.registration_number, v.net, o.total - v.net
        ${BUYER}, LATERAL (SELECT round(o.total / 1.12, 2) AS net) v
        WHERE o.id BETWEEN $1 AND $2 AND ${invoiced}`,
    },
    {
      table: 'refunds',
      ...range,
      sql: `
        INSERT INTO shop.refunds (id, payment_id, amount, reason, explanation, iban, account_holder, requested_at, paid_on, handled_by)
        SELECT o.id, o.id, o.goods_total, 1 + ${dice.roll('o.id', 'reason', 4)}, 'Pircējs atteicās no preces', ${iban}, ${NAME},
          q.at, (q.at AT TIME ZONE 'UTC')::date + 3, ${dice.choose('o.id', 'handled', STAFF)}
        FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id,
        LATERAL (SELECT least(o.completed_at + ${dice.span('o.id', 'refund', 12)}, ${asOf}) AS at) q
        WHERE o.id BETWEEN $1 AND $2 AND o.status = 'returned'`,
    },
    {
      table: 'shipments',
      ...range,
      sql: `
        INSERT INTO shop.shipments (id, order_id, gift_recipient_id, carrier, parcel_machine_id, recipient_name, recipient_phone,
          street, city, postcode, tracking_number, status, handed_over_at, delivered_at)
        SELECT o.id, o.id, r.id, s.carrier,
          CASE WHEN s.machine THEN 1 + ${dice.roll('coalesce(o.customer_id, o.id)', 'machine', PARCEL_MACHINES)} END,
          coalesce(r.name, ${NAME}), CASE WHEN r.id IS NOT NULL THEN r.phone ELSE coalesce(c.phone, o.guest_phone) END,
          CASE WHEN NOT s.machine THEN coalesce(r.street, ${where('street', street(dice, 'o.id'))}) END,
          CASE WHEN NOT s.machine THEN coalesce(r.city, ${where('city', city(dice, 'o.id'))}) END,
          CASE WHEN NOT s.machine THEN coalesce(r.postcode, ${where('postcode', postcode(dice, 'o.id'))}) END,
          CASE WHEN s.sent THEN 'CC' || lpad(o.id::text, 9, '0') || 'LV' END,
          CASE WHEN o.status = 'returned' THEN 40 WHEN o.completed_at IS NOT NULL THEN 30 WHEN s.sent THEN 20 ELSE 10 END,
          CASE WHEN s.sent THEN coalesce(o.paid_at, o.placed_at) END, o.completed_at
        ${BUYER},
        LATERAL (SELECT carrier, carrier = 'omniva' AS machine, o.status IN ('shipped', 'completed', 'returned', 'disputed') AS sent
          FROM (SELECT ${carrier}) k (carrier)) s
        WHERE o.id BETWEEN $1 AND $2 AND ${invoiced}`,
    },
    {
      table: 'loyalty_movements',
      from: FIRST_CUSTOMER,
      to: customers,
      sql: `
        INSERT INTO shop.loyalty_movements (card_series, card_no, seq, order_id, points, reason, moved_at)
        SELECT l.card_series, l.card_no, row_number() OVER (PARTITION BY l.card_series, l.card_no ORDER BY o.id), o.id,
          CASE WHEN s.spent THEN -50 ELSE floor(o.goods_total)::int END, CASE WHEN s.spent THEN 'S' ELSE 'P' END, o.paid_at
        FROM shop.loyalty_cards l JOIN shop.orders o ON o.customer_id = l.customer_id,
        LATERAL (SELECT ${dice.chance('o.id', 'spent', 40)} AS spent) s
        WHERE l.customer_id BETWEEN $1 AND $2 AND o.paid_at IS NOT NULL AND l.card_series <> 'AA'`,
    },
  ];
}
