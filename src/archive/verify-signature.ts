import { createHash, verify, X509Certificate } from 'node:crypto';
import { certificateSha256, isSelfSigned } from './certificate.js';
import { isValidAt } from './certificate-chain.js';
import { Fault, named } from './fault.js';
import type { ArchivedFile } from './layout.js';
import { DIGESTS, EXCLUSIVE_C14N, SIGNATURE_METHODS, SIGNED_PROPERTIES_TYPE } from './namespaces.js';
import type { Reference, SignatureDocument } from './signature-document.js';

/** The references to files, in order; the one to SignedProperties is apart, because it alone begins with `#`. */
function fileReferences(signature: SignatureDocument): Reference[] {
  return signature.references.filter(({ uri }) => !uri.startsWith('#'));
}

/** Exclusive c14n, SHA-256 or stronger, and no transform that would sign something else than a file's bytes. */
export function checkAlgorithms(signature: SignatureDocument): void {
  if (signature.canonicalization !== EXCLUSIVE_C14N)
    throw new Fault('the canonicalisation is not exclusive XML canonicalisation');
  if (!Object.hasOwn(SIGNATURE_METHODS, signature.signatureMethod)) {
    throw new Fault('the signature method is weaker than SHA-256 or unknown');
  }
  const weak = signature.references.filter(({ digestMethod }) => !Object.hasOwn(DIGESTS, digestMethod));
  if (weak.length > 0 || !Object.hasOwn(DIGESTS, signature.signingCertificate.digestMethod)) {
    throw new Fault('a digest is weaker than SHA-256 or unknown');
  }
  const transformed = fileReferences(signature).filter(({ transforms }) => transforms.length > 0);
  if (transformed.length > 0)
    throw new Fault(`signed through a transform: ${named(transformed.map(({ uri }) => uri))}`);
}

/** Every file is signed and every signed file is there, each once. */
export function checkFilesSigned(signature: SignatureDocument, files: readonly string[]): void {
  const signed = fileReferences(signature).map(({ uri }) => uri);
  const present = new Set(files);
  const covered = new Set(signed);
  const unsigned = files.filter((name) => !covered.has(name));
  if (unsigned.length > 0) throw new Fault(`in the archive but not signed: ${named(unsigned)}`);
  const missing = signed.filter((name) => !present.has(name));
  if (missing.length > 0) throw new Fault(`signed but not in the archive: ${named(missing)}`);
  if (signed.length === 0 || covered.size !== signed.length) throw new Fault('a file is signed twice, or none is');
}

/** The signature covers its own properties (time, certificate, media types), once, and they belong to it. */
export function checkSignedProperties(signature: SignatureDocument): void {
  const [reference, second] = signature.references.filter(({ uri, type }) => uri.startsWith('#') || type !== undefined);
  if (reference === undefined || second !== undefined)
    throw new Fault('the signed properties are not signed exactly once');
  const { uri, type, transforms } = reference;
  if (
    uri !== `#${signature.propertiesId}` ||
    type !== SIGNED_PROPERTIES_TYPE ||
    signature.propertiesTarget !== `#${signature.id}`
  ) {
    throw new Fault('what is signed as signed properties is something else');
  }
  if (transforms.length !== 1 || transforms[0] !== EXCLUSIVE_C14N)
    throw new Fault('the signed properties are signed through another transform');
  if (!digestOf(reference.digestMethod, signature.signedProperties).equals(reference.digest))
    throw new Fault('the signed properties were changed');
}

/** The certificate in KeyInfo is the one that the signed properties name. @returns it */
export function signingCertificate(signature: SignatureDocument): X509Certificate {
  const [first] = signature.certificates;
  if (first === undefined) throw new Fault('there is no certificate');
  const { digestMethod, digest } = signature.signingCertificate;
  if (!digestOf(digestMethod, first).equals(digest)) throw new Fault('the signed properties name another certificate');
  const certificate = new X509Certificate(first);
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const strong =
    (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) ||
    (asymmetricKeyType === 'ec' &&
      ['prime256v1', 'secp384r1', 'secp521r1'].includes(asymmetricKeyDetails?.namedCurve ?? ''));
  if (!strong) throw new Fault('its key is neither EC P-256 or larger nor RSA of at least 2048 bits');
  return certificate;
}

