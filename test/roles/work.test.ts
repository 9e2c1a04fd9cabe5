import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { storePlan } from '../../src/customer/plan.js';
import { digestOf } from '../../src/foundation/canonical-json.js';
import { useApproval } from '../../src/operation/approval.js';
import { approvePlan, readPlan } from '../../src/operation/approve.js';
import { endOperation, runOperation } from '../../src/operation/operation.js';
import type { Context } from '../../src/workspace/open.js';
import { gdpr, type Ran } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { type RoleShop, roleShop } from './support.js';

let shop: RoleShop;
const contexts: Context[] = [];

beforeAll(async () => {
  shop = await roleShop();
  await shop.login('both', 'operator', 'approver');
}, 120_000);
afterAll(async () => {
  for (const context of contexts) await context.database.close();
  await shop.remove();
});

async function as(login: string): Promise<Context> {
  const context = await shop.context(login);
  contexts.push(context);
  return context;
}

const run = (login: string, ...args: string[]): Promise<Ran> =>
  gdpr(args, { cwd: shop.workspace.root, environment: shop.environment(login) });

const { anna, petr } = PEOPLE;
const VERIFIED = ['--verified', 'account login'];

const VIEW = `  shop.account_mails:
    title: { lv: Adreses, en: Mails }
    owners:
      account:
        title: { lv: Konta īpašnieks, en: Account holder }
        reach:
          - { through: shop.customers, on: [{ column: customer_id, to: id }] }
    erase: delete
    keptBecause: { lv: Tiek pārlasīts, en: It is read anew }
    columns:
      customer_id:
        { title: { lv: Numurs, en: Number }, category: record, purposes: [order], source: observed, owner: shared, erase: with-row }
      email:
        { title: { lv: E-pasts, en: E-mail }, category: contact, purposes: [order], source: provided, identifier: email, erase: with-row }`;

describe('a second person by database roles', { timeout: 120_000 }, () => {
  let plans = 0;
  async function storedBy(login: Context, preparer: string): Promise<string> {
    plans += 1;
    const plan = { operation: 'test', step: `role ${plans}` };
    const digest = digestOf(plan);
    await login.database.transaction('read committed', (session) =>
      storePlan(session, 'test', { plan, digest }, preparer),
    );
    return digest;
  }
  const approve = async (context: Context, digest: string) => approvePlan(context, await readPlan(context, digest));
  const use = (context: Context, digest: string) =>
    runOperation(context, { action: 'test', subjects: [], planDigest: digest }, async (operation) => {
      const approval = await context.database.transaction('read committed', (session) =>
        useApproval(session, digest, operation),
      );
      await endOperation(context, operation, { result: 'done' });
      return approval;
    });

  it('agrees as one role and lets another carry it out', async () => {
    const [operator, approver] = [await as('operator'), await as('approver')];
    const digest = await storedBy(operator, 'operator');
    const { preparerRole, approverRole } = await approve(approver, digest);
    expect([preparerRole, approverRole]).toEqual([operator.databaseRole, approver.databaseRole]);
    expect(await use(operator, digest)).toMatchObject({ mode: 'roles', approver: 'approver' });
    await expect(use(operator, digest)).rejects.toMatchObject({ details: { approval: 'used' } });
  });

  it('is not the preparer under another name', async () => {
    const both = await as('both');
    const digest = await storedBy(both, 'somebody else');
    await expect(approve(both, digest)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('database role'),
    });
    // Nor past the program: the database itself refuses.
    const entered = shop.sql(
      `INSERT INTO gdpr.approval (digest, approver, operation) SELECT '${digest}', 'both', min(id) FROM gdpr.operation`,
      'both',
    );
    await expect(entered).rejects.toMatchObject({ code: '23514', constraint: 'approval_by_roles' });
    await expect(use(both, digest)).rejects.toMatchObject({ details: { approval: 'none' } });
  });

  it('does not carry out what they agreed to, under whatever name', async () => {
    const [operator, both] = [await as('operator'), await as('both')];
    const digest = await storedBy(operator, 'operator');
    await approve(both, digest);
    const renamed = { ...both, operator: 'another name' };
    await expect(use(renamed, digest)).rejects.toMatchObject({ details: { approval: 'own' } });
    const past = shop.sql(
      `UPDATE gdpr.approval SET used_by = (SELECT max(id) FROM gdpr.operation WHERE plan_digest = '${digest}') WHERE digest = '${digest}'`,
      'both',
    );
    await expect(past).rejects.toMatchObject({ code: '42501' });
    await use(operator, digest);
  });

  it('cannot be two names that agreed before there were roles', async () => {
    const operator = await as('operator');
    const digest = await storedBy(operator, 'operator');
    await shop.sql(`
      ALTER TABLE gdpr.approval DROP CONSTRAINT approval_by_roles;
      ALTER TABLE gdpr.approval DISABLE TRIGGER approval_enter;
      INSERT INTO gdpr.approval (digest, mode, preparer, preparer_role, approver, approver_role, operation, approved_at, valid_until)
        SELECT '${digest}', 'names', 'operator', 'x', 'second', 'x', min(id), now(), now() + interval '1 day' FROM gdpr.operation;
      ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER approval_enter;`);
    await shop.sql(shop.printed.sql);
    await expect(use(operator, digest)).rejects.toMatchObject({ details: { approval: 'names' } });
  });
});

