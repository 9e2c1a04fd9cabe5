import { createPrivateKey, type KeyObject } from 'node:crypto';
import { lstat, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseVerifierKey } from '../audit/note.js';
import { sha256 } from '../foundation/canonical-json.js';
import { asFileError, fileError, writeDurably } from '../foundation/durable.js';
import { errno, GdprError, isMissing } from '../foundation/errors.js';
import { decryptWithPassphrase, encryptWithPassphrase } from './age.js';
import { differingIds, isEarlier, type KeyIds, keyIdsFrom, membersOf, newestVersion, tryJson } from './ids.js';
import { idsOf, type KeyMaterial } from './material.js';
import { readMaterial } from './parts.js';
import { checkNewPassphrase } from './passphrase.js';
import { refuseExisting, writeMaterial } from './store.js';

const FORMAT = 'privatums-keys-copy';
/** A copy is about two kilobytes. */
const LARGEST_COPY = 1 << 20;

/**
 * Writes all keys into one file, encrypted with age under a passphrase of its own, which `age -d` opens.
 * Takes about three seconds and 350 MB, which is age's scrypt.
 * @param options.to a new path that ends in `.age`
 * @returns the path, and the file's SHA-256 in hexadecimal, to be kept apart from it
 * @throws GdprError ALREADY_EXISTS, INPUT_INVALID for the path or a weak passphrase, FILE_UNAVAILABLE; as `loadKeys`
 */
export async function exportKeys(
  folder: string,
  options: { passphrase?: string | undefined; copyPassphrase: string; to: string },
): Promise<{ path: string; sha256: string }> {
  const { passphrase, copyPassphrase, to } = options;
  await assertNewCopy(to, copyPassphrase);
  const material = await readMaterial(folder, passphrase);
  const copy = await encryptWithPassphrase(copyToJson(material, idsOf(material, folder)), copyPassphrase);
  await writeNewDurably(to, copy);
  return { path: to, sha256: sha256(copy) };
}

/**
 * That a copy could be written there under the passphrase, before anything is done that makes one necessary.
 * @throws GdprError as `exportKeys`
 */
export async function assertNewCopy(to: string, copyPassphrase: string): Promise<void> {
  if (!to.endsWith('.age')) {
    throw new GdprError('INPUT_INVALID', 'the copy of the keys needs a file name that ends in .age', {
      hint: 'for example gdpr-keys.age',
    });
  }
  checkNewPassphrase(copyPassphrase, 'the copy of the keys');
  await refuseTaken(to);
}

/**
 * Puts the keys of a copy into a folder that holds none, under a new passphrase or none.
 * @param options.expect the ids that the database holds; a copy of other keys is refused
 * @throws GdprError ALREADY_EXISTS, KEY_WRONG, PASSPHRASE_WRONG, VERIFICATION_FAILED for a damaged copy,
 *   INPUT_INVALID for another kind of file, FILE_UNAVAILABLE; after any of them nothing was written
 */
export async function importKeys(
  folder: string,
  options: { from: string; copyPassphrase: string; passphrase?: string | undefined; expect?: KeyIds | undefined },
): Promise<KeyIds> {
  const { from, copyPassphrase, passphrase, expect } = options;
  await refuseExisting(folder);
  if (passphrase !== undefined) checkNewPassphrase(passphrase, 'the keys');
  const material = copyFromJson(await decryptWithPassphrase(await readCopy(from), copyPassphrase, from), from);
  if (expect !== undefined) refuseOtherKeys(idsOf(material, from), expect, from);
  return writeMaterial(folder, material, passphrase);
}

function refuseOtherKeys(ids: KeyIds, expected: KeyIds, from: string): void {
  const differing = differingIds(ids, expected);
  // A database that was restored from a backup does not know the newest secret yet.
  if (differing.length === 0 || isEarlier(expected, ids)) return;
  if (isEarlier(ids, expected)) {
    throw new GdprError('KEY_WRONG', `${from} is older than the last gdpr key rotate: the newest secret is not in it`, {
      hint: 'take the copy that was written then, or a later one',
      details: { differing },
    });
  }
  throw new GdprError(
    'KEY_WRONG',
    `${from} holds the keys of another installation (differing: ${differing.join(', ')})`,
    {
      hint: 'find the copy whose ids the database holds, or check that this is the right database',
      details: { differing },
    },
  );
}

