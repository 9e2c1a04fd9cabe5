import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { certificateSha256, makeCertificate } from '../archive/certificate.js';
import { encodeVerifierKey } from '../audit/note.js';
import { GdprError } from '../foundation/errors.js';
import { hmacKeyId, type KeyIds } from './ids.js';

const HMAC_SECRET_BYTES = 32;
/** Accounting records are kept for up to ten years (Grāmatvedības likums s. 28); so long their archives are checked. */
const CERTIFICATE_DAYS = 3653;

/** All keys of an installation, private parts included; it never leaves this room. */
export interface KeyMaterial {
  /** When the keys were made, ISO 8601 in UTC. */
  readonly created: string;
  /** ECDSA P-256. */
  readonly signingKey: KeyObject;
  readonly certificatePem: string;
  readonly checkpointName: string;
  /** Ed25519. */
  readonly checkpointKey: KeyObject;
  /** The HMAC secrets, the first one first; the last one is in use. */
  readonly hmacSecrets: readonly Buffer[];
}

/** Makes new keys. The checkpoint key's name is random, because it stands in checkpoints that outsiders read. */
export async function generateMaterial(organization: string, commonName: string, now: Date): Promise<KeyMaterial> {
  const made = await makeCertificate({ commonName, organization, notBefore: now, days: CERTIFICATE_DAYS });
  return {
    created: now.toISOString(),
    signingKey: createPrivateKey(made.privateKeyPem),
    certificatePem: made.certificatePem,
    checkpointName: `privatums/audit/${randomBytes(8).toString('hex')}`,
    checkpointKey: generateKeyPairSync('ed25519').privateKey,
    hmacSecrets: [newHmacSecret()],
  };
}

export function newHmacSecret(): Buffer {
  return randomBytes(HMAC_SECRET_BYTES);
}

/** The ids that follow from the keys themselves. @throws GdprError KEY_WRONG, as `signingId`, `checkpointId`, `hmacId` */
export function idsOf(material: KeyMaterial, where: string): KeyIds {
  const hmac = material.hmacSecrets.map((secret) => hmacId(secret, where));
  return {
    signing: signingId(material.signingKey, material.certificatePem, where),
    checkpoint: checkpointId(material.checkpointKey, material.checkpointName, where),
    hmac: hmac.at(-1) ?? '',
    ...(hmac.length > 1 && { hmacFormer: hmac.slice(0, -1) }),
  };
}

/** @throws GdprError KEY_WRONG when the key is not ECDSA P-256 or the certificate is another key's */
export function signingId(key: KeyObject, certificatePem: string, where: string): string {
  const certificate = parseCertificate(certificatePem, where);
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isP256 || !certificate.checkPrivateKey(key))
    throw wrong(where, 'the signing key and its certificate do not match');
  return certificateSha256(certificate.raw);
}

/** @throws GdprError KEY_WRONG when the key is not Ed25519 */
export function checkpointId(key: KeyObject, name: string, where: string): string {
  if (key.asymmetricKeyType !== 'ed25519') throw wrong(where, 'the checkpoint key is not an Ed25519 key');
  return encodeVerifierKey({ name, publicKey: rawPublicKey(key) });
}

/** @throws GdprError KEY_WRONG when the secret is not 32 bytes */
export function hmacId(secret: Buffer, where: string): string {
  if (secret.length !== HMAC_SECRET_BYTES) throw wrong(where, 'the HMAC secret has not 32 bytes');
  return hmacKeyId(secret);
}

/** @throws GdprError KEY_WRONG when the text is no certificate */
export function parseCertificate(pem: string, where: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new GdprError('KEY_WRONG', `${where}: the certificate is damaged`, { cause: error, hint: FROM_COPY });
  }
}

/** The 32 bytes of an Ed25519 public key (RFC 8032 §5.1.5), from the private key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
}

const FROM_COPY = 'bring the keys back from their copy or from a backup';

function wrong(where: string, what: string): GdprError {
  return new GdprError('KEY_WRONG', `${where}: ${what}`, { hint: FROM_COPY });
}