describe('the commands as roles', { timeout: 600_000 }, () => {
  it('let the operator deal with a request from its opening to the copy', async () => {
    const found = await run('operator', 'customer', 'find', '--email', petr.email, '--json');
    jsonOf(found, 'customer-find');
    const opened = await run(
      'operator',
      'request',
      'open',
      '--kind',
      'access',
      '--channel',
      'email',
      '--received',
      'today',
      '--email',
      petr.email,
      '--json',
    );
    const { request: number } = jsonOf<{ request: string }>(opened, 'request-open');
    jsonOf(
      await run('operator', 'request', 'verify-identity', number, '--how', 'account login', '--json'),
      'request-verify-identity',
    );
    const exported = jsonOf<{ archive: string; tables: { table: string; rows: number }[] }>(
      await run('operator', 'customer', 'export', '--request', number, '--json'),
      'customer-export',
    );
    expect(exported.tables.some(({ table, rows }) => table === 'shop.orders' && rows > 0)).toBe(true);
    for (const [schema, ...args] of [
      ['request-close', 'request', 'close', number],
      ['request-list', 'request', 'list'],
      ['request-show', 'request', 'show', number],
      ['archive-list', 'archive', 'list'],
      ['audit-checkpoint', 'audit', 'checkpoint'],
      ['recover', 'recover'],
      ['datamap-check', 'datamap', 'check'],
    ] as const)
      jsonOf(await run('operator', ...args, '--json'), schema);
  });

  it('let the operator refuse, extend and write, and answer who is not known', async () => {
    const ask = async (kind: string, ...who: string[]) => {
      const args = ['--kind', kind, '--channel', 'post', '--received', 'today', ...who, '--json'];
      const opened = await run('operator', 'request', 'open', ...args);
      return jsonOf<{ request: string }>(opened, 'request-open').request;
    };
    const access = await ask('access', '--email', anna.email);
    const letter = join(shop.workspace.root, 'letter.html');
    jsonOf(
      await run('operator', 'request', 'extend', access, '--reason', 'orders on paper', '--json'),
      'request-extend',
    );
    jsonOf(
      await run('operator', 'request', 'letter', access, 'acknowledgement', '--to', letter, '--json'),
      'request-letter',
    );
    const refusal = ['--reason', 'Art. 12(5)(b): the same question weekly'];
    jsonOf(await run('operator', 'request', 'refuse', access, ...refusal, '--json'), 'request-refuse');
    jsonOf(await run('operator', 'request', 'due', '--json'), 'request-due');
    const nobody = [
      'customer',
      'export',
      '--email',
      'nobody.at.all@pasts.example',
      '--negative',
      ...VERIFIED,
      '--json',
    ];
    jsonOf(await run('operator', ...nobody), 'customer-export');
    const list = join(shop.workspace.root, 'people.csv');
    await writeFile(list, `email\n${petr.email}\n`);
    jsonOf(await run('operator', 'customer', 'export', '--from', list, ...VERIFIED, '--json'), 'customer-export');
  });

  it('let the operator erase what the approver agreed to, and the auditor check the log of it', async () => {
    const file = join(shop.workspace.root, 'gdpr.yaml');
    await writeFile(file, `${await readFile(file, 'utf8')}approval:\n  erase: always\n`);
    const erase = ['customer', 'erase', '--email', anna.email, '--ground', '17(1)(b)'];
    const { digest } = jsonOf<{ digest: string }>(
      await run('operator', ...erase, '--plan', '--json'),
      'customer-erase',
    );
    const bound = [...erase, ...VERIFIED, '--plan-digest', digest, '--yes', '--json'];
    expect(jsonErrorOf(await run('operator', ...bound))).toMatchObject({ code: 'REFUSED', approval: 'none' });
    expect(jsonErrorOf(await run('operator', 'approve', digest, '--yes', '--json'))).toMatchObject({ code: 'REFUSED' });
    expect(jsonOf(await run('approver', 'approve', digest, '--yes', '--json'), 'approve')).toMatchObject({
      approval: { mode: 'roles', preparer: 'operator', approver: 'approver' },
    });
    const { operation, residue } = jsonOf<{ operation: string; residue: { clean: boolean } }>(
      await run('operator', ...bound),
      'customer-erase',
    );
    expect(residue.clean).toBe(true);
    const searched = await run('operator', 'customer', 'residue', '--email', anna.email, '--json');
    expect(jsonOf<{ residue: { clean: boolean } }>(searched, 'customer-residue').residue.clean).toBe(true);
    expect((await run('operator', 'customer', 'residue', '--sweep', '--json')).code).toBe(0);
    const tombstones = await shop.sql('SELECT FROM gdpr.tombstone WHERE certificate IS NOT NULL', 'operator');
    expect(tombstones).toHaveLength(1);

    expect(jsonOf<{ valid: boolean }>(await run('auditor', 'audit', 'verify', '--json'), 'audit-verify').valid).toBe(
      true,
    );
    const { entries } = jsonOf<{ entries: { rules?: string[] }[] }>(
      await run('auditor', 'audit', 'list', '--operation', operation, '--json'),
      'audit-list',
    );
    expect(entries[1]?.rules).toContain('approval: roles');
  });

  it.each([
    ['approver', ['customer', 'find', '--email', anna.email]],
    ['approver', ['customer', 'export', '--email', petr.email, ...VERIFIED]],
    ['approver', ['request', 'list']],
    ['auditor', ['customer', 'find', '--email', anna.email]],
    ['auditor', ['customer', 'export', '--email', petr.email, ...VERIFIED]],
    ['marketer', ['customer', 'export', '--email', petr.email, ...VERIFIED]],
    ['marketer', ['request', 'list']],
    ['operator', ['db', 'migrate']],
    ['approver', ['customer', 'erase', '--email', petr.email, '--ground', '17(1)(b)', '--plan']],
    ['auditor', ['customer', 'residue', '--email', petr.email]],
    ['marketer', ['customer', 'rectify', '--email', petr.email, '--set', 'phone=+371 29990077', '--plan']],
    ['auditor', ['customer', 'restrict', '--email', petr.email, '--ground', '18(1)(a)', ...VERIFIED]],
    ['approver', ['customer', 'unrestrict', '--email', petr.email, '--informed', 'today']],
    ['marketer', ['customer', 'object', '--email', petr.email, '--to', 'marketing', ...VERIFIED]],
    ['marketer', ['hold', 'list']],
    ['auditor', ['hold', 'release', 'hold-aaaaaaaaaa', '--reason', 'the case is closed']],
    ['marketer', ['approve', `sha256:${'0'.repeat(64)}`, '--yes']],
    ['approver', ['recover']],
  ] as const)('refuse the %s: %j', async (login, args) => {
    const error = jsonErrorOf(await run(login, ...args, '--json'));
    expect(error).toMatchObject({ code: 'REFUSED', exit: 3, message: expect.stringContaining('SQLSTATE 42501') });
    expect(error.hint).not.toBe('');
  });

  it('let the operator hold, restrict, correct, lift a restriction and note an objection', async () => {
    const who = ['--email', petr.email];
    const soon = new Date(Date.now() + 90 * 24 * 3_600_000).toISOString().slice(0, 10);
    const order = ['--reference', 'C-1', '--authority', 'a court', '--until', soon];
    const { hold } = jsonOf<{ hold: string }>(
      await run('operator', 'hold', 'place', ...who, ...order, '--json'),
      'hold-place',
    );
    jsonOf(await run('operator', 'hold', 'list', '--json'), 'hold-list');
    await shop.login('colleague', 'operator');
    const released = await run('colleague', 'hold', 'release', hold, '--reason', 'the case is closed', '--json');
    jsonOf(released, 'hold-release');
    const restrict = [...who, '--ground', '18(1)(a)', ...VERIFIED, '--json'];
    jsonOf(await run('operator', 'customer', 'restrict', ...restrict), 'customer-restrict');
    const rectify = [...who, '--set', 'phone=+371 29990077', ...VERIFIED, '--yes', '--json'];
    jsonOf(await run('operator', 'customer', 'rectify', ...rectify), 'customer-rectify');
    jsonOf(
      await run('operator', 'customer', 'unrestrict', ...who, '--informed', 'today', '--json'),
      'customer-unrestrict',
    );
    const object = [...who, '--to', 'marketing', ...VERIFIED, '--json'];
    jsonOf(await run('operator', 'customer', 'object', ...object), 'customer-object');
  });

  it('let the owner alone rotate the keys and bring back what a backup has undone', async () => {
    for (const [login, ...args] of [
      ['operator', 'key', 'rotate', '--copy', 'keys.age'],
      ['operator', 'restore', 'replay'],
      ['auditor', 'restore', 'replay'],
    ] as const) {
      const environment = { ...shop.environment(login), GDPR_COPY_PASSPHRASE: 'five random words for the copy' };
      const ran = await gdpr([...args, '--json'], { cwd: shop.workspace.root, environment });
      expect(jsonErrorOf(ran)).toMatchObject({ code: 'REFUSED', hint: expect.stringContaining('member of') });
    }
    expect(await readdir(join(shop.workspace.root, '.gdpr', 'keys'))).not.toContain('hmac-2.json');
    await shop.login('admin', 'owner');
    const environment = { ...shop.environment('admin'), GDPR_COPY_PASSPHRASE: 'five random words for the copy' };
    const rotated = await gdpr(['key', 'rotate', '--copy', 'keys.age', '--json'], {
      cwd: shop.workspace.root,
      environment,
    });
    jsonOf(rotated, 'key-rotate');
    jsonOf(await run('operator', 'customer', 'find', '--email', petr.email, '--json'), 'customer-find');
  });

  it('let the operator read materialised views anew', async () => {
    const map = join(shop.workspace.root, 'datamap.yaml');
    const before = await readFile(map, 'utf8');
    const email = 'zita.zalite@pasts.example';
    await shop.sql(`INSERT INTO shop.customers (email, last_name, created_at) VALUES ('${email}', 'Zālīte', now())`);
    await shop.sql(
      'CREATE MATERIALIZED VIEW shop.account_mails AS SELECT id AS customer_id, email::text AS email FROM shop.customers',
    );
    await writeFile(map, before.replace(/^ {2}shop\.addresses:$/m, `${VIEW}\n$&`));
    const printed = await shop.print();
    expect(printed.sql).toMatch(/^GRANT MAINTAIN ON "shop"\."account_mails" TO /m);
    await shop.sql(printed.sql);
    await writeFile(join(shop.workspace.root, 'gdpr.yaml'), 'database: server\n');
    const args = ['--email', email, '--ground', '17(1)(b)', ...VERIFIED, '--yes', '--json'];
    jsonOf(await run('operator', 'customer', 'erase', ...args), 'customer-erase');
    expect(await shop.sql(`SELECT FROM shop.account_mails WHERE email = '${email}'`)).toEqual([]);
    await writeFile(map, before);
    await shop.sql('DROP MATERIALIZED VIEW shop.account_mails');
  });

  it('name tables with row-level security, and refuse to read past it until a role may', async () => {
    const login = (await as('operator')).databaseRole;
    await shop.sql(`ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
      CREATE POLICY half ON shop.orders TO ${login} USING (id % 2 = 0)`);
    const printed = await shop.print();
    expect(printed.rowSecurity).toEqual(['shop.orders']);
    expect(printed.sql).toMatch(/^-- {3}"shop"\."orders"$/m);
    expect(printed.sql).not.toMatch(/^[^-].*BYPASSRLS/m);
    await shop.sql(printed.sql);
    const args = ['customer', 'export', '--email', petr.email, ...VERIFIED, '--json'];
    expect(jsonErrorOf(await run('operator', ...args))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('row-level security'),
    });
    await shop.sql(`ALTER ROLE ${login} BYPASSRLS`);
    jsonOf(await run('operator', ...args), 'customer-export');
  });
});
