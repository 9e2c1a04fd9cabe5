import { copyFile, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { locateWorkspace } from '../../src/workspace/open.js';
import { gdpr } from '../commands/program.js';
import { jsonErrorOf } from '../commands/schemas.js';
import { exportPerson } from '../customer/support/export.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';

let workspace: TestWorkspace;
let archive: string;
const outside = join(tmpdir(), `gdpr-echo-${process.pid}`);

beforeAll(async () => {
  workspace = await bookshopWorkspace();
  const context = await workspace.context();
  archive = (await exportPerson(context, { email: PEOPLE.anna.email })).result.archive;
  await context.database.close();
  await mkdir(outside);
});
afterAll(async () => {
  await workspace.remove();
  await rm(outside, { recursive: true });
});

const run = (args: string[], environment: NodeJS.ProcessEnv = {}, cwd = workspace.root) =>
  gdpr(args, { cwd, environment: { ...workspace.environment, ...environment } });

describe('what was typed after the wrong flag', { timeout: 120_000 }, () => {
  const VALUES = ['anna.berzina@pasts.example', '+37121234567', '00371 21 23 45 67', '120385-11234', '12038511234'];
  const WRONG: [string, (value: string) => string[]][] = [
    ['--person-file', (value) => ['customer', 'find', '--person-file', value]],
    ['--workspace', (value) => ['audit', 'list', '--workspace', value]],
    ['a file', (value) => ['archive', 'verify', `${value}.asice`]],
  ];
  const TYPED = VALUES.join(', ');
  it.each(WRONG)('is not repeated by the error: %s', async (_, args) => {
    const text = await run(args(TYPED));
    const json = await run([...args(TYPED), '--json']);
    const { message } = jsonErrorOf(json);
    expect(message.match(/\[personal\]/g)).toHaveLength(VALUES.length);
    expect(text.stderr).toContain(message);
    for (const value of VALUES) expect(text.stderr + json.stdout).not.toContain(value);
  });

  it('leaves paths, dates and operations as they are', async () => {
    const file = 'archives/export-20260301-abcdefghijklmnop.asice';
    expect((await run(['archive', 'verify', file])).stderr).toContain(file);
  });
});

describe('the operator', { timeout: 60_000 }, () => {
  const FIND = ['customer', 'find', '--email', PEOPLE.anna.email];

  it('is not called by an e-mail address in a log that is never erased', async () => {
    const entries = async () => (await run(['audit', 'list', '--json'])).stdout;
    const before = await entries();
    const ran = await run([...FIND, '--json'], { GDPR_OPERATOR: 'janis.kalns@shop.example' });
    const hint = expect.stringContaining('GDPR_OPERATOR');
    expect(jsonErrorOf(ran)).toMatchObject({ code: 'USAGE', exit: 2, hint });
    expect(ran.stdout).not.toContain('janis');
    expect(await entries()).toBe(before);
  });

  it.each(['an\u0007na', 'anna\nberzina', 'anna\u009b31m', '+371 21234567', '120385-11234', '\ud800', 'a'.repeat(201)])(
    'is not called %j either',
    async (name) => {
      const { surroundings } = workspace;
      const environment = { ...surroundings.environment, GDPR_OPERATOR: name };
      await expect(locateWorkspace({ ...surroundings, environment })).rejects.toMatchObject({ code: 'USAGE' });
    },
  );

  it('may have a name with letters of any language', async () => {
    const { surroundings } = workspace;
    const environment = { ...surroundings.environment, GDPR_OPERATOR: ' Žanis Kalniņš 12 ' };
    expect((await locateWorkspace({ ...surroundings, environment })).operator).toBe('Žanis Kalniņš 12');
  });
});

describe('archive verify says whom it believed', { timeout: 60_000 }, () => {
  it('the workspace, by its folder', async () => {
    expect((await run(['archive', 'verify', archive])).stdout).toContain(
      `Trusted    because of gdpr.yaml in ${workspace.root}\n`,
    );
  });

  it('the operator, by --signer', async () => {
    const certificate = join(workspace.root, '.gdpr', 'keys', 'signing.crt.pem');
    expect((await run(['archive', 'verify', archive, '--signer', certificate], {}, outside)).stdout).toContain(
      'Trusted    because of --signer\n',
    );
    const other = await run(['archive', 'verify', archive, '--signer', '0'.repeat(64)]);
    expect(other).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('Trusted    no: not a certificate of --signer\n'),
    });
  });

  it('nobody', async () => {
    const copy = join(outside, 'received.asice');
    await copyFile(archive, copy);
    expect((await run(['archive', 'verify', copy], {}, outside)).stdout).toContain(
      'Trusted    no: no workspace here, and no --signer\n',
    );
  });
});
