import { mobile } from './customers.js';
import { STAFF_NAMES } from './fulfilment.js';
import { FIRST_CUSTOMER, FIRST_ID, type Plan, type Step } from './step.js';

const SUBJECTS = ['Kur ir mans pasūtījums?', 'Bojāta grāmata', 'Nepareizs rēķins', 'Вопрос по доставке', 'Gift card'];
const QUESTIONS = [
  'Labdien! Pasūtījums nav pienācis, lūdzu pārbaudiet.',
  'Sveiki, vai varat nomainīt piegādes adresi?',
  'Здравствуйте, когда будет новая партия?',
  'Hello, I would like to return one of the books.',
];
const ANSWERS = [
  'Paldies, pārbaudīsim un atbildēsim.',
  'Adrese nomainīta.',
  'Спасибо, ответим завтра.',
  'Nauda atmaksāta.',
];
const NOTES = ['Vēlas zvanu pirms piegādes', 'Pastāvīgs klients', 'Uzmanīgi ar adresi', 'Pārbaudīt maksājumu'];
const MIGRATED = "timestamptz '2019-01-14 03:00:00+00'";

/** Tickets, staff notes, password resets, the event log and the rows imported from the previous shop. */
export function correspondenceSteps(plan: Plan, lastOrder: number): Step[] {
  const { customers, dice, asOf } = plan;
  const range = { from: FIRST_CUSTOMER, to: customers };
  const orders = { from: FIRST_ID + 1, to: lastOrder };
  const moment = (key: string, salt: string, days: number) => `(${asOf} - ${dice.span(key, salt, days)})`;
  const staff = (key: string, salt: string) => dice.choose(key, salt, STAFF_NAMES);
  const message = '(t.id * 4 + k)';
  /** Tickets of customers and of orders share one sequence: customers take the even numbers. */
  const tickets = (people: string, id: string) => `
    INSERT INTO shop.support_tickets
      (id, customer_id, order_id, email, name, subject, status, assigned_to, opened_at, closed_at)
    SELECT p.ticket, p.customer_id, p.order_id, p.email, p.name, ${dice.choose('p.ticket', 'subject', SUBJECTS)}, s.status,
      CASE WHEN s.status <> 'open' THEN ${staff('p.ticket', 'assigned')} END, p.at,
      CASE WHEN s.status = 'closed' THEN least(p.at + ${dice.span('p.ticket', 'closed', 20)}, ${asOf}) END
    FROM (SELECT ${id} AS ticket, ${people}) p,
    LATERAL (SELECT CASE WHEN p.at > ${asOf} - interval '480 hours'
      THEN ${dice.choose('p.ticket', 'ticket status', ['open', 'waiting', 'closed'])} ELSE 'closed' END AS status) s`;

  return [
    {
      table: 'support_tickets',
      ...range,
      sql: tickets(
        `id AS customer_id, NULL::bigint AS order_id, email, display_name AS name, ${moment('id', 'ticket at', 3500)} AS at
         FROM shop.customers WHERE id BETWEEN $1 AND $2 AND ${dice.chance('id', 'ticket', 60)}`,
        `${FIRST_ID} + id * 2`,
      ),
    },
    {
      table: 'support_tickets',
      ...orders,
      sql: tickets(
        `o.customer_id, o.id AS order_id, coalesce(c.email, o.guest_email) AS email, coalesce(c.display_name, o.guest_name) AS name,
           least(o.placed_at + interval '96 hours', ${asOf}) AS at
         FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id
         WHERE o.id BETWEEN $1 AND $2 AND ${dice.chance('o.id', 'order ticket', 25)}`,
        `${FIRST_ID + 1} + o.id * 2`,
      ),
    },
    {
      table: 'support_messages',
      from: FIRST_ID + 1,
      to: FIRST_ID + 1 + 2 * Math.max(customers, lastOrder),
      sql: `
        INSERT INTO shop.support_messages (id, ticket_id, author, staff_name, body, sent_at)
        SELECT ${message}, t.id, CASE WHEN m.staff THEN 'staff' ELSE 'customer' END,
          CASE WHEN m.staff THEN ${staff('t.id', 'assigned')} END,
          CASE WHEN m.staff THEN ${dice.choose(message, 'answer', ANSWERS)}
            WHEN ${dice.chance(message, 'call me', 80)} THEN 'Lūdzu piezvaniet: ' || ${mobile(dice, message)}
            ELSE ${dice.choose(message, 'question', QUESTIONS)} END,
          least(t.opened_at + k * interval '5 hours', ${asOf})
        FROM shop.support_tickets t, generate_series(0, ${dice.roll('t.id', 'messages', 4)}::int) k,
        LATERAL (SELECT k % 2 = 1 AS staff) m
        WHERE t.id BETWEEN $1 AND $2`,
    },
    {
      table: 'notes',
      ...range,
      sql: note('customer', 'id', 'shop.customers', 'id BETWEEN $1 AND $2', 30),
    },
    { table: 'notes', ...orders, sql: note('order', 'id', 'shop.orders', 'id BETWEEN $1 AND $2', 12) },
    {
      table: 'notes',
      from: FIRST_ID + 1,
      to: FIRST_ID + 1 + 2 * Math.max(customers, lastOrder),
      sql: note('ticket', 'id', 'shop.support_tickets', 'id BETWEEN $1 AND $2', 150),
    },
    {
      table: 'password_resets',
      ...range,
      sql: `
        INSERT INTO shop.password_resets (id, customer_id, token_hash, ip, requested_at, used_at)
        SELECT ${FIRST_ID} + g, g, ${dice.token('g', 'reset')}, inet '100.64.0.0' + ${dice.roll('g', 'reset ip', 4_000_000)}, r.at,
          CASE WHEN ${dice.chance('g', 'reset used', 700)} THEN least(r.at + interval '11 minutes', ${asOf}) END
        FROM generate_series($1::bigint, $2::bigint) g, LATERAL (SELECT ${moment('g', 'reset at', 400)} AS at) r
        WHERE ${dice.chance('g', 'reset', 70)}`,
    },
    {
      table: 'event_log',
      ...orders,
      sql: `
        INSERT INTO shop.event_log (id, event, occurred_at, payload)
        SELECT o.id, 'order.placed', o.placed_at, jsonb_strip_nulls(jsonb_build_object(
          'customer', jsonb_build_object('id', o.customer_id, 'email', coalesce(c.email, o.guest_email), 'phone', coalesce(c.phone, o.guest_phone)),
          'order', jsonb_build_object('number', o.order_number, 'total', o.total::text),
          'recipient', CASE WHEN r.id IS NOT NULL THEN jsonb_build_object('name', r.name, 'email', r.email, 'phone', r.phone) END,
          'items', l.items,
          'client', jsonb_build_object('ip', host(o.client_ip), 'agent', 'Mozilla/5.0')))
        FROM shop.orders o
        LEFT JOIN shop.customers c ON c.id = o.customer_id
        LEFT JOIN shop.gift_recipients r ON r.id = o.id,
        LATERAL (
          SELECT jsonb_agg(jsonb_build_object('book', book_id, 'quantity', quantity, 'dedication',
            CASE WHEN ${dice.chance('(order_id * 16 + line_no)', 'dedication', 20)} THEN 'Draugam' END) ORDER BY line_no) AS items
          FROM shop.order_lines WHERE order_id = o.id
        ) l
        WHERE o.id BETWEEN $1 AND $2 AND ${dice.chance('o.id', 'logged', 200)}`,
    },
    {
      table: 'event_log',
      ...range,
      sql: `
        INSERT INTO shop.event_log (id, event, occurred_at, payload)
        SELECT ${lastOrder} + c.id, 'profile.changed', ${moment('c.id', 'changed at', 2000)}, jsonb_build_object(
          'customer', jsonb_build_object('id', CASE WHEN ${dice.chance('c.id', 'text id', 300)} THEN to_jsonb(c.id::text) ELSE to_jsonb(c.id) END),
          'changes', jsonb_build_array(jsonb_build_object('field', 'phone', 'old', ${mobile(dice, '(c.id + 3900000000)')}, 'new', c.phone)),
          'client', jsonb_build_object('ip', host(inet '100.64.0.0' + ${dice.roll('c.id', 'change ip', 4_000_000)}), 'agent', 'Mozilla/5.0'))
        FROM shop.customers c WHERE c.id BETWEEN $1 AND $2 AND ${dice.chance('c.id', 'changed', 100)}`,
    },
    {
      table: 'Import Log 2019',
      ...range,
      sql: `
        INSERT INTO shop."Import Log 2019" ("Row No", "Imported At", "customerId", "E-mail", "Phone ""old""", "Full Name", "Document")
        SELECT ${FIRST_ID} + id, ${MIGRATED} + id * interval '1 microsecond', CASE WHEN ${dice.chance('id', 'matched', 900)} THEN id END,
          CASE WHEN ${dice.chance('id', 'old capitals', 300)} THEN upper(email COLLATE "C") ELSE email END,
          coalesce(replace(phone, ' ', ''), landline), display_name,
          jsonb_build_object('E-pasts', email, 'Tālrunis', phone, 'Klients', jsonb_build_object('Vārds', display_name, 'Iepazina', 'tirdziņš'),
            'Pirkumi', jsonb_build_array(jsonb_build_object('Grāmata', 'Vecais katalogs', 'Summa', '5.00', 'Piezīme', 'skaidrā naudā')))::text
        FROM shop.customers
        WHERE id BETWEEN $1 AND $2 AND created_at < ${MIGRATED} AND ${dice.chance('id', 'imported', 300)}`,
    },
  ];

  function note(type: string, key: string, from: string, where: string, perMille: number): string {
    const offset = { customer: 0, order: 1, ticket: 2 }[type];
    return `
      INSERT INTO shop.notes (id, subject_type, subject_id, body, written_by, written_at)
      SELECT ${FIRST_ID} + ${key} * 3 + ${offset}, '${type}', ${key}, ${dice.choose(key, `${type} note`, NOTES)},
        ${staff(key, 'note')}, ${moment(key, `${type} note at`, 3000)}
      FROM ${from} WHERE ${where} AND ${key} >= ${FIRST_CUSTOMER} AND ${dice.chance(key, `${type} noted`, perMille)}`;
  }
}
