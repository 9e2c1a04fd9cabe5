import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';

const CREDENTIAL = 'gdpr-key-passphrase';
const SHORTEST = 12;
/** Node.js hands OpenSSL no more than 1024 bytes of a passphrase. */
const LONGEST_BYTES = 1024;

/**
 * The passphrase that the surroundings give: `GDPR_KEY_PASSPHRASE`, else the file `gdpr-key-passphrase` in
 * `$CREDENTIALS_DIRECTORY` (systemd `LoadCredential=`, systemd.exec(5)), whose last line break is not part of it.
 * Undefined when neither is there; asking a person is the caller's business.
 * @throws GdprError INPUT_INVALID for an empty credential, KEY_EXPOSED when everybody may read it, FILE_UNAVAILABLE
 */
export async function passphraseFromEnvironment(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const given = env.GDPR_KEY_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  const folder = env.CREDENTIALS_DIRECTORY;
  if (folder === undefined || folder === '') return undefined;
  return readCredential(join(folder, CREDENTIAL));
}

async function readCredential(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await asFileError(path, async () => {
      // Group bits are not looked at: systemd grants a service access by an ACL, whose mask shows there.
      if (process.platform !== 'win32' && ((await stat(path)).mode & 0o007) !== 0) {
        throw new GdprError('KEY_EXPOSED', `the credential file ${path} is open to everybody`, {
          hint: `chmod 400 "${path}"`,
        });
      }
      return readFile(path, 'utf8');
    });
  } catch (error) {
    if (error instanceof GdprError && isMissing(error.cause)) return undefined;
    throw error;
  }
  const passphrase = text.replace(/\r?\n$/, '');
  if (passphrase === '') {
    throw new GdprError('INPUT_INVALID', `the credential file ${path} is empty`, {
      hint: 'put the passphrase into the file, or leave LoadCredential= out',
    });
  }
  return passphrase;
}

/**
 * Whether a passphrase may protect something new; one that merely opens is not judged.
 * @param what names what it protects, for the message
 * @throws GdprError INPUT_INVALID, never with the passphrase in it
 */
export function checkNewPassphrase(passphrase: string, what: string): void {
  const refuse = (reason: string): never => {
    throw new GdprError('INPUT_INVALID', `the passphrase for ${what} ${reason}`, {
      hint: 'take five or more random words; whoever has the file can try passphrases without limit',
    });
  };
  if ([...passphrase].length < SHORTEST) refuse(`is shorter than ${SHORTEST} characters`);
  if (Buffer.byteLength(passphrase) > LONGEST_BYTES) refuse(`is longer than ${LONGEST_BYTES} bytes`);
  if (/[\p{Cc}\p{Cs}]/u.test(passphrase))
    refuse('holds a line break or another character that cannot be typed everywhere');
}
