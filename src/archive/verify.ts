import { createHash, type X509Certificate } from 'node:crypto';
import { GdprError } from '../foundation/errors.js';
import { certificateSha256, isSelfSigned } from './certificate.js';
import { chainsTo } from './certificate-chain.js';
import { type Check, Checklist } from './checklist.js';
import { Fault, printable } from './fault.js';
import { type ArchivedFile, MANIFEST_NAME, MAX_META_BYTES, MIMETYPE, SIGNATURES_NAME } from './layout.js';
import { readManifest } from './manifest.js';
import { DIGESTS, EXCLUSIVE_C14N, SHA256 } from './namespaces.js';
import { type ArchiveEntry, type ArchiveReader, openArchive } from './read.js';
import { readSignature, type SignatureDocument } from './signature-document.js';
import { certificatesFromPem, readCertificate } from './signing-key.js';
import { checkToken, type TimestampToken } from './timestamp-token.js';
import * as signatures from './verify-signature.js';
import * as structure from './zip-structure.js';

export interface VerifyOptions {
  /** SHA-256 of the certificates that may have signed (hexadecimal; case and colons do not matter). */
  readonly signers: readonly string[];
  /** Certificates of the timestamp authorities that are trusted, or of their CAs: DER, or PEM with one or more. */
  readonly timestampAuthorities?: readonly Buffer[];
}

export interface Verification {
  /** Whether every check is ok. */
  readonly valid: boolean;
  /** Always the same checks in the same order. */
  readonly checks: readonly Check[];
  readonly signer?: { subject: string; sha256: string; selfSigned: boolean; pinned: boolean; notAfter: string };
  /** ISO 8601; the signer's own statement, and proven only by a trusted timestamp. */
  readonly signedAt?: string;
  readonly timestamp?: { time: string; authority: string; trusted: boolean };
  /** The data files as they are, with the media type that was signed for them (empty when none was). */
  readonly files: readonly ArchivedFile[];
}

const TITLES = {
  zip: 'The file is a ZIP whose directory can be read',
  mimetype: 'It begins with the mimetype record of an ASiC-E container',
  'nothing-outside': 'Nothing stands before, between or after the entries, and there are no comments',
  'headers-agree': 'Local headers and directory agree',
  names: 'Names are plain, relative and unique',
  'regular-files': 'Every entry is a regular file, not encrypted',
  'meta-inf': 'META-INF holds the manifest and the signature, and nothing else',
  'one-signature': 'There is one signature, of a form that leaves nothing to interpretation',
  algorithms: 'Algorithms are SHA-256 or stronger, files are signed as they are',
  'files-signed': 'Exactly the files in the archive are signed',
  'file-digests': 'No file was changed',
  'signed-properties': "The signature's time, certificate and media types were not changed",
  'signing-certificate': 'The certificate is the one that the signature names',
  'certificate-pinned': 'The certificate is one that you trust',
  'certificate-period': 'The certificate was valid when it signed',
  'signature-value': "The signature was made with the certificate's key",
  timestamp: 'The timestamp is for this signature',
  'timestamp-authority': 'The timestamp is from an authority that you trust',
  'media-types': 'Media types are those that were signed',
} as const;

type Report = Checklist<keyof typeof TITLES>;

/**
 * Checks an archive without network or database. Content, however hostile, leads to a check that is not ok.
 * @throws GdprError FILE_UNAVAILABLE when the file cannot be read; INPUT_INVALID when an option cannot
 */
export async function verifyArchive(path: string, options: VerifyOptions): Promise<Verification> {
  const pins = new Set(options.signers.map(pin));
  const authorities = (options.timestampAuthorities ?? []).flatMap(readAuthority);
  const report: Report = new Checklist(TITLES);
  const archive = await report.gain('zip', () => openArchive(path));
  if (archive === undefined) return { valid: false, checks: report.checks, files: [] };
  try {
    await checkContainer(report, archive);
    const signature = await report.gain('one-signature', async () =>
      readSignature(await metaFile(archive, SIGNATURES_NAME)),
    );
    const files = await measureFiles(archive, signature);
    if (signature === undefined) return { valid: false, checks: report.checks, files: listed(files, undefined) };
    await checkContent(report, archive, signature, files);
    const timestamp = await checkTimestamp(report, signature, authorities);
    const signer = await checkSigner(report, signature, pins, timestamp);
    const checks = report.checks;
    return {
      valid: checks.every(({ ok }) => ok),
      checks,
      ...signer,
      ...(timestamp && { timestamp: timestamp.facts }),
      files: listed(files, signature),
    };
  } finally {
    await archive.close();
  }
}

async function checkContainer(report: Report, archive: ArchiveReader): Promise<void> {
  await report.check('mimetype', () => structure.checkMimetype(archive));
  await report.check('nothing-outside', () => structure.checkNothingOutside(archive));
  await report.check('headers-agree', () => structure.checkHeaders(archive));
  await report.check('names', () => structure.checkNames(archive));
  await report.check('regular-files', () => structure.checkRegularFiles(archive));
  await report.check('meta-inf', () => structure.checkMetaInf(archive));
}

async function checkContent(
  report: Report,
  archive: ArchiveReader,
  signature: SignatureDocument,
  files: ReadonlyMap<string, signatures.MeasuredFile>,
): Promise<void> {
  const names = structure.dataEntries(archive).map(({ name }) => name);
  await report.check('algorithms', () => signatures.checkAlgorithms(signature));
  await report.check('files-signed', () => signatures.checkFilesSigned(signature, names));
  await report.check('file-digests', () => signatures.checkDigests(signature, files));
  await report.check('signed-properties', () => signatures.checkSignedProperties(signature));
  await report.check('media-types', async () => {
    signatures.checkMediaTypes(signature, readManifest(await metaFile(archive, MANIFEST_NAME)), MIMETYPE);
  });
}

