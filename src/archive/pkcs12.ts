import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SafeBag } from 'pkijs';
import { GdprError } from '../foundation/errors.js';
import type { Signer } from './signer.js';
import { readCertificate, signerFrom, toArrayBuffer } from './signing-key.js';

/**
 * An organisation's e-seal from a PKCS#12 file (RFC 7292): the key, its certificate and the certificates beside it.
 * Read are files that AES protects (PBES2), as OpenSSL 3 and current key stores write them.
 * @throws GdprError PASSPHRASE_WRONG, INPUT_INVALID
 */
export async function signerFromPkcs12(file: Uint8Array, passphrase: string): Promise<Signer> {
  checkIntegrity(file, passphrase);
  const { CertBag, PKCS8ShroudedKeyBag, PrivateKeyInfo } = await import('pkijs');
  const keys: Buffer[] = [];
  const certificates: X509Certificate[] = [];
  for (const { bagValue } of await safeBags(file, passphrase)) {
    // RFC 7292 §4.2.2: a shrouded key bag is a PKCS#8 EncryptedPrivateKeyInfo, which node:crypto decrypts.
    if (bagValue instanceof PKCS8ShroudedKeyBag || bagValue instanceof PrivateKeyInfo) {
      keys.push(Buffer.from(bagValue.toSchema().toBER(false)));
    } else if (bagValue instanceof CertBag) {
      certificates.push(readCertificate(Buffer.from(bagValue.parsedValue.toSchema().toBER(false))));
    }
  }
  const [key, second] = keys;
  if (key === undefined || second !== undefined || certificates.length === 0) {
    throw new GdprError('INPUT_INVALID', 'the PKCS#12 file does not hold exactly one private key and its certificate');
  }
  try {
    return signerFrom(createPrivateKey({ key, format: 'der', type: 'pkcs8', passphrase }), certificates);
  } catch (error) {
    throw error instanceof GdprError ? error : unreadable(error);
  }
}

/** OpenSSL checks the file's MAC for us: pkijs cannot with a passphrase beyond Latin-1, such as one with ā or š. */
function checkIntegrity(file: Uint8Array, passphrase: string): void {
  try {
    createSecureContext({ pfx: Buffer.from(file), passphrase });
  } catch (error) {
    if (error instanceof Error && /mac verify failure/i.test(error.message)) {
      throw new GdprError('PASSPHRASE_WRONG', 'the passphrase does not open the PKCS#12 file', { cause: error });
    }
    throw unreadable(error);
  }
}

async function safeBags(file: Uint8Array, passphrase: string): Promise<SafeBag[]> {
  const { PFX } = await import('pkijs');
  const password = toArrayBuffer(Buffer.from(passphrase));
  try {
    const pfx = PFX.fromBER(toArrayBuffer(file));
    await pfx.parseInternalValues({ password, checkIntegrity: false });
    const safe = pfx.parsedValue?.authenticatedSafe;
    if (safe === undefined) return [];
    await safe.parseInternalValues({ safeContents: safe.safeContents.map(() => ({ password })) });
    const contents: readonly { value: { safeBags: SafeBag[] } }[] = safe.parsedValue.safeContents;
    return contents.flatMap(({ value }) => value.safeBags);
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(cause: unknown): GdprError {
  return new GdprError('INPUT_INVALID', 'the file is not a PKCS#12 file that can be read', {
    cause,
    hint: 'an old one (RC2, 3DES) can be rewritten: openssl pkcs12 -legacy -in old.p12 -nodes | openssl pkcs12 -export -out new.p12',
  });
}
