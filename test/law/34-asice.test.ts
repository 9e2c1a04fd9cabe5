import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyArchive } from '../../src/archive/verify.js';
import { createArchive } from '../../src/archive/write.js';
import {
  failed,
  makeSender,
  SAMPLE,
  type Sender,
  SIGNING_TIME,
  temporaryFolder,
  writeArchive,
} from '../archive/support.js';
import { packZip, unpackZip } from '../archive/zip.js';

const folder = temporaryFolder();
const path = join(folder, 'A.asice');
const TYPE = 'application/vnd.etsi.asic-e+zip';
let sender: Sender;
let archive: Buffer;

beforeAll(async () => {
  sender = await makeSender();
  await writeArchive(path, sender.signer);
  archive = await readFile(path);
});

async function verdict(bytes: Buffer): Promise<string[]> {
  const changed = join(folder, 'changed.asice');
  await writeFile(changed, bytes);
  return failed(await verifyArchive(changed, { signers: [sender.sha256] }));
}

describe('34 the container', () => {
  it('34 begins with the media type: stored, with no extra field and no data descriptor', () => {
    expect(archive.readUInt32LE(0)).toBe(0x04034b50);
    const [flags, method, nameLength, extraLength] = [6, 8, 26, 28].map((at) => archive.readUInt16LE(at));
    expect({ descriptor: (flags ?? 0) & 8, method, nameLength, extraLength }).toEqual({
      descriptor: 0,
      method: 0,
      nameLength: 8,
      extraLength: 0,
    });
    expect(archive.toString('latin1', 30, 38 + TYPE.length)).toBe(`mimetype${TYPE}`);
  });

  it('34 holds a manifest of the root and every file, one XAdES signature and nothing of CAdES', () => {
    const parts = unpackZip(archive);
    expect(parts.map(({ name }) => name)).toEqual([
      'mimetype',
      ...SAMPLE.map(([name]) => name),
      'META-INF/manifest.xml',
      'META-INF/signatures0.xml',
    ]);
    const text = (name: string) => parts.find((part) => part.name === name)?.content.toString() ?? '';
    const listed = [...text('META-INF/manifest.xml').matchAll(/full-path="([^"]+)"/g)].map(([, name]) => name);
    expect(listed).toEqual(['/', ...SAMPLE.map(([name]) => name)]);
    expect(text('META-INF/signatures0.xml')).toMatch(
      /<asic:XAdESSignatures [^>]*"http:\/\/uri\.etsi\.org\/02918\/v1\.2\.1#"/,
    );
  });

  it('34 accepts no file that is not signed', async () => {
    expect(await verdict(archive)).toEqual([]);
    const parts = unpackZip(archive);
    expect(await verdict(packZip([...parts, { name: 'extra.txt', content: Buffer.from('added') }]))).toContain(
      'files-signed',
    );
    expect(await verdict(packZip(parts.filter(({ name }) => name !== 'data/notes.txt')))).toContain('files-signed');
  });

  it.each(['../outside.txt', '/etc/passwd', 'a/../../b', 'a\\b'])(
    '34 neither writes nor accepts the name %s',
    async (name) => {
      const writer = await createArchive({
        path: join(folder, 'never.asice'),
        signer: sender.signer,
        signingTime: SIGNING_TIME,
      });
      await expect(writer.add(name, 'text/plain', 'x')).rejects.toThrow(/name/);
      await writer.abort();
      expect(await verdict(packZip([...unpackZip(archive), { name, content: Buffer.from('x') }]))).toContain('names');
    },
  );
});