/** @returns a remark on what the certificate proves */
export function checkPinned(certificate: X509Certificate, pins: ReadonlySet<string>): string {
  const sha256 = certificateSha256(certificate.raw);
  if (pins.size === 0) {
    throw new Fault(
      "no certificate was given to compare with: pass the sender's with --signer, received another way than this archive",
    );
  }
  if (!pins.has(sha256)) throw new Fault(`signed with another certificate, SHA-256 ${sha256}`);
  return isSelfSigned(certificate)
    ? 'self-made certificate: it proves that nothing was changed since this key signed, not who holds the key; it is not a qualified one'
    : 'issued by a certification authority, which is not checked here';
}

export function checkPeriod(certificate: X509Certificate, at: Date | undefined): void {
  if (at === undefined) throw new Fault('the signing time is not an instant');
  if (!isValidAt(certificate, at)) throw new Fault('the certificate was not valid at the time of signing');
}

export function checkSignatureValue(signature: SignatureDocument, certificate: X509Certificate): void {
  const method = SIGNATURE_METHODS[signature.signatureMethod];
  const key = certificate.publicKey;
  if (method === undefined || method.key !== key.asymmetricKeyType)
    throw new Fault("the signature method does not fit the certificate's key");
  const options = method.key === 'ec' ? { key, dsaEncoding: 'ieee-p1363' as const } : key;
  if (!verify(method.digest, signature.signedInfo, options, signature.signatureValue))
    throw new Fault('the signature is wrong');
}

/** The instant of xades:SigningTime, which is the signer's own statement; undefined when it is not an instant. */
export function signingTime(signature: SignatureDocument): Date | undefined {
  const time = new Date(signature.signingTime);
  const wellFormed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(signature.signingTime);
  return wellFormed && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** One media type a file, the same in the signed properties and in manifest.xml. */
export function checkMediaTypes(
  signature: SignatureDocument,
  manifest: ReadonlyMap<string, string>,
  container: string,
): void {
  const types = signedMediaTypes(signature);
  if (manifest.get('/') !== container) throw new Fault('manifest.xml names another type of container');
  const different = [...types].filter(
    ([name, mediaType]) => mediaType === undefined || manifest.get(name) !== mediaType,
  );
  if (different.length > 0)
    throw new Fault(`manifest.xml and the signature differ: ${named(different.map(([name]) => name))}`);
  const foreign = [...manifest.keys()].filter((name) => name !== '/' && !types.has(name));
  if (foreign.length > 0) throw new Fault(`manifest.xml names what is not signed: ${named(foreign)}`);
  if (signature.mediaTypes.size !== types.size) throw new Fault('a DataObjectFormat is for no signed file');
}

/** The media type that the signature states for each signed file. */
export function signedMediaTypes(signature: SignatureDocument): Map<string, string | undefined> {
  return new Map(
    fileReferences(signature).map(({ id, uri }) => [uri, id === undefined ? undefined : signature.mediaTypes.get(id)]),
  );
}

export interface MeasuredFile extends Omit<ArchivedFile, 'mediaType'> {
  /** Digests by XML digest method. */
  readonly digests: ReadonlyMap<string, Buffer>;
}

/** Each file's bytes have the digest that was signed. */
export function checkDigests(signature: SignatureDocument, files: ReadonlyMap<string, MeasuredFile>): void {
  const altered = fileReferences(signature).filter(({ uri, digest, digestMethod }) => {
    const measured = files.get(uri)?.digests.get(digestMethod);
    return measured === undefined || !measured.equals(digest);
  });
  if (altered.length > 0) throw new Fault(`changed, damaged or missing: ${named(altered.map(({ uri }) => uri))}`);
}

function digestOf(method: string, data: Uint8Array): Buffer {
  const algorithm = DIGESTS[method];
  if (algorithm === undefined) throw new Fault('a digest is weaker than SHA-256 or unknown');
  return createHash(algorithm).update(data).digest();
}
