import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_FUNCTIONS, OWN_TABLES } from '../../src/roles/own.js';
import { runProcess } from '../support/run-process.js';
import { outsideTool } from '../support/tools.js';
import { type RoleShop, roleShop } from './support.js';

const psql = outsideTool('psql');

let shop: RoleShop;
beforeAll(async () => {
  shop = await roleShop();
}, 120_000);
afterAll(() => shop.remove());

/** Whether PostgreSQL refuses the statement for want of a privilege, before any trigger or row is looked at. */
async function denied(login: string, statement: string): Promise<boolean> {
  try {
    await shop.sql(`BEGIN; ${statement}; ROLLBACK`, login);
    return false;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === '42501' && message.startsWith('permission denied')) return true;
    throw error;
  }
}

const GRANTED = ['operator', 'approver', 'auditor', 'marketer'];
const EVIDENCE = [
  ['audit_entry', 'entry'],
  ['audit_checkpoint', 'note'],
  ['tombstone', 'certificate'],
  ['tombstone_identifier', 'hmac'],
  ['rectification', 'fields'],
  ['objection', 'purpose'],
  ['suppression', 'channel'],
  ['hold', 'until'],
  ['hold_row', 'key'],
  ['restriction', 'ground'],
  ['request_event', 'note'],
  ['approval', 'valid_until'],
  ['plan', 'plan'],
] as const;

it('knows every table and function of schema gdpr', async () => {
  const tables = await shop.sql<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'gdpr'::regnamespace AND relkind IN ('r', 'p')",
  );
  expect(tables.length).toBeGreaterThan(10);
  expect(tables.map(({ name }) => name).filter((name) => OWN_TABLES[name] === undefined)).toEqual([]);
  const functions = await shop.sql<{ name: string }>(
    `SELECT format('%s(%s)', proname, pg_get_function_identity_arguments(oid)) AS name, proconfig FROM pg_proc
     WHERE pronamespace = 'gdpr'::regnamespace AND prorettype <> 'trigger'::regtype`,
  );
  expect(functions).toHaveLength(Object.keys(OWN_FUNCTIONS).length);
  const loose = await shop.sql(
    `SELECT proname FROM pg_proc WHERE pronamespace = 'gdpr'::regnamespace
     AND NOT coalesce(proconfig::text LIKE '%search_path=pg_catalog%', false)`,
  );
  expect(loose).toEqual([]);
});

describe.each(GRANTED)('%s', (login) => {
  it.each(EVIDENCE)('may not update, delete or truncate %s', async (table, column) => {
    expect(await denied(login, `UPDATE gdpr.${table} SET ${column} = NULL`)).toBe(true);
    expect(await denied(login, `DELETE FROM gdpr.${table}`)).toBe(true);
    expect(await denied(login, `TRUNCATE gdpr.${table} CASCADE`)).toBe(true);
  });

  it('makes nothing in the schemas, and no role of its own', async () => {
    expect(await denied(login, 'CREATE TABLE gdpr.planted ()')).toBe(true);
    expect(await denied(login, 'CREATE TABLE shop.planted ()')).toBe(true);
    expect(await denied(login, 'CREATE ROLE planted')).toBe(true);
    expect(await denied(login, 'UPDATE gdpr.installation SET keys = NULL')).toBe(true);
  });
});

it('lets not even the owner take anything out of what is evidence, or change it', async () => {
  const asOwner = (statement: string) =>
    shop.sql(`BEGIN; SET LOCAL ROLE ${shop.printed.roles.owner}; ${statement}; ROLLBACK`).then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code,
    );
  const kept = EVIDENCE.filter(([table]) => table !== 'plan' && table !== 'approval');
  /** Of these a row takes one change, which a trigger on its rows watches. */
  const settled = new Set(['tombstone', 'hold', 'restriction']);
  for (const [table, column] of kept) {
    const update = settled.has(table) ? [] : [`UPDATE gdpr.${table} SET ${column} = ${column}`];
    for (const statement of [...update, `DELETE FROM gdpr.${table}`, `TRUNCATE gdpr.${table} CASCADE`])
      expect([statement, await asOwner(statement)]).toEqual([statement, '42501']);
  }
  const tombstone = `INSERT INTO gdpr.operation (id, action, state, operator, subjects)
      VALUES ('20260101-aaaaaaaaaaaaaaaa', 'test', 'started', 'x', '{}');
    INSERT INTO gdpr.tombstone (subject, operation, ground, map_digest)
      VALUES ('subject:' || repeat('a', 26), '20260101-aaaaaaaaaaaaaaaa', 'x', 'sha256:' || repeat('0', 64))`;
  expect(await asOwner(`${tombstone}; UPDATE gdpr.tombstone SET certificate = operation`)).toBe('done');
  expect(await asOwner(`${tombstone}; UPDATE gdpr.tombstone SET erased_at = now() + interval '1 day'`)).toBe('42501');
});

it('lets the operator append to the log, and not say that somebody else prepared a plan', async () => {
  const plan = (columns: string, values: string) =>
    `INSERT INTO gdpr.plan (digest, action, plan, preparer${columns}) VALUES ('sha256:' || repeat('0', 64), 'test', '{}', 'x'${values})`;
  expect(await denied('operator', plan('', ''))).toBe(false);
  expect(await denied('operator', plan(', preparer_role', ", 'postgres'"))).toBe(true);
  expect(await denied('operator', plan(', prepared_at', ', now()'))).toBe(true);
  const entry = `INSERT INTO gdpr.audit_entry (sequence, time, kind, action, operation, subjects, entry, leaf_hash)
    VALUES (999999, now(), 'intent', 'test', 'x', '{}', '{}', sha256(''))`;
  expect(await denied('operator', entry)).toBe(false);
  for (const other of ['auditor']) expect(await denied(other, entry)).toBe(true);
});

