import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexName } from '../../../src/customer/indexes/script.js';
import { gdpr } from '../../commands/program.js';
import { jsonErrorOf, jsonOf } from '../../commands/schemas.js';
import { dropRoles, makeLogin, rolePrefix, run as runAs, urlAs } from '../../roles/support.js';
import { bookshopWorkspace, type TestWorkspace } from '../../support/workspace.js';
import { makeIndexes, printIndexes, run, statementsOf } from './support.js';

const prefix = rolePrefix();
let workspace: TestWorkspace;
beforeAll(async () => {
  workspace = await bookshopWorkspace();
  await makeIndexes(workspace);
}, 240_000);
afterAll(async () => {
  await workspace.remove();
  await dropRoles(prefix);
});

const call = (...args: string[]) => gdpr(args, { cwd: workspace.root, environment: workspace.environment });
const stateOf = async (table: string, on: string) =>
  (await printIndexes(workspace)).indexes.filter((index) => index.table === table && index.on === on);

describe('gdpr db indexes', { timeout: 240_000 }, () => {
  it('prints nothing but comments once everything is there', async () => {
    const { code, stdout } = await call('db', 'indexes');
    expect(code).toBe(0);
    expect(stdout).toContain('Missing: 0.');
    expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([]);
  });

  it('takes an index for what it does, whatever its name, and one that leaves out NULL', async () => {
    await run(
      workspace,
      'ALTER INDEX shop.orders_customer RENAME TO "Bestellungen des Kunden"',
      'DROP INDEX shop.refunds_payment',
      'CREATE INDEX of_payment ON shop.refunds (payment_id) WHERE payment_id IS NOT NULL',
    );
    expect(await stateOf('shop.orders', 'customer_id')).toMatchObject([
      { state: 'exists', name: 'Bestellungen des Kunden' },
    ]);
    expect(await stateOf('shop.refunds', 'payment_id')).toMatchObject([{ state: 'exists', name: 'of_payment' }]);
    await run(
      workspace,
      'DROP INDEX shop.of_payment',
      'CREATE INDEX big ON shop.refunds (payment_id) WHERE amount > 9',
    );
    expect(await stateOf('shop.refunds', 'payment_id')).toMatchObject([{ state: 'missing' }]);
    await makeIndexes(workspace);
    expect((await printIndexes(workspace)).missing).toBe(0);
  });

  it('makes an index on each partition and attaches it, and goes on where it was interrupted', async () => {
    await run(workspace, 'DROP INDEX shop.page_views_customer');
    const { sql, missing } = await printIndexes(workspace);
    expect(missing).toBe(1);
    const statements = statementsOf(sql);
    const half = statements.findIndex((statement) => statement.includes('ATTACH'));
    expect(statements[half - 1]).toMatch(/CONCURRENTLY/);
    await run(workspace, ...statements.slice(0, half + 1));
    expect((await printIndexes(workspace)).missing).toBe(1);
    await makeIndexes(workspace);
    expect((await printIndexes(workspace)).missing).toBe(0);
    const attached = await run(
      workspace,
      `SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
       WHERE i.relname LIKE 'gdpr_page_views_%' AND x.indisvalid AND i.relkind = 'i' AND i.relispartition`,
    );
    expect(attached).toHaveLength(4);
  });

  it('makes an index again that an interrupted CREATE INDEX CONCURRENTLY left invalid', async () => {
    const [index] = await stateOf('shop.customers', 'email');
    await run(workspace, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.${index?.name}'::regclass`);
    const { sql, missing } = await makeIndexes(workspace);
    expect(missing).toBe(1);
    expect(sql).toContain(`DROP INDEX CONCURRENTLY IF EXISTS "shop"."${index?.name}"`);
    expect((await printIndexes(workspace)).missing).toBe(0);
  });

  it('names indexes of its own that nothing asks for', async () => {
    await run(workspace, 'CREATE INDEX gdpr_customers_email_0123abcd ON shop.customers (upper(email))');
    const { sql, unasked } = await printIndexes(workspace);
    expect(unasked).toEqual(['"shop"."gdpr_customers_email_0123abcd"']);
    expect(sql).toContain('-- DROP INDEX CONCURRENTLY "shop"."gdpr_customers_email_0123abcd";');
    await run(workspace, 'DROP INDEX shop.gdpr_customers_email_0123abcd');
  });

  it('gives every index a name of ASCII that fits', () => {
    const name = (table: string) =>
      indexName({ schema: 'shop', table }, { table, why: 'key', methods: ['btree'], on: 'x', keys: ['x'], beside: [] });
    for (const table of ['Ķēžu "garās" tabulas nosaukums, kas aizņem visu vietu!!', 'x'.repeat(63), '✿']) {
      expect(name(table)).toMatch(/^gdpr_[a-z0-9_]{1,49}_[0-9a-f]{8}$/);
    }
    expect(name('Ž')).not.toBe(name('Ā'));
  });

  it('is refused on the embedded database', async () => {
    const embedded = await bookshopWorkspace({ server: 'embedded' });
    try {
      const options = { cwd: embedded.root, environment: embedded.environment };
      expect(jsonErrorOf(await gdpr(['db', 'indexes', '--json'], options))).toMatchObject({ code: 'REFUSED', exit: 3 });
    } finally {
      await embedded.remove();
    }
  });
});

describe('with the indexes', { timeout: 240_000 }, () => {
  const login = `${prefix}till`;
  const insert = (statement: string) => runAs(urlAs(workspace.url ?? '', login), statement);
  beforeAll(async () => {
    await makeLogin(workspace.url ?? '', login, []);
    await run(
      workspace,
      `GRANT USAGE ON SCHEMA shop TO ${login}`,
      `GRANT INSERT, SELECT ON ALL TABLES IN SCHEMA shop TO ${login}`,
      'REVOKE ALL ON SCHEMA gdpr FROM PUBLIC',
    );
  });

  const customer = (email: string, first: string, last: string, phone: string) =>
    `INSERT INTO shop.customers (email, first_name, last_name, phone, created_at)
     VALUES ('${email}', '${first}', '${last}', '${phone}', now())`;

  it('the shop stores rows as a role that knows nothing of schema gdpr, and they are found', async () => {
    await insert(customer('Zeltīte@Pasts.example', 'Zeltīte', 'Šķērsgriezuma-Žagariņa', '+371 2644-1234'));
    await insert(customer('petrov@pasts.example', 'Пётр', 'Жуковский', '00371 26441235'));
    for (const query of [
      ['--name', 'zagarina zeltite'],
      ['--name', 'Šķērsgriezuma'],
      ['--name', 'Zhukovsky Petr'],
      ['--name', 'Жуковский'],
      ['--phone', '26441235'],
      ['--phone', '26 44 12 34'],
      ['--email', 'ZELTĪTE@pasts.example'],
    ]) {
      const { matches } = jsonOf<{ matches: unknown[] }>(
        await call('customer', 'find', ...query, '--json'),
        'customer-find',
      );
      expect({ query, matches }).toEqual({ query, matches: [expect.objectContaining({ kind: 'Customer' })] });
    }
  });

  it('the shop stores texts of any length, and text that is no JSON', async () => {
    // The shop's own index, which takes no long text, makes way for the printed one.
    await run(workspace, 'DROP INDEX shop.event_log_customer');
    expect((await makeIndexes(workspace)).sql).toContain('USING hash');
    const long = Array.from({ length: 2000 }, (_, i) => `${(i * 7919) % 9973}x`).join('');
    await insert(
      `INSERT INTO shop."Import Log 2019" ("Row No", "Imported At", "E-mail", "Phone ""old""", "Full Name", "Document") VALUES
       (900001, now(), '${long}@pasts.example', '${long}', '${long}', '{"E-pasts": "${long}", "Klients": {"Vārds": "${long}"}}'),
       (900002, now(), NULL, NULL, '${'Ж'.repeat(9000)}', '{"E-pasts": ')`,
    );
    await insert(
      `INSERT INTO shop.event_log (event, occurred_at, payload)
       VALUES ('odd', now(), jsonb_build_object('customer', jsonb_build_object('id', '${long}', 'email', '${long}')))`,
    );
  });

  it('reads JSON kept as text in parallel plans, too', async () => {
    const rows = await run(
      workspace,
      'SET debug_parallel_query = on',
      `SELECT count(*) FROM shop."Import Log 2019" WHERE gdpr.json_or_null("Document") IS NULL`,
    );
    expect(rows).toEqual([{ count: '1' }]);
  });

  it('makes none on a function that somebody of the shop may not call', async () => {
    const FUNCTION = 'gdpr.json_or_null(text)';
    const [json] = await stateOf('shop.Import Log 2019', 'Document.E-pasts');
    await run(workspace, `DROP INDEX shop."${json?.name}"`, `REVOKE EXECUTE ON FUNCTION ${FUNCTION} FROM PUBLIC`);
    const [refused] = await stateOf('shop.Import Log 2019', 'Document.E-pasts');
    expect(refused).toMatchObject({ state: 'impossible', name: null });
    expect(refused?.because).toContain(`GRANT EXECUTE ON FUNCTION ${FUNCTION} TO PUBLIC`);
    await run(workspace, `GRANT EXECUTE ON FUNCTION ${FUNCTION} TO PUBLIC`);
    await makeIndexes(workspace);
    expect((await printIndexes(workspace)).missing).toBe(0);
  });
});
