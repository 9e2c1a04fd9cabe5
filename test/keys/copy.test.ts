import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXIT, type GdprError } from '../../src/foundation/errors.js';
import { exportKeys, importKeys } from '../../src/keys/copy.js';
import { initKeys, type KeyIds, loadKeys } from '../../src/keys/keys.js';
import { outsideTool } from '../support/tools.js';
import { PASSPHRASE, refusal, SUBJECT, temporaryFolder } from './helpers.js';

const COPY_PASSPHRASE = 'kopijas parole seifā ir gara';
const age = outsideTool('age');
const python3 = outsideTool('python3');
const ALL = ['signing', 'checkpoint', 'hmac'] as const;
/** Each age passphrase costs seconds of scrypt, more on a busy machine. */
const PATIENCE = 120_000;

const root = await temporaryFolder();
let folder: string;
let ids: KeyIds;
let copy: { path: string; sha256: string };
/** The same contents under a low work factor, for the many that only need something to damage. */
let cheapCopy: Buffer;
/** Every refusal of this file, searched for secrets at its end. */
const refusals: GdprError[] = [];

async function refused(promise: Promise<unknown>): Promise<GdprError> {
  const error = await refusal(promise);
  refusals.push(error);
  return error;
}

async function variant(name: string, change: (copy: Buffer) => Buffer): Promise<string> {
  const path = join(root, `${name}.age`);
  await writeFile(path, change(cheapCopy));
  return path;
}

function flipped(bytes: Buffer, offset: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(offset) ^ 1, offset);
  return changed;
}

