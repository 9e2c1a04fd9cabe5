import { stat } from 'node:fs/promises';
import { openArchive } from '../archive/read.js';
import { type VerifyOptions, verifyArchive } from '../archive/verify.js';
import type { Language } from '../documents/page-model.js';
import { digestFile } from '../foundation/digest-file.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { encrypted, encrypterTo } from './age.js';
import { type KnownFile, knownBlocks } from './blocks.js';
import { clearForAnother, NewFile, refuseTaken } from './new-file.js';
import type { PageFacts } from './page.js';
import { LARGEST_PREVIEW } from './page-script.js';
import { newPassphrase } from './passphrase.js';
import { CHUNK_BYTES } from './sealed-format.js';
import { sealedPage } from './sealed-page.js';

export interface EncryptOptions {
  /** age public keys (`age1…`); with any, `<archive>.age` is written. */
  readonly recipients: readonly string[];
  /** Whether to write the page that decrypts itself, `<archive without .asice>.html`. */
  readonly forCustomer: boolean;
  /**
   * Only what a former run did not come to: its finished files stay as they are and are listed too, its `.partial` is
   * removed. For whoever keeps a second run away from the archive.
   */
  readonly missingOnly?: boolean | undefined;
  /** What that page shows first. */
  readonly language: Language;
  /** Who sends it, as that page says in clear text. */
  readonly controllerName: string;
  /** The archive is verified before; left out only by whoever has just signed it. */
  readonly trust?: VerifyOptions | undefined;
  /** Bytes encrypted so far and to encrypt in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EncryptedFile {
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly kind: 'age' | 'html';
}

export interface Encrypted {
  readonly files: readonly EncryptedFile[];
  /** Of the page; it exists nowhere else. */
  readonly passphrase?: string;
}

const READ_BYTES = 256 * 1024;

/**
 * Encrypts an archive for its way to somebody, beside it, in constant memory. All files are written, or none.
 * @throws GdprError USAGE when there is nobody to encrypt to, INPUT_INVALID for a recipient, ALREADY_EXISTS,
 *   VERIFICATION_FAILED when the archive is not intact or changes meanwhile, FILE_UNAVAILABLE, INTERRUPTED
 */
export async function encryptArchive(path: string, options: EncryptOptions): Promise<Encrypted> {
  const { recipients, forCustomer, missingOnly = false, trust } = options;
  const named: EncryptedFile['kind'][] = [
    ...(recipients.length > 0 ? ['age' as const] : []),
    ...(forCustomer ? ['html' as const] : []),
  ];
  if (named.length === 0) {
    throw new GdprError('USAGE', 'nobody is named to encrypt the archive for', {
      hint: 'add --encrypt-to age1…, --for-customer, or both',
    });
  }
  const encrypter = await encrypterTo(recipients);
  const target = (kind: EncryptedFile['kind']) =>
    kind === 'age' ? `${path}.age` : `${path.replace(/\.asice$/i, '')}.html`;
  const kinds: EncryptedFile['kind'][] = [];
  const there: EncryptedFile[] = [];
  for (const kind of named) {
    if (!missingOnly || (await clearForAnother(target(kind)))) kinds.push(kind);
    else there.push({ ...(await knownFile(target(kind))), kind });
  }
  if (kinds.length === 0) return { files: there };
  for (const kind of kinds) await refuseTaken(target(kind));
  if (trust !== undefined) await assertIntact(path, trust);
  const archive = await knownFile(path);
  const watched = watcher(archive.bytes * kinds.length, options);
  const passphrase = kinds.includes('html') ? newPassphrase() : undefined;
  const contentOf = async (kind: EncryptedFile['kind']): Promise<AsyncIterable<Uint8Array>> =>
    kind === 'age'
      ? encrypted(encrypter, watched(knownBlocks(archive, READ_BYTES)))
      : sealedPage(
          archive,
          watched(knownBlocks(archive, CHUNK_BYTES)),
          passphrase ?? '',
          await pageFacts(path, options),
        );

  const begun: NewFile[] = [];
  const files = there;
  try {
    for (const kind of kinds) {
      const file = await NewFile.create(target(kind));
      begun.push(file);
      files.push({ path: file.path, ...(await file.fill(await contentOf(kind))), kind });
    }
    for (const file of begun) await file.publish();
  } catch (error) {
    for (const file of begun) await file.discard();
    throw error;
  }
  return passphrase === undefined ? { files } : { files, passphrase };
}

async function assertIntact(path: string, trust: VerifyOptions): Promise<void> {
  const { valid, checks } = await verifyArchive(path, trust);
  if (valid) return;
  const failed = checks.filter((check) => !check.ok).map((check) => check.title);
  throw new GdprError('VERIFICATION_FAILED', `the archive is not intact: ${failed.join('; ')}`, {
    hint: 'see: gdpr archive verify',
  });
}

async function knownFile(path: string): Promise<KnownFile> {
  const sha256 = await digestFile(path);
  return { path, sha256, bytes: (await asFileError(path, () => stat(path))).size };
}

/** Counts what flows, over all outputs, and stops it when the operator asks. */
function watcher(total: number, { onProgress, signal }: EncryptOptions) {
  let done = 0;
  return async function* (content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const block of content) {
      if (signal !== undefined) assertGoingOn(signal);
      yield block;
      done += block.length;
      onProgress?.(done, total);
    }
  };
}

async function pageFacts(path: string, { language, controllerName }: EncryptOptions): Promise<PageFacts> {
  const archive = await openArchive(path);
  try {
    const entry = archive.entry('index.html');
    if (entry === undefined || entry.bytes > LARGEST_PREVIEW)
      return { language, controllerName, page: false, styles: [] };
    const page = (await archive.content(entry, LARGEST_PREVIEW)).toString('utf8');
    const styles = [...page.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style = '']) => style);
    return { language, controllerName, page: true, styles };
  } finally {
    await archive.close();
  }
}
