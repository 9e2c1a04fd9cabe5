import { execFile } from 'node:child_process';
import { verify, X509Certificate } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { initKeys } from '../../src/keys/keys.js';
import { sealSigner } from '../../src/keys/seal.js';
import { outsideTool } from '../support/tools.js';
import { PASSPHRASE, refusal, SUBJECT, temporaryFolder } from './helpers.js';

const openssl = outsideTool('openssl');
const run = promisify(execFile);
const DATA = Buffer.from('an archive');
const root = await temporaryFolder();
/** Key and certificate files as an operator would name them: in clear and under a passphrase. */
let open: { key: string; certificate: string };
let locked: { key: string; certificate: string };

beforeAll(async () => {
  const files = (folder: string) => ({
    key: join(folder, 'signing.key.pem'),
    certificate: join(folder, 'signing.crt.pem'),
  });
  await initKeys(join(root, 'open'), SUBJECT);
  await initKeys(join(root, 'locked'), { ...SUBJECT, passphrase: PASSPHRASE });
  open = files(join(root, 'open'));
  locked = files(join(root, 'locked'));
});

describe('an e-seal as PEM', () => {
  it('signs with the key of its certificate, in clear or under a passphrase', async () => {
    for (const [pem, passphrase] of [
      [open, undefined],
      [locked, PASSPHRASE],
    ] as const) {
      const signer = await sealSigner({ pem }, passphrase);
      const certificate = new X509Certificate(await readFile(pem.certificate));
      expect(signer.certificate).toEqual(certificate.raw);
      const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(verify('sha256', DATA, key, await signer.sign(DATA))).toBe(true);
    }
  });

  it('refuses a wrong passphrase, none, and another key’s certificate', async () => {
    expect((await refusal(sealSigner({ pem: locked }, 'nav īstā parole'))).code).toBe('PASSPHRASE_WRONG');
    expect((await refusal(sealSigner({ pem: locked }, undefined))).code).toBe('PASSPHRASE_WRONG');
    const crossed = { key: open.key, certificate: locked.certificate };
    expect((await refusal(sealSigner({ pem: crossed }, undefined))).code).toBe('INPUT_INVALID');
  });

  it('refuses what is missing or is no key', async () => {
    const missing = join(root, 'missing.pem');
    expect((await refusal(sealSigner({ pem: { ...open, key: missing } }, undefined))).code).toBe('KEY_MISSING');
    expect((await refusal(sealSigner({ pem: { ...open, certificate: missing } }, undefined))).code).toBe(
      'FILE_UNAVAILABLE',
    );
    expect((await refusal(sealSigner({ pem: { ...open, certificate: open.key } }, undefined))).code).toBe(
      'INPUT_INVALID',
    );
    const noKey = join(root, 'no-key.pem');
    await writeFile(noKey, 'hello', { mode: 0o600 });
    expect((await refusal(sealSigner({ pem: { ...open, key: noKey } }, undefined))).code).toBe('KEY_WRONG');
  });

  it('refuses a private key that others can read, and does not mind who reads the certificate', async () => {
    await chmod(open.certificate, 0o644);
    expect((await sealSigner({ pem: open }, undefined)).alg).toBe('ES256');
    await chmod(open.key, 0o640);
    const error = await refusal(sealSigner({ pem: open }, undefined));
    expect(error.code).toBe('KEY_EXPOSED');
    expect(error.hint).toContain('chmod 600');
    await chmod(open.key, 0o600);
  });

  it('refuses none or both forms', async () => {
    expect((await refusal(sealSigner({}, undefined))).code).toBe('USAGE');
    expect((await refusal(sealSigner({ pem: open, pkcs12: open.key }, undefined))).code).toBe('USAGE');
  });
});

describe.skipIf(!openssl.available)('an e-seal as PKCS#12, made by openssl', () => {
  let pkcs12: string;

  beforeAll(async () => {
    pkcs12 = join(root, 'seal.p12');
    const args = ['-export', '-inkey', open.key, '-in', open.certificate, '-out', pkcs12, '-passout', 'env:PASS'];
    await run(openssl.path, ['pkcs12', ...args], { env: { ...process.env, PASS: PASSPHRASE } });
    await chmod(pkcs12, 0o600);
  });

  it('signs with the key of its certificate', async () => {
    const signer = await sealSigner({ pkcs12 }, PASSPHRASE);
    const certificate = new X509Certificate(await readFile(open.certificate));
    expect(signer.certificate).toEqual(certificate.raw);
    const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', DATA, key, await signer.sign(DATA))).toBe(true);
  });

  it('refuses a wrong passphrase and keeps it out of the error', async () => {
    for (const passphrase of ['nav īstā parole', undefined]) {
      const error = await refusal(sealSigner({ pkcs12 }, passphrase));
      expect(error.code).toBe('PASSPHRASE_WRONG');
      expect(inspect(error, { depth: null })).not.toContain('nav īstā parole');
    }
  });

  it('refuses a file that others can read, before it is opened', async () => {
    await chmod(pkcs12, 0o604);
    expect((await refusal(sealSigner({ pkcs12 }, PASSPHRASE))).code).toBe('KEY_EXPOSED');
    await chmod(pkcs12, 0o600);
  });
});
