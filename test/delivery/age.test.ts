import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encryptArchive } from '../../src/delivery/encrypt.js';
import { openDelivery } from '../../src/delivery/open.js';
import { run, succeed } from '../archive/support.js';
import { outsideTool } from '../support/tools.js';
import { archive, folder, NAME, names, refusal, sha256Of, trust } from './support.js';

const age = outsideTool('age');
const keygen = outsideTool('age-keygen');
const python3 = outsideTool('python3');
const both = age.available && keygen.available;

const neverAsked = () => Promise.reject(new Error('a passphrase was asked for'));

interface Key {
  readonly file: string;
  readonly recipient: string;
}

/** A key pair made by this project's library; the file as age-keygen writes it. */
async function makeKey(): Promise<Key> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const file = join(folder(), 'key.txt');
  await writeFile(file, `# created: 2026-03-01T00:00:00Z\n# public key: ${recipient}\n${identity}\n`, { mode: 0o600 });
  return { file, recipient };
}

function encryptTo(path: string, ...keys: readonly Key[]) {
  const recipients = keys.map(({ recipient }) => recipient);
  return encryptArchive(path, { recipients, forCustomer: false, language: 'lv', controllerName: '', trust });
}

let path: string;
let mine: Key;
let other: Key;

beforeAll(async () => {
  [mine, other] = [await makeKey(), await makeKey()];
  path = await archive(300_000);
  await encryptTo(path, mine, other);
});

/** A copy of the age file in a folder of its own. */
async function copy(): Promise<string> {
  const file = join(folder(), `${NAME}.age`);
  await writeFile(file, await readFile(`${path}.age`));
  return file;
}

