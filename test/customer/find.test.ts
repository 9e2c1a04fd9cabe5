import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { exportPrepared, prepareExport } from '../../src/customer/export-customer.js';
import { findCustomer } from '../../src/customer/find-customer.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import { GdprError } from '../../src/foundation/errors.js';
import { listEntries } from '../../src/operation/log.js';
import type { Context } from '../../src/workspace/open.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { OWN } from './support/expected.js';
import { exportPerson, nobodyToAsk } from './support/export.js';

// Whole exports, several to a test: a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

let workspace: TestWorkspace;
let context: Context;

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  context = await workspace.context();
});
afterAll(async () => {
  await context.database.close();
  await workspace.remove();
});

const ANNA = 'shop.customers:1';
const NAMESAKE = 'shop.customers:2';
const JANIS = 'shop.customers:3';
const COMPANY = 'shop.customers:4';
const ILZE = 'shop.contact_persons:1';
const PETR = 'shop.orders:13';

const idsOf = async (query: PersonQuery): Promise<string[]> =>
  (await findCustomer(context, query)).matches.map(({ id }) => id).sort();

const failure = async (work: Promise<unknown>): Promise<GdprError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GdprError);
  return error as GdprError;
};

const change = (sql: string, values: readonly unknown[] = []) =>
  context.database.transaction('read committed', (session) => session.run(sql, values));

describe('find', () => {
  it.each<[string, PersonQuery, string[]]>([
    ['e-mail', { email: 'anna.berzina@pasts.example' }, [ANNA]],
    ['e-mail in capitals', { email: 'ANNA.BERZINA@PASTS.EXAMPLE' }, [ANNA]],
    ['e-mail as a link', { email: ' <mailto:Anna.Berzina@pasts.example> ' }, [ANNA]],
    ['e-mail of the namesake', { email: 'anna.berzina2@pasts.example' }, [NAMESAKE]],
    ['e-mail that stands in somebody’s wish list', { email: 'Ilze.Kalnina@lasitava.example' }, [ILZE]],
    ['e-mail of a guest, who is in somebody’s wish list and gift', { email: 'petr.ivanov@pasts.example' }, [PETR]],
    ['e-mail of a company', { email: 'gramatvediba@lasitava.example' }, [COMPANY]],
    ['phone in E.164', { phone: '+37121234567' }, [ANNA]],
    ['phone with 00371', { phone: '00371 21234567' }, [ANNA]],
    ['phone without the country', { phone: '2123-4567' }, [ANNA]],
    ['phone of a contact person', { phone: '21345678' }, [ILZE]],
    ['phone of a guest', { phone: '371 2177 7888' }, [PETR]],
    ['landline of a household', { phone: '67123456' }, [ANNA, JANIS]],
    ['landline as it was before 2008', { phone: '7123456' }, [ANNA, JANIS]],
    ['order of an account', { order: 'RB-2019-000002' }, [ANNA]],
    ['order in another spelling', { order: ' rb-2023-000007' }, [JANIS]],
    ['order of a guest', { order: 'RB-2026-000014' }, [PETR]],
    ['order that Anna placed as a guest', { order: 'RB-2021-000006' }, [ANNA]],
    ['personal code', { personasKods: '120385-11234' }, [ANNA]],
    ['personal code without its hyphen', { personasKods: '32845678901' }, [JANIS]],
    ['key of an account', { id: '3' }, [JANIS]],
    ['key with its table', { id: 'shop.contact_persons:1' }, [ILZE]],
    ['name in any order, without diacritics', { name: 'KALNINA ilze' }, [ILZE]],
    ['name in another script', { name: 'Pjotrs Ivanovs' }, [PETR]],
    ['name of a company', { name: 'Lasītava' }, [COMPANY]],
    ['nobody’s e-mail', { email: 'nobody@pasts.example' }, []],
    ['nobody’s order', { order: 'RB-1999-000001' }, []],
    ['nobody’s key', { id: '424242' }, []],
  ])('takes an %s', async (_, query, ids) => {
    expect(await idsOf(query)).toEqual([...ids].sort());
  });

  it.each<[string, PersonQuery, string[]]>([
    ['name and phone', { name: 'Anna Bērziņa', phone: '21234567' }, [ANNA]],
    ['phone of both and e-mail of one', { phone: '67123456', email: 'janis.berzins@pasts.example' }, [JANIS]],
    ['phone and name that differ', { phone: '21987654', name: 'Jānis Bērziņš' }, []],
    ['e-mail and order of the guest', { email: 'PETR.ivanov@pasts.example', order: 'RB-2020-000013' }, [PETR]],
    ['order of somebody else', { email: 'anna.berzina@pasts.example', order: 'RB-2023-000007' }, []],
    [
      'all of them',
      {
        email: PEOPLE.anna.email,
        phone: '67123456',
        order: 'RB-2021-000006',
        name: 'berzina',
        personasKods: '120385-11234',
        id: '1',
      },
      [ANNA],
    ],
  ])('takes %s together', async (_, query, ids) => {
    expect(await idsOf(query)).toEqual(ids);
  });

  it('shows several people masked, with nothing of them in the clear, and logs only references', async () => {
    const { matches, operation } = await findCustomer(context, { name: 'Anna Berzina' });
    const ids = matches.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([ANNA, NAMESAKE]));
    expect(matches.find(({ id }) => id === ANNA)).toMatchObject({
      kind: 'Customer',
      name: 'A. B.',
      email: 'a***a@p***.example',
      phone: '***67',
    });
    expect(matches.find(({ id }) => id === NAMESAKE)).toMatchObject({ email: 'a***2@p***.example', phone: '***54' });
    const shown = JSON.stringify(matches).toLowerCase();
    for (const value of ['anna', 'bērziņa', 'berzina', 'pasts', '1234567', '987654', '67123456'])
      expect(shown).not.toContain(value);
    expect(new Set(matches.map(({ subject }) => subject)).size).toBe(matches.length);
    const entries = await listEntries(context, { operation }, 10);
    expect(entries.map(({ kind, result, subjects }) => [kind, result, subjects.length])).toEqual([
      ['intent', undefined, 0],
      ['outcome', 'done', matches.length],
    ]);
  });

  it.each<[string, PersonQuery, string]>([
    ['an e-mail', { email: 'zx-not-an-address' }, 'zx-not-an-address'],
    ['a phone', { phone: 'zx-12' }, 'zx-12'],
    ['a personal code', { personasKods: '99x' }, '99x'],
    ['a name', { name: '?!' }, '?!'],
    ['a key of an unknown table', { id: 'zx.secret:1' }, 'zx.secret'],
    ['a key of two parts', { id: 'shop.loyalty_cards:zx' }, 'zx'],
  ])('refuses what cannot be %s and does not repeat it', async (_, query, value) => {
    const error = await failure(findCustomer(context, query));
    expect(error.code).toBe('INPUT_INVALID');
    expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain(value);
  });

  it('wants somebody named', async () => {
    expect((await failure(findCustomer(context, {}))).code).toBe('USAGE');
  });
});