interface CheckedTimestamp {
  readonly facts: NonNullable<Verification['timestamp']>;
  /** Set only when the authority is trusted. */
  readonly provenTime: Date | undefined;
}

async function checkTimestamp(
  report: Report,
  signature: SignatureDocument,
  authorities: readonly X509Certificate[],
): Promise<CheckedTimestamp | undefined> {
  const { timestamp } = signature;
  if (timestamp === undefined) {
    const none = "there is none: the time of signing is the signer's own statement";
    await report.check('timestamp', () => none);
    await report.check('timestamp-authority', () => none);
    return undefined;
  }
  const token = await report.gain('timestamp', async () => {
    if (timestamp.canonicalization !== EXCLUSIVE_C14N) throw new Fault('its canonicalisation is not supported');
    return await checkToken(timestamp.token, signature.signatureValueElement);
  });
  if (token === undefined) return undefined;
  const trusted = await report.check('timestamp-authority', () => checkAuthority(token, authorities));
  return {
    facts: { time: token.time.toISOString(), authority: oneLine(token.certificate.subject), trusted },
    provenTime: trusted ? token.time : undefined,
  };
}

function checkAuthority(token: TimestampToken, authorities: readonly X509Certificate[]): void {
  if (authorities.length === 0) {
    throw new Fault("no authority was given to compare with: pass the authority's CA certificate with --timestamp-ca");
  }
  if (!chainsTo(token.certificate, token.certificates, authorities, token.time)) {
    throw new Fault('its certificate does not lead to an authority that was given');
  }
}

async function checkSigner(
  report: Report,
  signature: SignatureDocument,
  pins: ReadonlySet<string>,
  timestamp: CheckedTimestamp | undefined,
): Promise<Pick<Verification, 'signer' | 'signedAt'>> {
  const found = await report.gain('signing-certificate', () => {
    const certificate = signatures.signingCertificate(signature);
    return { certificate, facts: signerFacts(certificate) };
  });
  const time = signatures.signingTime(signature);
  const signedAt = time === undefined ? {} : { signedAt: time.toISOString() };
  if (found === undefined) return signedAt;
  const { certificate, facts } = found;
  await report.check('certificate-period', () => signatures.checkPeriod(certificate, timestamp?.provenTime ?? time));
  const pinned = await report.check('certificate-pinned', () => signatures.checkPinned(certificate, pins));
  await report.check('signature-value', () => signatures.checkSignatureValue(signature, certificate));
  return { ...signedAt, signer: { ...facts, pinned } };
}

function signerFacts(certificate: X509Certificate): Omit<NonNullable<Verification['signer']>, 'pinned'> {
  return {
    subject: oneLine(certificate.subject),
    sha256: certificateSha256(certificate.raw),
    selfSigned: isSelfSigned(certificate),
    notAfter: new Date(certificate.validTo).toISOString(),
  };
}

/** Streams every data file once; one that cannot be read is left out, which the digest check then reports. */
async function measureFiles(
  archive: ArchiveReader,
  signature: SignatureDocument | undefined,
): Promise<Map<string, signatures.MeasuredFile>> {
  const methods = new Map(signature?.references.map(({ uri, digestMethod }) => [uri, digestMethod]));
  const files = new Map<string, signatures.MeasuredFile>();
  for (const entry of structure.dataEntries(archive)) {
    try {
      const file = await measure(archive, entry, methods.get(entry.name) ?? SHA256);
      if (!files.has(entry.name)) files.set(entry.name, file);
    } catch (error) {
      if (!(error instanceof GdprError) || error.code !== 'VERIFICATION_FAILED') throw error;
    }
  }
  return files;
}

async function measure(archive: ArchiveReader, entry: ArchiveEntry, method: string): Promise<signatures.MeasuredFile> {
  const known = [SHA256, method].filter((each) => Object.hasOwn(DIGESTS, each));
  const hashes = new Map(known.map((each) => [each, createHash(DIGESTS[each] ?? 'sha256')]));
  for await (const chunk of archive.stream(entry)) for (const hash of hashes.values()) hash.update(chunk);
  const digests = new Map([...hashes].map(([each, hash]) => [each, hash.digest()]));
  return {
    name: entry.name,
    bytes: entry.bytes,
    sha256: (digests.get(SHA256) ?? Buffer.alloc(0)).toString('hex'),
    digests,
  };
}

function listed(
  files: ReadonlyMap<string, signatures.MeasuredFile>,
  signature: SignatureDocument | undefined,
): ArchivedFile[] {
  const mediaTypes = signature === undefined ? new Map<string, string>() : signatures.signedMediaTypes(signature);
  return [...files.values()].map(({ name, bytes, sha256 }) => ({
    name,
    mediaType: mediaTypes.get(name) ?? '',
    bytes,
    sha256,
  }));
}

async function metaFile(archive: ArchiveReader, name: string): Promise<Buffer> {
  const entry = archive.entry(name);
  if (entry === undefined) throw new Fault(`${name} is missing or occurs twice`);
  return await archive.content(entry, MAX_META_BYTES);
}

function pin(text: string): string {
  const sha256 = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw new GdprError('INPUT_INVALID', 'a pinned certificate is named by its SHA-256, 64 hexadecimal digits', {
    hint: 'openssl x509 -in sender.pem -noout -fingerprint -sha256',
  });
}

function readAuthority(source: Buffer): X509Certificate[] {
  return source.includes('-----BEGIN') ? certificatesFromPem(source.toString('latin1')) : [readCertificate(source)];
}

/** A subject on one line, outermost part first; Node gives none for an empty one. */
function oneLine(subject: string | undefined): string {
  return printable((subject ?? '').split('\n').join(', '));
}
