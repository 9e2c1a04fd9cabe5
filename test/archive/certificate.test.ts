import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  certificateSha256,
  isSelfSigned,
  makeCertificate,
  signerFromPem,
  signerFromPkcs12,
} from '../../src/archive/certificate.js';
import { verifyArchive } from '../../src/archive/verify.js';
import {
  makeSender,
  outsider,
  outsidersCommands,
  type Sender,
  succeed,
  temporaryFolder,
  tools,
  writeArchive,
} from './support.js';

const folder = temporaryFolder();
const DATA = Buffer.from('Rīgas dokuments');
let sender: Sender;

beforeAll(async () => {
  sender = await makeSender('O="x", CN=y + Ķekava');
});

async function openssl(...args: string[]): Promise<string> {
  return await succeed(tools.openssl.path, args, folder);
}

describe('a self-made certificate', () => {
  it('is for signing only, self-signed, and valid as long as asked', async () => {
    const certificate = new X509Certificate(sender.certificatePem);
    expect(certificate.ca).toBe(false);
    expect(isSelfSigned(certificate)).toBe(true);
    expect(new Date(certificate.validFrom).toISOString()).toBe('2026-01-01T00:00:00.000Z');
    expect(new Date(certificate.validTo).toISOString()).toBe('2035-12-30T00:00:00.000Z');
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificateSha256(certificate.raw)).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  });

  it.skipIf(!tools.openssl.available)('reads in openssl as it was meant', async () => {
    await writeFile(join(folder, 'self.pem'), sender.certificatePem);
    await writeFile(join(folder, 'self.key'), sender.privateKeyPem);
    const text = await openssl('x509', '-in', 'self.pem', '-noout', '-text', '-nameopt', 'utf8,sep_multiline,lname');
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Non Repudiation\n/);
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
    expect(text).toContain('organizationName=Biedrība "Grāmatas", Rīga\n');
    expect(text).toContain('commonName=O="x", CN=y + Ķekava\n');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(await openssl('verify', '-CAfile', 'self.pem', 'self.pem')).toContain('OK');
    expect(await openssl('pkey', '-in', 'self.key', '-noout', '-text')).toContain('NIST CURVE: P-256');
  });

  it('never repeats a key or a serial number', async () => {
    const other = await makeSender();
    expect(other.sha256).not.toBe(sender.sha256);
    const [one, two] = [sender, other].map(({ certificatePem }) => new X509Certificate(certificatePem).serialNumber);
    expect(one).not.toBe(two);
    expect(one).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it.each(['2039-12-31T23:59:59Z', '2040-01-01T00:00:00Z', '2051-06-01T00:00:00Z'])('is valid from %s', async (day) => {
    const notBefore = new Date(day);
    const made = await makeCertificate({ commonName: 'x', organization: '', notBefore, days: 3652 });
    const certificate = new X509Certificate(made.certificatePem);
    expect(new Date(certificate.validFrom)).toEqual(notBefore);
    expect(new Date(certificate.validTo)).toEqual(new Date(notBefore.getTime() + 3652 * 86_400_000));
  });

  it('is not made for no time at all', async () => {
    const request = { commonName: 'x', organization: '', notBefore: new Date('2026-01-01'), days: 0 };
    await expect(makeCertificate(request)).rejects.toThrow(RangeError);
  });
});

