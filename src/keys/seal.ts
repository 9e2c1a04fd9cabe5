import { readFile } from 'node:fs/promises';
import { signerFromPem, signerFromPkcs12 } from '../archive/certificate.js';
import type { Signer } from '../archive/signer.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { readPrivateFile } from './private-files.js';
import { privateKeyFromPem } from './protect.js';

/** Where an organisation's e-seal lies: one PKCS#12 file, or a private key and its certificate (with chain) as PEM. */
export interface SealFiles {
  readonly pkcs12?: string | undefined;
  readonly pem?: { readonly key: string; readonly certificate: string } | undefined;
}

/**
 * A signer from an organisation's own e-seal. The file with the private key must belong to this user alone.
 * Whether the certificate is a qualified one is not judged here.
 * @throws GdprError USAGE unless exactly one form is named, KEY_MISSING, KEY_EXPOSED, PASSPHRASE_WRONG,
 *   KEY_WRONG when the key file holds none, INPUT_INVALID when key and certificate do not match or the kind of key or
 *   container is not supported, FILE_UNAVAILABLE
 */
export async function sealSigner(files: SealFiles, passphrase: string | undefined): Promise<Signer> {
  const { pkcs12, pem } = files;
  if (pkcs12 !== undefined && pem === undefined) {
    const bytes = await readPrivateFile(pkcs12, 'follow');
    return signerFromPkcs12(bytes, passphrase ?? '');
  }
  if (pem !== undefined && pkcs12 === undefined) return pemSigner(pem, passphrase);
  throw new GdprError('USAGE', 'an e-seal is either one PKCS#12 file or a PEM key with its certificate', {
    hint: 'name one of the two forms',
  });
}

async function pemSigner(files: { key: string; certificate: string }, passphrase: string | undefined): Promise<Signer> {
  const key = privateKeyFromPem((await readPrivateFile(files.key, 'follow')).toString('utf8'), passphrase, files.key);
  const certificate = await asFileError(files.certificate, () => readFile(files.certificate, 'utf8'));
  return signerFromPem(key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate);
}
