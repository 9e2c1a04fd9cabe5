import { timeText } from '../../audit/append.js';
import type { Session } from '../../database/session.js';
import { GdprError } from '../../foundation/errors.js';
import { type Day, daysBetween } from '../../request/day.js';

export type HoldScope = 'person' | 'order' | 'rows';
/** `expired`: its last day has passed, and it holds nothing any more. */
export type HoldState = 'active' | 'expired' | 'released';

/** Who parted placing from releasing: two names, which the operators gave themselves. */
export const SEPARATION = { mode: 'names', enforced: 'not enforced by the database' } as const;

/** A hold as people and programs read it; nothing in it is a value of a person. */
export interface HoldView {
  readonly hold: string;
  readonly scope: HoldScope;
  readonly state: HoldState;
  readonly reference: string;
  readonly authority: string;
  /** The last day on which it holds. */
  readonly until: Day;
  /** Until its end; negative when that has passed, null when it was released. */
  readonly daysLeft: number | null;
  /** The last day on which nobody uninvolved may learn of it. */
  readonly gagUntil: Day | null;
  readonly gagged: boolean;
  readonly subjects: readonly string[];
  /** The rows that were named or found; what hangs on an order's is held too. */
  readonly rows: readonly { readonly table: string; readonly rows: number }[];
  /** UTC with microseconds. */
  readonly placed: string;
  readonly placedBy: string;
  readonly released: string | null;
  readonly releasedBy: string | null;
  readonly reason: string | null;
}

interface Row extends Record<string, unknown> {
  readonly hold: string;
  readonly scope: HoldScope;
  readonly reference: string;
  readonly authority: string;
  readonly until: Day;
  readonly gagUntil: Day | null;
  readonly subjects: string;
  readonly rows: string;
  readonly placed: string;
  readonly placedBy: string;
  readonly released: string | null;
  readonly releasedBy: string | null;
  readonly reason: string | null;
}

const SELECT = `SELECT h.id AS hold, h.scope, h.reference, h.authority, h.until::text AS until, h.gag_until::text AS "gagUntil",
    array_to_json(h.subjects)::text AS subjects,
    (SELECT coalesce(json_agg(json_build_object('table', r.name, 'rows', r.rows) ORDER BY r.name), '[]')
      FROM (SELECT table_name AS name, count(*)::integer AS rows FROM gdpr.hold_row WHERE hold = h.id GROUP BY table_name) r)::text AS rows,
    ${timeText('h.placed_at')} AS placed, h.placed_by AS "placedBy", ${timeText('h.released_at')} AS released,
    h.released_by AS "releasedBy", h.release_reason AS reason
  FROM gdpr.hold h`;

/** Holds in the order of their ends. */
export async function readHolds(session: Session, today: Day): Promise<HoldView[]> {
  return (await session.query<Row>(`${SELECT} ORDER BY h.until, h.placed_at, h.id`)).map((row) => viewOf(row, today));
}

/** A hold, locked until the transaction ends. @throws GdprError NOT_FOUND */
export async function lockHold(session: Session, id: string, today: Day): Promise<HoldView> {
  await session.query('SELECT FROM gdpr.hold WHERE id = $1 FOR UPDATE', [id]);
  return readHold(session, id, today);
}

/** @throws GdprError NOT_FOUND */
export async function readHold(session: Session, id: string, today: Day): Promise<HoldView> {
  const [row] = await session.query<Row>(`${SELECT} WHERE h.id = $1`, [id]);
  if (row !== undefined) return viewOf(row, today);
  throw new GdprError('NOT_FOUND', 'there is no such hold', { hint: 'see: gdpr hold list --all' });
}

function viewOf({ subjects, rows, ...row }: Row, today: Day): HoldView {
  const state = row.released !== null ? 'released' : row.until < today ? 'expired' : 'active';
  return {
    hold: row.hold,
    scope: row.scope,
    state,
    reference: row.reference,
    authority: row.authority,
    until: row.until,
    daysLeft: state === 'released' ? null : daysBetween(today, row.until),
    gagUntil: row.gagUntil,
    gagged: row.gagUntil !== null && row.gagUntil >= today,
    subjects: JSON.parse(subjects) as string[],
    rows: JSON.parse(rows) as HoldView['rows'],
    placed: row.placed,
    placedBy: row.placedBy,
    released: row.released,
    releasedBy: row.releasedBy,
    reason: row.reason,
  };
}
