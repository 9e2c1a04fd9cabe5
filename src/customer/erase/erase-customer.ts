import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import type { StoredRequest } from '../../request/request.js';
import type { Context } from '../../workspace/open.js';
import type { Chooser } from '../choose.js';
import type { Match } from '../find-customer.js';
import { assertNotHeld } from '../hold/gate.js';
import { keptByHolds } from '../hold/kept.js';
import { type Plan, storePlan } from '../plan.js';
import { findRequester, gate } from '../requester.js';
import type { PersonQuery } from '../resolve.js';
import { assertErasable } from '../restrict/gate.js';
import { type Rehearsal, rehearseErase } from './engine.js';
import { withWhatWasKept } from './kept-person.js';
import { planErase } from './plan.js';

/** A person, the plan of their erasure, and what it would come to now; nothing is changed yet. */
export interface PreparedErase {
  readonly match: Match;
  /** The request of the register that it answers. */
  readonly request: StoredRequest | undefined;
  readonly plan: Plan;
  readonly rehearsal: Rehearsal;
  /** Keeps the plan and who prepared it. */
  store(): Promise<Plan>;
}

/** What the log calls an erasure of one person, and of several at once. */
export const ACTION = 'customer erase';
export const LIST_ACTION = 'customer erase list';

const POINTS = /^(?:Art\. ?)?17\(1\)\(([a-f])\)$/i;

/** The point of Art. 17(1) in the form of the log, `Art. 17(1)(b)`. @throws GdprError USAGE */
export function readGround(given: string): string {
  const point = POINTS.exec(given.trim())?.[1];
  if (point !== undefined) return `Art. 17(1)(${point.toLowerCase()})`;
  throw new GdprError('USAGE', 'the ground is not a point of Art. 17(1)', {
    hint: 'one of 17(1)(a) no longer needed, (b) consent withdrawn, (c) objection, (d) unlawful, (e) legal duty, (f) a child online',
  });
}

/**
 * Finds the one person, plans their erasure and counts what it would do. A search that ends in nobody or in several,
 * and a map whose words cannot be followed, are logged as refused.
 * @throws GdprError NOBODY, SEVERAL, DRIFT, REFUSED; NOT_FOUND for an unknown request
 */
export async function prepareErase(
  context: Context,
  query: PersonQuery,
  ground: string,
  chooser: Chooser,
  typed?: string | undefined,
): Promise<PreparedErase> {
  const { database, operator } = context;
  const asks = { action: ACTION, ground, kind: 'erasure' } as const;
  const { match, request } = await findRequester(context, asks, query, typed, chooser);
  const intent = { action: ACTION, ground, subjects: [match.subject], ...(request && { request: request.number }) };
  return gate(context, intent, async () => {
    const { plan, rehearsal } = await planFor(context, match, ground, request !== undefined);
    return {
      match,
      request,
      plan,
      rehearsal,
      async store() {
        await database.transaction('read committed', (session) => storePlan(session, ACTION, plan, operator));
        return plan;
      },
    };
  });
}

/**
 * Plans the erasure of one person and counts what it would do, in a snapshot.
 * @throws GdprError DRIFT, REFUSED while they are on hold or restricted, unless they themselves ask
 */
export function planFor(
  context: Context,
  { person, subject }: Pick<Match, 'person' | 'subject'>,
  ground: string,
  theyAsk: boolean,
): Promise<{ plan: Plan; rehearsal: Rehearsal }> {
  const { database, model } = context;
  return database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    await assertNotHeld(session, context, [{ person, subject }]);
    await assertErasable(session, context, [{ person, subject, asks: theyAsk }]);
    const people = await withWhatWasKept(session, model, [{ person, subject }]);
    const more = keptByHolds(model, catalog);
    const rehearsal = await rehearseErase(session, { model, catalog, people, at: now().toISOString(), more });
    return { plan: planErase(model, rehearsal, [subject], ground), rehearsal };
  });
}
