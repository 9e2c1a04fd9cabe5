import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PEOPLE } from '../../../examples/bookshop/people.js';
import { findCustomer } from '../../../src/customer/find-customer.js';
import type { Context } from '../../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { erasePerson } from './support.js';

let workspace: TestWorkspace;
let context: Context;
let client: pg.Client;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  client = new pg.Client({ connectionString: workspace.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await context.database.close();
  await workspace.remove();
});

const { namesake, petr } = PEOPLE;

/** A transaction would show the activity as it first saw it, so another connection looks. */
async function waits(other: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await other.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gdpr' AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'",
    );
    if (rows.length > 0) return;
    await sleep(20);
  }
}

it('waits for what another session is writing about the person, and takes it too', { timeout: 120_000 }, async () => {
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO shop.orders (order_number, customer_id, placed_at, completed_at, status, goods_total, customer_note)
     VALUES ('RB-2026-900001', 2, now(), now(), 'completed', 10, 'Ielieciet, lūdzu, arī skolas zīmogu')`,
  );
  const erased = erasePerson(context, { email: namesake.email });
  const other = new pg.Client({ connectionString: workspace.url });
  await other.connect();
  // Whichever comes first: that it waits, or that it fails.
  await Promise.race([waits(other), erased]);
  // Another one by nothing but the address, committed while the erasure waits.
  await other.query(
    "INSERT INTO shop.carts (email, created_at, updated_at) VALUES ('ANNA.berzina2@pasts.example', now(), now())",
  );
  await other.end();
  await client.query('COMMIT');
  const result = await erased;
  expect(result.residue.clean).toBe(true);
  const { rows } = await client.query("SELECT customer_note FROM shop.orders WHERE order_number = 'RB-2026-900001'");
  expect(rows).toEqual([{ customer_note: null }]);
  // Her old address leads to what is kept and why.
  const { matches, erased: known } = await findCustomer(context, { email: 'Anna.BERZINA2@pasts.example' });
  expect(matches).toEqual([]);
  expect(known?.map(({ subject }) => subject)).toEqual([result.subject]);
  expect(known?.[0]?.kept.map(({ table }) => table)).toContain('shop.invoices');
  expect(await findCustomer(context, { email: 'nobody.ever@pasts.example' })).not.toHaveProperty('erased');
  const carts = await client.query("SELECT FROM shop.carts WHERE lower(email) = 'anna.berzina2@pasts.example'");
  expect(carts.rows).toEqual([]);
});

it('tells of rows that come after the erasure, which cannot have seen them', { timeout: 120_000 }, async () => {
  await client.query(
    `CREATE FUNCTION shop.again() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       INSERT INTO shop.carts (email, created_at, updated_at) VALUES ('${petr.email}', now(), now());
       RETURN NULL;
     END $$;
     CREATE TRIGGER again AFTER INSERT ON gdpr.tombstone FOR EACH STATEMENT EXECUTE FUNCTION shop.again()`,
  );
  const result = await erasePerson(context, { email: petr.email });
  await client.query('DROP TRIGGER again ON gdpr.tombstone');
  expect(result.residue.clean).toBe(false);
  expect(result.residue.hits).toContainEqual({ table: 'shop.carts', kind: 'row', class: 'residue', rows: 1 });
});
