import { createHmac, hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import type { Signer } from '../archive/signer.js';
import type { CheckpointKey } from '../audit/note.js';
import { GdprError } from '../foundation/errors.js';
import type { KeyDescription, KeyIds } from './ids.js';

export type KeyPart = 'signing' | 'checkpoint' | 'hmac';

/** The keys of an installation, unlocked; asking for a part that was not loaded is a mistake in the program. */
export interface Keys {
  readonly ids: KeyIds;
  /** The version of the HMAC secret, to be stored beside each value of `hmac`. */
  readonly hmacVersion: string;
  signer(): Signer;
  checkpointKey(): CheckpointKey;
  /**
   * HMAC-SHA256 of the UTF-8 value, base64url without padding (43 characters), under the domain's own subkey:
   * HKDF-SHA256 (RFC 5869) of the secret without salt, info = domain. So no value of one domain can be compared
   * with one of another.
   */
  hmac(domain: string, value: string): string;
}

/** Unlocked parts; those that were not asked for are absent. */
export interface LoadedParts {
  readonly signer: Signer | undefined;
  readonly checkpoint: CheckpointKey | undefined;
  readonly hmacSecret: Buffer | undefined;
}

/** Holds the unlocked parts; prints as `[secret]` everywhere. */
export class LoadedKeys implements Keys {
  readonly ids: KeyIds;
  readonly hmacVersion: string;
  readonly #parts: LoadedParts;
  readonly #subkeys = new Map<string, Buffer>();

  constructor(description: KeyDescription, parts: LoadedParts) {
    this.ids = description.ids;
    this.hmacVersion = description.hmacVersion;
    this.#parts = parts;
  }

  signer(): Signer {
    return this.#parts.signer ?? notLoaded('signing');
  }

  checkpointKey(): CheckpointKey {
    return this.#parts.checkpoint ?? notLoaded('checkpoint');
  }

  hmac(domain: string, value: string): string {
    if (/\p{Cs}/u.test(value)) {
      throw new GdprError('INPUT_INVALID', 'a value to be pseudonymised is not well-formed Unicode', {
        hint: 'correct the value at its source',
      });
    }
    return createHmac('sha256', this.#subkey(domain)).update(value, 'utf8').digest('base64url');
  }

  #subkey(domain: string): Buffer {
    const known = this.#subkeys.get(domain);
    if (known !== undefined) return known;
    if (domain === '') throw new GdprError('BUG', 'an HMAC domain must have a name');
    const secret = this.#parts.hmacSecret ?? notLoaded('hmac');
    const subkey = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), domain, 32));
    this.#subkeys.set(domain, subkey);
    return subkey;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

function notLoaded(part: KeyPart): never {
  throw new GdprError('BUG', `the ${part} key was used without being loaded`);
}
