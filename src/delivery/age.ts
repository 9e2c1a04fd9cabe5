import { open, readFile } from 'node:fs/promises';
import type { Decrypter, Encrypter } from 'age-encryption';
import { asFileError } from '../foundation/durable.js';
import { GdprError } from '../foundation/errors.js';
import { fileBlocks } from './blocks.js';

export const AGE_MAGIC = 'age-encryption.org/v1\n';
export const ARMOR_MAGIC = '-----BEGIN AGE ENCRYPTED FILE-----';
/** A header with a hundred post-quantum recipients is this large. */
const LARGEST_HEADER = 256 * 1024;
const NONCE_AND_TAG_BYTES = 32;
/** 2^20 takes a gigabyte of memory; age's own default is 2^18. */
const HIGHEST_WORK_FACTOR = 20;
const READ_BYTES = 256 * 1024;
const LARGEST_IDENTITY_FILE = 1 << 20;

/**
 * An encrypter to public keys.
 * @throws GdprError INPUT_INVALID for anything that is no age recipient; never with the text itself, which may be a
 *   secret key that was given by mistake
 */
export async function encrypterTo(recipients: readonly string[]): Promise<Encrypter> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    if (/^AGE-SECRET-KEY-/i.test(recipient)) {
      throw new GdprError('INPUT_INVALID', 'a secret key was given where a public one belongs', {
        hint: 'give the recipient (age1…), as age-keygen -y prints it; others may have seen the secret key, so make a new one',
      });
    }
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw new GdprError('INPUT_INVALID', 'a recipient is not an age public key', {
        cause,
        hint: 'it begins with age1 and is copied whole, as age-keygen prints it',
      });
    }
  }
  return encrypter;
}

/** The content as an age file, in constant memory; errors of the content pass unchanged. */
export async function* encrypted(encrypter: Encrypter, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* (await encrypter.encrypt(ReadableStream.from(content))) as unknown as AsyncIterable<Uint8Array>;
}

/** How an age file is opened: with an identity (secret key), or with a passphrase. */
export type AgeLock = 'identity' | 'passphrase';

/**
 * Reads the header of an age file.
 * @throws GdprError VERIFICATION_FAILED when the file was cut off or changed, INPUT_INVALID, FILE_UNAVAILABLE
 */
export async function ageLock(path: string): Promise<AgeLock> {
  const { start, bytes } = await asFileError(path, async () => {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(LARGEST_HEADER), 0, LARGEST_HEADER, 0);
      return { start: buffer.toString('latin1', 0, bytesRead), bytes: (await handle.stat()).size };
    } finally {
      await handle.close();
    }
  });
  const header = /^[\s\S]*?\n--- [A-Za-z0-9+/]{43}\n/.exec(start)?.[0];
  if (header === undefined || bytes < header.length + NONCE_AND_TAG_BYTES) throw damaged(path);
  const [, factor] = /\n-> scrypt \S+ (\d+)\n/.exec(header) ?? [];
  if (factor === undefined) return 'identity';
  if (Number(factor) > HIGHEST_WORK_FACTOR) {
    throw new GdprError(
      'INPUT_INVALID',
      `${path} asks for more memory than this program gives to a passphrase (scrypt 2^${factor.slice(0, 9)})`,
      {
        hint: `open it with age -d, or have it encrypted with a work factor of at most ${HIGHEST_WORK_FACTOR}`,
      },
    );
  }
  return 'passphrase';
}

/** A decrypter with the secret keys of an identity file. @throws GdprError INPUT_INVALID, FILE_UNAVAILABLE */
export async function decrypterWith(identityFile: string): Promise<Decrypter> {
  const text = await asFileError(identityFile, async () => {
    const content = await readFile(identityFile);
    return content.length > LARGEST_IDENTITY_FILE ? '' : content.toString('utf8');
  });
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  try {
    if (lines.length === 0) throw new Error('no line');
    for (const line of lines) decrypter.addIdentity(line);
  } catch (cause) {
    throw new GdprError('INPUT_INVALID', `${identityFile} is not an age identity file`, {
      cause,
      hint: 'it holds lines that begin with AGE-SECRET-KEY-, as age-keygen writes them; one under a passphrase is decrypted with age -d first',
    });
  }
  return decrypter;
}

export async function decrypterFor(passphrase: string): Promise<Decrypter> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  return decrypter;
}

/**
 * The content of an age file in constant memory. Only its end shows that nothing is missing, so nothing may be done
 * with what came before.
 * @throws GdprError PASSPHRASE_WRONG, REFUSED when no identity fits, VERIFICATION_FAILED, FILE_UNAVAILABLE
 */
export async function* decrypted(decrypter: Decrypter, path: string, lock: AgeLock): AsyncGenerator<Uint8Array> {
  const blocks = fileBlocks(path, READ_BYTES);
  try {
    let content: AsyncIterable<Uint8Array>;
    try {
      content = (await decrypter.decrypt(ReadableStream.from(blocks))) as unknown as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw headerRefused(path, lock, error);
    }
    try {
      yield* content;
    } catch (error) {
      throw error instanceof GdprError ? error : damaged(path, error);
    }
  } finally {
    // The decrypter leaves a stream that it refused open, and with it the file.
    await blocks.return(undefined);
  }
}

function headerRefused(path: string, lock: AgeLock, cause: unknown): GdprError {
  if (cause instanceof GdprError) return cause;
  if (!(cause instanceof Error) || !cause.message.startsWith('no identity matched')) return damaged(path, cause);
  if (lock === 'identity') {
    return new GdprError('REFUSED', `none of the identities opens ${path}`, {
      cause,
      hint: 'it was encrypted to other keys: give the identity file of a recipient, or have it encrypted anew to your own age1… key',
    });
  }
  return new GdprError('PASSPHRASE_WRONG', `the passphrase does not open ${path}`, {
    cause,
    hint: 'check the passphrase; if it is certainly the right one, the beginning of the file was changed: take another copy',
  });
}

/** The error for a file that was cut off or changed. */
export function damaged(path: string, cause?: unknown): GdprError {
  return new GdprError('VERIFICATION_FAILED', `${path} was cut off or changed; nothing of it was kept`, {
    cause,
    hint: 'take another copy, or have it sent again',
  });
}
