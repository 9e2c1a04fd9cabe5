import { chmod, chown, mkdir, readdir, readFile, rename, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/foundation/errors.js';
import { initKeys, loadKeys, readKeyIds } from '../../src/keys/keys.js';
import { readPrivateFile } from '../../src/keys/private-files.js';
import { refusal, SUBJECT, temporaryFolder } from './helpers.js';

const FILES = ['ids.json', 'signing.crt.pem', 'signing.key.pem', 'checkpoint.key.pem', 'hmac-1.json'];
const SOMEBODY = 61_234;
const isRoot = process.geteuid?.() === 0;
const root = await temporaryFolder();
let folder: string;
let count = 0;

describe.skipIf(process.platform === 'win32')('rights of the key folder', () => {
  beforeEach(async () => {
    count += 1;
    folder = join(root, `${count}`, 'keys');
    await initKeys(folder, SUBJECT);
  });

  it.each(['750', '720', '710', '705', '702', '701', '777'])('refuses a folder of mode %s', async (octal) => {
    const mode = Number.parseInt(octal, 8);
    await chmod(folder, mode);
    const error = await refusal(loadKeys(folder, { need: ['hmac'] }));
    expect(error.code).toBe('KEY_EXPOSED');
    expect(error.exit).toBe(EXIT.refused);
    expect(error.message).toContain(folder);
    expect(error.message).toContain(`mode 0${octal}`);
    expect(error.hint).toContain(`chmod 700 "${folder}"`);
    expect((await refusal(readKeyIds(folder))).code).toBe('KEY_EXPOSED');
  });

  it.each(FILES.flatMap((name) => ['640', '620', '604', '602'].map((mode) => [name, mode] as const)))(
    'refuses %s of mode %s',
    async (name, mode) => {
      const path = join(folder, name);
      await chmod(path, Number.parseInt(mode, 8));
      const error = await refusal(loadKeys(folder, { need: ['checkpoint'] }));
      expect(error.code).toBe('KEY_EXPOSED');
      expect(error.message).toContain(path);
      expect(error.hint).toContain(`chmod 600 "${path}"`);
    },
  );

  it('loads again once the rights are put right, and changes no rights by itself', async () => {
    const path = join(folder, 'hmac-1.json');
    await chmod(path, 0o644);
    await refusal(loadKeys(folder, { need: ['hmac'] }));
    expect((await stat(path)).mode & 0o777).toBe(0o644);
    await chmod(path, 0o400);
    const keys = await loadKeys(folder, { need: ['hmac'] });
    expect(keys.hmac('email', 'a')).toHaveLength(43);
  });

  it.skipIf(!isRoot)('refuses a folder or a file of another user', async () => {
    await chown(folder, SOMEBODY, SOMEBODY);
    const ofFolder = await refusal(loadKeys(folder, { need: ['hmac'] }));
    expect(ofFolder.code).toBe('KEY_EXPOSED');
    expect(ofFolder.message).toContain('belongs to another user');
    await chown(folder, 0, 0);
    await chown(join(folder, 'checkpoint.key.pem'), SOMEBODY, SOMEBODY);
    const ofFile = await refusal(loadKeys(folder, { need: ['hmac'] }));
    expect(ofFile.code).toBe('KEY_EXPOSED');
    expect(ofFile.message).toContain('checkpoint.key.pem belongs to another user');
  });

  it('makes nothing where the parent folder cannot be written', async () => {
    const parent = join(root, `${count}`, 'read-only');
    await mkdir(parent, { mode: 0o500 });
    // Root may write everywhere, so it tries as somebody else.
    if (isRoot) process.seteuid?.(SOMEBODY);
    const error = await refusal(initKeys(join(parent, 'keys'), SUBJECT)).finally(() => {
      if (isRoot) process.seteuid?.(0);
    });
    expect(error.code).toBe('FILE_UNAVAILABLE');
    expect(error.message).toContain('permission denied');
    expect(await readdir(parent)).toEqual([]);
  });

  it('refuses a symbolic link in the place of a key', async () => {
    const path = join(folder, 'hmac-1.json');
    await rename(path, join(root, `${count}`, 'elsewhere'));
    await symlink(join(root, `${count}`, 'elsewhere'), path);
    const error = await refusal(loadKeys(folder, { need: ['hmac'] }));
    expect(error.code).toBe('KEY_EXPOSED');
    expect(error.message).toContain('symbolic link');
  });
});

describe('readPrivateFile', () => {
  it('follows a link where the operator names the path, and checks the file behind it', async () => {
    const target = join(root, 'target');
    const link = join(root, 'link');
    await writeFile(target, 'key', { mode: 0o600 });
    await symlink(target, link);
    expect((await readPrivateFile(link, 'follow')).toString()).toBe('key');
    await chmod(target, 0o640);
    expect((await refusal(readPrivateFile(link, 'follow'))).code).toBe('KEY_EXPOSED');
    await unlink(target);
    expect((await refusal(readPrivateFile(link, 'follow'))).code).toBe('KEY_MISSING');
  });

  it('refuses a folder and a file that is far too large', async () => {
    expect((await refusal(readPrivateFile(root))).code).toBe('FILE_UNAVAILABLE');
    const large = join(root, 'large');
    await writeFile(large, Buffer.alloc((1 << 20) + 1), { mode: 0o600 });
    expect((await refusal(readPrivateFile(large))).code).toBe('FILE_UNAVAILABLE');
    expect((await readFile(large)).length).toBe((1 << 20) + 1);
  });
});
