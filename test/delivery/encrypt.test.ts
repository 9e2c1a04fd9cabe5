import { execFile } from 'node:child_process';
import { appendFile, open, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type EncryptOptions, encryptArchive } from '../../src/delivery/encrypt.js';
import { openDelivery } from '../../src/delivery/open.js';
import { archive, CONTROLLER, folder, NAME, names, refusal, sender, sha256Of, trust } from './support.js';

const PAGE = 'export-20260301-abcdefghijklmnop.html';
const { generateHybridIdentity, generateX25519Identity, identityToRecipient } = await import('age-encryption');
const recipient = await identityToRecipient(await generateX25519Identity());

function encrypt(path: string, options: Partial<EncryptOptions> = {}) {
  const defaults = {
    recipients: [recipient],
    forCustomer: true,
    language: 'lv',
    controllerName: CONTROLLER,
    trust,
  } as const;
  return encryptArchive(path, { ...defaults, ...options });
}

async function overwrite(path: string, at: number): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write('other bytes', at);
  await handle.close();
}

describe('encrypting an archive', () => {
  it('writes both files at once, tells their digests and sizes, and leaves the archive as it was', async () => {
    const path = await archive(100_000);
    const before = await sha256Of(path);
    const { files, passphrase } = await encrypt(path);
    expect(files.map(({ kind, path: made }) => [kind, basename(made)])).toEqual([
      ['age', `${NAME}.age`],
      ['html', PAGE],
    ]);
    for (const file of files) {
      expect(file).toMatchObject({ sha256: await sha256Of(file.path), bytes: (await stat(file.path)).size });
      expect((await stat(file.path)).mode & 0o777).toBe(0o600);
      const content = await readFile(file.path, 'latin1');
      expect(content).not.toContain(passphrase);
      expect(content).not.toContain(passphrase?.replaceAll(' ', ''));
    }
    expect(await names(dirname(path))).toEqual([NAME, `${NAME}.age`, PAGE].sort());
    expect(await sha256Of(path)).toBe(before);
  });

  it('gives no passphrase where none is needed, and a new one each time', async () => {
    const [one, two, three] = [await archive(10), await archive(10), await archive(10)];
    expect(await encrypt(one, { forCustomer: false })).not.toHaveProperty('passphrase');
    const [a, b] = [await encrypt(two, { recipients: [] }), await encrypt(three, { recipients: [] })];
    expect(a.files.map(({ kind }) => kind)).toEqual(['html']);
    expect(a.passphrase).not.toBe(b.passphrase);
  });

  it('tells how far it is, over all files', async () => {
    const path = await archive(1_500_000);
    const seen: [number, number][] = [];
    await encrypt(path, { onProgress: (done, total) => seen.push([done, total]) });
    const total = 2 * (await stat(path)).size;
    expect(seen.length).toBeGreaterThan(4);
    expect(seen.every(([done, all], i) => all === total && done > (seen[i - 1]?.[0] ?? 0))).toBe(true);
    expect(seen.at(-1)).toEqual([total, total]);
  });

  it('never overwrites, not even a link that leads nowhere, and then writes nothing at all', async () => {
    for (const taken of [`${NAME}.age`, PAGE, `${NAME}.age.partial`, `${PAGE}.partial`]) {
      const path = await archive(10);
      await writeFile(join(dirname(path), taken), 'mine');
      expect(await refusal(encrypt(path))).toMatchObject({ code: 'ALREADY_EXISTS', exit: 2 });
      expect(await names(dirname(path))).toEqual([NAME, taken].sort());
      expect(await readFile(join(dirname(path), taken), 'utf8')).toBe('mine');
    }
    const path = await archive(10);
    await symlink('nowhere', `${path}.age`);
    expect(await refusal(encrypt(path))).toMatchObject({ code: 'ALREADY_EXISTS' });
    const { files } = await encrypt(path, { recipients: [] });
    const to = `${path}.age`;
    const opening = openDelivery(files[0]?.path ?? '', {
      to,
      passphrase: () => Promise.reject(new Error('asked')),
      trust,
    });
    expect(await refusal(opening)).toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('refuses an archive that is not intact, or that nobody trusted signed', async () => {
    const path = await archive(1000);
    expect(await refusal(encrypt(path, { trust: { signers: ['0'.repeat(64)] } }))).toMatchObject({
      code: 'VERIFICATION_FAILED',
      exit: 5,
    });
    const content = await readFile(path);
    const at = content.indexOf('data/noise.bin') + 200;
    content[at] = (content[at] ?? 0) ^ 1;
    await writeFile(path, content);
    expect(await refusal(encrypt(path))).toMatchObject({ code: 'VERIFICATION_FAILED', exit: 5 });
    const text = join(folder(), 'letter.asice');
    await writeFile(text, 'no archive');
    expect(await refusal(encrypt(text))).toMatchObject({ code: 'VERIFICATION_FAILED' });
    expect(await refusal(encrypt(join(folder(), NAME)))).toMatchObject({ code: 'FILE_UNAVAILABLE', exit: 7 });
    expect(await names(dirname(path))).toEqual([NAME]);
    expect(await names(dirname(text))).toEqual(['letter.asice']);
  });

  it.each([
    ['shorter', (path: string) => truncate(path, 2_000_000)],
    ['longer', (path: string) => appendFile(path, 'x')],
    ['another at the same size', (path: string, size: number) => overwrite(path, size - 40)],
  ])('notices an archive that becomes %s while it is read, and leaves nothing', async (_name, change) => {
    for (const only of [{ forCustomer: false }, { recipients: [] }]) {
      const path = await archive(6_000_000);
      const { size } = await stat(path);
      let changing: Promise<void> | undefined;
      const onProgress = (): void => {
        changing ??= change(path, size);
      };
      expect(await refusal(encrypt(path, { ...only, onProgress }))).toMatchObject({ code: 'VERIFICATION_FAILED' });
      await changing;
      expect(await names(dirname(path))).toEqual([NAME]);
    }
  });

  it('stops when asked, in either file, and leaves nothing', async () => {
    for (const share of [0.2, 0.8]) {
      const path = await archive(3_000_000);
      const stop = new AbortController();
      const onProgress = (done: number, total: number): void => {
        if (done > share * total) stop.abort();
      };
      expect(await refusal(encrypt(path, { onProgress, signal: stop.signal }))).toMatchObject({
        code: 'INTERRUPTED',
        exit: 130,
      });
      expect(await names(dirname(path))).toEqual([NAME]);
    }
  });

  it('takes public keys of age alone, and repeats none of what was given', async () => {
    const path = await archive(10);
    const secret = await generateX25519Identity();
    for (const bad of [
      secret,
      secret.toLowerCase(),
      'age1qqqq',
      `${recipient}x`,
      'ssh-ed25519 AAAA',
      'anna@pasts.example',
      '',
    ]) {
      const error = await refusal(encrypt(path, { recipients: [recipient, bad] }));
      expect(error).toMatchObject({ code: 'INPUT_INVALID', exit: 2 });
      if (bad !== '') expect(`${error.message} ${error.hint}`).not.toContain(bad);
    }
    expect(await refusal(encrypt(path, { recipients: [], forCustomer: false }))).toMatchObject({ code: 'USAGE' });
    expect(await names(dirname(path))).toEqual([NAME]);
    const hybrid = await generateHybridIdentity();
    await encrypt(path, { recipients: [recipient, await identityToRecipient(hybrid)], forCustomer: false });
    const key = join(folder(), 'pq.txt');
    await writeFile(key, `${hybrid}\n`);
    const opened = await openDelivery(`${path}.age`, {
      to: `${key}.asice`,
      identity: key,
      passphrase: async () => '',
      trust,
    });
    expect(opened.verification?.valid).toBe(true);
  });
});

describe('opening', () => {
  it('keeps what is no archive, and says so; and an archive by a stranger, as not valid', async () => {
    const { Encrypter } = await import('age-encryption');
    const identity = await generateX25519Identity();
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(identity));
    const where = folder();
    await writeFile(join(where, 'key.txt'), identity);
    await writeFile(join(where, 'letter.age'), await encrypter.encrypt('sveiki'));
    const key = { identity: join(where, 'key.txt'), passphrase: async () => '' };
    const letter = await openDelivery(join(where, 'letter.age'), { to: join(where, 'letter.txt'), ...key, trust });
    expect(letter).not.toHaveProperty('verification');
    expect(await readFile(join(where, 'letter.txt'), 'utf8')).toBe('sveiki');
    const called = await openDelivery(join(where, 'letter.age'), { to: join(where, 'letter.asice'), ...key, trust });
    expect(called.verification?.valid).toBe(false);
    await writeFile(join(where, 'x.age'), await encrypter.encrypt(await readFile(await archive(10))));
    const strange = await openDelivery(join(where, 'x.age'), { to: join(where, 'x'), ...key, trust: { signers: [] } });
    expect(strange.verification).toMatchObject({ valid: false, signer: { pinned: false } });
  });
});

describe('100 MB', () => {
  it('take no more memory than a few chunks do', { timeout: 180_000 }, async () => {
    const path = await archive(100_000_000, '<!doctype html><title>x</title>');
    const identity = await generateX25519Identity();
    const key = join(dirname(path), 'key.txt');
    await writeFile(key, identity);
    const program = join(import.meta.dirname, 'programs', 'large.ts');
    const args = ['--import', 'tsx', program, path, await identityToRecipient(identity), key, sender.sha256];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { opened, growthMegabytes } = JSON.parse(stdout) as { opened: boolean[]; growthMegabytes: number };
    expect(opened).toEqual([true, true]);
    expect(growthMegabytes).toBeLessThan(180);
  });
});
