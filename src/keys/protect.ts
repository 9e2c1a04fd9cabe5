import { createCipheriv, createDecipheriv, createPrivateKey, type KeyObject, randomBytes, scrypt } from 'node:crypto';
import { GdprError } from '../foundation/errors.js';
import { membersOf, tryJson } from './ids.js';

/**
 * scrypt (RFC 7914) with 16 MiB and five passes: OpenSSL refuses PKCS#8 files that want more than 32 MiB, and one
 * pass would be too cheap for a chosen passphrase. 0.3 s a file. `KeyObject.export` with a passphrase is not used
 * because it writes PBKDF2 with 2048 iterations.
 */
const SCRYPT = { N: 16_384, r: 8, p: 5 } as const;
const KDF_NAME = `scrypt-${SCRYPT.N}-${SCRYPT.r}-${SCRYPT.p}`;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const GCM_IV_BYTES = 12;
const TAG_BYTES = 16;

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const;

function deriveKey(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, KEY_BYTES, SCRYPT, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

/**
 * A private key as PKCS#8 PEM: in clear without a passphrase, else as EncryptedPrivateKeyInfo with PBES2, scrypt
 * and AES-256-CBC (RFC 5958 §3, RFC 8018 §6.2, RFC 7914 §7), which `openssl pkey` opens.
 */
export async function privateKeyToPem(key: KeyObject, passphrase: string | undefined): Promise<string> {
  if (passphrase === undefined) return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { Integer, ObjectIdentifier, OctetString, Sequence } = await import('asn1js');
  const sequence = (
    ...value: InstanceType<typeof Integer | typeof ObjectIdentifier | typeof OctetString | typeof Sequence>[]
  ) => new Sequence({ value });
  const oid = (value: string) => new ObjectIdentifier({ value });
  const bytes = (value: Buffer) => new OctetString({ valueHex: value });
  const integer = (value: number) => new Integer({ value });

  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', await deriveKey(passphrase, salt), iv);
  const sealed = Buffer.concat([cipher.update(key.export({ type: 'pkcs8', format: 'der' })), cipher.final()]);
  const kdf = sequence(oid(OID.scrypt), sequence(bytes(salt), integer(SCRYPT.N), integer(SCRYPT.r), integer(SCRYPT.p)));
  const algorithm = sequence(oid(OID.pbes2), sequence(kdf, sequence(oid(OID.aes256Cbc), bytes(iv))));
  const lines =
    Buffer.from(sequence(algorithm, bytes(sealed)).toBER())
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN ENCRYPTED PRIVATE KEY-----', ...lines, '-----END ENCRYPTED PRIVATE KEY-----', ''].join('\n');
}

/**
 * A private key from PEM (PKCS#8, encrypted or not; also the older EC and RSA forms, which an e-seal may come in).
 * @param where names the file, for messages
 * @throws GdprError PASSPHRASE_WRONG when it is protected and the passphrase is absent or wrong, KEY_WRONG when it is no key
 */
export function privateKeyFromPem(pem: string, passphrase: string | undefined, where: string): KeyObject {
  const encrypted = /^(-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)\r?$/m.test(pem);
  if (encrypted && passphrase === undefined) throw passphraseNeeded(where);
  try {
    return createPrivateKey(encrypted && passphrase !== undefined ? { key: pem, passphrase } : { key: pem });
  } catch (error) {
    if (encrypted) throw passphraseWrong(where, error);
    throw new GdprError('KEY_WRONG', `${where} is not a private key in PEM form, or is damaged`, {
      cause: error,
      hint: 'bring it back from the copy of the keys or from a backup',
    });
  }
}

/**
 * A secret of a named version as one line of JSON, in clear or under scrypt and AES-256-GCM; the version is
 * authenticated with it, so that no file can take another version's place.
 */
export async function secretToJson(secret: Buffer, version: string, passphrase: string | undefined): Promise<string> {
  if (passphrase === undefined) return `${JSON.stringify({ version, secret: secret.toString('base64url') })}\n`;
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(GCM_IV_BYTES);
  const cipher = createCipheriv(CIPHER, await deriveKey(passphrase, salt), iv).setAAD(associated(version));
  const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  const text = (bytes: Buffer) => bytes.toString('base64url');
  const members = { version, kdf: KDF_NAME, cipher: CIPHER, salt: text(salt), iv: text(iv), sealed: text(sealed) };
  return `${JSON.stringify(members)}\n`;
}

/**
 * Reads what `secretToJson` wrote.
 * @throws GdprError PASSPHRASE_WRONG, KEY_WRONG when the file is damaged or of another version
 */
export async function secretFromJson(
  text: string,
  version: string,
  passphrase: string | undefined,
  where: string,
): Promise<Buffer> {
  const members = membersOf(tryJson(text));
  if (members.version !== version) throw damaged(where);
  if (typeof members.secret === 'string') return Buffer.from(members.secret, 'base64url');
  if (members.kdf !== KDF_NAME || members.cipher !== CIPHER) throw damaged(where);
  const { salt, iv, sealed } = members;
  if (typeof salt !== 'string' || typeof iv !== 'string' || typeof sealed !== 'string') throw damaged(where);
  if (passphrase === undefined) throw passphraseNeeded(where);
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length <= TAG_BYTES || Buffer.from(iv, 'base64url').length !== GCM_IV_BYTES) throw damaged(where);
  const key = await deriveKey(passphrase, Buffer.from(salt, 'base64url'));
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64url'), { authTagLength: TAG_BYTES });
    decipher.setAAD(associated(version)).setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw passphraseWrong(where, error);
  }
}

function associated(version: string): Buffer {
  return Buffer.from(`privatums secret ${version}`);
}

function damaged(where: string): GdprError {
  return new GdprError('KEY_WRONG', `${where} is damaged, or was written by another version of gdpr`, {
    hint: 'bring it back from the copy of the keys or from a backup',
  });
}

function passphraseNeeded(where: string): GdprError {
  return new GdprError('PASSPHRASE_WRONG', `${where} is protected by a passphrase, and none was given`, {
    hint: 'set GDPR_KEY_PASSPHRASE, or give the credential gdpr-key-passphrase to the service',
  });
}

function passphraseWrong(where: string, cause: unknown): GdprError {
  return new GdprError('PASSPHRASE_WRONG', `the passphrase does not open ${where}`, {
    cause,
    hint: 'check the passphrase; if it is certainly the right one, the file is damaged: bring it back from the copy',
  });
}
