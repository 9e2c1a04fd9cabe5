import { execFile } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKeys, type KeyIds, loadKeys } from '../../src/keys/keys.js';
import { checkNewPassphrase, passphraseFromEnvironment } from '../../src/keys/passphrase.js';
import { secretFromJson, secretToJson } from '../../src/keys/protect.js';
import { outsideTool } from '../support/tools.js';
import { PASSPHRASE, refusal, SUBJECT, temporaryFolder } from './helpers.js';

const openssl = outsideTool('openssl');
const root = await temporaryFolder();
let folder: string;
let ids: KeyIds;

beforeAll(async () => {
  folder = join(root, 'keys');
  ids = await initKeys(folder, { ...SUBJECT, passphrase: PASSPHRASE });
});

describe('keys under a passphrase', () => {
  it('stores no private part in clear', async () => {
    for (const name of ['signing.key.pem', 'checkpoint.key.pem']) {
      expect(await readFile(join(folder, name), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    }
    const hmac = JSON.parse(await readFile(join(folder, 'hmac-1.json'), 'utf8'));
    expect(Object.keys(hmac).sort()).toEqual(['cipher', 'iv', 'kdf', 'salt', 'sealed', 'version']);
  });

  it('opens with it', async () => {
    const keys = await loadKeys(folder, { passphrase: PASSPHRASE, need: ['signing', 'checkpoint', 'hmac'] });
    expect(keys.ids).toEqual(ids);
    expect(keys.hmac('email', 'a')).toHaveLength(43);
    expect(keys.checkpointKey().sign(Buffer.from('a'))).toHaveLength(64);
  });

  it.each(['signing', 'checkpoint', 'hmac'] as const)('refuses the %s key with a wrong one or none', async (part) => {
    for (const passphrase of ['pieci zaļi lāči peld jūrā', '', undefined]) {
      const error = await refusal(loadKeys(folder, { passphrase, need: [part] }));
      expect(error.code, String(passphrase)).toBe('PASSPHRASE_WRONG');
    }
    const none = await refusal(loadKeys(folder, { need: [part] }));
    expect(none.message).toContain('none was given');
    expect(none.hint).toContain('GDPR_KEY_PASSPHRASE');
  });

  it('does not mind one that is not needed', async () => {
    const open = join(root, 'open');
    const made = await initKeys(open, SUBJECT);
    const keys = await loadKeys(open, { passphrase: PASSPHRASE, need: ['signing', 'hmac'] });
    expect(keys.ids).toEqual(made);
  });

  it('refuses a sealed secret that was altered or put under another version', async () => {
    const altered = join(root, 'altered');
    await initKeys(altered, { ...SUBJECT, passphrase: PASSPHRASE });
    const path = join(altered, 'hmac-1.json');
    const members = JSON.parse(await readFile(path, 'utf8'));
    const sealed = Buffer.from(members.sealed, 'base64url');
    sealed.writeUInt8(sealed.readUInt8(3) ^ 1, 3);
    await writeFile(path, JSON.stringify({ ...members, sealed: sealed.toString('base64url') }));
    expect((await refusal(loadKeys(altered, { passphrase: PASSPHRASE, need: ['hmac'] }))).code).toBe(
      'PASSPHRASE_WRONG',
    );
    await writeFile(path, JSON.stringify({ ...members, version: 'hmac-2' }));
    expect((await refusal(loadKeys(altered, { passphrase: PASSPHRASE, need: ['hmac'] }))).code).toBe('KEY_WRONG');
    await writeFile(path, JSON.stringify({ ...members, sealed: members.sealed.slice(0, 8) }));
    expect((await refusal(loadKeys(altered, { passphrase: PASSPHRASE, need: ['hmac'] }))).code).toBe('KEY_WRONG');
  });

  it('binds a sealed secret to its version', async () => {
    const secret = Buffer.alloc(32, 7);
    const text = await secretToJson(secret, 'hmac-1', PASSPHRASE);
    expect(await secretFromJson(text, 'hmac-1', PASSPHRASE, 'the file')).toEqual(secret);
    const renamed = text.replace('hmac-1', 'hmac-2');
    expect((await refusal(secretFromJson(renamed, 'hmac-2', PASSPHRASE, 'the file'))).code).toBe('PASSPHRASE_WRONG');
  });

  it('refuses a weak one before it makes anything', async () => {
    const weak = join(root, 'weak', 'keys');
    await mkdir(join(root, 'weak'));
    const error = await refusal(initKeys(weak, { ...SUBJECT, passphrase: 'secret 1' }));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).not.toContain('secret 1');
    expect(await readdir(join(root, 'weak'))).toEqual([]);
  });

  it.skipIf(!openssl.available)('is read by openssl, with scrypt and AES-256 under it', async () => {
    const run = promisify(execFile);
    const path = join(folder, 'signing.key.pem');
    const env = { ...process.env, PASS: PASSPHRASE };
    const { stdout } = await run(openssl.path, ['pkey', '-in', path, '-passin', 'env:PASS', '-pubout'], { env });
    const certificate = new X509Certificate(await readFile(join(folder, 'signing.crt.pem')));
    expect(createPublicKey(stdout).equals(certificate.publicKey)).toBe(true);
    const { stdout: structure } = await run(openssl.path, ['asn1parse', '-in', path]);
    expect(structure).toMatch(/PBES2[\s\S]*scrypt[\s\S]*aes-256-cbc/);
    await expect(run(openssl.path, ['pkey', '-in', path, '-passin', 'pass:wrong', '-noout'])).rejects.toMatchObject({
      code: 1,
    });
  });
});

describe('checkNewPassphrase', () => {
  it.each([
    ['elevenchars', 'shorter than 12'],
    ['ā'.repeat(513), 'longer than 1024 bytes'],
    ['with a line\nbreak', 'line break'],
    ['a lone surrogate \ud800', 'cannot be typed'],
  ])('refuses %j', async (passphrase, reason) => {
    const error = await refusal(Promise.resolve().then(() => checkNewPassphrase(passphrase, 'the keys')));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toContain(reason);
    expect(error.message).not.toContain(passphrase);
  });

  it('takes twelve characters of any alphabet', () => {
    expect(checkNewPassphrase('āčēģīķļņšūžв', 'the keys')).toBeUndefined();
  });
});

describe('passphraseFromEnvironment', () => {
  const credential = async (name: string, content: string, mode = 0o400) => {
    const directory = join(root, name);
    await mkdir(directory);
    await writeFile(join(directory, 'gdpr-key-passphrase'), content);
    await chmod(join(directory, 'gdpr-key-passphrase'), mode);
    return directory;
  };

  it('prefers the variable to the credential', async () => {
    const CREDENTIALS_DIRECTORY = await credential('both', 'from the file\n');
    expect(await passphraseFromEnvironment({ GDPR_KEY_PASSPHRASE: 'from the variable', CREDENTIALS_DIRECTORY })).toBe(
      'from the variable',
    );
    expect(await passphraseFromEnvironment({ GDPR_KEY_PASSPHRASE: '', CREDENTIALS_DIRECTORY })).toBe('from the file');
  });

  it('takes off one line break and nothing else', async () => {
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: await credential('lf', ' ar atstarpēm \n') })).toBe(
      ' ar atstarpēm ',
    );
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: await credential('crlf', 'a\n\r\n') })).toBe('a\n');
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: await credential('bare', 'a') })).toBe('a');
  });

  it('is undefined when neither is there', async () => {
    await mkdir(join(root, 'none'));
    expect(await passphraseFromEnvironment({})).toBeUndefined();
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: '' })).toBeUndefined();
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: join(root, 'none') })).toBeUndefined();
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: join(root, 'not-there') })).toBeUndefined();
  });

  it('refuses an empty credential and one that everybody may read', async () => {
    const empty = await refusal(passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: await credential('empty', '\n') }));
    expect(empty.code).toBe('INPUT_INVALID');
    const open = await credential('world', 'to be kept', 0o444);
    const exposed = await refusal(passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: open }));
    expect(exposed.code).toBe('KEY_EXPOSED');
    expect(exposed.message).not.toContain('to be kept');
  });

  it('takes a credential whose group bits are an ACL’s mask', async () => {
    expect(await passphraseFromEnvironment({ CREDENTIALS_DIRECTORY: await credential('acl', 'a\n', 0o440) })).toBe('a');
  });
});
