import { timeText } from '../../audit/append.js';
import { spellingOf } from '../../datamap/match.js';
import { now } from '../../foundation/clock.js';
import { parse } from '../../identity/kinds.js';
import type { Context } from '../../workspace/open.js';
import { isTold } from '../hold/told.js';
import type { PersonQuery } from '../resolve.js';
import type { KeptSource } from './kept.js';

/** A person who was erased, and what was kept of them, by table and reason. */
export interface ErasedMatch {
  readonly subject: string;
  /** When they were erased last, ISO 8601 in UTC with microseconds. */
  readonly erased: string;
  readonly kept: readonly {
    readonly table: string;
    readonly columns: readonly string[];
    readonly source: KeptSource;
    readonly id: string;
    readonly rows: number;
    readonly until: string | null;
  }[];
}

/**
 * Erased people by the e-mail, phone and personas kods that they were known by, all of which must be theirs: what is
 * typed is compared by keyed code with the tombstones, so that an old address leads to what is kept and why, but for
 * what nobody may be told of.
 */
export async function findErased({ database, model, keys }: Context, query: PersonQuery): Promise<ErasedMatch[]> {
  // Tombstones hold no names, orders or keys of rows as they are typed, so these cannot be compared.
  if (query.name !== undefined || query.order !== undefined || query.id !== undefined) return [];
  const given = [
    { kind: 'email', value: query.email },
    { kind: 'phone', value: query.phone },
    { kind: 'personas-kods', value: query.personasKods },
  ] as const;
  const codes = given.flatMap(({ kind, value }) =>
    value === undefined
      ? []
      : [parse(kind, value, spellingOf(model)).flatMap((form) => keys.hmacs('subject alias', `${kind}\n${form}`))],
  );
  if (codes.length === 0) return [];
  return database.transaction('read committed', async (session) => {
    const each = codes.map(
      (_, i) =>
        `EXISTS (SELECT FROM gdpr.tombstone_identifier i WHERE i.subject = t.subject AND i.hmac = ANY ($${i + 2}::text[]))`,
    );
    const rows = await session.query<{ subject: string; erased: string; kept: string }>(
      `SELECT t.subject, ${timeText('max(t.erased_at)')} AS erased,
         (SELECT coalesce(json_agg(k ORDER BY k."table", k.source, k.id, k.columns::text), '[]') FROM (
            SELECT table_name AS "table", to_json(columns) AS columns, source, reason AS id, count(*)::integer AS rows,
              CASE WHEN bool_and(until IS NOT NULL) THEN max(until) END AS until
            FROM gdpr.kept_row r WHERE subject = t.subject AND ${isTold('r', '$1')} GROUP BY table_name, r.columns, source, reason) k)::text AS kept
       FROM gdpr.tombstone t WHERE ${each.join(' AND ')} GROUP BY t.subject ORDER BY max(t.erased_at)`,
      [now().toISOString(), ...codes],
    );
    return rows.map(({ kept, ...row }) => ({ ...row, kept: JSON.parse(kept) as ErasedMatch['kept'] }));
  });
}
