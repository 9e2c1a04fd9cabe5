import { type KeyObject, sign, X509Certificate } from 'node:crypto';
import { GdprError } from '../foundation/errors.js';
import type { Signer } from './signer.js';

/** Every certificate of a PEM text. @throws GdprError INPUT_INVALID when one cannot be read or there is none */
export function certificatesFromPem(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new GdprError('INPUT_INVALID', 'there is no certificate in the PEM text');
  return blocks.map((block) => readCertificate(block));
}

/** @throws GdprError INPUT_INVALID */
export function readCertificate(source: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(source);
  } catch (error) {
    throw new GdprError('INPUT_INVALID', 'a certificate cannot be read', { cause: error });
  }
}

/** @throws GdprError INPUT_INVALID when the key is of another kind or belongs to none of the certificates */
export function signerFrom(key: KeyObject, certificates: readonly X509Certificate[]): Signer {
  const alg = algorithmOf(key);
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw new GdprError('INPUT_INVALID', 'the certificate does not belong to the signing key', {
      hint: 'give the key and the certificate that were made together',
    });
  }
  return {
    alg,
    certificate: own.raw,
    chain: certificates.filter((certificate) => !certificate.raw.equals(own.raw)).map((certificate) => certificate.raw),
    sign: async (data) => sign('sha256', data, alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key),
  };
}

function algorithmOf(key: KeyObject): Signer['alg'] {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new GdprError('INPUT_INVALID', 'the signing key is neither EC P-256 nor RSA of at least 2048 bits');
}

/** A copy with a buffer of its own, as pkijs wants its bytes. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
