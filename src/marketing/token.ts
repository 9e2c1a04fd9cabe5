import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Keys } from '../keys/keys.js';

/** The ways of sending for which lists are made. */
const TOKEN_CHANNELS = ['email', 'sms'] as const;
export type TokenChannel = (typeof TOKEN_CHANNELS)[number];

/** What an unsubscribe token stands for: one recipient of one list. */
export interface Unsubscription {
  /** The operation that made the list. */
  readonly list: string;
  readonly channel: TokenChannel;
  /** Id of the purpose in the data map. */
  readonly purpose: string;
  /** Id of the source in the map's part on marketing. */
  readonly source: string;
  /** The parts of the key of the row in the source's table. */
  readonly key: readonly string[];
  /** The keyed code of the address, as suppression holds it, with the version of its secret. */
  readonly address: { readonly hmac: string; readonly version: string };
}

/** The HMAC secrets of a workspace; tokens of a former one stay readable while it is among them. */
export type TokenKeys = Pick<Keys, 'hmac' | 'hmacVersion' | 'hmacVersions'>;

const FORMAT = 1;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Drawn at once. */
const NONCES = 512;
/** Far more than a key of a table needs; a longer text is not even decoded. */
const MOST_CHARACTERS = 4096;

/** A key of its own for each version of the secret, derived once: a list has a million tokens. */
const derived = new WeakMap<TokenKeys, Map<string, KeyObject>>();

function keyOf(keys: TokenKeys, version: string): KeyObject {
  const known = derived.get(keys) ?? new Map<string, KeyObject>();
  derived.set(keys, known);
  const key = known.get(version) ?? createSecretKey(keys.hmac('unsubscribe token', CIPHER, version), 'base64url');
  known.set(version, key);
  return key;
}

/**
 * Makes tokens that say nothing to whoever holds them and that only this workspace can make: base64url without padding of
 * format (1 byte), length and text of the secret's version, nonce (12 bytes, random), ciphertext and tag (16 bytes) of
 * AES-256-GCM (NIST SP 800-38D) with everything before the nonce as additional data. No two are alike, so two lists
 * cannot be compared by their tokens.
 */
export function tokenMaker(keys: TokenKeys): (standsFor: Unsubscription) => string {
  const version = Buffer.from(keys.hmacVersion, 'ascii');
  const head = Buffer.from([FORMAT, version.length, ...version]);
  const secret = keyOf(keys, keys.hmacVersion);
  const nextNonce = nonces();
  return ({ list, channel, purpose, source, key, address }) => {
    const nonce = nextNonce();
    const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(head);
    const text = JSON.stringify([list, channel, purpose, source, key, address.hmac, address.version]);
    const sealed = cipher.update(text, 'utf8');
    cipher.final();
    return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()]).toString('base64url');
  };
}

/** Random nonces, drawn many at once: drawn one by one, they took a third of the time of a token. */
function nonces(): () => Uint8Array {
  let drawn = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === drawn.length) {
      drawn = randomBytes(NONCE_BYTES * NONCES);
      at = 0;
    }
    at += NONCE_BYTES;
    return drawn.subarray(at - NONCE_BYTES, at);
  };
}

/** What a token stands for; undefined when this workspace did not make it, or it was altered. */
export function readToken(keys: TokenKeys, token: string): Unsubscription | undefined {
  if (token.length > MOST_CHARACTERS || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const [format, length = 0] = bytes;
  const headEnd = 2 + length;
  const end = bytes.length - TAG_BYTES;
  if (format !== FORMAT || end < headEnd + NONCE_BYTES) return undefined;
  const version = bytes.toString('latin1', 2, headEnd);
  if (!keys.hmacVersions.includes(version)) return undefined;
  const nonce = bytes.subarray(headEnd, headEnd + NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, keyOf(keys, version), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bytes.subarray(0, headEnd));
  decipher.setAuthTag(bytes.subarray(end));
  let text: string;
  try {
    text = decipher.update(bytes.subarray(headEnd + NONCE_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
  const [list, channel, purpose, source, key, hmac, addressVersion] = JSON.parse(text) as [
    string,
    TokenChannel,
    string,
    string,
    string[],
    string,
    string,
  ];
  if (!TOKEN_CHANNELS.includes(channel)) return undefined;
  return { list, channel, purpose, source, key, address: { hmac, version: addressVersion } };
}
