import { execFileSync, spawnSync } from 'node:child_process';
import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestFile } from '../../src/foundation/digest-file.js';
import { gdpr, type Ran, ROOT } from '../commands/program.js';
import { faults } from '../commands/schemas.js';
import { outsideTool } from '../support/tools.js';
import { bookshopWorkspace, type TestWorkspace } from '../support/workspace.js';
import { readArchive } from './support/archive.js';

const age = outsideTool('age');
const keygen = outsideTool('age-keygen');

const ANNA = 'anna.berzina@pasts.example';
const PETR = 'petr.ivanov@pasts.example';
const NOBODY = 'neviens.nekur@pasts.example';
const LOGIN = ['--verified', 'account login'];

let workspace: TestWorkspace;
const run = (...args: string[]): Promise<Ran> =>
  gdpr(args, { cwd: workspace.root, environment: workspace.environment });
const json = async (...args: string[]) => {
  const value = JSON.parse((await run(...args, '--json')).stdout);
  expect(faults(args.slice(0, 2).join('-'), value)).toEqual([]);
  return value;
};
const refusal = async (...args: string[]) => {
  const { code, stdout } = await run(...args, '--json');
  const { error } = JSON.parse(stdout);
  return { exit: code, code: error.code, message: error.message };
};
const opened = async (email: string, kind = 'access'): Promise<string> =>
  (
    await json(
      'request',
      'open',
      '--kind',
      kind,
      '--email',
      email,
      '--received',
      'today',
      '--channel',
      'email',
      '--again',
    )
  ).request;
const lastEntry = async () => (await json('audit', 'list')).entries.at(-1);
const archives = async () => (await readdir(join(workspace.root, 'archives')).catch(() => [])).sort();

beforeAll(async () => {
  spawnSync('npm', ['run', '-s', 'build'], { cwd: ROOT });
  workspace = await bookshopWorkspace();
});
afterAll(() => workspace.remove());

describe('an export for a request', { timeout: 180_000 }, () => {
  it('is refused while nobody has said how the identity was checked, and the log says so', async () => {
    expect(await refusal('customer', 'export', '--email', ANNA)).toMatchObject({ exit: 3, code: 'REFUSED' });
    const number = await opened(ANNA);
    expect(await refusal('customer', 'export', '--request', number)).toMatchObject({ exit: 3, code: 'REFUSED' });
    expect(await lastEntry()).toMatchObject({
      action: 'customer export',
      result: 'refused',
      code: 'REFUSED',
      request: number,
    });
    expect(await archives()).toEqual([]);
  });

  it('finds the person and their verified identity in the register, which lists it when the request is closed', async () => {
    const number = await opened(ANNA);
    await json('request', 'verify-identity', number, '--how', 'known e-mail answered');
    const result = await json('customer', 'export', '--request', number);
    const { manifest } = await readArchive(result.archive);
    expect(manifest).toMatchObject({ request: number, verified: 'known e-mail answered', subject: result.subject });
    expect(await lastEntry()).toMatchObject({ request: number, verified: 'known e-mail answered', result: 'done' });
    const closed = await json('request', 'close', number);
    expect(JSON.stringify(closed.done)).toContain(result.operation);
    expect(await refusal('customer', 'export', '--request', number)).toMatchObject({
      exit: 3,
      message: expect.stringContaining('closed'),
    });
  });

  it('is refused for a request of another kind, of somebody else, of nobody known and of none', async () => {
    const erasure = await opened(ANNA, 'erasure');
    const hers = await opened(ANNA);
    const unknown = (
      await json('request', 'open', '--kind', 'access', '--unknown', '--received', 'today', '--channel', 'post')
    ).request;
    expect((await refusal('customer', 'export', '--request', erasure, ...LOGIN)).message).toContain('erasure');
    expect((await refusal('customer', 'export', '--request', hers, '--email', PETR, ...LOGIN)).message).toContain(
      'somebody else',
    );
    expect((await refusal('customer', 'export', '--request', unknown, ...LOGIN)).message).toContain('whose request');
    expect((await refusal('customer', 'export', '--request', unknown, '--email', ANNA, ...LOGIN)).message).toContain(
      'whose request',
    );
    expect(await refusal('customer', 'export', '--request', 'R-2020-0001', ...LOGIN)).toMatchObject({
      exit: 2,
      code: 'NOT_FOUND',
    });
    const portability = await opened(ANNA, 'portability');
    expect((await refusal('customer', 'export', '--request', portability, ...LOGIN)).exit).toBe(3);
    const portable = await json('customer', 'export', '--request', portability, '--portable', ...LOGIN);
    expect((await readArchive(portable.archive)).manifest).toMatchObject({ request: portability, ground: 'Art. 20' });
  });
});

