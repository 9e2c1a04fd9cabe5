import { randomFillSync } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** Random bytes are fetched ahead: a call for each of a million references took four times as long as all the rest of it. */
const pool = Buffer.alloc(4096);
let used = pool.length;

/** `length` characters of base32 (RFC 4648, lower case, 5 random bits each). */
export function randomId(length: number): string {
  let id = '';
  while (id.length < length) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    id += ALPHABET[(pool[used] ?? 0) & 31];
    used += 1;
  }
  return id;
}
