import type { Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import type { RowKey } from '../../datamap/collect-plan.js';
import { live } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { randomId } from '../../foundation/random-id.js';
import { runOperation } from '../../operation/operation.js';
import { addMonths, type Day, readDay, todayIn } from '../../request/day.js';
import type { Settled } from '../../request/settle.js';
import { checkWords } from '../../request/words.js';
import type { Context } from '../../workspace/open.js';
import type { Chooser } from '../choose.js';
import { rowsNamed } from '../resolve.js';
import { settleJournaled } from '../settle-journaled.js';
import { lockStanding } from '../standing.js';
import { type HoldView, readHold } from './hold.js';
import { findHeld, type HoldTarget } from './target.js';

/** What is to be held, and by whose order, as it was typed. */
export interface HoldOrder {
  readonly target: HoldTarget;
  readonly reference: string;
  readonly authority: string;
  readonly until: string;
  readonly gagUntil?: string | undefined;
}

/** Against a slip in the year; no period that a hold could wait for is longer (Civillikums, 1895. pants). */
const LONGEST_MONTHS = 120;

/**
 * Places a hold: what it covers is not erased while it lasts. One that may not be told of leaves no person in the
 * log, by which their export and their requests would tell of it.
 * @throws GdprError INPUT_INVALID, PLAN_CHANGED when a row went while it was placed, and what `findHeld` throws
 */
export async function placeHold(context: Context, order: HoldOrder, chooser: Chooser): Promise<Settled<HoldView>> {
  const today = todayIn(context.model.map.timeZone);
  const reference = checkWords('--reference', order.reference);
  const authority = checkWords('--authority', order.authority);
  const until = readEnd('--until', order.until, today);
  const gagUntil = order.gagUntil === undefined ? null : readEnd('--gag-until', order.gagUntil, today);
  return runOperation(context, { action: 'hold place', subjects: [] }, async (operation) => {
    const { subjects, rows } = await findHeld(context, order.target, chooser);
    return settleJournaled(context, operation, async (session) => {
      await lockStanding(session);
      await assertThere(session, context, rows);
      const id = `hold-${randomId(10)}`;
      await session.run(
        `INSERT INTO gdpr.hold (id, scope, subjects, reference, authority, until, gag_until, placed_by, operation)
         VALUES ($1, $2, $3::text[], $4, $5, $6::date, $7::date, $8, $9)`,
        [id, order.target.scope, subjects, reference, authority, until, gagUntil, context.operator, operation.id],
      );
      await session.run(
        `INSERT INTO gdpr.hold_row (hold, table_name, key)
         SELECT $1, u.name, u.key::jsonb FROM unnest($2::text[], $3::text[]) u (name, key)`,
        [id, rows.map(({ table }) => table), rows.map(({ key }) => JSON.stringify(key))],
      );
      return {
        result: await readHold(session, id, today),
        traces: { subjects: gagUntil === null ? subjects : [], rules: [id], counts: { rows: rows.length } },
      };
    });
  });
}

/** What the shop or a run of retention took between the search and the lock cannot be held any more. */
async function assertThere(session: Session, { model }: Context, rows: readonly RowKey[]): Promise<void> {
  const catalog = await readCatalog(session);
  const names = rows.map(({ table, key }) => ({ table: model.table(table), key }));
  const found = await rowsNamed(
    session,
    catalog,
    names.filter(({ table }) => live(table, catalog).key.length > 0),
  );
  const gone = found.filter((hits) => hits.length === 0).length;
  if (gone === 0) return;
  throw new GdprError('PLAN_CHANGED', `${gone} of the ${rows.length} rows went while the hold was placed`, {
    hint: 'run it again: it holds what is still there',
  });
}

function readEnd(flag: string, typed: string, today: Day): Day {
  const day = readDay(flag, typed, today);
  if (day >= today && day <= addMonths(today, LONGEST_MONTHS)) return day;
  throw new GdprError('INPUT_INVALID', `${flag} is before today, ${today}, or more than ten years away`, {
    hint: 'the last day that the order names; a hold that is extended is placed anew',
  });
}
