import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { signerFromPem } from '../../src/archive/certificate.js';
import { openArchive } from '../../src/archive/read.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { type ArchiveWriter, createArchive } from '../../src/archive/write.js';
import { GdprError } from '../../src/foundation/errors.js';
import {
  makeSender,
  program,
  run,
  SAMPLE,
  type Sender,
  SIGNING_TIME,
  succeed,
  temporaryFolder,
  tools,
  writeArchive,
} from './support.js';

const root = temporaryFolder();
let sender: Sender;

beforeAll(async () => {
  sender = await makeSender();
});

function place(): { folder: string; path: string } {
  const folder = mkdtempSync(join(root, 'w-'));
  return { folder, path: join(folder, 'A.asice') };
}

function open(path: string): Promise<ArchiveWriter> {
  return createArchive({ path, signer: sender.signer, signingTime: SIGNING_TIME });
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

describe('writing an archive', () => {
  it('reports what it wrote, and the file is that', async () => {
    const { folder, path } = place();
    const writer = await open(path);
    const added = await writer.add('data/text.txt', 'text/plain', 'Šķūņa ūdeņi\n');
    expect(added).toEqual({ name: 'data/text.txt', bytes: 18, sha256: sha256('Šķūņa ūdeņi\n') });
    async function* pieces() {
      yield 'Rī';
      await sleep(1);
      yield Buffer.from('ga');
      yield '';
    }
    await writer.add('data/pieces.txt', 'text/plain', pieces());
    await writer.add('data/bytes.bin', 'application/octet-stream', Uint8Array.of(0, 255, 10));
    await writer.add('data/empty.txt', 'text/plain', []);
    const finished = await writer.finish();
    expect(await readdir(folder)).toEqual(['A.asice.partial']);
    expect(finished.partial).toBe(`${path}.partial`);
    const file = await readFile(finished.partial);
    expect(finished).toMatchObject({ path, bytes: file.length, sha256: sha256(file) });
    expect(finished.files.map(({ name, mediaType, bytes }) => [name, mediaType, bytes])).toEqual([
      ['data/text.txt', 'text/plain', 18],
      ['data/pieces.txt', 'text/plain', 5],
      ['data/bytes.bin', 'application/octet-stream', 3],
      ['data/empty.txt', 'text/plain', 0],
    ]);
    await writer.publish();
    expect(await readdir(folder)).toEqual(['A.asice']);
    const verification = await verifyArchive(path, { signers: [sender.sha256] });
    expect(verification.files).toEqual(finished.files);
    expect(verification.valid).toBe(true);
    const reader = await openArchive(path);
    const entry = reader.entry('data/pieces.txt');
    expect(entry && (await reader.content(entry, 100)).toString()).toBe('Rīga');
    await reader.close();
  });

  it('makes a file that only its owner may read', async () => {
    const { path } = place();
    await writeArchive(path, sender.signer);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('begins with the mimetype record, at the places where file(1) and validators look', async () => {
    const { path } = place();
    await writeArchive(path, sender.signer);
    const file = await readFile(path);
    expect(file.toString('latin1', 0, 4)).toBe('PK\x03\x04');
    expect(file.toString('latin1', 30, 69)).toBe('mimetypeapplication/vnd.etsi.asic-e+zip');
    expect(file.readUInt16LE(6)).toBe(0);
    expect(file.readUInt16LE(8)).toBe(0);
    expect(file.readUInt16LE(28)).toBe(0);
  });

  it('gives the same bytes for the same files, time and RSA key, however the sources are cut', async () => {
    const pem = await rsaSender();
    const archives: Buffer[] = [];
    for (const cut of [1 << 16, 977]) {
      const { path } = place();
      const long = Buffer.from('Grāmata un lasītājs. '.repeat(10_000));
      const pieces = Array.from({ length: Math.ceil(long.length / cut) }, (_, i) =>
        long.subarray(i * cut, (i + 1) * cut),
      );
      await writeArchive(path, pem, [...SAMPLE, ['data/long.txt', 'text/plain', pieces]]);
      archives.push(await readFile(path));
      await sleep(20);
    }
    expect(sha256(archives[0] ?? '')).toBe(sha256(archives[1] ?? Buffer.alloc(1)));
  });

  it('dates every entry with the signing time', async () => {
    const { path } = place();
    await writeArchive(path, sender.signer);
    const reader = await openArchive(path);
    const dates = new Set(reader.entries.map(({ header }) => header.getLastModDate({ timezone: 'UTC' }).toISOString()));
    await reader.close();
    expect([...dates]).toEqual(['2026-03-04T05:06:06.000Z']);
  });

  it('compresses a large file less than others, and only that one', async () => {
    const line = (i: number) => `${i * 7919},${i % 97},Grāmata ${i % 1013}\n`;
    const content = Array.from({ length: 40_000 }, (_, i) => line(i)).join('');
    // The same content, and 600 kB of what takes hardly any room.
    const large = [content, '0'.repeat(600_000)];
    expect(Buffer.byteLength(content)).toBeLessThan(1024 * 1024);
    const { path } = place();
    const writer = await open(path);
    await writer.add('a.csv', 'text/csv', content);
    await writer.add('b.csv', 'text/csv', large);
    await writer.add('c.csv', 'text/csv', content);
    await writer.finish();
    await writer.publish();
    const reader = await openArchive(path);
    const [a, b, c] = ['a.csv', 'b.csv', 'c.csv'].map((name) => reader.entry(name)?.header.compressedSize ?? 0) as [
      number,
      number,
      number,
    ];
    await reader.close();
    expect(a).toBe(c);
    expect(b).toBeGreaterThan(a * 1.05);
  });

  it('adds in the order of the calls even when they are not awaited', async () => {
    const { path } = place();
    const writer = await open(path);
    async function* slow() {
      await sleep(30);
      yield 'slow';
    }
    await Promise.all([writer.add('1.txt', 'text/plain', slow()), writer.add('2.txt', 'text/plain', 'fast')]);
    expect((await writer.finish()).files.map(({ name }) => name)).toEqual(['1.txt', '2.txt']);
    await writer.abort();
  });
});

describe('names and media types', () => {
  it.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a//b',
    'a/',
    './a',
    'a/./b',
    'a..b',
    'ā.txt',
    'a b',
    'a\\b',
    'a\nb',
    'C:/x',
    'a:b',
    'mimetype',
    'MimeType',
    'META-INF/x',
    'meta-inf/signatures0.xml',
    'META-INF',
    'x'.repeat(201),
  ])('refuses the name %j', async (name) => {
    const { path } = place();
    const writer = await open(path);
    await expect(writer.add(name, 'text/plain', 'x')).rejects.toThrow(RangeError);
    await writer.abort();
  });

  it('refuses a name that differs only in case, or that is a file and a folder, and goes on', async () => {
    const { path } = place();
    const writer = await open(path);
    await writer.add('data/A.txt', 'text/plain', 'x');
    for (const name of ['data/A.txt', 'DATA/a.TXT', 'data', 'data/A.txt/b']) {
      await expect(writer.add(name, 'text/plain', 'x')).rejects.toThrow(RangeError);
    }
    await writer.add('data/b.txt', 'text/plain', 'x');
    expect((await writer.finish()).files.length).toBe(2);
    await writer.abort();
  });

  it.each(['', 'text', 'text/', 'text/plain\n', 'text/<b>', 'text/plain; charset', 'a/b; c="d"'])(
    'refuses the media type %j',
    async (mediaType) => {
      const { path } = place();
      const writer = await open(path);
      await expect(writer.add('a.txt', mediaType, 'x')).rejects.toThrow(RangeError);
      await writer.abort();
    },
  );

  it('does not repeat a refused name, which may hold anything', async () => {
    const { path } = place();
    const writer = await open(path);
    await expect(writer.add('anna@example.lv', 'text/plain', 'x')).rejects.toThrow(/^(?!.*anna).*$/);
    await writer.abort();
  });
});

describe('what does not end well', () => {
  it('abort leaves nothing, at any point', async () => {
    for (const steps of [0, 1, 2]) {
      const { folder, path } = place();
      const writer = await open(path);
      if (steps > 0) await writer.add('a.txt', 'text/plain', 'x'.repeat(100_000));
      if (steps > 1) await writer.finish();
      await writer.abort();
      await writer.abort();
      expect(await readdir(folder)).toEqual([]);
      await expect(writer.add('b.txt', 'text/plain', 'x')).rejects.toThrow('aborted');
      await expect(writer.publish()).rejects.toThrow('aborted');
    }
  });

  it('abort ends an add that waits for its source', async () => {
    const { folder, path } = place();
    const writer = await open(path);
    async function* endless() {
      for (;;) {
        await sleep(5);
        yield 'x'.repeat(1000);
      }
    }
    const adding = expect(writer.add('a.txt', 'text/plain', endless())).rejects.toThrow('aborted');
    await sleep(30);
    await writer.abort();
    await adding;
    expect(await readdir(folder)).toEqual([]);
  });

  it('abort after publishing takes nothing back', async () => {
    const { folder, path } = place();
    const writer = await open(path);
    await writer.add('a.txt', 'text/plain', 'x');
    await writer.finish();
    await writer.publish();
    await writer.abort();
    expect(await readdir(folder)).toEqual(['A.asice']);
  });

  it.each([
    ['a failing stream', new Error('gone'), 'FILE_UNAVAILABLE'],
    ['a refusal of its own', new GdprError('DATABASE_UNAVAILABLE', 'no database'), 'DATABASE_UNAVAILABLE'],
  ])('a source that ends in %s rejects the add and everything after it', async (_, error, code) => {
    const { folder, path } = place();
    const writer = await open(path);
    async function* failing() {
      yield 'half';
      throw error;
    }
    await expect(writer.add('a.txt', 'text/plain', failing())).rejects.toMatchObject({ code });
    await expect(writer.add('b.txt', 'text/plain', 'x')).rejects.toMatchObject({ code });
    await expect(writer.finish()).rejects.toMatchObject({ code });
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
  });

  it('a mistake in the code of a source stays a mistake', async () => {
    const { path } = place();
    const writer = await open(path);
    function* broken() {
      yield 'half';
      throw new TypeError('undefined is not a function');
    }
    await expect(writer.add('a.txt', 'text/plain', broken())).rejects.toThrow(TypeError);
    await writer.abort();
  });

  it('closes a source that it no longer reads', async () => {
    const { path } = place();
    const writer = await open(path);
    let closed = false;
    async function* watched() {
      try {
        for (;;) {
          await sleep(1);
          yield 'x';
        }
      } finally {
        closed = true;
      }
    }
    const adding = expect(writer.add('a.txt', 'text/plain', watched())).rejects.toThrow('aborted');
    await sleep(10);
    await writer.abort();
    await adding;
    await expect.poll(() => closed).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'a disk that takes no more ends in FILE_UNAVAILABLE and leaves nothing',
    async () => {
      const { folder, path } = place();
      // A limit of 1 MB on every file of the process; without the trap the signal would end it.
      const command = `trap '' XFSZ; ulimit -f 2048; exec "$@"`;
      const { output } = await run('sh', ['-c', command, 'sh', process.execPath, ...program('full-disk.ts', path)]);
      expect(output.trim().split('\n').at(-1)).toBe('add FILE_UNAVAILABLE, finish FILE_UNAVAILABLE');
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('never overwrites an archive, nor one that is being written', async () => {
    const { path } = place();
    const writer = await open(path);
    await expect(open(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await writer.add('a.txt', 'text/plain', 'x');
    await writer.finish();
    await writeFile(path, 'somebody was faster');
    await expect(writer.publish()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await writer.abort();
    expect(await readFile(path, 'utf8')).toBe('somebody was faster');
    await expect(open(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });

  it('needs a folder, a file to sign and a date that a ZIP can hold', async () => {
    const { folder, path } = place();
    await expect(open(join(folder, 'no', 'A.asice'))).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    const writer = await open(path);
    await expect(writer.publish()).rejects.toThrow('cannot be published');
    await expect(writer.finish()).rejects.toThrow(RangeError);
    await writer.abort();
    for (const time of ['1979-12-31T23:59:59Z', '2108-01-01T00:00:00Z', 'never']) {
      const options = { path, signer: sender.signer, signingTime: new Date(time) };
      await expect(createArchive(options)).rejects.toThrow(RangeError);
    }
    await mkdir(`${path}.partial`);
    await expect(open(path)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  });
});

describe('size', () => {
  it('streams 160 MB in and out in memory that does not grow with it', { timeout: 120_000 }, async () => {
    const { path } = place();
    const size = 160 * 1024 * 1024;
    const output = await succeed(process.execPath, program('big-file.ts', path, String(size)));
    const { growthMegabytes, ...rest } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
    expect(rest).toEqual({ valid: true, bytes: size });
    expect(growthMegabytes).toBeLessThan(120);
  });

  it('keeps nothing of a file once it is written, however small', { timeout: 120_000 }, async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const writer = await open(place().path);
    const sources: WeakRef<string[]>[] = [];
    for (let i = 0; i < 50; i += 1) {
      const source = [`burtnīca ${i}`];
      sources.push(new WeakRef(source));
      await writer.add(`data/${i}.txt`, 'text/plain', source);
    }
    // A WeakRef keeps what it refers to until the end of the job in which it was made.
    await sleep(1);
    collect();
    // What was written last may still be in the writer's hands.
    expect(sources.filter((source) => source.deref() !== undefined).length).toBeLessThan(5);
    await writer.abort();
  });

  it('holds 10,000 files, and verifies them in reasonable time', { timeout: 120_000 }, async () => {
    const { path } = place();
    const writer = await open(path);
    for (let i = 0; i < 10_000; i += 1) await writer.add(`data/${i}.json`, 'application/json', `{"n":${i}}`);
    await writer.finish();
    await writer.publish();
    const start = performance.now();
    const verification = await verifyArchive(path, { signers: [sender.sha256] });
    const seconds = (performance.now() - start) / 1000;
    expect(verification.valid).toBe(true);
    expect(verification.files.length).toBe(10_000);
    expect(seconds).toBeLessThan(30);
  });
});

async function rsaSender() {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const folder = mkdtempSync(join(root, 'rsa-'));
  await writeFile(join(folder, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const args = ['req', '-x509', '-new', '-key', 'key.pem', '-subj', '/CN=RSA', '-days', '30', '-out', 'cert.pem'];
  await succeed(tools.openssl.path, args, folder);
  return signerFromPem(
    await readFile(join(folder, 'key.pem'), 'utf8'),
    await readFile(join(folder, 'cert.pem'), 'utf8'),
  );
}
