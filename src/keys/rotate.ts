import type { KeyIds } from './ids.js';
import { hmacId, newHmacSecret } from './material.js';
import { readMaterial } from './parts.js';
import { addHmacSecret } from './store.js';

/**
 * Makes a new HMAC secret, under which everything is written from now on. The former ones stay beside it, so that what
 * was written under them is still met. The signing and checkpoint keys stay.
 * @throws GdprError as `loadKeys`; FILE_UNAVAILABLE, after which the keys are as they were
 */
export async function rotateHmac(folder: string, passphrase: string | undefined): Promise<KeyIds> {
  // Whoever cannot open all of them must not add one under another passphrase.
  await readMaterial(folder, passphrase);
  const secret = newHmacSecret();
  return addHmacSecret(folder, secret, hmacId(secret, folder), passphrase);
}