describe('who is exported', () => {
  it('is never decided by a name alone, even when one person bears it', async () => {
    expect(await idsOf({ name: 'Ilze Kalniņa' })).toEqual([ILZE]);
    const error = await failure(prepareExport(context, { name: 'Ilze Kalniņa' }, nobodyToAsk));
    expect([error.code, error.exit, error.message]).toEqual(['SEVERAL', 4, 'a name alone does not identify a person']);
    const shown = JSON.stringify(error.details).toLowerCase();
    for (const value of ['ilze', 'kaln', 'lasitava', '345678']) expect(shown).not.toContain(value);
  });

  it('is refused while several match, with all of them masked, and the refusal is logged', async () => {
    const error = await failure(prepareExport(context, { phone: '67123456' }, nobodyToAsk));
    expect([error.code, error.exit]).toEqual(['SEVERAL', 4]);
    const candidates = error.details?.candidates as { id: string }[] | undefined;
    expect(candidates?.map(({ id }) => id).sort()).toEqual([ANNA, JANIS]);
    const [last] = (await listEntries(context, {}, 1)).slice(-1);
    expect(last).toMatchObject({
      kind: 'outcome',
      action: 'customer export',
      result: 'refused',
      code: 'SEVERAL',
      subjects: [],
    });
  });

  it('is whom the operator picks', async () => {
    const prepared = await prepareExport(context, { phone: '67123456' }, async (candidates) =>
      candidates.findIndex(({ id }) => id === JANIS),
    );
    expect(prepared.match.id).toBe(JANIS);
  });

  it('is nobody when nobody matches, and that is logged', async () => {
    const error = await failure(prepareExport(context, { email: 'nobody@pasts.example' }, nobodyToAsk));
    expect([error.code, error.exit]).toEqual(['NOBODY', 4]);
    const [last] = (await listEntries(context, {}, 1)).slice(-1);
    expect(last).toMatchObject({ kind: 'outcome', result: 'refused', code: 'NOBODY' });
  });
});

