import { text } from 'node:stream/consumers';
import { GdprError } from '../foundation/errors.js';

const MAGIC = 'age-encryption.org/v1\n';
const NONCE_BYTES = 16;
const TAG_BYTES = 16;

/** A text as an age file (age-encryption.org/v1) under a passphrase, scrypt work factor 2^18. */
export async function encryptWithPassphrase(plain: string, passphrase: string): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(plain);
}

/**
 * The text of an age file under a passphrase; whole or not at all.
 * @param where names the file, for messages
 * @throws GdprError INPUT_INVALID when it is no age file under a passphrase, PASSPHRASE_WRONG, VERIFICATION_FAILED
 *   when it was cut off or changed
 */
export async function decryptWithPassphrase(file: Uint8Array, passphrase: string, where: string): Promise<string> {
  checkHeader(file, where);
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  // As a stream the header is done before the body is touched, so that a wrong passphrase can be told from damage.
  let body: ReadableStream<Uint8Array>;
  try {
    body = await decrypter.decrypt(new Blob([file as Uint8Array<ArrayBuffer>]).stream());
  } catch (error) {
    throw headerRefused(where, error);
  }
  try {
    return await text(body);
  } catch (error) {
    throw damaged(where, error);
  }
}

/** age-encryption.org/v1 §"Header": one scrypt stanza alone, then the MAC line; §"Payload": a nonce and at least one tag. */
function checkHeader(file: Uint8Array, where: string): void {
  const start = Buffer.from(file.subarray(0, 1024)).toString('latin1');
  if (!start.startsWith(MAGIC)) {
    if (start !== '' && MAGIC.startsWith(start)) throw damaged(where);
    throw new GdprError('INPUT_INVALID', `${where} is not an age file`, {
      hint: 'take the file that `gdpr key export` wrote, as it is',
    });
  }
  if (/\n-> (?!scrypt )/.test(start.slice(0, start.indexOf('\n---')))) {
    throw new GdprError('INPUT_INVALID', `${where} is encrypted to a recipient's key, not under a passphrase`, {
      hint: 'take the file that `gdpr key export` wrote',
    });
  }
  const header = /^[\s\S]*?\n--- [A-Za-z0-9+/]{43}\n/.exec(start)?.[0];
  if (header === undefined || file.length < header.length + NONCE_BYTES + TAG_BYTES) throw damaged(where);
}

function headerRefused(where: string, cause: unknown): GdprError {
  if (cause instanceof Error && cause.message === 'invalid header HMAC') return damaged(where, cause);
  return new GdprError('PASSPHRASE_WRONG', `the passphrase does not open ${where}`, {
    cause,
    hint: 'check the passphrase; if it is certainly the right one, the beginning of the file was changed: take another copy',
  });
}

function damaged(where: string, cause?: unknown): GdprError {
  return new GdprError('VERIFICATION_FAILED', `${where} was cut off or changed`, {
    cause,
    hint: 'compare its SHA-256 with the one that the export printed, and take another copy',
  });
}
