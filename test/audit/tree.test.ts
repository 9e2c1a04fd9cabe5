import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CompactTree,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../src/audit/tree.js';
import { flipped } from './support.js';

// The reference vectors of the certificate-transparency project for RFC 6962.
const DATA = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const INCLUSION: [number, string[]][] = [
  [
    0,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
];
const CONSISTENCY: [number, number, string[]][] = [
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];
const LEAVES = DATA.map((data) => leafHash(Buffer.from(data, 'hex')));
const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map((each) => Buffer.from(each).toString('hex'));
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');

/** MTH of RFC 6962 §2.1, word for word, on leaf hashes. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const parts = [Buffer.from([1]), definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k))];
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

const SIZES = Array.from({ length: 64 }, (_, at) => at + 1);
const MANY = Array.from({ length: 64 }, (_, at) => leafHash(Buffer.from([at])));
const anyLeaves = fc
  .array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 70 })
  .map((all) => all.map((data) => leafHash(data)));

describe('RFC 6962 hashing', () => {
  it('gives the known roots for 0 to 8 leaves', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(new CompactTree().root()).toEqual(EMPTY_ROOT);
    expect(hex(ROOTS.map((_, at) => rootOf(LEAVES.slice(0, at + 1))))).toEqual(ROOTS);
  });

  it('hashes a text as its UTF-8 bytes', () => {
    for (const text of ['', 'abc', 'Bērziņa — 😀']) expect(leafHash(text)).toEqual(leafHash(Buffer.from(text, 'utf8')));
  });

  it('tells a node from a leaf with the same bytes', () => {
    const [left, right] = [LEAVES[0] as Buffer, LEAVES[1] as Buffer];
    expect(nodeHash(left, right)).not.toEqual(leafHash(Buffer.concat([left, right])));
  });
});

describe('a compact tree', () => {
  it('has the defined root at every size, and grows on from its frontier', () => {
    fc.assert(
      fc.property(anyLeaves, fc.nat(), (leaves, cut) => {
        const at = cut % (leaves.length + 1);
        const start = new CompactTree();
        for (const leaf of leaves.slice(0, at)) start.append(leaf);
        const tree = CompactTree.restore(at, start.frontier());
        for (const leaf of leaves.slice(at)) tree.append(leaf);
        expect(tree.size).toBe(leaves.length);
        expect(tree.root()).toEqual(definedRoot(leaves));
        expect(start.root()).toEqual(definedRoot(leaves.slice(0, at)));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a frontier of another size', () => {
    for (const [size, hashes] of [
      [3, 1],
      [4, 2],
      [0, 1],
      [-1, 0],
      [1.5, 1],
    ] as const) {
      expect(() => CompactTree.restore(size, Buffer.alloc(32 * hashes)), `${size}`).toThrow(RangeError);
    }
    expect(() => CompactTree.restore(1, Buffer.alloc(31))).toThrow(RangeError);
  });

  it('keeps one hash for each 1 in the size, also past 32 bits', () => {
    const tree = CompactTree.restore(2 ** 40 + 1, Buffer.alloc(64, 1));
    tree.append(Buffer.alloc(32, 2));
    expect(tree.size).toBe(2 ** 40 + 2);
    expect(tree.frontier()).toEqual(
      Buffer.concat([Buffer.alloc(32, 1), nodeHash(Buffer.alloc(32, 1), Buffer.alloc(32, 2))]),
    );
  });
});

describe('inclusion proofs', () => {
  it.each(INCLUSION)('are the known one for leaf %i of 8', (index, proof) => {
    expect(hex(inclusionProof(LEAVES, index))).toEqual(proof);
    expect(
      verifyInclusion({
        leaf: LEAVES[index] as Buffer,
        index,
        size: 8,
        proof: proof.map(bytes),
        root: bytes(ROOTS[7] as string),
      }),
    ).toBe(true);
  });

  it('verify for every leaf of every size up to 64, and for that leaf only', () => {
    for (const size of SIZES) {
      const leaves = MANY.slice(0, size);
      const root = rootOf(leaves);
      for (let index = 0; index < size; index += 1) {
        const claim = { leaf: leaves[index] as Buffer, index, size, proof: inclusionProof(leaves, index), root };
        expect(verifyInclusion(claim), `${index} of ${size}`).toBe(true);
        expect(verifyInclusion({ ...claim, index: (index + 1) % size }), `moved ${index} of ${size}`).toBe(size === 1);
        expect(verifyInclusion({ ...claim, proof: [...claim.proof, root] }), `longer ${index} of ${size}`).toBe(false);
        if (size > 1)
          expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) }), `shorter ${index} of ${size}`).toBe(false);
      }
    }
  });

  it('fail when a bit of the leaf, the proof or the root is another', () => {
    fc.assert(
      fc.property(
        anyLeaves,
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 31 }),
        fc.nat({ max: 7 }),
        (leaves, of, part, at, bit) => {
          const index = of % leaves.length;
          const claim = {
            leaf: leaves[index] as Buffer,
            index,
            size: leaves.length,
            proof: inclusionProof(leaves, index),
            root: rootOf(leaves),
          };
          expect(verifyInclusion(claim)).toBe(true);
          const parts = [claim.leaf, claim.root, ...claim.proof];
          const [leaf, root, ...proof] = parts.map((each, where) =>
            where === part % parts.length ? flipped(each, at, bit) : each,
          );
          expect(verifyInclusion({ ...claim, leaf: leaf as Buffer, root: root as Buffer, proof })).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are not made for, and do not verify, what cannot be', () => {
    for (const index of [-1, 8, 0.5]) expect(() => inclusionProof(LEAVES, index)).toThrow(RangeError);
    const claim = { leaf: LEAVES[0] as Buffer, index: 0, size: 1, proof: [], root: LEAVES[0] as Buffer };
    expect(verifyInclusion(claim)).toBe(true);
    for (const change of [{ index: -1 }, { index: 1 }, { size: 0 }, { size: Number.NaN }, { leaf: Buffer.alloc(31) }]) {
      expect(verifyInclusion({ ...claim, ...change }), JSON.stringify(change)).toBe(false);
    }
  });
});

describe('consistency proofs', () => {
  it.each(CONSISTENCY)('are the known one from %i to %i', (from, to, proof) => {
    expect(hex(consistencyProof(LEAVES.slice(0, to), from))).toEqual(proof);
    const [fromRoot, toRoot] = [bytes(ROOTS[from - 1] as string), bytes(ROOTS[to - 1] as string)];
    expect(verifyConsistency({ from, to, fromRoot, toRoot, proof: proof.map(bytes) })).toBe(true);
  });

  it('verify between all sizes up to 64, and between those only', () => {
    const roots = [EMPTY_ROOT, ...SIZES.map((size) => rootOf(MANY.slice(0, size)))];
    for (const to of SIZES) {
      for (let from = 1; from <= to; from += 1) {
        const proof = consistencyProof(MANY.slice(0, to), from);
        const claim = { from, to, fromRoot: roots[from] as Buffer, toRoot: roots[to] as Buffer, proof };
        expect(verifyConsistency(claim), `${from} to ${to}`).toBe(true);
        expect(
          verifyConsistency({ ...claim, fromRoot: roots[from - 1] as Buffer }),
          `other root ${from} to ${to}`,
        ).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, EMPTY_ROOT] }), `longer ${from} to ${to}`).toBe(false);
        if (from < to)
          expect(verifyConsistency({ ...claim, proof: proof.slice(0, -1) }), `shorter ${from} to ${to}`).toBe(false);
      }
    }
  });

  it('fail when a bit of a root or the proof is another', () => {
    fc.assert(
      fc.property(
        anyLeaves,
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 31 }),
        fc.nat({ max: 7 }),
        (leaves, of, part, at, bit) => {
          const from = (of % leaves.length) + 1;
          const proof = consistencyProof(leaves, from);
          const claim = {
            from,
            to: leaves.length,
            fromRoot: rootOf(leaves.slice(0, from)),
            toRoot: rootOf(leaves),
            proof,
          };
          expect(verifyConsistency(claim)).toBe(true);
          const parts = [claim.fromRoot, claim.toRoot, ...proof];
          const [fromRoot, toRoot, ...rest] = parts.map((each, where) =>
            where === part % parts.length ? flipped(each, at, bit) : each,
          );
          expect(
            verifyConsistency({ ...claim, fromRoot: fromRoot as Buffer, toRoot: toRoot as Buffer, proof: rest }),
          ).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('start from the empty tree without a proof, and never run backwards', () => {
    const toRoot = bytes(ROOTS[7] as string);
    const claim = { from: 0, to: 8, fromRoot: EMPTY_ROOT, toRoot, proof: [] };
    expect(verifyConsistency(claim)).toBe(true);
    expect(verifyConsistency({ ...claim, fromRoot: toRoot })).toBe(false);
    expect(verifyConsistency({ ...claim, proof: [toRoot] })).toBe(false);
    expect(verifyConsistency({ from: 8, to: 7, fromRoot: toRoot, toRoot, proof: [] })).toBe(false);
    for (const from of [0, 9, 1.5]) expect(() => consistencyProof(LEAVES, from)).toThrow(RangeError);
  });
});
