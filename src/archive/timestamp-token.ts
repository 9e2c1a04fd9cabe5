import { createHash, X509Certificate } from 'node:crypto';
import type * as asn1 from 'asn1js';
import type { ContentInfo, SignedData, SignerInfo, TSTInfo } from 'pkijs';
import { Fault } from './fault.js';
import { toArrayBuffer } from './signing-key.js';

export interface TimestampToken {
  readonly time: Date;
  /** The authority's signing certificate, which the token names and its signature was checked with. */
  readonly certificate: X509Certificate;
  /** Every certificate inside the token. */
  readonly certificates: readonly X509Certificate[];
  /** The request's nonce, big-endian hexadecimal without leading zeros. */
  readonly nonce: string | undefined;
}

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

const HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** rsaEncryption (with the digest of its own field), RSASSA-PSS, and RSA and ECDSA with SHA-256, -384, -512. */
const SIGNATURES = [
  ...['1', '10', '11', '12', '13'].map((last) => `1.2.840.113549.1.1.${last}`),
  ...['2', '3', '4'].map((last) => `1.2.840.10045.4.3.${last}`),
];

/**
 * Checks an RFC 3161 token (DER) over `data`, all but whether its authority is trusted: the imprint, the signature,
 * that the signed attributes name the signing certificate (RFC 5035, RFC 5816) and that it is for timestamping.
 * @throws Fault
 */
export async function checkToken(der: Uint8Array, data: Uint8Array): Promise<TimestampToken> {
  const { SignedData, TSTInfo, ContentInfo } = await import('pkijs');
  const { signedData, info } = parse(() => {
    const content: ContentInfo = ContentInfo.fromBER(toArrayBuffer(der));
    if (content.contentType !== OID.signedData) throw new Fault('the token is not signed data');
    const signed = new SignedData({ schema: content.content });
    const { eContent, eContentType } = signed.encapContentInfo;
    if (eContentType !== OID.tstInfo || eContent === undefined) throw new Fault('the token holds no TSTInfo');
    return { signedData: signed, info: TSTInfo.fromBER(eContent.getValue()) };
  });
  if (Number.isNaN(info.genTime.getTime())) throw new Fault('the token states no time');
  checkImprint(info, data);
  const certificate = await verifySignature(signedData, data);
  if (!(certificate.keyUsage ?? []).includes(OID.timeStamping)) {
    throw new Fault("the authority's certificate is not for timestamping");
  }
  return {
    time: info.genTime,
    certificate,
    certificates: certificatesOf(signedData),
    nonce: info.nonce === undefined ? undefined : integerHex(info.nonce.valueBlock.valueHexView),
  };
}

/** A DER integer's content as hexadecimal without leading zeros, so that two encodings of one number are equal. */
export function integerHex(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('hex')
    .replace(/^(00)+(?=..)/, '');
}

function parse<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('the token cannot be read', { cause: error });
  }
}

function checkImprint(info: TSTInfo, data: Uint8Array): void {
  const hash = HASHES[info.messageImprint.hashAlgorithm.algorithmId];
  if (hash === undefined) throw new Fault('the imprint is weaker than SHA-256');
  const imprint = Buffer.from(info.messageImprint.hashedMessage.valueBlock.valueHexView);
  if (!imprint.equals(createHash(hash).update(data).digest())) {
    throw new Fault('the timestamp is for something else: its imprint differs');
  }
}

async function verifySignature(signedData: SignedData, data: Uint8Array): Promise<X509Certificate> {
  const [signer, second] = signedData.signerInfos;
  if (signer === undefined || second !== undefined) throw new Fault('the token does not have exactly one signer');
  const hash = HASHES[signer.digestAlgorithm.algorithmId];
  if (hash === undefined || !SIGNATURES.includes(signer.signatureAlgorithm.algorithmId)) {
    throw new Fault("the token's signature is weaker than SHA-256 or of an unknown kind");
  }
  const { ObjectIdentifier } = await import('asn1js');
  const contentType = attributeValue(signer, OID.contentType);
  if (!(contentType instanceof ObjectIdentifier) || contentType.getValue() !== OID.tstInfo) {
    throw new Fault('the signed attributes do not say that a TSTInfo is signed');
  }
  const result = await signedData
    .verify({ signer: 0, data: toArrayBuffer(data), extendedMode: true })
    .catch((error: unknown) => {
      throw new Fault("the token's signature cannot be checked", { cause: error });
    });
  if (result.signatureVerified !== true || !result.signerCertificate) {
    throw new Fault("the token's signature is wrong");
  }
  const der = Buffer.from(result.signerCertificate.toSchema().toBER(false));
  if (!(await namesCertificate(signer, der))) throw new Fault('the signed attributes name another certificate');
  return parse(() => new X509Certificate(der));
}

/** The one value of a signed attribute, or undefined when the attribute is missing, repeated or has several values. */
function attributeValue(signer: SignerInfo, type: string): asn1.BaseBlock | undefined {
  const [found, repeated] = (signer.signedAttrs?.attributes ?? []).filter((attribute) => attribute.type === type);
  const values: readonly asn1.BaseBlock[] = found?.values ?? [];
  return repeated === undefined && values.length === 1 ? values[0] : undefined;
}

/**
 * Whether the first certificate that ESS signing-certificate (SHA-1, RFC 2634 §5.4) or signing-certificate-v2
 * (RFC 5035 §3: SEQUENCE { hashAlgorithm DEFAULT sha256, certHash, … }) names is this one.
 */
async function namesCertificate(signer: SignerInfo, der: Buffer): Promise<boolean> {
  const { ObjectIdentifier, OctetString, Sequence } = await import('asn1js');
  const first = (block: asn1.BaseBlock | undefined): asn1.BaseBlock | undefined =>
    block instanceof Sequence ? block.valueBlock.value[0] : undefined;
  const v2 = attributeValue(signer, OID.signingCertificateV2);
  const id = first(first(v2 ?? attributeValue(signer, OID.signingCertificate)));
  if (!(id instanceof Sequence)) return false;
  const algorithm = first(id.valueBlock.value[0]);
  const oid = algorithm instanceof ObjectIdentifier ? algorithm.getValue() : undefined;
  const hash = v2 === undefined ? 'sha1' : oid === undefined ? 'sha256' : HASHES[oid];
  const digest = id.valueBlock.value.find((block) => block instanceof OctetString);
  if (hash === undefined || !(digest instanceof OctetString)) return false;
  return Buffer.from(digest.getValue()).equals(createHash(hash).update(der).digest());
}

function certificatesOf(signedData: SignedData): X509Certificate[] {
  return (signedData.certificates ?? []).flatMap((certificate) => {
    try {
      return [new X509Certificate(Buffer.from(certificate.toSchema().toBER(false)))];
    } catch {
      return [];
    }
  });
}