it('lets the approver alone enter agreements, in their own name, and see no row of the shop', async () => {
  const approval = (columns: string, values: string) =>
    `INSERT INTO gdpr.approval (digest, approver, operation${columns}) SELECT '', '', ''${values} WHERE false`;
  expect(await denied('approver', approval('', ''))).toBe(false);
  expect(await denied('approver', approval(', approver_role', ", 'x'"))).toBe(true);
  expect(await denied('approver', approval(', valid_until', ', now()'))).toBe(true);
  for (const other of ['operator', 'auditor', 'marketer']) expect(await denied(other, approval('', ''))).toBe(true);
  expect(await denied('approver', 'UPDATE gdpr.approval SET used_by = NULL')).toBe(true);
  for (const table of ['shop.customers', 'gdpr.request', 'gdpr.subject_alias', 'gdpr.kept_row'])
    expect(await denied('approver', `SELECT FROM ${table}`)).toBe(true);
});

it('lets the auditor read the log, and nothing about what it is kept of', async () => {
  for (const table of ['audit_entry', 'audit_checkpoint', 'operation'])
    expect(await denied('auditor', `SELECT FROM gdpr.${table}`)).toBe(false);
  for (const table of ['gdpr.subject_alias', 'gdpr.request', 'gdpr.plan', 'gdpr.tombstone', 'shop.customers'])
    expect(await denied('auditor', `SELECT FROM ${table}`)).toBe(true);
});

it('lets the marketer read addresses and what people agreed to, and nothing else of the shop', async () => {
  expect(shop.printed.audience).toEqual(['marketing']);
  expect(await denied('marketer', 'SELECT id, email, phone FROM shop.customers')).toBe(false);
  for (const column of ['password_hash', 'personas_kods', '*'])
    expect(await denied('marketer', `SELECT ${column} FROM shop.customers`)).toBe(true);
  for (const table of ['shop.orders', 'shop.payments', 'gdpr.request', 'gdpr.kept_row', 'gdpr.plan'])
    expect(await denied('marketer', `SELECT * FROM ${table}`)).toBe(true);
  expect(await denied('marketer', 'UPDATE shop.customers SET email = email')).toBe(true);
});

it("lets the operator change only what is a person's", async () => {
  expect(await denied('operator', 'UPDATE shop.customers SET email = email')).toBe(false);
  expect(await denied('operator', 'UPDATE shop.customers SET id = id')).toBe(true);
  expect(await denied('operator', 'INSERT INTO shop.customers DEFAULT VALUES')).toBe(true);
  expect(await denied('operator', 'TRUNCATE shop.customers')).toBe(true);
  const [book] = await shop.sql<{ n: number }>('SELECT count(*)::integer AS n FROM shop.books', 'operator');
  expect(book?.n).toBeGreaterThan(0);
  expect(await denied('operator', 'DELETE FROM shop.books')).toBe(true);
  expect(await denied('operator', 'UPDATE shop.books SET title = title')).toBe(true);
});

/** Every grant in the schemas and on the database, as PostgreSQL keeps it. */
async function grants(): Promise<unknown> {
  return shop.sql(`
    SELECT 'schema ' || nspname AS what, nspowner::regrole::text AS owner, nspacl::text AS acl FROM pg_namespace WHERE nspname IN ('gdpr', 'shop')
    UNION ALL SELECT oid::regclass::text, relowner::regrole::text, (SELECT array_agg(a ORDER BY a::text) FROM unnest(relacl) a)::text
      FROM pg_class WHERE relnamespace IN ('gdpr'::regnamespace, 'shop'::regnamespace)
    UNION ALL SELECT attrelid::regclass || '.' || attname, NULL, (SELECT array_agg(a ORDER BY a::text) FROM unnest(attacl) a)::text
      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace IN ('gdpr'::regnamespace, 'shop'::regnamespace) AND attnum > 0
    UNION ALL SELECT oid::regprocedure::text, proowner::regrole::text, proacl::text FROM pg_proc WHERE pronamespace = 'gdpr'::regnamespace
    ORDER BY 1`);
}

describe('the printed SQL', () => {
  it.skipIf(!psql.available)('runs in psql', async () => {
    const before = await grants();
    const folder = await mkdtemp(join(tmpdir(), 'gdpr-test-psql-'));
    try {
      const file = join(folder, 'roles.sql');
      await writeFile(file, shop.printed.sql);
      await chmod(folder, 0o755);
      const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', shop.workspace.url ?? '', '-f', file];
      expect(await runProcess(psql.path, args)).toEqual({ code: 0, output: '' });
      expect(await grants()).toEqual(before);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('brings the same state however often it runs, and takes away what was granted besides', async () => {
    const before = await grants();
    const { operator, approver } = shop.printed.roles;
    await shop.sql(
      `GRANT INSERT ON shop.books TO ${operator}; GRANT SELECT (email) ON shop.customers TO ${approver}; GRANT DELETE ON gdpr.audit_entry TO PUBLIC`,
    );
    expect(await grants()).not.toEqual(before);
    await shop.sql((await shop.print()).sql);
    expect(await grants()).toEqual(before);
    expect((await shop.print()).sql).toBe(shop.printed.sql);
  });

  it('changes nothing when a part of it fails', async () => {
    const before = await grants();
    await expect(shop.sql(shop.printed.sql.replace('COMMIT;', 'SELECT 1 / 0; COMMIT;'))).rejects.toThrow();
    expect(await grants()).toEqual(before);
  });
});