describe('an archive encrypted to public keys', () => {
  it('lies beside the archive, 0600, and opens with each of the secret keys', async () => {
    expect(await names(dirname(path))).toEqual([NAME, `${NAME}.age`]);
    expect((await stat(`${path}.age`)).mode & 0o777).toBe(0o600);
    for (const { file } of [mine, other]) {
      const to = join(folder(), 'out.asice');
      const opened = await openDelivery(`${path}.age`, { to, identity: file, passphrase: neverAsked, trust });
      expect(opened).toMatchObject({ path: to, sha256: await sha256Of(path), verification: { valid: true } });
      expect((await stat(to)).mode & 0o777).toBe(0o600);
    }
  });

  it.skipIf(!both)('is opened by age, with keys of age-keygen', async () => {
    const where = folder();
    await succeed(keygen.path, ['-o', join(where, 'key.txt')]);
    const recipient = (await succeed(keygen.path, ['-y', join(where, 'key.txt')])).trim();
    const fresh = await archive(200_000);
    await encryptTo(fresh, { file: '', recipient });
    await succeed(age.path, ['-d', '-i', join(where, 'key.txt'), '-o', join(where, 'out'), `${fresh}.age`]);
    expect(await sha256Of(join(where, 'out'))).toBe(await sha256Of(fresh));
  });

  it.skipIf(!both)('opens what age encrypted', async () => {
    const where = folder();
    await succeed(age.path, ['-r', other.recipient, '-r', mine.recipient, '-o', join(where, 'x.age'), path]);
    const to = join(where, 'out.asice');
    const opened = await openDelivery(join(where, 'x.age'), { to, identity: mine.file, passphrase: neverAsked, trust });
    expect(opened.sha256).toBe(await sha256Of(path));
  });

  it.skipIf(!age.available || !python3.available)(
    'opens what age encrypted under a passphrase',
    { timeout: 120_000 },
    async () => {
      const where = folder();
      const file = join(where, 'x.age');
      // age asks at a terminal only, so python3 gives it one.
      const typed = `
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
for _ in range(2):
    seen = b""
    while b":" not in seen: seen += os.read(terminal, 1024)
    time.sleep(0.3)
    os.write(terminal, b"pieci zili la\\xc4\\x8di\\n")
try:
    while os.read(terminal, 1024): pass
except OSError: pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
      await succeed(python3.path, ['-c', typed, age.path, '-p', '-o', file, path]);
      const to = join(where, 'out.asice');
      const opened = await openDelivery(file, { to, passphrase: async () => 'pieci zili lači', trust });
      expect(opened.sha256).toBe(await sha256Of(path));
      expect(await names(where)).toEqual(['out.asice', 'x.age']);
    },
  );

  it('is refused a wrong passphrase, and an identity where a passphrase belongs', async () => {
    const { Encrypter } = await import('age-encryption');
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(10);
    encrypter.setPassphrase('pieci zili lači');
    const file = join(folder(), 'x.age');
    await writeFile(file, await encrypter.encrypt('sveiki'));
    const open = (passphrase: string, identity?: string) =>
      refusal(openDelivery(file, { to: `${file}.out`, identity, passphrase: async () => passphrase, trust }));
    expect(await open('seši zili lači')).toMatchObject({ code: 'PASSPHRASE_WRONG', exit: 3 });
    expect(await open('pieci zili lači', mine.file)).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
    expect(await names(dirname(file))).toEqual(['x.age']);
  });

  it.each([1, 16, 17, 65_552, 200_000, 300_000])(
    'leaves nothing when %i bytes are missing at its end',
    async (missing) => {
      const file = await copy();
      await truncate(file, (await stat(file)).size - missing);
      const to = join(dirname(file), 'out.asice');
      const opening = openDelivery(file, { to, identity: mine.file, passphrase: neverAsked, trust });
      expect(await refusal(opening)).toMatchObject({ code: 'VERIFICATION_FAILED', exit: 5 });
      expect(await names(dirname(file))).toEqual([`${NAME}.age`]);
    },
  );

  it.each([0, 10, 21, 22, 60, 200])('leaves nothing when only %i bytes are there', async (bytes) => {
    const file = await copy();
    await truncate(file, bytes);
    const opening = openDelivery(file, { to: `${file}.out`, identity: mine.file, passphrase: neverAsked, trust });
    expect(await refusal(opening)).toMatchObject({ code: 'VERIFICATION_FAILED' });
    expect(await names(dirname(file))).toEqual([`${NAME}.age`]);
  });

  it('leaves nothing when a byte was changed or added', async () => {
    for (const at of [-1, -70_000, -150_000]) {
      const file = await copy();
      const content = await readFile(file);
      const place = content.length + at;
      content[place] = (content[place] ?? 0) ^ 1;
      await writeFile(file, content);
      const opening = openDelivery(file, { to: `${file}.out`, identity: mine.file, passphrase: neverAsked, trust });
      expect(await refusal(opening)).toMatchObject({ code: 'VERIFICATION_FAILED' });
      expect(await names(dirname(file))).toEqual([`${NAME}.age`]);
    }
    const longer = await copy();
    await appendFile(longer, 'x');
    const opening = openDelivery(longer, { to: `${longer}.out`, identity: mine.file, passphrase: neverAsked, trust });
    expect(await refusal(opening)).toMatchObject({ code: 'VERIFICATION_FAILED' });
  });

  it('does not open with another key, without a key, or with a file that holds none', async () => {
    const to = join(folder(), 'out.asice');
    const withIdentity = (identity: string | undefined) =>
      refusal(openDelivery(`${path}.age`, { to, identity, passphrase: neverAsked, trust }));
    expect(await withIdentity((await makeKey()).file)).toMatchObject({ code: 'REFUSED', exit: 3 });
    expect(await withIdentity(undefined)).toMatchObject({ code: 'USAGE', exit: 2 });
    expect(await withIdentity(path)).toMatchObject({ code: 'INPUT_INVALID' });
    expect(await withIdentity(join(dirname(to), 'missing'))).toMatchObject({ code: 'FILE_UNAVAILABLE', exit: 7 });
    const hush = join(dirname(to), 'key.txt');
    await writeFile(hush, 'AGE-SECRET-KEY-1SECRETSECRETSECRET\n');
    const bad = await withIdentity(hush);
    expect(`${bad.message} ${bad.hint}`).not.toContain('SECRETSECRET');
    expect(await names(dirname(to))).toEqual(['key.txt']);
  });

  it('is told from other files, the text form of age among them', async () => {
    const where = folder();
    const to = join(where, 'out');
    const opened = (file: string) =>
      refusal(openDelivery(file, { to, identity: mine.file, passphrase: neverAsked, trust }));
    expect(await opened(path)).toMatchObject({ code: 'INPUT_INVALID', hint: expect.stringContaining('.age or .html') });
    expect(await opened(where)).toMatchObject({ code: 'FILE_UNAVAILABLE' });
    if (!age.available) return;
    const { exit } = await run(age.path, ['-a', '-r', mine.recipient, '-o', join(where, 'x.age'), path]);
    expect(exit).toBe(0);
    expect(await opened(join(where, 'x.age'))).toMatchObject({
      code: 'INPUT_INVALID',
      hint: expect.stringContaining('age -a'),
    });
  });

  it('is refused when it asks for more memory than a passphrase is worth', async () => {
    const file = join(folder(), 'x.age');
    const header = `age-encryption.org/v1\n-> scrypt ${'A'.repeat(22)} 40\n${'A'.repeat(43)}\n--- ${'A'.repeat(43)}\n`;
    await writeFile(file, header + 'x'.repeat(100));
    expect(await refusal(openDelivery(file, { to: `${file}.out`, passphrase: neverAsked, trust }))).toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});
