import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findCustomer } from '../../src/customer/find-customer.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import type { ReadArchive } from './support/archive.js';
import { exportPerson } from './support/export.js';

vi.setConfig({ testTimeout: 120_000 });

let workspace: TestWorkspace;
let context: Context;

const change = (sql: string, values: readonly unknown[] = []) =>
  context.database.transaction('read committed', (session) => session.query<{ id: string }>(sql, values));

/** An account, by its key as `--id` takes it. */
async function account(email: string, first: string | null, last: string, kods?: string): Promise<string> {
  const [row] = await change(
    `INSERT INTO shop.customers (email, first_name, last_name, personas_kods, phone, created_at)
     VALUES ($1, $2, $3, $4, $5, now()) RETURNING id`,
    [email, first, last, kods ?? null, null],
  );
  return `shop.customers:${row?.id}`;
}

/** A guest order, with a note by which its rows are recognised. */
const guestOrder = (number: string, email: string, name: string | null, note: string) =>
  change(
    `INSERT INTO shop.orders (order_number, guest_email, guest_name, status, placed_at, goods_total, customer_note)
     VALUES ($1, $2, $3, 'completed', now(), 10, $4)`,
    [number, email, name, note],
  );

const idsOf = async (query: PersonQuery): Promise<string[]> =>
  (await findCustomer(context, query)).matches.map(({ id }) => id).sort();
const subjectsOf = async (query: PersonQuery): Promise<string[]> =>
  (await findCustomer(context, query)).matches.map(({ subject }) => subject).sort();
const everything = ({ files }: ReadArchive): string =>
  [...files].map(([name, content]) => (name.startsWith('META-INF/') ? '' : content.toString())).join('\n');
const shared = (archive: ReadArchive) =>
  archive.manifest.withheld.filter(({ reason }) => reason === 'shared-identifier');

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
  // As in shops whose accounts once had no unique e-mail.
  await change('ALTER TABLE shop.customers DROP CONSTRAINT customers_email_key');
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

describe('two accounts with one e-mail', () => {
  it('are two people when their personas kodi differ, though the name is the same', async () => {
    const email = 'kopigs.pasts@pasts.example';
    const one = await account(email, 'Zane', 'Krasta', '010190-10101');
    const other = await account(email, 'Zane', 'Krasta', '020291-20202');
    expect(await idsOf({ email })).toEqual([one, other].sort());
    const { archive } = await exportPerson(context, { id: one });
    expect(everything(archive)).toContain('010190-10101');
    expect(everything(archive)).not.toContain('020291-20202');
    expect(shared(archive)).toEqual([expect.objectContaining({ table: '', column: 'email' })]);
  });

  it('are one person when names agree and nothing contradicts', async () => {
    const email = 'divi.konti@pasts.example';
    const one = await account(email, 'Valdis', 'Ozoliņš');
    await account(email, 'VALDIS', 'OZOLINS');
    const found = await idsOf({ email });
    expect(found).toEqual([one]);
    const { archive } = await exportPerson(context, { id: one });
    expect(archive.rows('shop.customers')).toHaveLength(2);
  });

  it('are not joined by a third that bears only the first name', async () => {
    const email = 'annas@pasts.example';
    const liepa = await account(email, 'Marta', 'Liepa', '030392-30303');
    const egle = await account(email, 'Marta', 'Egle', '040493-40404');
    const only = await account(email, null, 'Marta');
    expect(await idsOf({ email })).toEqual([liepa, egle, only].sort());
    const { archive } = await exportPerson(context, { id: liepa });
    expect(archive.rows('shop.customers')).toHaveLength(1);
    expect(everything(archive)).not.toMatch(/040493-40404|Egle/);
  });
});