describe('a signer from PEM', () => {
  it('signs ECDSA as raw r‖s', async () => {
    const signature = await sender.signer.sign(DATA);
    expect(sender.signer.alg).toBe('ES256');
    expect(signature.length).toBe(64);
    const key = createPublicKey(sender.certificatePem);
    expect(verify('sha256', DATA, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });

  it('finds its certificate among others, which become the chain', async () => {
    const other = await makeSender();
    const signer = signerFromPem(
      sender.privateKeyPem,
      `Bag Attributes\n${other.certificatePem}\n${sender.certificatePem}`,
    );
    expect(certificateSha256(signer.certificate)).toBe(sender.sha256);
    expect(signer.chain.map(certificateSha256)).toEqual([other.sha256]);
  });

  it('refuses what does not fit together or is too weak', async () => {
    const other = await makeSender();
    const pem = (key: { export(options: { format: 'pem'; type: 'pkcs8' }): string | Buffer }): string =>
      key.export({ format: 'pem', type: 'pkcs8' }).toString();
    const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const cases: [string, string][] = [
      [other.privateKeyPem, sender.certificatePem],
      [pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), sender.certificatePem],
      [pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), sender.certificatePem],
      [pem(generateKeyPairSync('ed25519').privateKey), sender.certificatePem],
      [encrypted.toString(), sender.certificatePem],
      ['no key', sender.certificatePem],
      [sender.privateKeyPem, 'no certificate'],
      [sender.privateKeyPem, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
    ];
    for (const [key, certificate] of cases) {
      expect(() => signerFromPem(key, certificate)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
    }
  });
});

describe.skipIf(!tools.openssl.available)("an organisation's e-seal from PKCS#12", () => {
  const PASSPHRASE = 'parole ar garumzīmēm: āšķ';

  beforeAll(async () => {
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=Seal CA',
      '-days',
      '3650',
    );
    await writeFile(
      join(folder, 'seal.cnf'),
      'keyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=critical,CA:false\n',
    );
    for (const [name, ...kind] of [
      ['rsa', 'rsa:3072'],
      ['ec', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ] as const) {
      await openssl(
        'req',
        '-newkey',
        ...kind,
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
        '-subj',
        `/O=Biedriba/CN=Seal ${name}`,
      );
      await openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-out',
        `${name}.pem`,
        '-extfile',
        'seal.cnf',
        '-days',
        '3650',
      );
      const files = ['-inkey', `${name}.key`, '-in', `${name}.pem`, '-certfile', 'ca.pem'];
      await openssl('pkcs12', '-export', ...files, '-passout', `pass:${PASSPHRASE}`, '-out', `${name}.p12`);
    }
  });

  it.each([
    ['rsa', 'RS256'],
    ['ec', 'ES256'],
  ])('%s: signs an archive that verifies here and with the documented commands', async (name, alg) => {
    const signer = await signerFromPkcs12(await readFile(join(folder, `${name}.p12`)), PASSPHRASE);
    expect(signer.alg).toBe(alg);
    expect(signer.chain.length).toBe(1);
    const path = join(folder, `${name}.asice`);
    await writeArchive(path, signer, undefined, undefined, new Date());
    const verification = await verifyArchive(path, { signers: [certificateSha256(signer.certificate)] });
    expect(verification.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(verification.signer).toMatchObject({
      subject: `O=Biedriba, CN=Seal ${name}`,
      selfSigned: false,
      pinned: true,
    });
    if (!outsider) return;
    const authority = await readFile(join(folder, 'ca.pem'), 'utf8');
    const ran = await outsidersCommands(await readFile(path), authority, await mkdtemp(join(folder, `${name}-`)));
    expect(ran.exit, ran.output).toBe(0);
  });

  it('tells a wrong passphrase from a wrong file', async () => {
    const file = await readFile(join(folder, 'ec.p12'));
    await expect(signerFromPkcs12(file, 'parole')).rejects.toMatchObject({ code: 'PASSPHRASE_WRONG' });
    await expect(signerFromPkcs12(file.subarray(0, 900), PASSPHRASE)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(signerFromPkcs12(Buffer.from('not a PKCS#12 file'), PASSPHRASE)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('refuses one without a key, and says how to rewrite one of old encryption', async () => {
    await openssl('pkcs12', '-export', '-nokeys', '-in', 'ec.pem', '-passout', 'pass:x', '-out', 'nokey.p12');
    await expect(signerFromPkcs12(await readFile(join(folder, 'nokey.p12')), 'x')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    await openssl(
      'pkcs12',
      '-export',
      '-legacy',
      '-inkey',
      'ec.key',
      '-in',
      'ec.pem',
      '-passout',
      'pass:x',
      '-out',
      'old.p12',
    );
    await expect(signerFromPkcs12(await readFile(join(folder, 'old.p12')), 'x')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      hint: expect.stringContaining('-legacy'),
    });
  });
});
