import { GdprError } from '../foundation/errors.js';
import type { KeyIds } from './ids.js';
import { type KeyPart, type Keys, LoadedKeys } from './loaded.js';
import { generateMaterial } from './material.js';
import { loadCheckpoint, loadHmac, loadSigner } from './parts.js';
import { checkNewPassphrase } from './passphrase.js';
import { describeKeys, refuseExisting, writeMaterial } from './store.js';

export { differingIds, isEarlier, type KeyIds } from './ids.js';
export type { KeyPart, Keys } from './loaded.js';
export { describeKeys, readCertificate, readKeyIds } from './store.js';

/**
 * Makes an installation's keys in a folder that does not exist yet or is empty.
 * @param options.organization the certificate's O; `commonName` its CN
 * @throws GdprError ALREADY_EXISTS when any key is there, INPUT_INVALID for a name or a weak passphrase, FILE_UNAVAILABLE;
 *   after any of them the folder is as it was
 */
export async function initKeys(
  folder: string,
  options: { organization: string; commonName: string; passphrase?: string | undefined; now: Date },
): Promise<KeyIds> {
  const { organization, commonName, passphrase, now } = options;
  await refuseExisting(folder);
  checkSubjectName(organization, "the organisation's name");
  checkSubjectName(commonName, 'the common name');
  if (passphrase !== undefined) checkNewPassphrase(passphrase, 'the keys');
  return writeMaterial(folder, await generateMaterial(organization, commonName, now), passphrase);
}

/**
 * Unlocks the parts that are needed and checks each against the ids beside it.
 * @throws GdprError KEY_MISSING, KEY_EXPOSED, KEY_WRONG, PASSPHRASE_WRONG, FILE_UNAVAILABLE
 */
export async function loadKeys(
  folder: string,
  options: { passphrase?: string | undefined; need: readonly KeyPart[] },
): Promise<Keys> {
  const description = await describeKeys(folder);
  const need = new Set(options.need);
  const { passphrase } = options;
  return new LoadedKeys(description, {
    signer: need.has('signing') ? await loadSigner(folder, description, passphrase) : undefined,
    checkpoint: need.has('checkpoint') ? await loadCheckpoint(folder, description, passphrase) : undefined,
    hmacSecrets: need.has('hmac') ? await loadHmac(folder, description, passphrase) : undefined,
  });
}

/** RFC 5280 appendix A.1 bounds both names of a certificate's subject at 64 characters. */
function checkSubjectName(name: string, what: string): void {
  if (name.trim() !== '' && [...name].length <= 64 && !/[\p{Cc}\p{Cs}]/u.test(name)) return;
  throw new GdprError('INPUT_INVALID', `${what} cannot stand in a certificate`, {
    hint: 'it needs 1 to 64 characters without line breaks; a long name can be shortened',
  });
}
