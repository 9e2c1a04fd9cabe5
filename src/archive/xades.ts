import { createHash } from 'node:crypto';
import type { ArchivedFile } from './layout.js';
import {
  ASIC,
  DS,
  ECDSA_SHA256,
  EXCLUSIVE_C14N,
  RSA_SHA256,
  SHA256,
  SIGNED_PROPERTIES_TYPE,
  XADES,
} from './namespaces.js';
import type { Signer } from './signer.js';
import { escapeAttribute, escapeText } from './xml.js';

export interface SignatureRequest {
  readonly files: readonly ArchivedFile[];
  readonly signer: Signer;
  readonly signingTime: Date;
  /** Gives an RFC 3161 token (DER) over the bytes; makes the signature B-T. */
  readonly timestamp?: (signatureValue: Buffer) => Promise<Buffer>;
}

const SIGNATURE_ID = 'S0';
const PROPERTIES_ID = 'S0-SignedProperties';
const DIGEST_METHOD = `<ds:DigestMethod Algorithm="${SHA256}"></ds:DigestMethod>`;

/**
 * META-INF/signatures0.xml: one XAdES B-B signature (EN 319 132-1 §6.3), or B-T with a timestamp.
 *
 * SignedInfo, SignedProperties and SignatureValue are written in the bytes that exclusive canonicalisation would make
 * of them (declarations repeated, attributes in order, no empty-element tags), so that the bytes hashed here are the
 * bytes in the file and a reader with grep can check the timestamp.
 * @throws whatever the signer or the timestamp throws
 */
export async function signatureXml(request: SignatureRequest): Promise<string> {
  const { files, signer } = request;
  const properties = signedProperties(request);
  const info = signedInfo(files, signer, sha256Base64(properties));
  const value = (await signer.sign(Buffer.from(info))).toString('base64');
  // On one line, because the outsider's grep works by lines.
  const signatureValue = `<ds:SignatureValue xmlns:ds="${DS}" Id="S0-SignatureValue">${value}</ds:SignatureValue>`;
  const token = await request.timestamp?.(Buffer.from(signatureValue));
  const certificates = [signer.certificate, ...signer.chain]
    .map((der) => `<ds:X509Certificate>${der.toString('base64')}</ds:X509Certificate>`)
    .join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<asic:XAdESSignatures xmlns:asic="${ASIC}"><ds:Signature xmlns:ds="${DS}" Id="${SIGNATURE_ID}">
${info}
${signatureValue}
<ds:KeyInfo><ds:X509Data>
${certificates}
</ds:X509Data></ds:KeyInfo>
<ds:Object><xades:QualifyingProperties xmlns:xades="${XADES}" Target="#${SIGNATURE_ID}">
${properties}${token === undefined ? '' : unsignedProperties(token)}
</xades:QualifyingProperties></ds:Object>
</ds:Signature></asic:XAdESSignatures>
`;
}

function signedInfo(files: readonly ArchivedFile[], signer: Signer, propertiesDigest: string): string {
  const references = files.map(
    ({ name, sha256 }, index) =>
      `<ds:Reference Id="${referenceId(index)}" URI="${escapeAttribute(name)}">${DIGEST_METHOD}<ds:DigestValue>${Buffer.from(sha256, 'hex').toString('base64')}</ds:DigestValue></ds:Reference>`,
  );
  return `<ds:SignedInfo xmlns:ds="${DS}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>
<ds:SignatureMethod Algorithm="${signer.alg === 'ES256' ? ECDSA_SHA256 : RSA_SHA256}"></ds:SignatureMethod>
${references.join('\n')}
<ds:Reference Type="${SIGNED_PROPERTIES_TYPE}" URI="#${PROPERTIES_ID}"><ds:Transforms><ds:Transform Algorithm="${EXCLUSIVE_C14N}"></ds:Transform></ds:Transforms>${DIGEST_METHOD}<ds:DigestValue>${propertiesDigest}</ds:DigestValue></ds:Reference>
</ds:SignedInfo>`;
}

function signedProperties({ files, signer, signingTime }: SignatureRequest): string {
  const formats = files.map(
    ({ mediaType }, index) =>
      `<xades:DataObjectFormat ObjectReference="#${referenceId(index)}"><xades:MimeType>${escapeText(mediaType)}</xades:MimeType></xades:DataObjectFormat>`,
  );
  const time = `${signingTime.toISOString().slice(0, 19)}Z`;
  return `<xades:SignedProperties xmlns:xades="${XADES}" Id="${PROPERTIES_ID}"><xades:SignedSignatureProperties><xades:SigningTime>${time}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod xmlns:ds="${DS}" Algorithm="${SHA256}"></ds:DigestMethod><ds:DigestValue xmlns:ds="${DS}">${sha256Base64(signer.certificate)}</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>
<xades:SignedDataObjectProperties>${formats.join('\n')}</xades:SignedDataObjectProperties></xades:SignedProperties>`;
}

function unsignedProperties(token: Buffer): string {
  return `
<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod><xades:EncapsulatedTimeStamp>${token.toString('base64')}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp></xades:UnsignedSignatureProperties></xades:UnsignedProperties>`;
}

function referenceId(index: number): string {
  return `S0-R${index}`;
}

function sha256Base64(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('base64');
}
