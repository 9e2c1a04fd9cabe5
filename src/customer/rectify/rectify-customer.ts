import type { StoredRequest } from '../../request/request.js';
import type { Context } from '../../workspace/open.js';
import type { Chooser } from '../choose.js';
import type { Match } from '../find-customer.js';
import { assertNotHeld } from '../hold/gate.js';
import { type Plan, storePlan } from '../plan.js';
import { findRequester, gate } from '../requester.js';
import type { PersonQuery } from '../resolve.js';
import { digestsOf, type Rectified, type RectifyRequest, rehearseRectify } from './engine.js';
import { GROUND, planRectify } from './plan.js';
import type { Setting } from './settings.js';

/** A person, the plan of what is corrected, and what it would come to now; nothing is changed yet. */
export interface PreparedRectify {
  readonly match: Match;
  /** The request of the register that it answers. */
  readonly request: StoredRequest | undefined;
  readonly wanted: RectifyRequest;
  readonly plan: Plan;
  readonly rehearsal: Rectified;
  /** Keeps the plan and who prepared it. */
  store(): Promise<Plan>;
}

export const ACTION = 'customer rectify';

/**
 * Finds the one person, plans what is corrected and counts what it would do. A search that ends in nobody or in
 * several, and a correction that a gate forbids, are logged as refused.
 * @throws GdprError NOBODY, SEVERAL, DRIFT, REFUSED, INPUT_INVALID; NOT_FOUND for an unknown request
 */
export async function prepareRectify(
  context: Context,
  query: PersonQuery,
  settings: readonly Setting[],
  chooser: Chooser,
  typed?: string | undefined,
): Promise<PreparedRectify> {
  const { database, operator, model, keys } = context;
  const asks = { action: ACTION, ground: GROUND, kind: 'rectification' } as const;
  const { match, request, query: asked } = await findRequester(context, asks, query, typed, chooser);
  const { subject } = match;
  const intent = { action: ACTION, ground: GROUND, subjects: [subject], ...(request && { request: request.number }) };
  return gate(context, intent, async () => {
    const digest = digestsOf(keys, subject);
    const wanted = { model, person: match.person, settings, query: asked, digest };
    const rehearsal = await database.transaction('repeatable read', async (session) => {
      await assertNotHeld(session, context, [match], 'corrected');
      return rehearseRectify(session, wanted);
    });
    const plan = planRectify(model, rehearsal.correction, digest, subject);
    return {
      match,
      request,
      wanted,
      plan,
      rehearsal,
      async store() {
        await database.transaction('read committed', (session) => storePlan(session, ACTION, plan, operator));
        return plan;
      },
    };
  });
}
