import { createHmac } from 'node:crypto';
import { parseVerifierKey } from '../audit/note.js';
import { GdprError } from '../foundation/errors.js';

/** The version of the nth HMAC secret, from 0; it stands beside every value made with it, so that a later one is told apart. */
export function hmacVersionOf(n: number): string {
  return `hmac-${n + 1}`;
}

/** The public names of an installation's keys; the database holds the same, so that another key is noticed. */
export interface KeyIds {
  /** SHA-256 of the signing certificate, 64 lower-case hexadecimal digits. */
  readonly signing: string;
  /** The verifier key `<name>+<hash>+<key>` of C2SP signed-note; whoever holds it can check checkpoints. */
  readonly checkpoint: string;
  /** The first 16 hexadecimal digits of HMAC-SHA256(secret, "privatums hmac key id v1"); of the newest secret. */
  readonly hmac: string;
  /** The same of the secrets before it, the first one first; absent while there is one secret. */
  readonly hmacFormer?: readonly string[];
}

/** The ids of all HMAC secrets, the first one first. */
export function hmacIds({ hmac, hmacFormer = [] }: KeyIds): readonly string[] {
  return [...hmacFormer, hmac];
}

/** The version of the newest HMAC secret. */
export function newestVersion(ids: KeyIds): string {
  return hmacVersionOf(hmacIds(ids).length - 1);
}

/** Whether `ids` are those of the same keys before the HMAC secret was rotated. */
export function isEarlier(ids: KeyIds, later: KeyIds): boolean {
  const [mine, theirs] = [hmacIds(ids), hmacIds(later)];
  return (
    ids.signing === later.signing &&
    ids.checkpoint === later.checkpoint &&
    mine.length < theirs.length &&
    mine.every((id, n) => id === theirs[n])
  );
}

/** What `ids.json` says: everything about the keys that is no secret. */
export interface KeyDescription {
  readonly ids: KeyIds;
  readonly hmacVersion: string;
  /** When the keys were made, ISO 8601 in UTC. */
  readonly created: string;
  /** Whether the private parts in this folder are under a passphrase. */
  readonly passphrase: boolean;
}

const FORMAT = 'privatums-keys';

/** The id of an HMAC secret; it tells nothing about the secret. */
export function hmacKeyId(secret: Uint8Array): string {
  return createHmac('sha256', secret).update('privatums hmac key id v1').digest('hex').slice(0, 16);
}

/** Which of the ids differ, in a fixed order. */
export function differingIds(a: KeyIds, b: KeyIds): (keyof KeyIds)[] {
  const parts = ({ signing, checkpoint, ...hmac }: KeyIds) => ({
    signing,
    checkpoint,
    hmac: hmacIds({ signing, checkpoint, ...hmac }).join(),
  });
  const [mine, theirs] = [parts(a), parts(b)];
  return (['signing', 'checkpoint', 'hmac'] as const).filter((part) => mine[part] !== theirs[part]);
}

export function descriptionToJson({ ids, hmacVersion, created, passphrase }: KeyDescription): string {
  const members = { format: FORMAT, version: 1, created, passphrase, hmacVersion, ids };
  return `${JSON.stringify(members, undefined, 2)}\n`;
}

/** @throws GdprError KEY_WRONG when the text is not what `descriptionToJson` writes */
export function descriptionFromJson(text: string, where: string): KeyDescription {
  const value = membersOf(tryJson(text));
  const ids = keyIdsFrom(value.ids);
  const { created, passphrase, hmacVersion } = value;
  if (
    value.format !== FORMAT ||
    value.version !== 1 ||
    ids === undefined ||
    hmacVersion !== newestVersion(ids) ||
    typeof created !== 'string' ||
    typeof passphrase !== 'boolean'
  ) {
    throw new GdprError('KEY_WRONG', `${where} is damaged, or was written by another version of gdpr`, {
      hint: 'bring it back from the copy of the keys or from a backup',
    });
  }
  return { ids, hmacVersion, created, passphrase };
}

/** Key ids out of JSON, or undefined when they are not well-formed. */
export function keyIdsFrom(value: unknown): KeyIds | undefined {
  const { signing, checkpoint, hmac, hmacFormer } = membersOf(value);
  if (typeof signing !== 'string' || !/^[0-9a-f]{64}$/.test(signing)) return undefined;
  if (typeof checkpoint !== 'string' || !isVerifierKey(checkpoint)) return undefined;
  if (!isHmacId(hmac)) return undefined;
  if (hmacFormer === undefined) return { signing, checkpoint, hmac };
  if (!Array.isArray(hmacFormer) || hmacFormer.length === 0 || !hmacFormer.every(isHmacId)) return undefined;
  return { signing, checkpoint, hmac, hmacFormer };
}

function isHmacId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

function isVerifierKey(text: string): boolean {
  try {
    parseVerifierKey(text);
    return true;
  } catch {
    return false;
  }
}

/** The members of an object that came out of JSON; none for anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** JSON, or undefined. The error of JSON.parse quotes its input, which may be a secret: it goes no further. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
