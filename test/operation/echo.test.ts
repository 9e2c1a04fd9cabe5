import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEOPLE } from '../../examples/bookshop/people.js';
import { listEntries } from '../../src/operation/log.js';
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
  it.each(WRONG)('is not repeated by the error: %s', async (_, args) => {
    for (const value of VALUES) {
      const text = await run(args(value));
      expect(text.stderr + text.stdout).not.toContain(value);
      expect(text.stderr).toContain('[personal]');
      const json = await run([...args(value), '--json']);
      expect(jsonErrorOf(json).message).toContain('[personal]');
      expect(json.stdout).not.toContain(value);
    }
  });

  it('leaves paths, dates and operations as they are', async () => {
    const file = 'archives/export-20260301-abcdefghijklmnop.asice';
    expect((await run(['archive', 'verify', file])).stderr).toContain(file);
  });
});

describe('the operator', { timeout: 60_000 }, () => {
  it.each(['anna.berzina@shop.example', 'an\u0007na', 'anna\nberzina', '+371 21234567', 'a'.repeat(201)])(
    'is not called %j in a log that is never erased',
    async (name) => {
      const entries = async () => {
        const context = await workspace.context();
        try {
          return (await listEntries(context, {}, 1000)).length;
        } finally {
          await context.database.close();
        }
      };
      const before = await entries();
      const ran = await run(['customer', 'find', '--email', PEOPLE.anna.email, '--json'], { GDPR_OPERATOR: name });
      const error = jsonErrorOf(ran);
      expect(error).toMatchObject({ code: 'USAGE', exit: 2, hint: expect.stringContaining('GDPR_OPERATOR') });
      expect(ran.stdout).not.toContain(name);
      expect(await entries()).toBe(before);
    },
  );

  it('may have a name with letters of any language', async () => {
    expect((await run(['customer', 'find', '--email', PEOPLE.anna.email], { GDPR_OPERATOR: 'Žanis Kalniņš 12' })).code).toBe(0);
  });
});

describe('archive verify says whom it believed', { timeout: 60_000 }, () => {
  it('the workspace, by its folder', async () => {
    expect((await run(['archive', 'verify', archive])).stdout).toContain(`Trusted    because of gdpr.yaml in ${workspace.root}\n`);
  });

  it('the operator, by --signer', async () => {
    const certificate = join(workspace.root, '.gdpr', 'keys', 'signing.crt.pem');
    expect((await run(['archive', 'verify', archive, '--signer', certificate], {}, outside)).stdout).toContain('Trusted    because of --signer\n');
    const other = await run(['archive', 'verify', archive, '--signer', '0'.repeat(64)]);
    expect(other).toMatchObject({ code: 5, stdout: expect.stringContaining('Trusted    no: not a certificate of --signer\n') });
  });

  it('nobody', async () => {
    const copy = join(outside, 'received.asice');
    await copyFile(archive, copy);
    await writeFile(join(outside, 'note.txt'), '');
    expect((await run(['archive', 'verify', copy], {}, outside)).stdout).toContain('Trusted    no: no workspace here, and no --signer\n');
  });
});
