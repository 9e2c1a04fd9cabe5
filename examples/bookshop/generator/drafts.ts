import type { Session } from '../../../src/database/session.js';
import { FIRST_CUSTOMER, FIRST_GUEST, FIRST_ID, type Plan } from './step.js';

const MOST_ORDERS = 400;
const GUEST_DAYS = 12 * 365;

/** How many people order without an account. */
export function guestCount({ customers }: Plan): number {
  return Math.floor(customers / 5);
}

/**
 * Makes `pg_temp.drafts`: who orders when, and in which state the order is, numbered by time;
 * answers the number of the last order.
 * Counts follow a power law over the customers' ranks: a quarter never order, one in 600 orders a hundred times.
 * Only square roots are used because IEEE 754 rounds them alike everywhere, which powers are not.
 */
export async function draftOrders(session: Session, plan: Plan): Promise<number> {
  const { customers, dice, asOf } = plan;
  const many = customers - FIRST_CUSTOMER + 1;
  const rank = `(((c.id * 2654435761 + ${dice.roll('0', 'rank', many)}) % ${many}) + 0.5::float8) / ${many}`;
  const orders = `least(${MOST_ORDERS}, floor(0.8 / (sqrt(r.u) * sqrt(sqrt(r.u)))))::int`;
  const key = `(q.who * 500 + q.k)`;
  const micros = `(extract(epoch FROM ${asOf} - q.since) * 1000000)::bigint`;
  const age = `(${asOf} - d.placed_at)`;
  const state = dice.roll('d.key', 'state', 1000);
  await session.query(`
    CREATE TEMP TABLE drafts ON COMMIT DROP AS
    SELECT ${FIRST_ID} + row_number() OVER (ORDER BY d.placed_at, d.who, d.k) AS id,
      CASE WHEN d.who < ${FIRST_GUEST} THEN d.who END AS customer_id,
      CASE WHEN d.who >= ${FIRST_GUEST} THEN d.who END AS guest_id,
      d.placed_at,
      CASE
        WHEN ${age} < interval '3 days' THEN CASE WHEN ${state} < 400 THEN 'new' WHEN ${state} < 600 THEN 'awaiting_payment' ELSE 'packed' END
        WHEN ${age} < interval '14 days' THEN CASE WHEN ${state} < 150 THEN 'awaiting_payment' WHEN ${state} < 400 THEN 'packed' WHEN ${state} < 960 THEN 'shipped' ELSE 'cancelled' END
        WHEN ${state} < 920 THEN 'completed' WHEN ${state} < 955 THEN 'cancelled' WHEN ${state} < 972 THEN 'returned'
        WHEN ${state} < 980 THEN 'disputed' WHEN ${state} < 985 THEN 'packed' WHEN ${state} < 992 THEN 'shipped'
        ELSE 'awaiting_payment'
      END AS status
    FROM (
      SELECT q.who, q.k, ${key} AS key,
        q.since + (${dice.roll(key, 'placed', `greatest(1, ${micros})`)} * interval '1 microsecond') AS placed_at
      FROM (
        SELECT c.id AS who, k, c.created_at AS since
        FROM shop.customers c, LATERAL (SELECT ${rank} AS u) r, generate_series(1, ${orders}) k
        WHERE c.id >= ${FIRST_CUSTOMER}
        UNION ALL
        SELECT ${FIRST_GUEST} + g, k, ${asOf} - interval '${GUEST_DAYS * 24} hours'
        FROM generate_series(1, ${guestCount(plan)}::bigint) g, generate_series(1, 1 + (g % 4 = 0)::int) k
      ) q
    ) d`);
  await session.query('CREATE UNIQUE INDEX ON pg_temp.drafts (id)');
  await session.query('ANALYZE pg_temp.drafts');
  const [row] = await session.query<{ last: number }>(
    `SELECT coalesce(max(id), ${FIRST_ID})::int AS last FROM pg_temp.drafts`,
  );
  return row?.last ?? FIRST_ID;
}
