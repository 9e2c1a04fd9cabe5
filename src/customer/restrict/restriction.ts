import { timeText } from '../../audit/append.js';
import type { Session } from '../../database/session.js';
import { GdprError } from '../../foundation/errors.js';
import type { Day } from '../../request/day.js';

/** The points of Art. 18(1) on which processing is restricted. */
export const RESTRICTION_GROUNDS = ['18(1)(a)', '18(1)(b)', '18(1)(c)', '18(1)(d)'] as const;
export type RestrictionGround = (typeof RESTRICTION_GROUNDS)[number];

/** A restriction as it is noted; `restriction` is the operation that placed it. */
export interface Restriction {
  readonly restriction: string;
  readonly subject: string;
  readonly ground: RestrictionGround;
  readonly request: string | null;
  readonly since: Day;
  /** UTC with microseconds; null while it is in force. */
  readonly lifted: string | null;
}

const SELECT = `SELECT operation AS restriction, subject, ground, request, since::text AS since, ${timeText('lifted_at')} AS lifted
  FROM gdpr.restriction`;

/**
 * The restrictions that are in force, by the person's reference; people without any are left out. One statement,
 * whatever the number of people. Whoever has a person's row asks for all references by which they are known
 * (`knownReferences`).
 */
export async function restrictionsOf(
  session: Session,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, readonly Restriction[]>> {
  const rows = await session.query<Restriction & Record<string, unknown>>(
    `${SELECT} WHERE lifted_at IS NULL AND subject = ANY ($1::text[]) ORDER BY since, ground`,
    [subjects],
  );
  const bySubject = new Map<string, Restriction[]>();
  for (const row of rows) bySubject.set(row.subject, [...(bySubject.get(row.subject) ?? []), row]);
  return bySubject;
}

/** The point of Art. 18(1) as it is stored, `18(1)(b)`. @throws GdprError USAGE */
export function readRestrictionGround(given: string): RestrictionGround {
  const point = /^(?:Art\. ?)?(18\(1\)\([a-d]\))$/i.exec(given.trim())?.[1]?.toLowerCase();
  const ground = RESTRICTION_GROUNDS.find((each) => each === point);
  if (ground !== undefined) return ground;
  throw new GdprError('USAGE', 'the ground is not a point of Art. 18(1)', {
    hint: 'one of 18(1)(a) accuracy contested, (b) unlawful and erasure opposed, (c) needed by the person for claims, (d) objection being weighed',
  });
}