describe('a negative answer', { timeout: 120_000 }, () => {
  it('lists, signed, what was searched, and holds the values nowhere but masked for the person', async () => {
    const { code, stdout, stderr } = await run('customer', 'export', '--email', NOBODY, '--negative', '--json');
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
    const result = JSON.parse(stdout);
    expect(faults('customer-export', result)).toEqual([]);
    expect(result).toMatchObject({ negative: true, searched: [{ identifier: 'email' }] });
    expect(result.searched[0].places).toEqual(
      expect.arrayContaining([
        'shop.customers.email',
        'shop.orders.guest_email',
        'shop.event_log.payload.customer.email',
      ]),
    );
    expect((await run('archive', 'verify', result.archive)).code).toBe(0);
    const { files, manifest, text } = await readArchive(result.archive);
    expect([...files.keys()].filter((name) => !/^META-INF|^mimetype/.test(name)).sort()).toEqual([
      'index.html',
      'manifest.json',
    ]);
    expect(manifest).toMatchObject({ operation: result.operation, searched: result.searched });
    expect(text('index.html')).toContain('neatradām');
    expect(await lastEntry()).toMatchObject({ action: 'customer negative answer', result: 'done', subjects: [] });
    const everything = [stdout, ...[...files.values()].map(String), JSON.stringify(await json('audit', 'list'))];
    expect(everything.filter((each) => each.includes('neviens.nekur'))).toEqual([]);
  });

  it('is written only when it is asked for, and only when nobody matches', async () => {
    const before = await archives();
    expect(await refusal('customer', 'export', '--email', NOBODY, ...LOGIN)).toMatchObject({ exit: 4, code: 'NOBODY' });
    expect(await refusal('customer', 'export', '--name', 'Anna Berzina', '--negative', ...LOGIN)).toMatchObject({
      exit: 4,
      code: 'SEVERAL',
    });
    expect(await archives()).toEqual(before);
    const found = await run('customer', 'export', '--email', PETR, '--negative', ...LOGIN, '--json');
    expect(found.code).toBe(0);
    expect((await archives()).filter((name) => !before.includes(name))).toEqual([expect.stringMatching(/^export-/)]);
  });

  it('names its request, in the language asked for', async () => {
    const number = (
      await json('request', 'open', '--kind', 'access', '--unknown', '--received', 'today', '--channel', 'post')
    ).request;
    const { stdout } = await run(
      ...[
        'customer',
        'export',
        '--request',
        number,
        '--phone',
        '+371 29000000',
        '--negative',
        '--language',
        'en',
        '--json',
      ],
    );
    const { manifest, text } = await readArchive(JSON.parse(stdout).archive);
    expect(manifest).toMatchObject({ request: number });
    expect(text('index.html')).toContain(number);
    expect(text('index.html')).toContain('found no record about you');
  });
});

