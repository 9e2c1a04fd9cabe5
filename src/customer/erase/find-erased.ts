import { timeText } from '../../audit/append.js';
import type { Session } from '../../database/session.js';
import { type Catalog, readCatalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import { now } from '../../foundation/clock.js';
import { groupBy } from '../../foundation/group.js';
import { parse } from '../../identity/kinds.js';
import type { Context } from '../../workspace/open.js';
import { isTold } from '../hold/told.js';
import { isReference, type PersonQuery, rowName } from '../resolve.js';
import { rowId } from '../roots.js';
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
 * Erased people by the e-mail, phone, personas kods and row that they were known by, or by their reference, all of
 * which must be theirs: what is typed is compared by keyed code with the tombstones, so that an old address leads to
 * what is kept and why, but for what nobody may be told of.
 */
export async function findErased(context: Context, query: PersonQuery): Promise<ErasedMatch[]> {
  const [found] = await findErasedOf(context, [query]);
  return found ?? [];
}

/** The same for many queries, which must be such as can be answered; three statements for all of them. */
export async function findErasedOf(context: Context, queries: readonly PersonQuery[]): Promise<ErasedMatch[][]> {
  // Tombstones hold no names and orders as they are typed, so these cannot be compared.
  const comparable = queries.map((query) => query.name === undefined && query.order === undefined);
  if (!comparable.includes(true)) return queries.map(() => []);
  return context.database.transaction('read committed', async (session) => {
    const byRow = queries.some(({ id }, n) => comparable[n] && id !== undefined && !isReference(id));
    // Only the name of a row is read by the catalogue.
    const catalog: Catalog = byRow ? await readCatalog(session) : new Map();
    const parts = queries.flatMap((query, n) =>
      comparable[n] ? partsOf(context, catalog, query).map((codes) => ({ n, codes })) : [],
    );
    const held = await session.query<{ part: number; subject: string }>(
      `SELECT DISTINCT g.part, i.subject FROM unnest($1::integer[], $2::text[]) g (part, code)
       JOIN gdpr.tombstone_identifier i ON i.hmac = g.code OR i.subject = g.code`,
      [parts.flatMap(({ codes }, part) => codes.map(() => part)), parts.flatMap(({ codes }) => codes)],
    );
    const people = new Map((await erasedPeople(session, held)).map((person) => [person.subject, person]));
    const byPart = groupBy(held, ({ part }) => part);
    const byQuery = groupBy(
      parts.map(({ n }, part) => ({ n, subjects: new Set((byPart.get(part) ?? []).map(({ subject }) => subject)) })),
      ({ n }) => n,
    );
    return queries.map((_, n) => {
      const [first, ...others] = byQuery.get(n) ?? [];
      return [...(first?.subjects ?? [])]
        .filter((subject) => others.every(({ subjects }) => subjects.has(subject)))
        .flatMap((subject) => people.get(subject) ?? [])
        .sort((a, b) => (a.erased < b.erased ? -1 : 1));
    });
  });
}

/** For each part of a query, the codes of which a tombstone must hold one. @throws GdprError INPUT_INVALID */
function partsOf({ model, keys }: Context, catalog: Catalog, query: PersonQuery): (readonly string[])[] {
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
  const { id } = query;
  if (id === undefined) return codes;
  if (isReference(id)) return [...codes, [id]];
  const { table, key } = rowName(model, catalog, id);
  return [...codes, keys.hmacs('subject alias', `row\n${rowId({ table: table.name, key })}`)];
}

async function erasedPeople(session: Session, held: readonly { subject: string }[]): Promise<ErasedMatch[]> {
  const rows = await session.query<{ subject: string; erased: string; kept: string }>(
    `SELECT t.subject, ${timeText('max(t.erased_at)')} AS erased,
       (SELECT coalesce(json_agg(k ORDER BY k."table", k.source, k.id, k.columns::text), '[]') FROM (
          SELECT table_name AS "table", to_json(columns) AS columns, source, reason AS id, count(*)::integer AS rows,
            CASE WHEN bool_and(until IS NOT NULL) THEN max(until) END AS until
          FROM gdpr.kept_row r WHERE subject = t.subject AND ${isTold('r', '$2')} GROUP BY table_name, r.columns, source, reason) k)::text AS kept
     FROM gdpr.tombstone t WHERE t.subject = ANY ($1::text[]) GROUP BY t.subject`,
    [[...new Set(held.map(({ subject }) => subject))], now().toISOString()],
  );
  return rows.map(({ kept, ...row }) => ({ ...row, kept: JSON.parse(kept) as ErasedMatch['kept'] }));
}
