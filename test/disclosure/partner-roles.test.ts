import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gdpr } from '../commands/program.js';
import { jsonOf } from '../commands/schemas.js';
import { type RoleShop, roleShop } from '../roles/support.js';

let shop: RoleShop;
beforeAll(async () => {
  shop = await roleShop();
}, 120_000);
afterAll(() => shop.remove());

const run = (login: string, ...args: string[]) =>
  gdpr([...args, '--json'], { cwd: shop.workspace.root, environment: shop.environment(login) });

it('lets the operator put agreements on record and give under them, and nobody else', {
  timeout: 240_000,
}, async () => {
  await writeFile(join(shop.workspace.root, 'omniva.txt'), 'agreement\n');
  const add = [
    'agreement',
    'add',
    'OMN-2023/114',
    '--recipient',
    'omniva',
    '--from',
    '2023-05-01',
    '--document',
    'omniva.txt',
  ];
  for (const login of ['marketer', 'auditor', 'approver']) expect((await run(login, ...add)).code).not.toBe(0);
  expect(jsonOf(await run('operator', ...add), 'agreement-add')).toMatchObject({ state: 'in-force' });
  const give = (login: string) => run(login, 'disclose', '--processor', 'OMN-2023/114', '--out', `${login}.csv`);
  for (const login of ['marketer', 'approver']) expect((await give(login)).code).not.toBe(0);
  const given = jsonOf<{ disclosure: string }>(await give('operator'), 'disclose');
  const listed = jsonOf<{ disclosures: object[] }>(await run('operator', 'disclosure', 'list'), 'disclosure-list');
  expect(listed.disclosures).toMatchObject([{ disclosure: given.disclosure, recipientId: 'omniva' }]);
  expect((await run('marketer', 'disclosure', 'list')).code).not.toBe(0);
});
