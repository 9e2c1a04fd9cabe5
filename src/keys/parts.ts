import { type KeyObject, sign as signBytes } from 'node:crypto';
import { join } from 'node:path';
import { signerFromPem } from '../archive/certificate.js';
import type { Signer } from '../archive/signer.js';
import { type CheckpointKey, parseVerifierKey } from '../audit/note.js';
import { hmacIds, hmacVersionOf, type KeyDescription } from './ids.js';
import { checkpointId, hmacId, type KeyMaterial, rawPublicKey, signingId } from './material.js';
import { readPrivateFile } from './private-files.js';
import { privateKeyFromPem, secretFromJson } from './protect.js';
import { describeKeys, hmacFile, KEY_FILE, notTheNamedKey } from './store.js';

/** Reads all keys, for a copy of them. @throws as `loadKeys` */
export async function readMaterial(folder: string, passphrase: string | undefined): Promise<KeyMaterial> {
  const description = await describeKeys(folder);
  const { created } = description;
  const signing = await readSigning(folder, description, passphrase);
  return {
    created,
    signingKey: signing.key,
    certificatePem: signing.certificatePem,
    checkpointName: parseVerifierKey(description.ids.checkpoint).name,
    checkpointKey: await readCheckpoint(folder, description, passphrase),
    hmacSecrets: await loadHmac(folder, description, passphrase),
  };
}

/** The signing key and its certificate. */
async function readSigning(folder: string, { ids }: KeyDescription, passphrase: string | undefined) {
  const path = join(folder, KEY_FILE.signing);
  const certificatePem = (await readPrivateFile(join(folder, KEY_FILE.certificate))).toString('utf8');
  const key = privateKeyFromPem((await readPrivateFile(path)).toString('utf8'), passphrase, path);
  if (signingId(key, certificatePem, path) !== ids.signing) throw notTheNamedKey(path);
  return { key, certificatePem };
}

export async function loadSigner(
  folder: string,
  description: KeyDescription,
  passphrase: string | undefined,
): Promise<Signer> {
  const { key, certificatePem } = await readSigning(folder, description, passphrase);
  return signerFromPem(key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificatePem);
}

async function readCheckpoint(
  folder: string,
  { ids }: KeyDescription,
  passphrase: string | undefined,
): Promise<KeyObject> {
  const path = join(folder, KEY_FILE.checkpoint);
  const key = privateKeyFromPem((await readPrivateFile(path)).toString('utf8'), passphrase, path);
  if (checkpointId(key, parseVerifierKey(ids.checkpoint).name, path) !== ids.checkpoint) throw notTheNamedKey(path);
  return key;
}

export async function loadCheckpoint(
  folder: string,
  description: KeyDescription,
  passphrase: string | undefined,
): Promise<CheckpointKey> {
  const key = await readCheckpoint(folder, description, passphrase);
  return {
    name: parseVerifierKey(description.ids.checkpoint).name,
    publicKey: rawPublicKey(key),
    sign: (data) => signBytes(null, data, key),
  };
}

/** The HMAC secrets, the first one first. */
export async function loadHmac(
  folder: string,
  { ids }: KeyDescription,
  passphrase: string | undefined,
): Promise<Buffer[]> {
  const secrets: Buffer[] = [];
  for (const [n, id] of hmacIds(ids).entries()) {
    const version = hmacVersionOf(n);
    const path = join(folder, hmacFile(version));
    const text = (await readPrivateFile(path)).toString('utf8');
    const secret = await secretFromJson(text, version, passphrase, path);
    if (hmacId(secret, path) !== id) throw notTheNamedKey(path);
    secrets.push(secret);
  }
  return secrets;
}