describe('a guest order under somebody’s e-mail', () => {
  it('is not given to them when it bears another name, and is listed', async () => {
    const email = 'gunta.pasts@pasts.example';
    const gunta = await account(email, 'Gunta', 'Siliņa');
    await guestOrder('RB-2026-900001', email, 'Gunta Siliņa', 'piezīme Guntas pasūtījumam');
    await guestOrder('RB-2026-900002', email, 'Oskars Vilks', 'piezīme Oskara pasūtījumam');
    expect(await idsOf({ email })).toEqual([gunta]);
    const { archive } = await exportPerson(context, { email });
    expect(everything(archive)).toContain('Guntas pasūtījumam');
    expect(everything(archive)).not.toMatch(/Oskara pasūtījumam|Vilks/);
    expect(shared(archive)).toEqual([
      expect.objectContaining({ table: 'shop.orders', column: 'guest_email', rows: 1 }),
    ]);
  });

  it('is somebody’s of its own, who is found by its number and gets no more than it', async () => {
    const email = 'gunta.pasts@pasts.example';
    const [oskars] = await idsOf({ order: 'RB-2026-900002' });
    expect(oskars).toMatch(/^shop\.orders:/);
    const { archive } = await exportPerson(context, { order: 'RB-2026-900002', email: undefined });
    expect(everything(archive)).toContain('Oskara pasūtījumam');
    expect(everything(archive)).not.toMatch(/Guntas pasūtījumam|Siliņa/);
    expect(await subjectsOf({ order: 'RB-2026-900002' })).not.toEqual(await subjectsOf({ email }));
  });

  it('is two people’s without an account, when two names stand under it', async () => {
    const email = 'viesu.pasts@pasts.example';
    await guestOrder('RB-2026-900011', email, 'Rasa Kļava', 'pirmā viešņa');
    await guestOrder('RB-2026-900012', email, 'Uldis Priede', 'otrais viesis');
    await guestOrder('RB-2026-900013', email, 'Kļava Rasa', 'pirmā viešņa vēlreiz');
    expect(await idsOf({ email })).toHaveLength(2);
    const { archive } = await exportPerson(context, { order: 'RB-2026-900011' });
    expect(everything(archive)).toContain('pirmā viešņa vēlreiz');
    expect(everything(archive)).not.toMatch(/otrais viesis|Priede/);
    const subjects = await Promise.all(['RB-2026-900011', 'RB-2026-900013'].map((order) => subjectsOf({ order })));
    expect(subjects[0]).toEqual(subjects[1]);
  });
});

describe('the reference of a person', () => {
  it('does not pass to whoever takes over their e-mail', async () => {
    const email = 'parnemts@pasts.example';
    const first = await account(email, 'Inta', 'Bite');
    const [before] = await subjectsOf({ email });
    await change('UPDATE shop.customers SET email = $1 WHERE id = $2', [
      'inta.jaunais@pasts.example',
      first.split(':')[1],
    ]);
    const second = await account(email, 'Raimonds', 'Vanags');
    expect(await idsOf({ email })).toEqual([second]);
    const [after] = await subjectsOf({ email });
    expect(after).not.toBe(before);
    expect(await subjectsOf({ email: 'inta.jaunais@pasts.example' })).toEqual([before]);
  });
});

describe('an e-mail in a gift', () => {
  it('does not give the recipient’s address to its owner, whose name is another', async () => {
    const email = 'laura.pasts@pasts.example';
    await account(email, 'Laura', 'Kalve');
    await change(
      `INSERT INTO shop.gift_recipients (order_id, name, email, street, city, postcode, created_at)
       SELECT min(id), 'Teodors Lācis', $1, 'Slepenā iela 7', 'Rīga', 'LV-1001', now() FROM shop.orders`,
      [email],
    );
    const { archive } = await exportPerson(context, { email });
    expect(everything(archive)).not.toMatch(/Slepenā|Teodors/);
    expect(shared(archive)).toEqual([expect.objectContaining({ table: 'shop.gift_recipients', rows: 1 })]);
  });
});