async function readCopy(from: string): Promise<Buffer> {
  return asFileError(from, async () => {
    if ((await stat(from)).size > LARGEST_COPY) {
      throw new GdprError('INPUT_INVALID', `${from} is too large to be a copy of keys`, { hint: 'check the path' });
    }
    return readFile(from);
  });
}

/** Spares the seconds of scrypt where the end is already known. */
async function refuseTaken(path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (error) {
    if (!isMissing(error)) throw fileError(path, error);
    await asFileError(path, () => stat(dirname(path)));
    return;
  }
  throw taken(path);
}

function taken(path: string): GdprError {
  return new GdprError('ALREADY_EXISTS', `${path} exists already`, { hint: 'choose another file name' });
}

/**
 * Writes a whole new file (0600) or none. The name is taken first, so that of two writers one is refused, and
 * without a hard link, which the memory sticks that copies are put on cannot make.
 */
async function writeNewDurably(path: string, data: Uint8Array): Promise<void> {
  await asFileError(path, async () => {
    try {
      await (await open(path, 'wx', 0o600)).close();
    } catch (error) {
      throw errno(error) === 'EEXIST' ? taken(path) : error;
    }
  });
  try {
    await writeDurably(path, data);
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  }
}

function copyToJson(material: KeyMaterial, ids: KeyIds): string {
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const secrets = material.hmacSecrets.map((secret) => secret.toString('base64url'));
  const [newest, former] = [secrets.at(-1), secrets.slice(0, -1)];
  const members = {
    format: FORMAT,
    version: 1,
    created: material.created,
    ids,
    certificate: material.certificatePem,
    signingKey: pem(material.signingKey),
    checkpointKey: pem(material.checkpointKey),
    hmacVersion: newestVersion(ids),
    hmacSecret: newest,
    ...(former.length > 0 && { hmacFormer: former }),
  };
  return `${JSON.stringify(members, undefined, 2)}\n`;
}

/** The keys out of a copy's plain text, checked against the ids written with them; its text never reaches an error. */
function copyFromJson(text: string, from: string): KeyMaterial {
  const value = membersOf(tryJson(text));
  const ids = keyIdsFrom(value.ids);
  const { created, certificate, signingKey, checkpointKey, hmacSecret, hmacFormer = [] } = value;
  if (
    value.format !== FORMAT ||
    value.version !== 1 ||
    ids === undefined ||
    value.hmacVersion !== newestVersion(ids) ||
    typeof created !== 'string' ||
    typeof certificate !== 'string' ||
    typeof hmacSecret !== 'string' ||
    !Array.isArray(hmacFormer) ||
    !hmacFormer.every((secret) => typeof secret === 'string')
  ) {
    throw notACopy(from);
  }
  const material: KeyMaterial = {
    created,
    signingKey: keyFromPem(signingKey, from),
    certificatePem: certificate,
    checkpointName: parseVerifierKey(ids.checkpoint).name,
    checkpointKey: keyFromPem(checkpointKey, from),
    hmacSecrets: [...hmacFormer, hmacSecret].map((secret) => Buffer.from(secret, 'base64url')),
  };
  if (differingIds(idsOf(material, from), ids).length > 0) throw notACopy(from);
  return material;
}

function keyFromPem(pem: unknown, from: string): KeyObject {
  try {
    return createPrivateKey(String(pem));
  } catch {
    throw notACopy(from);
  }
}

function notACopy(from: string): GdprError {
  return new GdprError('INPUT_INVALID', `${from} opens, but does not hold keys that this version of gdpr knows`, {
    hint: 'take the file that `gdpr key export` wrote',
  });
}
