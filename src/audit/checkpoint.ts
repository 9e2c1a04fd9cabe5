import { GdprError } from '../foundation/errors.js';
import { type CheckpointKey, fromBase64, openNote, parseNote, signNote, type VerifierKey } from './note.js';
import { EMPTY_ROOT, HASH_BYTES } from './tree.js';

export { encodeVerifierKey, parseVerifierKey } from './note.js';

/** What a checkpoint says: the log named `origin` had `size` entries, whose tree has this root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

function broken(reason: string): GdprError {
  return new GdprError('VERIFICATION_FAILED', `the checkpoint is not valid: ${reason}`, {
    hint: 'take the checkpoint from another copy, and run: gdpr audit verify',
  });
}

/** A signed checkpoint (C2SP tlog-checkpoint); the key's name is the origin. */
export function signCheckpoint(size: number, root: Uint8Array, key: CheckpointKey): string {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError('a tree has a whole number of leaves');
  if (root.length !== HASH_BYTES) throw new RangeError('a root has 32 bytes');
  return signNote(`${key.name}\n${size}\n${Buffer.from(root).toString('base64')}\n`, key);
}

/**
 * Reads a checkpoint without checking its signature; extension lines are allowed and ignored.
 * @throws GdprError VERIFICATION_FAILED when it is not in the format of C2SP tlog-checkpoint
 */
export function parseCheckpoint(note: string): Checkpoint {
  return checkpointOf(parseNote(note).text);
}

/**
 * Reads a checkpoint of the key's own log and checks its signature.
 * @throws GdprError VERIFICATION_FAILED
 */
export function openCheckpoint(note: string, verifier: VerifierKey): Checkpoint {
  const checkpoint = checkpointOf(openNote(note, verifier));
  if (checkpoint.origin !== verifier.name) throw broken('it is about another log');
  return checkpoint;
}

function checkpointOf(text: string): Checkpoint {
  const [origin = '', decimal = '', encoded = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '' || extensions.includes('')) throw broken('a line is empty');
  const size = Number(decimal);
  if (!/^(?:0|[1-9]\d*)$/.test(decimal) || !Number.isSafeInteger(size)) throw broken('the size is not a whole number');
  const root = fromBase64(encoded);
  if (root?.length !== HASH_BYTES) throw broken('the root is not the base64 of 32 bytes');
  if (size === 0 && !root.equals(EMPTY_ROOT)) throw broken('an empty log has another root');
  return { origin, size, root };
}
