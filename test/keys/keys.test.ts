import { createHmac, createPublicKey, hkdfSync, verify, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/foundation/errors.js';
import { describeKeys, initKeys, type Keys, loadKeys, readCertificate, readKeyIds } from '../../src/keys/keys.js';
import { writeFolderAtOnce } from '../../src/keys/private-files.js';
import { NOW, PASSPHRASE, refusal, SUBJECT, temporaryFolder } from './helpers.js';

const ALL = ['signing', 'checkpoint', 'hmac'] as const;
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const root = await temporaryFolder();
let folder: string;
let keys: Keys;

beforeAll(async () => {
  folder = join(root, '.gdpr', 'keys');
  await initKeys(folder, SUBJECT);
  keys = await loadKeys(folder, { need: ALL });
});

describe('initKeys', () => {
  it('makes a folder for its owner alone, with five files for its owner alone', async () => {
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['checkpoint.key.pem', 'hmac-1.json', 'ids.json', 'signing.crt.pem', 'signing.key.pem']);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
    expect(await readdir(join(root, '.gdpr'))).toEqual(['keys']);
  });

  it('names each key by an id that follows from the key', async () => {
    const ids = await readKeyIds(folder);
    const certificate = new X509Certificate(await readFile(join(folder, 'signing.crt.pem')));
    expect(ids.signing).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
    const { secret } = JSON.parse(await readFile(join(folder, 'hmac-1.json'), 'utf8'));
    const mac = createHmac('sha256', Buffer.from(secret, 'base64url')).update('privatums hmac key id v1').digest('hex');
    expect(ids.hmac).toBe(mac.slice(0, 16));
    expect(ids.checkpoint).toMatch(/^privatums\/audit\/[0-9a-f]{16}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/);
    expect(keys.ids).toEqual(ids);
  });

  it('gives two installations different keys', async () => {
    const other = join(root, 'other', 'keys');
    const ids = await initKeys(other, SUBJECT);
    expect(ids.signing).not.toBe(keys.ids.signing);
    expect(ids.checkpoint).not.toBe(keys.ids.checkpoint);
    expect(ids.hmac).not.toBe(keys.ids.hmac);
  });

  it('refuses a second time and leaves the first keys as they are', async () => {
    const before = await readFile(join(folder, 'signing.key.pem'));
    const error = await refusal(initKeys(folder, SUBJECT));
    expect(error.code).toBe('ALREADY_EXISTS');
    expect(await readFile(join(folder, 'signing.key.pem'))).toEqual(before);
    expect(await readKeyIds(folder)).toEqual(keys.ids);
  });

  it('refuses when only one of the keys is left', async () => {
    const partly = join(root, 'partly', 'keys');
    await initKeys(partly, SUBJECT);
    for (const name of ['ids.json', 'signing.crt.pem', 'signing.key.pem', 'checkpoint.key.pem'])
      await unlink(join(partly, name));
    expect((await refusal(initKeys(partly, SUBJECT))).code).toBe('ALREADY_EXISTS');
    expect(await readdir(partly)).toEqual(['hmac-1.json']);
  });

  it.each([
    ['organization', ''],
    ['organization', 'Ā'.repeat(65)],
    ['commonName', ' '],
    ['commonName', 'two\nlines'],
  ])('refuses a certificate whose %s is %j', async (member, value) => {
    const error = await refusal(initKeys(join(root, 'unnamed', 'keys'), { ...SUBJECT, [member]: value }));
    expect(error.code).toBe('INPUT_INVALID');
    expect(await readdir(root)).not.toContain('unnamed');
  });

  it('takes an empty folder that is there already', async () => {
    const empty = join(root, 'empty', 'keys');
    await mkdir(empty, { recursive: true });
    const ids = await initKeys(empty, SUBJECT);
    expect(await readKeyIds(empty)).toEqual(ids);
  });

  it('lets one of two simultaneous runs win, whole', async () => {
    const raced = join(root, 'raced', 'keys');
    const results = await Promise.allSettled([initKeys(raced, SUBJECT), initKeys(raced, SUBJECT)]);
    const won = results.filter((result) => result.status === 'fulfilled');
    const lost = results.filter((result) => result.status === 'rejected');
    expect(won).toHaveLength(1);
    expect(lost[0]?.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect((await loadKeys(raced, { need: ALL })).ids).toEqual(won[0]?.value);
    expect(await readdir(join(root, 'raced'))).toEqual(['keys']);
  });

  it('writes nothing where a file stands in the place of the folder', async () => {
    const parent = join(root, 'blocked');
    await mkdir(parent);
    await writeFile(join(parent, 'keys'), 'something else');
    const error = await refusal(initKeys(join(parent, 'keys'), SUBJECT));
    expect(error.code).toBe('FILE_UNAVAILABLE');
    expect(await readdir(parent)).toEqual(['keys']);
    expect(await readFile(join(parent, 'keys'), 'utf8')).toBe('something else');
    expect((await refusal(initKeys(join(parent, 'keys', 'deeper'), SUBJECT))).code).toBe('FILE_UNAVAILABLE');
  });

  it('leaves nothing behind when writing fails half way', async () => {
    const parent = join(root, 'half');
    const files = new Map([
      ['first', 'written before the fault'],
      ['no-such-folder/second', 'cannot be written'],
    ]);
    const error = await refusal(writeFolderAtOnce(join(parent, 'keys'), files));
    expect(error.code).toBe('FILE_UNAVAILABLE');
    expect(await readdir(parent)).toEqual([]);
  });
});

describe('loadKeys', () => {
  it('refuses a missing folder and makes nothing', async () => {
    const missing = join(root, 'missing', 'keys');
    const error = await refusal(loadKeys(missing, { need: ['hmac'] }));
    expect(error.code).toBe('KEY_MISSING');
    expect(error.exit).toBe(EXIT.unavailable);
    expect(error.hint).toContain('gdpr key import');
    expect((await refusal(readKeyIds(missing))).code).toBe('KEY_MISSING');
    await expect(stat(missing)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['signing', 'signing.key.pem'],
    ['signing', 'signing.crt.pem'],
    ['checkpoint', 'checkpoint.key.pem'],
    ['hmac', 'hmac-1.json'],
    ['hmac', 'ids.json'],
  ] as const)('refuses the %s key without %s', async (part, file) => {
    const partly = join(root, 'without', `${part}-${file}`);
    await initKeys(partly, SUBJECT);
    await unlink(join(partly, file));
    const error = await refusal(loadKeys(partly, { need: [part] }));
    expect(error.code).toBe('KEY_MISSING');
    expect(error.message).toContain(file);
    expect(await readdir(partly)).not.toContain(file);
  });

  it('loads what is needed from a machine that holds only that', async () => {
    const partly = join(root, 'timer', 'keys');
    await initKeys(partly, SUBJECT);
    await rm(join(partly, 'signing.key.pem'));
    const loaded = await loadKeys(partly, { need: ['checkpoint', 'hmac'] });
    expect(loaded.hmac('email', 'a')).toHaveLength(43);
    expect(() => loaded.signer()).toThrowError(/signing key was used without being loaded/);
  });

  it.each(['signing.key.pem', 'signing.crt.pem', 'checkpoint.key.pem', 'hmac-1.json'])(
    'refuses another installation’s %s',
    async (file) => {
      const mixed = join(root, 'mixed', file);
      const other = join(root, 'mixed', `${file}-other`);
      await initKeys(mixed, SUBJECT);
      await initKeys(other, SUBJECT);
      await writeFile(join(mixed, file), await readFile(join(other, file)));
      expect((await refusal(loadKeys(mixed, { need: ALL }))).code).toBe('KEY_WRONG');
    },
  );

  it.each(['signing.key.pem', 'signing.crt.pem', 'checkpoint.key.pem', 'hmac-1.json', 'ids.json'])(
    'refuses a cut-off %s',
    async (file) => {
      const cut = join(root, 'cut', file);
      await initKeys(cut, SUBJECT);
      const whole = await readFile(join(cut, file));
      await writeFile(join(cut, file), whole.subarray(0, whole.length / 2));
      const error = await refusal(loadKeys(cut, { need: ALL }));
      expect(error.code).toBe('KEY_WRONG');
      expect(error.message).toContain(file);
    },
  );

  it('signs archives with the key of the certificate', async () => {
    const signer = keys.signer();
    const data = Buffer.from('an archive');
    const certificate = new X509Certificate(signer.certificate);
    expect(signer.alg).toBe('ES256');
    const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', data, key, await signer.sign(data))).toBe(true);
    expect(verify('sha256', Buffer.from('another'), key, await signer.sign(data))).toBe(false);
    expect(certificate.subject).toContain('Arhīvu paraksts');
    expect(new Date(certificate.validFrom) <= NOW).toBe(true);
    expect(new Date(certificate.validTo) > new Date('2036-03-01T00:00:00Z')).toBe(true);
  });

  it('signs checkpoints with the key that the verifier key holds', () => {
    const { name, publicKey, sign } = keys.checkpointKey();
    const [vkeyName, , keyData] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(keys.ids.checkpoint)?.slice(1) ?? [];
    expect(name).toBe(vkeyName);
    expect(Buffer.from(keyData ?? '', 'base64')).toEqual(Buffer.concat([Buffer.from([1]), publicKey]));
    const spki = createPublicKey({ key: Buffer.concat([ED25519_SPKI, publicKey]), format: 'der', type: 'spki' });
    const note = Buffer.from('checkpoint\n1\n');
    expect(verify(null, note, spki, sign(note))).toBe(true);
    expect(verify(null, Buffer.from('other'), spki, sign(note))).toBe(false);
  });

  it('refuses a checkpoint id that was changed beside its key', async () => {
    const changed = join(root, 'renamed', 'keys');
    await initKeys(changed, SUBJECT);
    const path = join(changed, 'ids.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('privatums/audit/', 'privatums/other/'));
    expect((await refusal(loadKeys(changed, { need: ['checkpoint'] }))).code).toBe('KEY_WRONG');
  });
});

describe('what needs no passphrase', () => {
  it('describes protected keys and hands out the certificate', async () => {
    const locked = join(root, 'locked', 'keys');
    const ids = await initKeys(locked, { ...SUBJECT, passphrase: PASSPHRASE });
    expect(await describeKeys(locked)).toEqual({
      ids,
      hmacVersion: 'hmac-1',
      created: NOW.toISOString(),
      passphrase: true,
    });
    expect((await describeKeys(folder)).passphrase).toBe(false);
    expect(await readCertificate(locked)).toBe(await readFile(join(locked, 'signing.crt.pem'), 'utf8'));
    await writeFile(join(locked, 'signing.crt.pem'), await readFile(join(folder, 'signing.crt.pem')));
    expect((await refusal(readCertificate(locked))).code).toBe('KEY_WRONG');
  });
});

describe('hmac', () => {
  it('is HMAC-SHA256 under the domain’s HKDF subkey', async () => {
    const { secret } = JSON.parse(await readFile(join(folder, 'hmac-1.json'), 'utf8'));
    const subkey = Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', 'email', 32));
    const expected = createHmac('sha256', subkey).update('anna@example.lv').digest('base64url');
    expect(keys.hmac('email', 'anna@example.lv')).toBe(expected);
    expect(keys.hmacVersion).toBe('hmac-1');
  });

  it('gives the same value again, also after loading again', async () => {
    const again = await loadKeys(folder, { need: ['hmac'] });
    expect(again.hmac('phone', '+37120000000')).toBe(keys.hmac('phone', '+37120000000'));
  });

  it('separates domains and values', () => {
    const values = [
      keys.hmac('email', 'x'),
      keys.hmac('phone', 'x'),
      keys.hmac('email', 'y'),
      keys.hmac('emailx', ''),
      keys.hmac('e', 'mailx'),
    ];
    expect(new Set(values).size).toBe(values.length);
  });

  it('refuses lone surrogates, which UTF-8 would make alike, and a nameless domain', () => {
    expect(() => keys.hmac('email', 'a\ud800')).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }));
    expect(() => keys.hmac('', 'a')).toThrowError(expect.objectContaining({ code: 'BUG' }));
  });
});

describe('secrets stay inside', () => {
  it('prints [secret] for loaded keys', () => {
    expect(inspect(keys)).toBe('[secret]');
    expect(JSON.stringify({ keys })).toBe('{"keys":"[secret]"}');
    expect(`${keys}`).toBe('[secret]');
  });
});
