import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { signCheckpoint } from '../../src/audit/checkpoint.js';
import { type AuditEntry, canonicalEntry, type EntryDraft } from '../../src/audit/entry.js';
import type { CheckpointKey } from '../../src/audit/note.js';
import { leafHash, rootOf } from '../../src/audit/tree.js';
import type { StoredEntry } from '../../src/audit/verify.js';

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The Ed25519 key of a 32-byte seed (RFC 8032). */
export function keyFromSeed(name: string, seed: Uint8Array): CheckpointKey & { privateKey: KeyObject } {
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { name, publicKey: spki.subarray(-32), privateKey, sign: (data) => sign(null, data, privateKey) };
}

export const KEY = keyFromSeed('shop.example/audit', Buffer.alloc(32, 7));
export const OTHER_KEY = keyFromSeed('shop.example/audit', Buffer.alloc(32, 8));

export const SUBJECT = `subject:${'a'.repeat(26)}`;
export const OTHER_SUBJECT = `subject:${'b'.repeat(26)}`;

export function draft(changes: Partial<EntryDraft> = {}): EntryDraft {
  return {
    kind: 'outcome',
    action: 'customer export',
    operation: '20260102-abcdefghijklmnop',
    operator: { name: 'Anna Bērziņa', databaseRole: 'shop_operator' },
    subjects: [SUBJECT],
    planDigest: `sha256:${'0'.repeat(64)}`,
    archiveDigest: `sha256:${'f'.repeat(64)}`,
    request: 'R-2026-0001',
    ground: 'Art. 15(1)',
    verified: 'account login',
    counts: { orders: 3, 'order lines': 9 },
    rules: ['accounting-5y'],
    result: 'done',
    ...changes,
  };
}

export function entry(sequence: number, changes: Partial<AuditEntry> = {}): AuditEntry {
  return { ...draft(), sequence, time: `2026-01-02T03:04:05.${String(sequence).padStart(6, '0')}Z`, ...changes };
}

export function storedRow(of: AuditEntry): StoredEntry {
  const text = canonicalEntry(of);
  const { time, kind, action, operation, subjects } = of;
  const listed = { time, kind, action, operation, result: of.result ?? null, subjects };
  return { sequence: of.sequence, entry: text, leafHash: leafHash(text), listed };
}

/** The rows of a genuine log of that size. */
export function rows(size: number): StoredEntry[] {
  return Array.from({ length: size }, (_, at) => storedRow(entry(at + 1)));
}

/** What the key signs when the log holds exactly these rows. */
export function checkpointOver(log: readonly StoredEntry[], key: CheckpointKey = KEY): string {
  return signCheckpoint(log.length, rootOf(log.map((row) => row.leafHash)), key);
}

export async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** `data` with one bit of one byte turned over. */
export function flipped(data: Uint8Array, at: number, bit = 0): Buffer {
  const copy = Buffer.from(data);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}