beforeAll(async () => {
  folder = join(root, 'first', 'keys');
  ids = await initKeys(folder, { ...SUBJECT, passphrase: PASSPHRASE });
  copy = await exportKeys(folder, {
    passphrase: PASSPHRASE,
    copyPassphrase: COPY_PASSPHRASE,
    to: join(root, 'keys.age'),
  });
  const { Decrypter, Encrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(COPY_PASSPHRASE);
  const encrypter = new Encrypter();
  encrypter.setPassphrase(COPY_PASSPHRASE);
  encrypter.setScryptWorkFactor(10);
  cheapCopy = Buffer.from(await encrypter.encrypt(await decrypter.decrypt(await readFile(copy.path))));
}, PATIENCE);

describe('exportKeys', () => {
  it('writes one age file under a passphrase, for its owner alone', async () => {
    const bytes = await readFile(copy.path);
    expect(bytes.toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt \S{22} 18\n/);
    expect((await stat(copy.path)).mode & 0o777).toBe(0o600);
    expect(copy.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect((await readdir(root)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it(
    'does not overwrite',
    async () => {
      const before = await readFile(copy.path);
      const again = exportKeys(folder, { passphrase: PASSPHRASE, copyPassphrase: COPY_PASSPHRASE, to: copy.path });
      expect((await refused(again)).code).toBe('ALREADY_EXISTS');
      expect(await readFile(copy.path)).toEqual(before);
    },
    PATIENCE,
  );

  it('refuses a wrong passphrase, a weak one for the copy, another file name, a missing folder; writes nothing', async () => {
    const to = join(root, 'refused.age');
    const good = { passphrase: PASSPHRASE, copyPassphrase: COPY_PASSPHRASE, to };
    expect((await refused(exportKeys(folder, { ...good, passphrase: 'nav īstā parole' }))).code).toBe(
      'PASSPHRASE_WRONG',
    );
    expect((await refused(exportKeys(folder, { ...good, copyPassphrase: 'short' }))).code).toBe('INPUT_INVALID');
    expect((await refused(exportKeys(folder, { ...good, to: join(root, 'refused.txt') }))).code).toBe('INPUT_INVALID');
    expect((await refused(exportKeys(join(root, 'nowhere'), good))).code).toBe('KEY_MISSING');
    expect((await readdir(root)).filter((name) => name.startsWith('refused'))).toEqual([]);
  });

  it(
    'names the folder that is not there',
    async () => {
      const to = join(root, 'no-such-folder', 'keys.age');
      const error = await refused(exportKeys(folder, { passphrase: PASSPHRASE, copyPassphrase: COPY_PASSPHRASE, to }));
      expect(error.code).toBe('FILE_UNAVAILABLE');
      expect(error.message).toContain(to);
    },
    PATIENCE,
  );

  it.skipIf(!age.available || !python3.available)(
    'is opened by the age program',
    async () => {
      const opened = join(root, 'opened.json');
      // age asks on the terminal, so it is given one.
      const script = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b''
answered = False
while True:
    try:
        part = os.read(fd, 1024)
    except OSError:
        break
    if not part:
        break
    seen += part
    if not answered and b'passphrase' in seen:
        answered = True
        os.write(fd, os.environ['PASS'].encode() + b'\\n')
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
      await promisify(execFile)(python3.path, ['-c', script, age.path, '-d', '-o', opened, copy.path], {
        env: { ...process.env, PASS: COPY_PASSPHRASE },
      });
      const members = JSON.parse(await readFile(opened, 'utf8'));
      expect(members.format).toBe('privatums-keys-copy');
      expect(members.ids).toEqual(ids);
      expect(Buffer.from(members.hmacSecret, 'base64url')).toHaveLength(32);
    },
    PATIENCE,
  );
});

describe('importKeys', () => {
  it(
    'makes a second folder with the same ids, HMAC values and working keys, under its own passphrase',
    async () => {
      const second = join(root, 'second', 'keys');
      const passphrase = 'otrās mašīnas parole';
      const imported = await importKeys(second, {
        from: copy.path,
        copyPassphrase: COPY_PASSPHRASE,
        passphrase,
        expect: ids,
      });
      expect(imported).toEqual(ids);
      const here = await loadKeys(folder, { passphrase: PASSPHRASE, need: ALL });
      const there = await loadKeys(second, { passphrase, need: ALL });
      expect(there.ids).toEqual(ids);
      expect(there.hmac('email', 'anna@example.lv')).toBe(here.hmac('email', 'anna@example.lv'));
      expect(there.signer().certificate).toEqual(here.signer().certificate);
      const note = Buffer.from('note');
      expect(there.checkpointKey().sign(note)).toEqual(here.checkpointKey().sign(note));
      expect((await stat(second)).mode & 0o777).toBe(0o700);
    },
    PATIENCE,
  );

  it('refuses where keys are, before it asks age', async () => {
    const before = await readFile(join(folder, 'hmac-1.json'));
    const error = await refused(importKeys(folder, { from: copy.path, copyPassphrase: COPY_PASSPHRASE }));
    expect(error.code).toBe('ALREADY_EXISTS');
    expect(await readFile(join(folder, 'hmac-1.json'))).toEqual(before);
  });

  it('refuses the keys of another installation', async () => {
    const from = await variant('other-ids', (bytes) => bytes);
    for (const member of ['signing', 'checkpoint', 'hmac'] as const) {
      const expected = { ...ids, [member]: 'another' };
      const third = importKeys(join(root, 'third', 'keys'), {
        from,
        copyPassphrase: COPY_PASSPHRASE,
        expect: expected,
      });
      const error = await refused(third);
      expect(error.code).toBe('KEY_WRONG');
      expect(error.exit).toBe(EXIT.drift);
      expect(error.details).toEqual({ differing: [member] });
    }
    expect(await readdir(root)).not.toContain('third');
  });

  it(
    'refuses a wrong passphrase',
    async () => {
      const wrong = importKeys(join(root, 'wrong', 'keys'), { from: copy.path, copyPassphrase: `${COPY_PASSPHRASE}!` });
      expect((await refused(wrong)).code).toBe('PASSPHRASE_WRONG');
      expect(await readdir(root)).not.toContain('wrong');
    },
    PATIENCE,
  );

  it.each([
    ['cut off in the body', (bytes: Buffer) => bytes.subarray(0, -1), 'VERIFICATION_FAILED'],
    [
      'cut off after the header',
      (bytes: Buffer) => bytes.subarray(0, bytes.indexOf('\n---') + 50),
      'VERIFICATION_FAILED',
    ],
    ['cut off in the header', (bytes: Buffer) => bytes.subarray(0, 60), 'VERIFICATION_FAILED'],
    ['cut off in the first line', (bytes: Buffer) => bytes.subarray(0, 10), 'VERIFICATION_FAILED'],
    [
      'with something after its end',
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')]),
      'VERIFICATION_FAILED',
    ],
    ['changed in the body', (bytes: Buffer) => flipped(bytes, bytes.length - 100), 'VERIFICATION_FAILED'],
    [
      'changed in the header’s MAC',
      (bytes: Buffer) => flipped(bytes, bytes.indexOf('\n---') + 10),
      'VERIFICATION_FAILED',
    ],
    ['changed in the wrapped key', (bytes: Buffer) => flipped(bytes, bytes.indexOf(' 10\n') + 6), 'PASSPHRASE_WRONG'],
    ['empty', () => Buffer.alloc(0), 'INPUT_INVALID'],
    ['of another kind', () => Buffer.from('{"format":"privatums-keys-copy"}'), 'INPUT_INVALID'],
    ['too large', () => Buffer.alloc((1 << 20) + 1), 'INPUT_INVALID'],
  ] as const)(
    'refuses a copy %s and writes nothing',
    async (name, change, code) => {
      const from = await variant(name.replaceAll(/\W/g, '-'), change);
      const target = join(root, 'damaged', 'keys');
      const error = await refused(importKeys(target, { from, copyPassphrase: COPY_PASSPHRASE }));
      expect(error.code).toBe(code);
      expect(error.message).toContain(from);
      await expect(stat(join(root, 'damaged'))).rejects.toMatchObject({ code: 'ENOENT' });
    },
    PATIENCE,
  );

  it('refuses a sound age file that holds something else', async () => {
    const { Encrypter } = await import('age-encryption');
    const target = join(root, 'else', 'keys');
    const contents = ['not JSON, but hiding-this-word', '{"format":"privatums-keys-copy","version":2}'];
    for (const [index, content] of contents.entries()) {
      const encrypter = new Encrypter();
      encrypter.setPassphrase(COPY_PASSPHRASE);
      encrypter.setScryptWorkFactor(10);
      const from = join(root, `else-${index}.age`);
      await writeFile(from, await encrypter.encrypt(content));
      const error = await refused(importKeys(target, { from, copyPassphrase: COPY_PASSPHRASE }));
      expect(error.code).toBe('INPUT_INVALID');
      expect(inspect(error, { depth: null })).not.toContain('hiding-this-word');
    }
    expect(await readdir(root)).not.toContain('else');
  });

  it('refuses a file for a recipient’s key and says so', async () => {
    const { Encrypter, generateIdentity, identityToRecipient } = await import('age-encryption');
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(await generateIdentity()));
    const from = join(root, 'recipient.age');
    await writeFile(from, await encrypter.encrypt('x'));
    const error = await refused(importKeys(join(root, 'r', 'keys'), { from, copyPassphrase: COPY_PASSPHRASE }));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toContain('recipient');
  });

  it('refuses a missing copy', async () => {
    const from = join(root, 'missing.age');
    const error = await refused(importKeys(join(root, 'm', 'keys'), { from, copyPassphrase: COPY_PASSPHRASE }));
    expect(error.code).toBe('FILE_UNAVAILABLE');
  });
});

describe('secrets stay inside', () => {
  it('keeps every secret out of every refusal and out of what is printed', async () => {
    const open = join(root, 'open', 'keys');
    await initKeys(open, SUBJECT);
    const hmacText = await readFile(join(open, 'hmac-1.json'), 'utf8');
    const secret: string = JSON.parse(hmacText).secret;
    const pemLines = await Promise.all(
      ['signing.key.pem', 'checkpoint.key.pem'].map(
        async (name) => (await readFile(join(open, name), 'utf8')).split('\n')[1],
      ),
    );
    const keys = await loadKeys(open, { need: ALL });
    const printed = [keys, keys.signer(), keys.checkpointKey()].flatMap((value) => [
      inspect(value, { depth: null, showHidden: true }),
      JSON.stringify(value),
    ]);
    for (const [name, text] of [
      ['hmac-1.json', hmacText.slice(0, -4)],
      ['signing.key.pem', `-----BEGIN PRIVATE KEY-----\n${pemLines[0]}\n`],
      ['checkpoint.key.pem', `${pemLines[1]}`],
    ] as const) {
      const whole = await readFile(join(open, name));
      await writeFile(join(open, name), text);
      await refused(loadKeys(open, { need: ALL }));
      await writeFile(join(open, name), whole);
    }
    const needles = [
      secret,
      Buffer.from(secret, 'base64url').toString('hex'),
      Buffer.from(secret, 'base64url').toString('base64').slice(0, 40),
      ...pemLines.map((line) => String(line).slice(0, 40)),
      PASSPHRASE,
      COPY_PASSPHRASE,
    ];
    expect(refusals.length).toBeGreaterThan(20);
    const texts = [...printed, ...refusals.map((error) => inspect(error, { depth: null, showHidden: true }))];
    for (const needle of needles) {
      expect(needle.length).toBeGreaterThan(20);
      expect(texts.filter((text) => text.includes(needle))).toEqual([]);
    }
  });
});
