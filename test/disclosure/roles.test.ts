import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import type { TypedOrder } from '../../src/disclosure/order.js';
import { openRequest, prepareDisclosure, storeDisclosure } from '../../src/disclosure/prepare.js';
import { produceDisclosure } from '../../src/disclosure/produce.js';
import { approvePlan, readPlan } from '../../src/operation/approve.js';
import { todayIn } from '../../src/request/day.js';
import type { Context } from '../../src/workspace/open.js';
import { nobodyToAsk } from '../customer/support/export.js';
import { type RoleShop, roleShop } from '../roles/support.js';

let shop: RoleShop;
const contexts: Context[] = [];

beforeAll(async () => {
  shop = await roleShop();
  await writeFile(join(shop.workspace.root, 'request.pdf'), 'a written request');
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

function prepare(context: Context) {
  const typed: TypedOrder = {
    kind: 'authority',
    authority: 'Valsts ieņēmumu dienests',
    requestNumber: '20/8-11',
    requestDate: todayIn('Europe/Riga'),
    basis: 'Likums "Par nodokļiem un nodevām", 15. pants',
    document: join(shop.workspace.root, 'request.pdf'),
    unnamed: false,
    categories: 'order',
    hold: 'P12M',
  };
  return openRequest(context, typed, { query: { email: PEOPLE.anna.email } }, undefined, nobodyToAsk).then((opened) =>
    prepareDisclosure(context, opened, undefined),
  );
}

describe('roles of the database', { timeout: 120_000 }, () => {
  it('lets an operator give what an approver agreed to, by their roles, and nobody else', async () => {
    const operator = await as('operator');
    const prepared = await prepare(operator);
    await storeDisclosure(operator, prepared);
    const { digest } = prepared.plan;
    const give = (context: Context) => produceDisclosure(context, prepared, { planDigest: digest, language: 'lv' });
    await expect(give(operator)).rejects.toMatchObject({ code: 'REFUSED', details: { approval: 'none' } });
    const approver = await as('approver');
    expect(await approvePlan(approver, await readPlan(approver, digest))).toMatchObject({ mode: 'roles' });
    for (const login of ['approver', 'auditor', 'marketer']) {
      await expect(as(login).then(prepare), login).rejects.toThrow();
    }
    const given = await give(operator);
    expect(given.approval).toMatchObject({ mode: 'roles', preparer: 'operator', approver: 'approver' });
    for (const login of ['approver', 'auditor', 'marketer'])
      await expect(shop.sql('SELECT FROM gdpr.disclosure', login), login).rejects.toThrow('permission denied');
    for (const statement of [
      'UPDATE gdpr.disclosure SET recipient = $$x$$',
      'DELETE FROM gdpr.disclosure',
      'DELETE FROM gdpr.disclosure_subject',
      'UPDATE gdpr.disclosure_subject SET rows = 0',
    ]) {
      await expect(shop.sql(statement, 'operator'), statement).rejects.toThrow('permission denied');
      await expect(shop.sql(statement), statement).rejects.toThrow('refused');
    }
  });
});
