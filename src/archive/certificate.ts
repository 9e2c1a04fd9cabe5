import { createHash, createPrivateKey, type KeyObject, webcrypto, type X509Certificate } from 'node:crypto';
import type { Sequence } from 'asn1js';
import { GdprError } from '../foundation/errors.js';
import type { Signer } from './signer.js';
import { certificatesFromPem, signerFrom, toArrayBuffer } from './signing-key.js';

export { signerFromPkcs12 } from './pkcs12.js';

/** How a certificate is pinned: SHA-256 of its DER, lower-case hexadecimal. */
export function certificateSha256(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/**
 * Whether a certificate is signed with its own key, so that it proves integrity but nobody's identity. The issuer's
 * name is not looked at, because the maker chooses it.
 */
export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.verify(certificate.publicKey);
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organization: string;
  readonly notBefore: Date;
  /** Validity in days of 24 hours. */
  readonly days: number;
}

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  keyUsage: '2.5.29.15',
  constraints: '2.5.29.19',
} as const;

/**
 * A new ECDSA P-256 key (PKCS#8 PEM) and its self-made certificate for signing: not a CA, keyUsage digitalSignature
 * and nonRepudiation (critical; what ETSI EN 319 412-2 asks of a signing certificate). It is never a qualified one.
 */
export async function makeCertificate(
  request: CertificateRequest,
): Promise<{ privateKeyPem: string; certificatePem: string }> {
  if (!(request.days > 0)) throw new RangeError('a certificate is valid for at least a day');
  const { BasicConstraints, Certificate, Extension, Time, TimeType } = await import('pkijs');
  const asn1 = await import('asn1js');
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new asn1.Integer({ valueHex: toArrayBuffer(positiveRandom(16)) });
  const name = toArrayBuffer(Buffer.from(distinguishedName(asn1, request).toBER(false)));
  certificate.subject.valueBeforeDecode = name;
  certificate.issuer.valueBeforeDecode = name;
  // RFC 5280 §4.1.2.5: two digits of the year until 2049, four from 2050 on.
  const time = (value: Date) =>
    new Time({ type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime, value });
  certificate.notBefore = time(request.notBefore);
  certificate.notAfter = time(new Date(request.notBefore.getTime() + request.days * 86_400_000));
  // RFC 5280 §4.2.1.3: bits 0 (digitalSignature) and 1 (nonRepudiation), six bits unused.
  const keyUsage = new asn1.BitString({ valueHex: toArrayBuffer(Uint8Array.of(0b1100_0000)), unusedBits: 6 });
  const extension = (extnID: string, value: ArrayBuffer): InstanceType<typeof Extension> =>
    new Extension({ extnID, critical: true, extnValue: value });
  certificate.extensions = [
    extension(OID.constraints, new BasicConstraints({ cA: false }).toSchema().toBER(false)),
    extension(OID.keyUsage, keyUsage.toBER(false)),
  ];
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(keys.privateKey, 'SHA-256');
  const der = Buffer.from(certificate.toSchema(true).toBER(false));
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { privateKeyPem: pem('PRIVATE KEY', key), certificatePem: pem('CERTIFICATE', der) };
}

/**
 * A signer from a private key (PEM, unencrypted: EC P-256, or RSA of 2048 bits and more) and a PEM text that holds its
 * certificate and, in any order, further certificates up to a root.
 * @throws GdprError INPUT_INVALID
 */
export function signerFromPem(privateKeyPem: string, certificatePem: string): Signer {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKeyPem);
  } catch (error) {
    throw new GdprError('INPUT_INVALID', 'the signing key is not an unencrypted private key in PEM', {
      cause: error,
      hint: 'give a PKCS#8 file that begins with -----BEGIN PRIVATE KEY-----',
    });
  }
  return signerFrom(key, certificatesFromPem(certificatePem));
}

/** Organisation and name as two parts of one name; pkijs itself would write them as one part with two values. */
function distinguishedName(asn1: typeof import('asn1js'), request: CertificateRequest): Sequence {
  const parts: [string, string][] = [
    [OID.organization, request.organization],
    [OID.commonName, request.commonName],
  ];
  const part = (type: string, value: string): Sequence =>
    new asn1.Sequence({ value: [new asn1.ObjectIdentifier({ value: type }), new asn1.Utf8String({ value })] });
  return new asn1.Sequence({
    value: parts
      .filter(([, value]) => value !== '')
      .map(([type, value]) => new asn1.Set({ value: [part(type, value)] })),
  });
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Random bytes that read as a positive DER integer without a leading zero. */
function positiveRandom(length: number): Uint8Array {
  const bytes = webcrypto.getRandomValues(new Uint8Array(length));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}
