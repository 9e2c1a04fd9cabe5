import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf, jsonOf } from '../commands/schemas.js';
import { type RoleShop, roleShop } from './support.js';

let shop: RoleShop;
beforeAll(async () => {
  shop = await roleShop();
}, 120_000);
afterAll(() => shop.remove());

const run = (login: string, ...args: string[]) =>
  gdpr(args, { cwd: shop.workspace.root, environment: shop.environment(login) });

describe('lists of people, by the roles of the database', { timeout: 240_000 }, () => {
  it('the operator erases a list that the approver agreed to, and nobody else does either', async () => {
    const list = `email,verified\n${PEOPLE.petr.email},account login\n${PEOPLE.anna.email},account login\n`;
    await writeFile(join(shop.workspace.root, 'people.csv'), list);
    const erase = ['customer', 'erase', '--from', 'people.csv', '--ground', '17(1)(b)', '--json'];
    const { digest } = jsonOf<{ digest: string }>(await run('operator', ...erase, '--plan'), 'customer-erase');
    const bound = [...erase, '--plan-digest', digest, '--yes'];
    expect(jsonErrorOf(await run('operator', ...bound))).toMatchObject({ exit: 3 });
    expect(jsonErrorOf(await run('operator', 'approve', digest, '--yes', '--json'))).toMatchObject({ exit: 3 });
    expect((await run('approver', 'approve', digest, '--yes', '--json')).code).toBe(0);
    expect((await run('marketer', ...bound)).code).not.toBe(0);
    expect(jsonOf(await run('operator', ...bound), 'customer-erase')).toMatchObject({ residue: { clean: true } });
  });

  it('the operator imports consents, and the marketer cannot', async () => {
    const file = 'email,channel,what,at,mechanism\nreader@pasts.example,email,withdrawn,2026-01-01,phone\n';
    await writeFile(join(shop.workspace.root, 'consents.csv'), file);
    const imports = ['consent', 'import', 'consents.csv', '--json'];
    expect((await run('marketer', ...imports)).code).not.toBe(0);
    expect(jsonOf(await run('operator', ...imports), 'consent-import')).toMatchObject({ entered: 1 });
  });
});