describe('an export on its way to the person', { timeout: 120_000 }, () => {
  it.skipIf(!age.available || !keygen.available)('is encrypted to an age key, which Debian’s age opens', async () => {
    const identity = join(workspace.root, 'key.txt');
    execFileSync(keygen.path, ['-o', identity], { stdio: 'ignore' });
    const recipient = /age1[a-z0-9]+/.exec(await readFile(identity, 'utf8'))?.[0] ?? '';
    const result = await json('customer', 'export', '--email', PETR, ...LOGIN, '--encrypt-to', recipient);
    const [file] = result.encrypted;
    const clear = execFileSync(age.path, ['--decrypt', '-i', identity, file.path], { maxBuffer: 1 << 28 });
    expect(clear.equals(await readFile(result.archive))).toBe(true);
  });

  it('becomes a page whose passphrase is shown once and written nowhere', async () => {
    const { stdout } = await run('customer', 'export', '--email', PETR, ...LOGIN, '--for-customer', '--json');
    const { encrypted, passphrase, archive } = JSON.parse(stdout);
    expect(passphrase).toMatch(/^(\d{4} ){5}\d{4}$/);
    expect(encrypted).toEqual([
      { path: archive.replace(/asice$/, 'html'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const page = await readFile(encrypted[0].path, 'utf8');
    const log = JSON.stringify(await json('audit', 'list'));
    for (const form of [passphrase, passphrase.replaceAll(' ', '')]) {
      expect(page).not.toContain(form);
      expect(log).not.toContain(form);
    }
    expect((await run('customer', 'export', '--email', PETR, ...LOGIN, '--for-customer')).code).toBe(2);
  });

  it('is refused before anything is written where a key is none', async () => {
    const before = await archives();
    const failed = await refusal('customer', 'export', '--email', PETR, ...LOGIN, '--encrypt-to', 'age1nonsense');
    expect(failed).toMatchObject({ exit: 2, code: 'INPUT_INVALID' });
    expect(await archives()).toEqual(before);
  });
});

describe('a list of people', { timeout: 180_000 }, () => {
  const from = async (content: string | Buffer) => {
    const file = join(workspace.root, 'list');
    await writeFile(file, content);
    return file;
  };

  it.each([
    ['not UTF-8', Buffer.from([0x65, 0x6d, 0xe9, 0x0a])],
    ['empty', ''],
    ['only a line of names', 'email,verified\n'],
    ['without names of columns', `${PETR}\n`],
    ['with a name of a person as a column', `email,name\n${PETR},Pēteris\n`],
    ['with a column twice', `email,email\n${PETR},${PETR}\n`],
    ['with a line that has more fields', `email,verified\n${PETR},account login,en\n`],
    ['with a quote that does not end', `email,verified\n"${PETR},account login\n`],
    ['with a line that names nobody', `email,verified\n${PETR},account login\n,account login\n`],
    ['in another language', `email,language\n${PETR},ru\n`],
    ['with what is no number of a request', `request,email\nR-1,${PETR}\n`],
    ['as JSON that is none', '{"requests": ['],
    ['as JSON of something else', '{"matches": []}'],
    ['of something else, huge', Buffer.alloc(64 << 20)],
    ['too long', `email\n${`${PETR}\n`.repeat(10_001)}`],
  ])('is refused before anything is read: %s', async (_, content) => {
    const before = await archives();
    const failed = await run('customer', 'export', '--from', await from(content), ...LOGIN, '--json');
    expect(failed.code).toBe(2);
    expect(failed.stdout + failed.stderr).not.toContain('ivanov');
    expect(await archives()).toEqual(before);
  });

  it.each([
    [';', `email;language\r\n${PETR};en\r\n`],
    ['a tab', `\uFEFFEmail\tLanguage\n${PETR}\ten\n`],
    [',', `language,email\nEN,"${PETR}"\n\n`],
    ['; after an empty line', `\r\nemail;language\r\n${PETR};en\r\n`],
  ])('may be separated by %s', async (_, content) => {
    const result = await json('customer', 'export', '--from', await from(content), '--again', ...LOGIN);
    expect(result).toMatchObject({ exported: 1, refused: 0, people: [{ state: 'exported' }] });
    expect(result.people[0].line).toBe(content.startsWith('\r\n') ? 3 : 2);
    expect((await readArchive(result.people[0].archive)).text('index.html')).toMatch(/<html[^>]*lang="en"/);
  });

  it('may be the register’s own, of which those whose identity was not verified are left out', async () => {
    const anna = await opened(ANNA);
    const petr = await opened(PETR);
    await json('request', 'verify-identity', petr, '--how', 'account login');
    const numbers = await json('customer', 'export', '--from', await from(`${anna}\n${petr}\n`));
    expect(numbers.people).toEqual([
      expect.objectContaining({ line: 1, request: anna, state: 'refused', code: 'REFUSED' }),
      expect.objectContaining({ line: 2, request: petr, state: 'exported' }),
    ]);
    const listed = (await run('request', 'list', '--json')).stdout;
    const { code, stdout } = await gdpr(['customer', 'export', '--from', '-', '--json'], {
      ...{ cwd: workspace.root, environment: workspace.environment, input: listed },
    });
    expect(code).toBe(3);
    const states = Object.fromEntries(
      JSON.parse(stdout).people.map(({ request, state }: { request: string; state: string }) => [request, state]),
    );
    expect(states).toMatchObject({ [anna]: 'refused', [petr]: 'exported' });
  });

  it('leaves out whom several match or nobody, and does the others', async () => {
    const list = `email,phone,verified\n${PETR},,account login\n${NOBODY},,account login\n,+37129000001,account login\n${ANNA},,\n`;
    const { code, stdout, stderr } = await run('customer', 'export', '--from', await from(list), '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stdout).people).toMatchObject([
      { line: 2, state: 'exported' },
      { line: 3, state: 'refused', code: 'NOBODY' },
      { line: 4, state: 'refused', code: expect.stringMatching(/NOBODY|SEVERAL/) },
      { line: 5, state: 'refused', code: 'REFUSED' },
    ]);
    expect(stdout + stderr).not.toMatch(/neviens|ivanov|berzina/);
  });

  it('gets the encrypted files that a killed run did not come to', async () => {
    const { identityToRecipient, generateIdentity } = await import('age-encryption');
    const key = ['--encrypt-to', await identityToRecipient(await generateIdentity())];
    const file = await from(`language,email\nen,${PETR}\nen,${ANNA}\n`);
    const first = await json('customer', 'export', '--from', file, ...LOGIN, ...key);
    const [made, kept] = first.people.map(({ encrypted }: { encrypted: { path: string }[] }) => encrypted[0]?.path);
    const whole = await readFile(kept);
    await rename(made, `${made}.partial`);
    const second = await json('customer', 'export', '--from', file, ...LOGIN, ...key);
    expect(second).toMatchObject({ exported: 0, earlier: 2, refused: 0 });
    expect(second.people[0].encrypted).toEqual([{ path: made, sha256: await digestFile(made) }]);
    expect(second.people[1].encrypted).toEqual(first.people[1].encrypted);
    expect((await readFile(kept)).equals(whole)).toBe(true);
    expect((await archives()).filter((name) => name.endsWith('.partial'))).toEqual([]);
    await unlink(first.people[0].archive);
    await unlink(made);
    const { stdout } = await run('customer', 'export', '--from', file, ...LOGIN, ...key);
    expect(stdout).toMatch(/^0 archives written, 2 there from before, 0 left out\.\n/);
  });
});
