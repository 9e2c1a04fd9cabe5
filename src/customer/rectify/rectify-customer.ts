import { GdprError } from '../../foundation/errors.js';
import { endOperation, runOperation } from '../../operation/operation.js';
import { readNumber, readRequest } from '../../request/register.js';
import type { StoredRequest } from '../../request/request.js';
import type { Context } from '../../workspace/open.js';
import { type Chooser, onePerson } from '../choose.js';
import { type Match, matchPeople } from '../find-customer.js';
import { assertNotHeld } from '../hold/gate.js';
import { checkRequest, checkRequester } from '../identity-check.js';
import { type Plan, storePlan } from '../plan.js';
import { queryFor } from '../requester.js';
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
const LOGGED = ['NOBODY', 'SEVERAL', 'DRIFT', 'REFUSED'];

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
  const number = typed === undefined ? undefined : readNumber(typed);
  const subjects: string[] = [];
  try {
    const request =
      number === undefined
        ? undefined
        : await database.transaction('read committed', (session) => readRequest(session, number));
    if (request !== undefined) checkRequest(request, 'rectification');
    const asked = request === undefined ? query : queryFor(request, query);
    const match = await onePerson(await matchPeople(context, asked), asked, chooser);
    if (request !== undefined) checkRequester(request, match.subject);
    subjects.push(match.subject);
    const digest = digestsOf(keys, match.subject);
    const wanted = { model, person: match.person, settings, query: asked, digest };
    const rehearsal = await database.transaction('repeatable read', async (session) => {
      await assertNotHeld(session, context, [match], 'corrected');
      return rehearseRectify(session, wanted);
    });
    const plan = planRectify(model, rehearsal.correction, digest, match.subject);
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
  } catch (error) {
    if (error instanceof GdprError && LOGGED.includes(error.code)) {
      const { code } = error;
      const intent = { action: ACTION, subjects, ground: GROUND, ...(number && { request: number }) };
      await runOperation(context, intent, (operation) => endOperation(context, operation, { result: 'refused', code }));
    }
    throw error;
  }
}
