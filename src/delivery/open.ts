import { open as openFile, stat } from 'node:fs/promises';
import { type Verification, type VerifyOptions, verifyArchive } from '../archive/verify.js';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { AGE_MAGIC, ARMOR_MAGIC, ageLock, damaged, decrypted, decrypterFor, decrypterWith } from './age.js';
import { NewFile, refuseTaken } from './new-file.js';
import { unsealed } from './sealed-page.js';

export interface OpenOptions {
  /** Where the archive goes; a new file. */
  readonly to: string;
  /** age identity file, for a file encrypted to a public key. */
  readonly identity?: string | undefined;
  /** Asked once, and only for a file that opens with a passphrase. */
  readonly passphrase: () => Promise<string>;
  /** Whose signatures on the archive are believed. */
  readonly trust: VerifyOptions;
  /** Bytes written so far, and the size of the encrypted file, which is a little or (HTML) a third larger. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Opened {
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  /** Missing when what was inside is no signed archive. */
  readonly verification?: Verification;
}

const HTML_START = /^\s*<!doctype html>/i;

/**
 * Decrypts an age file, or a page that decrypts itself, into a new file (0600) that gets its name once all of it is
 * authenticated; then checks the signature of the archive.
 * @throws GdprError ALREADY_EXISTS, USAGE when an identity is missing, INPUT_INVALID for another kind of file,
 *   PASSPHRASE_WRONG, REFUSED when no identity fits, VERIFICATION_FAILED, FILE_UNAVAILABLE, INTERRUPTED; after any of
 *   them nothing was written
 */
export async function openDelivery(path: string, options: OpenOptions): Promise<Opened> {
  const { to, trust } = options;
  await refuseTaken(to);
  const content = await contentOf(path, options);
  const { size } = await asFileError(path, () => stat(path));
  const file = await NewFile.create(to);
  let written: { sha256: string; bytes: number };
  try {
    written = await file.fill(watched(content, size, options));
    await file.publish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  const verification = (await looksLikeArchive(to)) ? await verifyArchive(to, trust) : undefined;
  return { path: to, ...written, ...(verification && { verification }) };
}

async function contentOf(path: string, { identity, passphrase }: OpenOptions): Promise<AsyncIterable<Uint8Array>> {
  const start = await startOf(path);
  if (HTML_START.test(start)) {
    if (identity !== undefined) throw needless(path);
    return unsealed(path, passphrase);
  }
  if (!start.startsWith(AGE_MAGIC)) throw notEncrypted(path, start);
  const lock = await ageLock(path);
  if (lock === 'passphrase') {
    if (identity !== undefined) throw needless(path);
    return decrypted(await decrypterFor(await passphrase()), path, lock);
  }
  if (identity === undefined) {
    throw new GdprError('USAGE', `${path} is encrypted to a public key`, {
      hint: 'name the file with the secret key: --identity FILE',
    });
  }
  return decrypted(await decrypterWith(identity), path, lock);
}

async function startOf(path: string): Promise<string> {
  return asFileError(path, async () => {
    const handle = await openFile(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  });
}

function needless(path: string): GdprError {
  return new GdprError('INPUT_INVALID', `${path} opens with a passphrase, not with an identity`, {
    hint: 'leave --identity out',
  });
}

function notEncrypted(path: string, start: string): GdprError {
  if (start === '' || AGE_MAGIC.startsWith(start)) return damaged(path);
  const hint = start.startsWith(ARMOR_MAGIC)
    ? 'it is an age file in text form (age -a): open it with age -d, or have it encrypted without -a'
    : 'take the .age or .html file that gdpr archive encrypt wrote';
  return new GdprError('INPUT_INVALID', `${path} is not an encrypted archive that this program opens`, { hint });
}

async function* watched(
  content: AsyncIterable<Uint8Array>,
  total: number,
  { onProgress, signal }: OpenOptions,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const block of content) {
    if (signal !== undefined) assertGoingOn(signal);
    yield block;
    done += block.length;
    onProgress?.(done, total);
  }
}

/** Whether it is a ZIP, or is called an archive: one that was damaged before it was encrypted is to be found out. */
async function looksLikeArchive(path: string): Promise<boolean> {
  return path.toLowerCase().endsWith('.asice') || (await startOf(path)).startsWith('PK\u0003\u0004');
}