describe('an address that two people use', () => {
  const SHARED = 'Kopigais@mums.example';

  beforeAll(async () => {
    const account = `INSERT INTO shop.customers (id, email, first_name, last_name, phone, created_at)
      OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, '2024-01-01 10:00:00+02')`;
    await change(account, [900001, SHARED, 'Zane', 'Ozola', '+371 25551111']);
    await change(account, [900002, SHARED.toLowerCase(), 'Uldis', 'Liepa', '+371 25552222']);
    await change(
      `INSERT INTO shop.orders (id, order_number, guest_email, guest_name, guest_phone, placed_at, goods_total)
       VALUES (900003, 'RB-2024-900003', $1, 'Zane Ozola', '25551111', '2024-02-01 10:00:00+02', 10),
              (900004, 'RB-2024-900004', NULL, NULL, NULL, '2024-02-02 10:00:00+02', 20)`,
      [SHARED.toUpperCase()],
    );
    await change('UPDATE shop.orders SET customer_id = 900002 WHERE id = 900004');
    await change(
      `INSERT INTO shop.newsletter_subscriptions (email, name, source, subscribed_at)
       VALUES ('KOPIGAIS@mums.example', 'Zane', 'footer', '2024-02-01 10:00:00+02')`,
    );
  });

  it('leads to both and links neither', async () => {
    expect(await idsOf({ email: SHARED })).toEqual(['shop.customers:900001', 'shop.customers:900002']);
    expect(await idsOf({ order: 'RB-2024-900003' })).toEqual(['shop.customers:900001', 'shop.customers:900002']);
    expect((await failure(prepareExport(context, { email: SHARED }, nobodyToAsk))).code).toBe('SEVERAL');
  });

  it.each([
    [900001, 'Ozola', ['shop.customers']],
    [900002, 'Liepa', ['shop.customers', 'shop.orders']],
  ])(
    'gives customer %d what is theirs by key, and lists the rest as under a shared identifier',
    async (id, last, tables) => {
      const { archive } = await exportPerson(context, { id: String(id) });
      expect([...archive.tables.keys()].filter((table) => !OWN.includes(table)).sort()).toEqual(tables);
      expect(archive.rows('shop.customers').map((row) => row.last_name)).toEqual([last]);
      expect(archive.rows('shop.orders').map((row) => row.id)).toEqual(id === 900002 ? ['900004'] : []);
      expect(archive.manifest.withheld).toContainEqual({
        table: '',
        column: 'email',
        reason: 'shared-identifier',
        rows: 1,
      });
      expect(archive.text('index.html')).toContain('An identifier that several people use');
    },
  );

  it('links two accounts whose names agree, as one person', async () => {
    await change(
      `INSERT INTO shop.customers (id, email, first_name, last_name, created_at) OVERRIDING SYSTEM VALUE
       VALUES (900005, 'divi.konti@mums.example', 'Māra', 'Egle', now()), (900006, 'Divi.Konti@mums.example', 'MARA', 'Egle', now())`,
    );
    const prepared = await prepareExport(context, { email: 'divi.konti@mums.example' }, nobodyToAsk);
    expect(prepared.match.person.roots.map(({ key }) => key[0]).sort()).toEqual(['900005', '900006']);
    const result = await exportPrepared(context, prepared, { verified: 'account login', language: 'en' }, () => {});
    expect(result.tables.find(({ table }) => table === 'shop.customers')?.rows).toBe(2);
  });
});

describe('what others typed', () => {
  it('does not become a trait of the account: an e-mail in its cart stays a bystander’s', async () => {
    await change("UPDATE shop.carts SET email = 'draugs@svess.example' WHERE customer_id = 1");
    await change("UPDATE shop.notes SET body = 'Rakstīt uz draugs@svess.example' WHERE id = 1");
    const { archive } = await exportPerson(context, { id: '1' });
    expect(archive.rows('shop.notes').find(({ id }) => id === '1')?.body).toEqual({ withheld: 'free-text' });
  });
});

describe('an address that stands in somebody else’s rows alone', () => {
  it('shows whose rows, and exports nobody', async () => {
    await change("UPDATE shop.carts SET email = 'svesa.adrese@svess.example' WHERE customer_id = 3");
    expect(await idsOf({ email: 'svesa.adrese@svess.example' })).toEqual([JANIS]);
    const error = await failure(prepareExport(context, { email: 'svesa.adrese@svess.example' }, nobodyToAsk));
    expect([error.code, error.exit]).toEqual(['SEVERAL', 4]);
    expect(error.message).toContain('does not identify');
  });

  it('leads to its owner, once there is one', async () => {
    await change("UPDATE shop.carts SET email = 'Petr.Ivanov@pasts.example' WHERE customer_id = 3");
    expect(await idsOf({ email: 'petr.ivanov@pasts.example' })).toEqual([PETR]);
  });
});
