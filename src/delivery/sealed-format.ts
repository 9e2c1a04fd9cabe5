import { createCipheriv, createDecipheriv, createHmac, hkdfSync, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * The encryption of the page for the customer, described in docs/delivery.md. Built like an age file (a header with a
 * MAC, then STREAM: chunks whose nonces count and mark the last one), of the parts that WebCrypto has.
 */
const FORMAT = 'privatums-delivery';
const VERSION = 1;

/** PBKDF2-HMAC-SHA256; as OWASP's Password Storage Cheat Sheet of 2023 has it. */
export const ITERATIONS = 600_000;
/** Past this a file could keep a reader busy for minutes. */
const MOST_ITERATIONS = 10_000_000;
export const SALT_BYTES = 32;
/** Plain bytes of a chunk. */
export const CHUNK_BYTES = 1024 * 1024;
/** The nonce counts in four bytes. */
const MOST_CHUNKS = 2 ** 32 - 1;
const TAG_BYTES = 16;

/** HKDF's `info` of the two keys. */
export const HEADER_INFO = `${FORMAT}/${VERSION} header`;
export const PAYLOAD_INFO = `${FORMAT}/${VERSION} payload`;

export interface Header {
  readonly iterations: number;
  readonly salt: Buffer;
  /** Chunks, the one with the metadata included. */
  readonly chunks: number;
}

/** What the first chunk says about the content of those after it. */
export interface Metadata {
  /** File name of the archive. */
  readonly name: string;
  readonly bytes: number;
  /** Of the archive, lower-case hexadecimal. */
  readonly sha256: string;
  /** Whether the archive has an index.html that a browser may show. */
  readonly page: boolean;
}

/** The header as the exact text that its MAC covers. */
export function headerText({ iterations, salt, chunks }: Header): string {
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    kdf: 'PBKDF2-HMAC-SHA256',
    iterations,
    salt: salt.toString('base64'),
    cipher: 'AES-256-GCM',
    chunks,
  });
}

/** Undefined for anything that this version did not write. */
export function parseHeader(text: string): Header | undefined {
  const value = membersOf(text);
  if (value.format !== FORMAT || value.version !== VERSION) return undefined;
  if (value.kdf !== 'PBKDF2-HMAC-SHA256' || value.cipher !== 'AES-256-GCM') return undefined;
  const { iterations, chunks } = value;
  const salt = Buffer.from(String(value.salt), 'base64');
  if (!isCount(iterations) || iterations < ITERATIONS || iterations > MOST_ITERATIONS) return undefined;
  if (!isCount(chunks) || chunks < 1 || chunks > MOST_CHUNKS || salt.length !== SALT_BYTES) return undefined;
  return { iterations, salt, chunks };
}

/** Undefined for anything that is not whole. */
export function parseMetadata(text: string): Metadata | undefined {
  const { name, bytes, sha256, page } = membersOf(text);
  if (typeof name !== 'string' || !isCount(bytes) || typeof sha256 !== 'string') return undefined;
  return { name, bytes, sha256, page: page === true };
}

function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The keys of one file; a salt is never used twice, so neither are they. */
export class SealKeys {
  private constructor(
    private readonly header: Buffer,
    private readonly payload: Buffer,
  ) {}

  /** @param digits of the passphrase, without spaces */
  static async derive(digits: string, { salt, iterations }: Header): Promise<SealKeys> {
    const root = await promisify(pbkdf2)(digits, salt, iterations, 32, 'sha256');
    const key = (info: string) => Buffer.from(hkdfSync('sha256', root, '', info, 32));
    return new SealKeys(key(HEADER_INFO), key(PAYLOAD_INFO));
  }

  /** MAC of the header's text, in base64. */
  mac(text: string): string {
    return createHmac('sha256', this.header).update(text).digest('base64');
  }

  opens(text: string, mac: string): boolean {
    const [own, given] = [Buffer.from(this.mac(text)), Buffer.from(mac)];
    return own.length === given.length && timingSafeEqual(own, given);
  }

  seal(plain: Uint8Array, index: number, last: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.payload, nonce(index, last));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Undefined when the chunk was changed, or stood at another place. */
  open(sealed: Buffer, index: number, last: boolean): Buffer | undefined {
    if (sealed.length < TAG_BYTES) return undefined;
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.payload, nonce(index, last), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(end));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

/** As in age: eleven bytes that count, big-endian, and one that marks the last chunk. */
function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(index, 7);
  bytes[11] = last ? 1 : 0;
  return bytes;
}
