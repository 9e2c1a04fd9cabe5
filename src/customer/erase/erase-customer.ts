import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import { endOperation, runOperation } from '../../operation/operation.js';
import { readNumber, readRequest } from '../../request/register.js';
import type { StoredRequest } from '../../request/request.js';
import type { Context } from '../../workspace/open.js';
import { type Chooser, onePerson } from '../choose.js';
import { type Match, matchPeople } from '../find-customer.js';
import { assertNotHeld } from '../hold/gate.js';
import { keptByHolds } from '../hold/kept.js';
import { checkRequest, checkRequester } from '../identity-check.js';
import { type Plan, storePlan } from '../plan.js';
import { queryFor } from '../requester.js';
import type { PersonQuery } from '../resolve.js';
import { assertErasable } from '../restrict/gate.js';
import { type Rehearsal, rehearseErase } from './engine.js';
import { keptRowsOf, withKeptRows } from './kept-person.js';
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
  const number = typed === undefined ? undefined : readNumber(typed);
  const subjects: string[] = [];
  try {
    const request =
      number === undefined
        ? undefined
        : await database.transaction('read committed', (session) => readRequest(session, number));
    if (request !== undefined) checkRequest(request, 'erasure');
    const asked = request === undefined ? query : queryFor(request, query);
    const match = await onePerson(await matchPeople(context, asked), asked, chooser);
    if (request !== undefined) checkRequester(request, match.subject);
    subjects.push(match.subject);
    const { plan, rehearsal } = await planFor(context, match, ground, request !== undefined);
    return {
      match,
      request,
      plan,
      rehearsal,
      async store() {
        await database.transaction('read committed', (session) => storePlan(session, 'customer erase', plan, operator));
        return plan;
      },
    };
  } catch (error) {
    if (error instanceof GdprError && ['NOBODY', 'SEVERAL', 'DRIFT', 'REFUSED'].includes(error.code)) {
      const { code } = error;
      const intent = { action: 'customer erase', subjects, ground, ...(number && { request: number }) };
      await runOperation(context, intent, (operation) => endOperation(context, operation, { result: 'refused', code }));
    }
    throw error;
  }
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
    await assertErasable(session, context, [{ person, subject }], theyAsk);
    const kept = await keptRowsOf(session, model, [subject]);
    const people = [withKeptRows(person, kept)];
    const more = keptByHolds(model, catalog);
    const rehearsal = await rehearseErase(session, { model, catalog, people, at: now().toISOString(), more });
    return { plan: planErase(model, rehearsal, [subject], ground), rehearsal };
  });
}
