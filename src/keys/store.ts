import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { certificateSha256 } from '../archive/certificate.js';
import { fileError, writeDurably } from '../foundation/durable.js';
import { GdprError, isMissing } from '../foundation/errors.js';
import {
  descriptionFromJson,
  descriptionToJson,
  hmacIds,
  hmacVersionOf,
  type KeyDescription,
  type KeyIds,
  newestVersion,
} from './ids.js';
import { idsOf, type KeyMaterial, parseCertificate } from './material.js';
import {
  alreadyThere,
  checkPrivateFile,
  checkPrivateFolder,
  readPrivateFile,
  writeFolderAtOnce,
} from './private-files.js';
import { privateKeyToPem, secretToJson } from './protect.js';

/** The files of a key folder, beside those of the HMAC secrets. */
export const KEY_FILE = {
  description: 'ids.json',
  certificate: 'signing.crt.pem',
  signing: 'signing.key.pem',
  checkpoint: 'checkpoint.key.pem',
} as const;

/** The file of an HMAC secret. */
export function hmacFile(version: string): string {
  return `${version}.json`;
}

/** @throws GdprError ALREADY_EXISTS when the folder holds anything, FILE_UNAVAILABLE when it is not a folder */
export async function refuseExisting(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length > 0) throw alreadyThere(folder);
  } catch (error) {
    if (!isMissing(error)) throw fileError(folder, error);
  }
}

/**
 * Writes all keys into a folder that is not there yet, whole or not at all.
 * @throws GdprError ALREADY_EXISTS, FILE_UNAVAILABLE, KEY_WRONG when the keys do not fit together
 */
export async function writeMaterial(
  folder: string,
  material: KeyMaterial,
  passphrase: string | undefined,
): Promise<KeyIds> {
  const ids = idsOf(material, folder);
  const { created } = material;
  const description = { ids, hmacVersion: newestVersion(ids), created, passphrase: passphrase !== undefined };
  const secrets = material.hmacSecrets.map(async (secret, n): Promise<[string, string]> => {
    const version = hmacVersionOf(n);
    return [hmacFile(version), await secretToJson(secret, version, passphrase)];
  });
  await writeFolderAtOnce(
    folder,
    new Map([
      [KEY_FILE.description, descriptionToJson(description)],
      [KEY_FILE.certificate, material.certificatePem],
      [KEY_FILE.signing, await privateKeyToPem(material.signingKey, passphrase)],
      [KEY_FILE.checkpoint, await privateKeyToPem(material.checkpointKey, passphrase)],
      ...(await Promise.all(secrets)),
    ]),
  );
  return ids;
}

/**
 * What can be known about the keys without a passphrase. Every file of the folder is checked for its rights.
 * @throws GdprError KEY_MISSING, KEY_EXPOSED, KEY_WRONG when `ids.json` is damaged
 */
export async function describeKeys(folder: string): Promise<KeyDescription> {
  await checkPrivateFolder(folder);
  for (const name of Object.values(KEY_FILE)) await checkPrivateFile(join(folder, name));
  const path = join(folder, KEY_FILE.description);
  const description = descriptionFromJson((await readPrivateFile(path)).toString('utf8'), path);
  for (const n of hmacIds(description.ids).keys()) await checkPrivateFile(join(folder, hmacFile(hmacVersionOf(n))));
  return description;
}

/**
 * Adds an HMAC secret to the folder's keys, from which on it is the one in use: its file fsynced → `ids.json` replaced.
 * A file that a killed run left, which no `ids.json` names, is replaced.
 * @throws GdprError as `describeKeys`, PASSPHRASE_WRONG, FILE_UNAVAILABLE; after any of them the keys are as they were
 */
export async function addHmacSecret(
  folder: string,
  secret: Buffer,
  id: string,
  passphrase: string | undefined,
): Promise<KeyIds> {
  const description = await describeKeys(folder);
  const former = hmacIds(description.ids);
  const ids = { ...description.ids, hmac: id, hmacFormer: former };
  const hmacVersion = newestVersion(ids);
  await writeDurably(join(folder, hmacFile(hmacVersion)), await secretToJson(secret, hmacVersion, passphrase));
  await writeDurably(join(folder, KEY_FILE.description), descriptionToJson({ ...description, ids, hmacVersion }));
  return ids;
}

/** The ids of the keys, without a passphrase. @throws as `describeKeys` */
export async function readKeyIds(folder: string): Promise<KeyIds> {
  return (await describeKeys(folder)).ids;
}

/**
 * The signing certificate as PEM, without a passphrase; recipients of archives need it.
 * @throws as `describeKeys`, and GdprError KEY_WRONG when it is not the certificate that `ids.json` names
 */
export async function readCertificate(folder: string): Promise<string> {
  const { ids } = await describeKeys(folder);
  const path = join(folder, KEY_FILE.certificate);
  const pem = (await readPrivateFile(path)).toString('utf8');
  if (certificateSha256(parseCertificate(pem, path).raw) !== ids.signing) throw notTheNamedKey(path);
  return pem;
}

/** The refusal for a key that is not the one `ids.json` names. */
export function notTheNamedKey(path: string): GdprError {
  return new GdprError('KEY_WRONG', `${path} is not the key that ${KEY_FILE.description} beside it names`, {
    hint: 'the files of two key folders were mixed: bring the keys back from their copy or from a backup',
  });
}
