import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../src/archive/read.js';
import { type Verification, verifyArchive } from '../../src/archive/verify.js';
import { createArchive } from '../../src/archive/write.js';
import { failed, makeSender, SAMPLE, type Sender, SIGNING_TIME, temporaryFolder, writeArchive } from './support.js';
import { type Part, packZip, unpackZip } from './zip.js';

const folder = temporaryFolder();
const SIGNATURES = 'META-INF/signatures0.xml';
let sender: Sender;
let original: Buffer;
let count = 0;

beforeAll(async () => {
  sender = await makeSender();
  const path = join(folder, 'original.asice');
  await writeArchive(path, sender.signer);
  original = await readFile(path);
});

async function verify(archive: Buffer): Promise<Verification> {
  count += 1;
  const path = join(folder, `${count}.asice`);
  await writeFile(path, archive);
  return await verifyArchive(path, { signers: [sender.sha256] });
}

function detailOf(verification: Verification, id: string): string | undefined {
  return verification.checks.find((check) => check.id === id)?.detail;
}

function forge(name: string, edit: (part: Part) => Part, parts = unpackZip(original)): Buffer {
  return packZip(parts.map((part) => (part.name === name ? edit(part) : part)));
}

/** The container with its signature file edited, and signed anew by the real key when the edit is in SignedInfo. */
async function resigned(edit: (xml: string) => string): Promise<Buffer> {
  const parts = unpackZip(original);
  let xml = edit(parts.find(({ name }) => name === SIGNATURES)?.content.toString() ?? '');
  const properties = /<xades:SignedProperties.*<\/xades:SignedProperties>/s.exec(xml)?.[0] ?? '';
  const digest = createHash('sha256').update(properties).digest('base64');
  xml = xml.replace(/(SignedProperties" URI=.*?<ds:DigestValue>)[^<]*/s, `$1${digest}`);
  const info = /<ds:SignedInfo.*<\/ds:SignedInfo>/s.exec(xml)?.[0] ?? '';
  const value = (await sender.signer.sign(Buffer.from(info))).toString('base64');
  xml = xml.replace(/(<ds:SignatureValue[^>]*>)[^<]*/, `$1${value}`);
  return forge(SIGNATURES, (part) => ({ ...part, content: Buffer.from(xml) }), parts);
}

/** The container with its signature file edited and nothing signed. */
function edited(edit: (xml: string) => string): Buffer {
  return forge(SIGNATURES, (part) => ({ ...part, content: Buffer.from(edit(part.content.toString())) }));
}

describe('a sound archive', () => {
  it('passes every check and says who signed what and when', async () => {
    const verification = await verify(original);
    expect(failed(verification)).toEqual([]);
    expect(verification).toMatchObject({
      valid: true,
      signer: {
        subject: 'O=Biedrība \\"Grāmatas\\"\\, Rīga, CN=Grāmatnīcas izraksti',
        sha256: sender.sha256,
        selfSigned: true,
        pinned: true,
        notAfter: '2035-12-30T00:00:00.000Z',
      },
      signedAt: '2026-03-04T05:06:07.000Z',
    });
    expect(verification.timestamp).toBe(undefined);
    expect(verification.files.map(({ name, mediaType }) => [name, mediaType])).toEqual(
      SAMPLE.map(([name, mediaType]) => [name, mediaType]),
    );
    expect(detailOf(verification, 'certificate-pinned')).toMatch(/not who holds the key; it is not a qualified one/);
    expect(detailOf(verification, 'timestamp')).toMatch(/the signer's own statement/);
    expect(JSON.stringify(verification)).not.toMatch(/"[^"]*\bqualified (certificate|seal|signature)/);
  });

  it('is not valid without a certificate to compare with, and says what to pass', async () => {
    const path = join(folder, 'original.asice');
    const verification = await verifyArchive(path, { signers: [] });
    expect(verification.valid).toBe(false);
    expect(failed(verification)).toEqual(['certificate-pinned']);
    expect(verification.signer?.pinned).toBe(false);
    expect(detailOf(verification, 'certificate-pinned')).toContain('--signer');
  });

  it('takes a fingerprint as openssl prints it, and refuses what is none', async () => {
    const path = join(folder, 'original.asice');
    const printed = sender.sha256.toUpperCase().replace(/(..)(?=.)/g, '$1:');
    expect((await verifyArchive(path, { signers: ['0'.repeat(64), printed] })).valid).toBe(true);
    await expect(verifyArchive(path, { signers: ['abc'] })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const timestampAuthorities = [Buffer.from('no certificate')];
    await expect(verifyArchive(path, { signers: [], timestampAuthorities })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('signed outside the certificate’s validity is found', async () => {
    for (const time of ['2025-12-31T23:59:59Z', '2035-12-30T00:00:01Z']) {
      const path = join(folder, `period-${time.slice(0, 4)}.asice`);
      await writeArchive(path, sender.signer, undefined, undefined, new Date(time));
      expect(failed(await verifyArchive(path, { signers: [sender.sha256] }))).toEqual(['certificate-period']);
    }
  });
});

describe('docs/archive.md', () => {
  it('lists the checks that there are', async () => {
    const text = await readFile(join(import.meta.dirname, '../../docs/archive.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `([a-z0-9-]+)` *\|/gm)].map(([, id]) => id);
    expect(documented).toEqual((await verify(original)).checks.map(({ id }) => id));
  });
});

describe('a file that cannot be read', () => {
  it('is FILE_UNAVAILABLE', async () => {
    await mkdir(join(folder, 'a-folder'));
    for (const name of ['missing.asice', 'a-folder']) {
      const verifying = verifyArchive(join(folder, name), { signers: [] });
      await expect(verifying).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
    }
    await symlink('/dev/zero', join(folder, 'endless'));
    await expect(openArchive(join(folder, 'endless'))).rejects.toMatchObject({ code: 'FILE_UNAVAILABLE' });
  });
});

describe('a hostile container', () => {
  const first = 'data/orders.json';
  const cases: [string, () => Buffer, string[]][] = [
    [
      'a gap between entries',
      () => forge(first, (part) => ({ ...part, gap: Buffer.from('hidden') })),
      ['nothing-outside'],
    ],
    ['a comment of an entry', () => forge(first, (part) => ({ ...part, comment: 'hidden' })), ['nothing-outside']],
    ['another CRC-32', () => forge(first, (part) => ({ ...part, crc: 1 })), ['headers-agree', 'file-digests']],
    [
      'a Unicode path that renames for some',
      () => forge(first, (part) => ({ ...part, extra: unicodePath(part.name, 'data/x') })),
      ['headers-agree'],
    ],
    [
      'a ZIP64 field that says something else',
      () =>
        forge(first, (part) => ({ ...part, extra: Buffer.concat([Buffer.from('01001800', 'hex'), Buffer.alloc(24)]) })),
      ['headers-agree'],
    ],
    [
      'an encrypted entry',
      () => forge(first, (part) => ({ ...part, flags: 1, data: Buffer.concat([Buffer.alloc(12), part.content]) })),
      ['regular-files', 'file-digests'],
    ],
    [
      'a folder',
      () => packZip([...unpackZip(original), { name: 'data/', content: Buffer.alloc(0), mode: 0o040755 }]),
      ['names', 'regular-files', 'files-signed'],
    ],
    ['a device', () => forge(first, (part) => ({ ...part, mode: 0o020666 })), ['regular-files']],
    [
      'a second signature file',
      () => packZip([...unpackZip(original), { name: 'META-INF/signatures1.xml', content: Buffer.from('<x/>') }]),
      ['names', 'meta-inf'],
    ],
    [
      'a manifest that is none',
      () => forge('META-INF/manifest.xml', (part) => ({ ...part, content: Buffer.from('<x/>') })),
      ['media-types'],
    ],
    [
      'a manifest that leaves a file out',
      () =>
        forge('META-INF/manifest.xml', (part) => ({
          ...part,
          content: Buffer.from(part.content.toString().replace(/.*orders.*\n/, '')),
        })),
      ['media-types'],
    ],
    [
      'a manifest of another container',
      () =>
        forge('META-INF/manifest.xml', (part) => ({
          ...part,
          content: Buffer.from(part.content.toString().replace('asic-e', 'asic-s')),
        })),
      ['media-types'],
    ],
    [
      'another mimetype',
      () => forge('mimetype', (part) => ({ ...part, content: Buffer.from('application/vnd.etsi.asic-s+zip') })),
      ['mimetype'],
    ],
  ];

  it.each(cases)('%s', async (_, archive, checks) => {
    const verification = await verify(archive());
    expect(verification.valid).toBe(false);
    expect(failed(verification)).toEqual(checks);
  });

  it('behind other bytes that its offsets count in is found as well', async () => {
    const junk = Buffer.from('#!/bin/sh\n');
    const archive = Buffer.concat([junk, packZip(unpackZip(original))]);
    const end = archive.length - 22;
    const directory = archive.readUInt32LE(end + 16) + junk.length;
    archive.writeUInt32LE(directory, end + 16);
    for (let at = directory; at < end; at += 46 + archive.readUInt16LE(at + 28)) {
      archive.writeUInt32LE(archive.readUInt32LE(at + 42) + junk.length, at + 42);
    }
    expect(failed(await verify(archive))).toEqual(['mimetype', 'nothing-outside']);
  });

  it('with a comment, cut off, empty or something else is no ZIP that can be trusted', async () => {
    const withComment = packZip(unpackZip(original), 'a comment');
    for (const archive of [
      withComment,
      original.subarray(0, -1),
      original.subarray(0, 500),
      Buffer.alloc(0),
      Buffer.from('%PDF'),
    ]) {
      const verification = await verify(archive);
      expect(verification.checks.every(({ ok }) => !ok)).toBe(true);
      expect(verification.checks.length).toBe(19);
      expect(verification.files).toEqual([]);
    }
  });

  it('shows names fit for a terminal', async () => {
    const name = '\u001b[2J\u202Egnp.exe\n';
    const verification = await verify(packZip([...unpackZip(original), { name, content: Buffer.alloc(0) }]));
    const details = verification.checks.map(({ detail }) => detail ?? '').join();
    expect(details).toContain('?[2J?gnp.exe?');
    expect(details).not.toMatch(/[\u0000-\u001f\u202e]/);
  });

  it('never makes verifyArchive throw, nor pass, whichever bytes are changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        async (changes) => {
          const archive = Buffer.from(original);
          for (const [at, bits] of changes) archive.writeUInt8(archive.readUInt8(at) ^ bits, at);
          fc.pre(!archive.equals(original));
          const { valid, files } = await verify(archive);
          // Version, date and attribute fields may differ without harm; then every file is what was signed.
          if (valid) expect(files).toEqual((await verify(original)).files);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a hostile signature file', () => {
  it('is checked with a control: signed anew without a change it is valid', async () => {
    expect(failed(await verify(await resigned((xml) => xml)))).toEqual([]);
  });

  const SHA1 = 'http://www.w3.org/2000/09/xmldsig#sha1';
  const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
  const TRANSFORMS =
    '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"></ds:Transform></ds:Transforms>';
  const signedCases: [string, (xml: string) => string, string[]][] = [
    [
      'a file signed through a transform',
      (xml) => xml.replace('URI="index.html">', `URI="index.html">${TRANSFORMS}`),
      ['algorithms'],
    ],
    ['a file signed with SHA-1', (xml) => xml.replace(SHA256, SHA1), ['algorithms', 'file-digests']],
    [
      'another canonicalisation',
      (xml) =>
        xml.replace(
          'xml-exc-c14n#"></ds:CanonicalizationMethod>',
          'xml-exc-c14n#WithComments"></ds:CanonicalizationMethod>',
        ),
      ['algorithms'],
    ],
    [
      'a weaker signature method',
      (xml) => xml.replace('ecdsa-sha256', 'ecdsa-sha1'),
      ['algorithms', 'signature-value'],
    ],
    ['a method of another key', (xml) => xml.replace('ecdsa-sha256', 'rsa-sha256'), ['signature-value']],
    [
      'a method by the name of an inherited property',
      (xml) => xml.replace(/SignatureMethod Algorithm="[^"]*"/, 'SignatureMethod Algorithm="toString"'),
      ['algorithms', 'signature-value'],
    ],
    [
      'a file signed twice',
      (xml) => xml.replace(/<ds:Reference Id="S0-R1".*\n/, (line) => line + line.replace('S0-R1', 'S0-R9')),
      ['files-signed', 'media-types'],
    ],
    [
      'properties signed twice',
      (xml) => xml.replace(/<ds:Reference Type=.*\n/, (line) => line + line),
      ['signed-properties'],
    ],
    ['properties not signed', (xml) => xml.replace(/<ds:Reference Type=.*\n/, ''), ['signed-properties']],
    [
      'properties of another type',
      (xml) => xml.replace('01903#SignedProperties', '01903#Other'),
      ['signed-properties'],
    ],
    [
      'a signature value signed in their place',
      (xml) => xml.replace('URI="#S0-SignedProperties"', 'URI="#S0-SignatureValue"'),
      ['signed-properties'],
    ],
    ['properties for another signature', (xml) => xml.replace('Target="#S0"', 'Target="#S1"'), ['signed-properties']],
    [
      'another certificate named',
      (xml) => xml.replace(/(<ds:DigestValue xmlns:ds="[^"]*">)[^<]*/, `$1${'A'.repeat(43)}=`),
      ['signing-certificate', 'certificate-pinned', 'certificate-period', 'signature-value'],
    ],
    [
      'no media type',
      (xml) => xml.replace(/<xades:DataObjectFormat ObjectReference="#S0-R2">.*?<\/xades:DataObjectFormat>/, ''),
      ['media-types'],
    ],
    [
      'a media type too many',
      (xml) => xml.replace('ObjectReference="#S0-R2"', 'ObjectReference="#S0-R7"'),
      ['media-types'],
    ],
    ['a time that is none', (xml) => xml.replace('2026-03-04T05:06:07Z', '2026-03-04'), ['certificate-period']],
  ];

  it.each(signedCases)('although signed by the right key: %s', async (_, edit, checks) => {
    const verification = await verify(await resigned(edit));
    expect(verification.valid).toBe(false);
    expect(failed(verification)).toEqual(checks);
  });

  const editedCases: [string, (xml: string) => string, string[]][] = [
    ['the time', (xml) => xml.replace('2026-03-04T05:06:07Z', '2026-03-05T05:06:07Z'), ['signed-properties']],
    [
      'a media type',
      (xml) => xml.replace('<xades:MimeType>application/json', '<xades:MimeType>text/html'),
      ['signed-properties', 'media-types'],
    ],
    [
      'a digest',
      (xml) => xml.replace(/(URI="index.html".*?<ds:DigestValue>)..../, '$1AAAA'),
      ['file-digests', 'signature-value'],
    ],
    ['the signature value', (xml) => xml.replace(/(S0-SignatureValue">)..../, '$1AAAA'), ['signature-value']],
    [
      'a prefixed attribute that canonicalisation must not lose',
      (xml) => xml.replace('<ds:Reference Id="S0-R0"', '<ds:Reference xmlns:axmlns="urn:x" axmlns:b="c" Id="S0-R0"'),
      ['signature-value'],
    ],
  ];

  it.each(editedCases)('changed after signing: %s', async (_, edit, checks) => {
    expect(failed(await verify(edited(edit)))).toEqual(checks);
  });

  const PROPERTIES = /<xades:SignedProperties.*<\/xades:SignedProperties>/s;
  const formCases: [string, (xml: string) => string, RegExp][] = [
    ['a DTD', (xml) => xml.replace('?>\n', '?>\n<!DOCTYPE x>\n'), /DTD/],
    ['a comment', (xml) => xml.replace('index.html"', 'index.html"').replace('2026-03', '2026<!-- -->-03'), /comment/],
    [
      'two signatures',
      (xml) =>
        xml.replace(/<ds:Signature .*<\/ds:Signature>/s, (signature) => signature + signature.replaceAll('S0', 'S1')),
      /more than once/,
    ],
    ['no signature', (xml) => xml.replace(/<ds:Signature .*<\/ds:Signature>/s, ''), /missing/],
    ['another root', (xml) => xml.replaceAll('asic:XAdESSignatures', 'asic:Signatures'), /root/],
    [
      'wrapped properties',
      (xml) => xml.replace('</ds:Object>', `</ds:Object><ds:Object>${PROPERTIES.exec(xml)?.[0]}</ds:Object>`),
      /Id occurs twice/,
    ],
    [
      'properties beside the properties',
      (xml) => xml.replace(PROPERTIES, (found) => found + found.replaceAll('S0-Sig', 'S1-Sig')),
      /more than once/,
    ],
    [
      'an old SigningCertificate',
      (xml) =>
        xml.replace(
          '<xades:SigningCertificateV2>',
          '<xades:SigningCertificate></xades:SigningCertificate><xades:SigningCertificateV2>',
        ),
      /does not belong/,
    ],
    [
      'two signing times',
      (xml) => xml.replace(/<xades:SigningTime>.*<\/xades:SigningTime>/, (time) => time + time),
      /more than once/,
    ],
    [
      'an unknown unsigned property',
      (xml) =>
        xml.replace(
          /(\n<\/xades:Q)/,
          '<xades:UnsignedProperties><xades:Other></xades:Other></xades:UnsignedProperties>$1',
        ),
      /does not belong/,
    ],
    [
      'a key without a certificate',
      (xml) => xml.replace(/<ds:X509Certificate>.*<\/ds:X509Certificate>/s, ''),
      /certificates/,
    ],
    [
      'parameters of an algorithm',
      (xml) =>
        xml
          .replace('<ds:SignatureMethod ', '<ds:SignatureMethod Other="" ')
          .replace('></ds:SignatureMethod>', '><ds:X></ds:X></ds:SignatureMethod>'),
      /parameters/,
    ],
    ['base64 that is none', (xml) => xml.replace(/(S0-SignatureValue">)..../, '$1****'), /base64/],
    ['no XML', () => 'PK', /well-formed/],
  ];

  it.each(formCases)('of another form: %s', async (_, edit, message) => {
    const verification = await verify(edited(edit));
    expect(detailOf(verification, 'one-signature')).toMatch(message);
    const before = ['zip', 'mimetype', 'nothing-outside', 'headers-agree', 'names', 'regular-files', 'meta-inf'];
    expect(failed(verification)).toEqual(verification.checks.map(({ id }) => id).filter((id) => !before.includes(id)));
    expect(verification.signer).toBe(undefined);
    expect(verification.files.length).toBe(3);
  });

  it('that unpacks to more than any signature is not read', async () => {
    const path = join(folder, 'bomb.asice');
    const writer = await createArchive({ path, signer: sender.signer, signingTime: SIGNING_TIME });
    await writer.add('a.txt', 'text/plain', 'x');
    await writer.finish();
    await writer.publish();
    const parts = unpackZip(await readFile(path)).filter(({ name }) => name !== SIGNATURES);
    const verification = await verify(
      packZip([...parts, { name: SIGNATURES, content: Buffer.alloc(33 * 1024 * 1024, 'x') }]),
    );
    expect(detailOf(verification, 'one-signature')).toContain('too large');
  });
});

/** Info-ZIP's Unicode path: another name for programs that know it. */
function unicodePath(name: string, other: string): Buffer {
  const crc = Buffer.alloc(4);
  crc.writeUInt32LE(crc32(name));
  const data = Buffer.concat([Buffer.of(1), crc, Buffer.from(other)]);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}
