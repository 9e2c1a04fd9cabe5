import type { Session } from '../../database/session.js';
import type { RowKey } from '../../datamap/collect-plan.js';
import { now } from '../../foundation/clock.js';
import type { Keys } from '../../keys/keys.js';
import { rowId } from '../roots.js';
import type { KeptCells } from './kept.js';

/** Whether this database has the tables that erasures write; one of an older version has erased nobody. */
export async function hasErasures(session: Session): Promise<boolean> {
  const [row] = await session.query<{ there: boolean }>(
    "SELECT to_regclass('gdpr.tombstone_identifier') IS NOT NULL AND to_regclass('gdpr.kept_row') IS NOT NULL AS there",
  );
  return row?.there === true;
}

/**
 * What erasures kept of people, by their references. A cell whose day has come is kept no longer: it should be gone.
 */
export async function keptCells(session: Session, references: readonly string[]): Promise<Map<string, KeptCells[]>> {
  const kept = new Map<string, KeptCells[]>();
  if (references.length === 0 || !(await hasErasures(session))) return kept;
  const rows = session.stream(
    // What has a reason that may be told comes first.
    `SELECT k.subject, k.table_name, k.key, array_to_json(k.columns)::text, k.reason, k.until::text,
       coalesce(h.gag_until >= ($2::timestamptz)::date, false)::text AS untold
     FROM gdpr.kept_row k LEFT JOIN gdpr.hold h ON k.source = 'hold' AND h.id = k.reason
     WHERE k.subject = ANY ($1::text[]) AND (k.until IS NULL OR k.until > current_date) ORDER BY untold, k.id`,
    [references, now().toISOString()],
  );
  // Of many people each row is kept for one of a few reasons.
  const reasons = new Map<string, Omit<KeptCells, 'key'>>();
  for await (const [subject, table, key, ...reason] of rows) {
    const [columns, rule, until, untold] = reason;
    const known = JSON.stringify([table, ...reason]);
    const why = reasons.get(known) ?? {
      table: table ?? '',
      columns: JSON.parse(columns ?? '[]') as string[],
      rule: rule ?? '',
      until: until ?? undefined,
      untold: untold === 'true',
    };
    reasons.set(known, why);
    const list = kept.get(subject ?? '') ?? [];
    list.push({ ...why, key: JSON.parse(key ?? '[]') as string[] });
    kept.set(subject ?? '', list);
  }
  return kept;
}

/** The references of the people of whom erasures kept a column of rows, as `keptFor` asks for them. */
export interface KeptFor {
  of(row: RowKey, column: string): readonly string[];
}

/** Whose the rows are of which something was kept. */
export async function keptFor(session: Session, rows: readonly RowKey[]): Promise<KeptFor> {
  const kept = new Map<string, string[]>();
  if (rows.length > 0 && (await hasErasures(session))) {
    const distinct = [...new Map(rows.map((row) => [rowId(row), row])).values()];
    const found = session.stream(
      `SELECT h.n::text, k.subject, c.name
       FROM unnest($1::text[], $2::text[]) WITH ORDINALITY h (table_name, key, n)
       JOIN gdpr.kept_row k ON k.table_name = h.table_name AND k.key = h.key, unnest(k.columns) c (name)
       WHERE k.until IS NULL OR k.until > current_date`,
      [distinct.map(({ table }) => table), distinct.map(({ key }) => JSON.stringify(key))],
    );
    for await (const [n, subject, column] of found) {
      const row = distinct[Number(n) - 1];
      if (row === undefined || subject === null || subject === undefined) continue;
      const cell = JSON.stringify([rowId(row), column]);
      kept.set(cell, [...(kept.get(cell) ?? []), subject]);
    }
  }
  return { of: (row, column) => kept.get(JSON.stringify([rowId(row), column])) ?? [] };
}

/** A keyed code of a tombstone that was met. */
export interface KnownCode {
  readonly [key: string]: unknown;
  readonly subject: string;
  readonly hmac: string;
}

/** Which of the codes, of whatever version of the secret, are an erased person's. */
export function erasedWith(session: Session, hmacs: readonly string[]): Promise<KnownCode[]> {
  return session.query<KnownCode>(
    'SELECT DISTINCT subject, hmac FROM gdpr.tombstone_identifier WHERE hmac = ANY ($1::text[])',
    [hmacs],
  );
}

/** What tombstones have, to be asked of very many values. */
export interface ErasedCodes {
  /** The kinds of identifiers of which there is any. */
  readonly kinds: ReadonlySet<string>;
  /** Whether a keyed code with these first 48 bits may be an erased person's; wrongly of one in millions. */
  mayHave(short: number): boolean;
}

/**
 * Nine bytes a code in memory, and two megabytes: a question of the database for each of the many texts that are
 * nobody's would take longer than to read them.
 */
export async function erasedCodes(session: Session): Promise<ErasedCodes> {
  const [row] = await session.query<{ count: string }>('SELECT count(*)::text AS count FROM gdpr.tombstone_identifier');
  const codes = new Float64Array(Number(row?.count ?? 0));
  const kinds = new Set<string>();
  // A bit for each value of the first 24 bits, which answers for nearly all.
  const begins = new Uint8Array(1 << 21);
  let at = 0;
  for await (const [hmac, kind] of session.stream('SELECT hmac, kind FROM gdpr.tombstone_identifier')) {
    const short = shortCode(hmac ?? '');
    const begin = Math.floor(short / 2 ** 24);
    begins[begin >> 3] = (begins[begin >> 3] ?? 0) | (1 << (begin & 7));
    codes[at] = short;
    at += 1;
    kinds.add(kind ?? '');
  }
  codes.sort();
  return {
    kinds,
    mayHave(short) {
      const begin = Math.floor(short / 2 ** 24);
      return ((begins[begin >> 3] ?? 0) & (1 << (begin & 7))) !== 0 && isAmong(codes, short);
    },
  };
}

/** Among sorted numbers. */
function isAmong(codes: Float64Array, wanted: number): boolean {
  let low = 0;
  let high = codes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((codes[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return codes[low] === wanted;
}

/** The first 48 bits of a code in base64url. */
function shortCode(hmac: string): number {
  return Buffer.from(hmac.slice(0, 8).padEnd(8, 'A'), 'base64url').readUIntBE(0, 6);
}

/** Whether an erasure has been over any of the person's rows: what stands there now was kept, or should be gone. */
export async function isErased(session: Session, keys: Keys, rows: readonly RowKey[]): Promise<boolean> {
  if (!(await hasErasures(session))) return false;
  const hmacs = rows.flatMap((row) => keys.hmacs('subject alias', `row\n${rowId(row)}`));
  return (await erasedWith(session, hmacs)).length > 0;
}
