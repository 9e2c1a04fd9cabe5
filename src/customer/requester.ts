import { GdprError } from '../foundation/errors.js';
import { endOperation, type Intent, runOperation } from '../operation/operation.js';
import { readNumber, readRequest } from '../request/register.js';
import type { Kind, StoredRequest } from '../request/request.js';
import type { Context } from '../workspace/open.js';
import { type Chooser, onePerson } from './choose.js';
import { type Match, matchAlsoErased, matchPeople } from './find-customer.js';
import { checkRequest, checkRequester, unknownRequester } from './identity-check.js';
import { isEmptyQuery, type PersonQuery } from './resolve.js';

/** The one person that a command is about, and the request of theirs that it answers. */
export interface Requester {
  readonly match: Match;
  readonly request: StoredRequest | undefined;
  /** What they were found by: as given, or from the request. */
  readonly query: PersonQuery;
}

const LOGGED = new Set(['NOBODY', 'SEVERAL', 'DRIFT', 'REFUSED', 'VERIFICATION_FAILED']);

/** What erased people may still ask for: a copy of what was kept. */
const COPIES: ReadonlySet<Kind> = new Set(['access', 'portability']);

/** Runs a gate that stands before the operation; its refusal is logged as one of its own. */
export async function gate<T>(context: Context, intent: Intent, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GdprError && LOGGED.has(error.code)) {
      const { code } = error;
      await runOperation(context, intent, (operation) => endOperation(context, operation, { result: 'refused', code }));
    }
    throw error;
  }
}

/**
 * Finds the one person, by identifiers, by a request of the register or by both. A search that ends in nobody or in
 * several, and a request that is not open, of another kind or somebody else's, are logged as refused.
 * @throws GdprError NOBODY, SEVERAL, DRIFT; INPUT_INVALID and NOT_FOUND for an unknown request, REFUSED for one that
 *   does not fit
 */
export async function findRequester(
  context: Context,
  asks: Pick<Intent, 'action' | 'ground'> & { readonly kind: Kind },
  given: PersonQuery,
  typed: string | undefined,
  chooser: Chooser,
): Promise<Requester> {
  const { kind, ...intent } = asks;
  const number = typed === undefined ? undefined : readNumber(typed);
  return gate(context, { ...intent, subjects: [], ...(number !== undefined && { request: number }) }, async () => {
    const request =
      number === undefined
        ? undefined
        : await context.database.transaction('read committed', (session) => readRequest(session, number));
    if (request !== undefined) checkRequest(request, kind);
    const query = request === undefined ? given : queryFor(request, given);
    const match = await onePerson(
      await (COPIES.has(kind) ? matchAlsoErased : matchPeople)(context, query),
      query,
      chooser,
    );
    if (request !== undefined) checkRequester(request, match.subject);
    return { match, request, query };
  });
}

/** The person that the request names, unless the command names one; both are compared later. */
export function queryFor(request: StoredRequest, query: PersonQuery): PersonQuery {
  if (!isEmptyQuery(query)) return query;
  if (request.subject === null) throw unknownRequester(request);
  if (request.row !== null) return { id: request.row };
  throw new GdprError('REFUSED', `the register does not hold by what the person of ${request.number} is found`, {
    hint: 'name the person beside --request: --email, --phone, --order …',
  });
}
