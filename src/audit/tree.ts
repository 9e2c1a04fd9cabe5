import { hash } from 'node:crypto';

/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32;
/** The root of a tree without leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export const EMPTY_ROOT: Buffer = sha256(new Uint8Array());

/** Handed over as text, a letter a byte, a hash takes 1.3 to 1.8 µs; as a buffer 2.0 to 2.8 (single runs, Node 20). */
function sha256(data: string | Uint8Array): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'binary');
}

/** SHA-256(0x00 ‖ data), RFC 6962 §2.1; text stands for its UTF-8 bytes. */
export function leafHash(data: string | Uint8Array): Buffer {
  // Prefixing the text and hashing it at once takes two thirds of the time of createHash with two updates.
  if (typeof data === 'string') return sha256(`\0${data}`);
  return sha256(Buffer.concat([Buffer.from([0x00]), data]));
}

/** SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const data = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  data[0] = 0x01;
  data.set(left, 1);
  data.set(right, 1 + HASH_BYTES);
  return sha256(data);
}

/**
 * A growing tree that keeps only the roots of its perfect subtrees, largest first: one for each 1 in the binary form
 * of its size. Memory is O(log n), an append is O(1) amortised.
 */
export class CompactTree {
  #size = 0;
  #peaks: Buffer[] = [];

  /**
   * The tree of `size` leaves whose frontier (the peaks, largest first, joined) is given.
   * @throws RangeError when the frontier does not have exactly one hash for each 1 in the size
   */
  static restore(size: number, frontier: Uint8Array): CompactTree {
    if (!Number.isSafeInteger(size) || size < 0 || frontier.length !== onesIn(size) * HASH_BYTES) {
      throw new RangeError('the frontier does not belong to a tree of that size');
    }
    const tree = new CompactTree();
    tree.#size = size;
    for (let at = 0; at < frontier.length; at += HASH_BYTES)
      tree.#peaks.push(Buffer.from(frontier.subarray(at, at + HASH_BYTES)));
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    let node: Buffer = Buffer.from(leaf);
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2))
      node = nodeHash(this.#peaks.pop() as Buffer, node);
    this.#peaks.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    const [last, ...others] = this.#peaks.toReversed();
    return last === undefined ? EMPTY_ROOT : others.reduce((right, left) => nodeHash(left, right), last);
  }

  frontier(): Buffer {
    return Buffer.concat(this.#peaks);
  }
}

function onesIn(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}

/** The root over leaf hashes, RFC 6962 §2.1. */
export function rootOf(leaves: readonly Uint8Array[]): Buffer {
  const tree = new CompactTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
}

/** The largest power of two smaller than `size`; `size` is at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * The audit path of leaf `index` (from 0) in the tree over all leaf hashes, RFC 6962 §2.1.1.
 * @throws RangeError when there is no such leaf
 */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
    throw new RangeError('the tree has no such leaf');
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return index < split
    ? [...inclusionProof(left, index), rootOf(right)]
    : [...inclusionProof(right, index - split), rootOf(left)];
}

/**
 * The proof that the tree over the first `from` leaf hashes is a prefix of the tree over all of them, RFC 6962 §2.1.2.
 * @throws RangeError unless 0 < from ≤ the number of leaves
 */
export function consistencyProof(leaves: readonly Uint8Array[], from: number): Buffer[] {
  if (!Number.isInteger(from) || from < 1 || from > leaves.length)
    throw new RangeError('the tree has never had that size');
  return subProof(leaves, from, true);
}

function subProof(leaves: readonly Uint8Array[], from: number, whole: boolean): Buffer[] {
  if (from === leaves.length) return whole ? [] : [rootOf(leaves)];
  const split = splitOf(leaves.length);
  const left = leaves.slice(0, split);
  const right = leaves.slice(split);
  return from <= split
    ? [...subProof(left, from, whole), rootOf(right)]
    : [...subProof(right, from - split, false), rootOf(left)];
}

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const areHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every((each) => each.length === HASH_BYTES);

/** Whether the proof shows that the leaf hash stands at `index` (from 0) under the root of a tree of `size` (RFC 9162 §2.1.3.2). */
export function verifyInclusion(claim: {
  leaf: Uint8Array;
  index: number;
  size: number;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}): boolean {
  const { leaf, index, size, proof, root } = claim;
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leaf, root, ...proof])) return false;
  let node = index;
  let last = size - 1;
  let result: Uint8Array = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      result = nodeHash(sibling, result);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      result = nodeHash(result, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(result, root);
}

/**
 * Whether the proof shows that the tree of size `from` is a prefix of the tree of size `to` (RFC 9162 §2.1.4.2).
 * Every tree continues the empty one, without a proof.
 */
export function verifyConsistency(claim: {
  from: number;
  to: number;
  fromRoot: Uint8Array;
  toRoot: Uint8Array;
  proof: readonly Uint8Array[];
}): boolean {
  const { from, to, fromRoot, toRoot, proof } = claim;
  if (!isSize(from) || !isSize(to) || from > to || !areHashes([fromRoot, toRoot, ...proof])) return false;
  if (from === to) return proof.length === 0 && same(fromRoot, toRoot);
  if (from === 0) return proof.length === 0 && same(fromRoot, EMPTY_ROOT);
  let node = from - 1;
  let last = to - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  // A `from` that is a power of two is itself the first subtree, which the proof therefore leaves out.
  const [first, ...path] = node === 0 ? [fromRoot, ...proof] : proof;
  if (first === undefined) return false;
  let old: Uint8Array = first;
  let now: Uint8Array = first;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      old = nodeHash(sibling, old);
      now = nodeHash(sibling, now);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      now = nodeHash(now, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(old, fromRoot) && same(now, toRoot);
}
