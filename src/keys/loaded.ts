import { hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';
import type { Signer } from '../archive/signer.js';
import type { CheckpointKey } from '../audit/note.js';
import { GdprError } from '../foundation/errors.js';
import { hmacIds, hmacVersionOf, type KeyDescription, type KeyIds } from './ids.js';
import { type QuickHmac, quickHmac } from './quick-hmac.js';

export type KeyPart = 'signing' | 'checkpoint' | 'hmac';

/** The keys of an installation, unlocked; asking for a part that was not loaded is a mistake in the program. */
export interface Keys {
  readonly ids: KeyIds;
  /** The version of the newest HMAC secret, to be stored beside each value of `hmac`. */
  readonly hmacVersion: string;
  /** The versions of all HMAC secrets that are here, the newest first. */
  readonly hmacVersions: readonly string[];
  signer(): Signer;
  checkpointKey(): CheckpointKey;
  /**
   * HMAC-SHA256 of the UTF-8 value, base64url without padding (43 characters), under the domain's own subkey:
   * HKDF-SHA256 (RFC 5869) of the secret without salt, info = domain. So no value of one domain can be compared
   * with one of another. Under the newest secret, unless another version is named.
   */
  hmac(domain: string, value: string, version?: string): string;
  /** The value's codes under every version, the newest first: what was written before a rotation is met by them. */
  hmacs(domain: string, value: string): readonly string[];
  /** The first 48 bits of each of `hmacs`, for very many values of one domain: which of them are worth their codes. */
  shortHmacs(domain: string): readonly ((value: string) => number)[];
}

/** Unlocked parts; those that were not asked for are absent. */
export interface LoadedParts {
  readonly signer: Signer | undefined;
  readonly checkpoint: CheckpointKey | undefined;
  /** The HMAC secrets, the first one first. */
  readonly hmacSecrets: readonly Buffer[] | undefined;
}

/** Holds the unlocked parts; prints as `[secret]` everywhere. */
export class LoadedKeys implements Keys {
  readonly ids: KeyIds;
  readonly hmacVersion: string;
  readonly hmacVersions: readonly string[];
  readonly #parts: LoadedParts;
  readonly #subkeys = new Map<string, QuickHmac>();

  constructor(description: KeyDescription, parts: LoadedParts) {
    this.ids = description.ids;
    this.hmacVersion = description.hmacVersion;
    this.hmacVersions = hmacIds(description.ids)
      .map((_, n) => hmacVersionOf(n))
      .reverse();
    this.#parts = parts;
  }

  signer(): Signer {
    return this.#parts.signer ?? notLoaded('signing');
  }

  checkpointKey(): CheckpointKey {
    return this.#parts.checkpoint ?? notLoaded('checkpoint');
  }

  hmac(domain: string, value: string, version = this.hmacVersion): string {
    if (!value.isWellFormed()) {
      throw new GdprError('INPUT_INVALID', 'a value to be pseudonymised is not well-formed Unicode', {
        hint: 'correct the value at its source',
      });
    }
    return this.#subkey(version, domain).whole(value);
  }

  hmacs(domain: string, value: string): readonly string[] {
    return this.hmacVersions.map((version) => this.hmac(domain, value, version));
  }

  shortHmacs(domain: string): readonly ((value: string) => number)[] {
    return this.hmacVersions.map((version) => this.#subkey(version, domain).short);
  }

  #subkey(version: string, domain: string): QuickHmac {
    const name = `${version} ${domain}`;
    const known = this.#subkeys.get(name);
    if (known !== undefined) return known;
    if (domain === '') throw new GdprError('BUG', 'an HMAC domain must have a name');
    const secrets = this.#parts.hmacSecrets ?? notLoaded('hmac');
    const secret = secrets.find((_, n) => hmacVersionOf(n) === version);
    if (secret === undefined) throw new GdprError('BUG', 'a version of the HMAC secret was used that is not here');
    const subkey = quickHmac(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), domain, 32)));
    this.#subkeys.set(name, subkey);
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
