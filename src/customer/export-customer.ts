import { readCatalog } from '../datamap/catalog.js';
import type { Language } from '../documents/page-model.js';
import { GdprError } from '../foundation/errors.js';
import { endOperation, runOperation } from '../operation/operation.js';
import { readNumber, readRequest } from '../request/register.js';
import type { StoredRequest } from '../request/request.js';
import type { Context } from '../workspace/open.js';
import { type Chooser, onePerson } from './choose.js';
import { type ExportResult, exportCustomer } from './export.js';
import { type Match, matchPeople } from './find-customer.js';
import {
  assertNameless,
  type Basis,
  basisOf,
  checkRequest,
  checkRequester,
  unknownRequester,
} from './identity-check.js';
import { ACCESS, type ExportKind } from './kind.js';
import { type Plan, planExport, storePlan } from './plan.js';
import { isEmptyQuery, type PersonQuery } from './resolve.js';
import type { Review } from './review/read.js';
import type { ExportProgress } from './write-export.js';

/** A person and the plan of their export, before anything of it is read. */
export interface PreparedExport {
  readonly kind: ExportKind;
  readonly match: Match;
  readonly request: StoredRequest | undefined;
  readonly plan: Plan;
  /** Keeps the plan and who prepared it. */
  store(): Promise<Plan>;
}

const LOGGED = new Set(['NOBODY', 'SEVERAL', 'DRIFT', 'REFUSED']);

/** Runs a gate whose refusal is logged. */
async function gate<T>(
  context: Context,
  subjects: readonly string[],
  ground: string,
  number: string | undefined,
  work: () => Promise<T>,
) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GdprError && LOGGED.has(error.code)) {
      const { code } = error;
      const intent = { action: 'customer export', subjects, ground, ...(number && { request: number }) };
      await runOperation(context, intent, (operation) => endOperation(context, operation, { result: 'refused', code }));
    }
    throw error;
  }
}

/**
 * Finds the one person, by identifiers, by a request of the register or by both, and plans the export. A search that
 * ends in nobody or in several, and a request that does not allow it, are logged as refused.
 * @throws GdprError NOBODY, SEVERAL, DRIFT; NOT_FOUND for an unknown request, REFUSED for one that does not fit
 */
export async function prepareExport(
  context: Context,
  given: PersonQuery,
  chooser: Chooser,
  kind: ExportKind = ACCESS,
  typed?: string | undefined,
): Promise<PreparedExport> {
  const { model, database, operator } = context;
  const number = typed === undefined ? undefined : readNumber(typed);
  const { match, request } = await gate(context, [], kind.ground, number, async () => {
    const asked =
      number === undefined
        ? undefined
        : await database.transaction('read committed', (session) => readRequest(session, number));
    if (asked !== undefined) checkRequest(asked, kind.request);
    const query = asked === undefined ? given : queryFor(asked, given);
    const found = await onePerson(await matchPeople(context, query), query, chooser);
    if (asked !== undefined) checkRequester(asked, found.subject);
    return { match: found, request: asked };
  });
  const plan = await database.transaction('repeatable read', async (session) =>
    planExport(model, await readCatalog(session), [match.subject], kind),
  );
  return {
    kind,
    match,
    request,
    plan,
    async store() {
      await database.transaction('read committed', (session) => storePlan(session, 'customer export', plan, operator));
      return plan;
    },
  };
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

/** On what the person's data is read; a refusal is logged. @throws GdprError as `basisOf` and `assertNameless` */
export async function basisFor(
  context: Context,
  { kind, match, request }: Pick<PreparedExport, 'kind' | 'match' | 'request'>,
  verified: string | undefined,
): Promise<Basis> {
  const basis = await gate(context, [match.subject], kind.ground, request?.number, async () =>
    basisOf(verified, request),
  );
  assertNameless(basis.verified, match.traits.get('name') ?? []);
  return basis;
}

/** Runs a prepared export. @throws as `basisOf` and `exportCustomer` */
export async function exportPrepared(
  context: Context,
  { kind, match, request, plan }: PreparedExport,
  options: {
    verified: string | undefined;
    language: Language;
    planDigest?: string | undefined;
    review?: Review | undefined;
  },
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportResult> {
  const { person, subject } = match;
  const { verified, language, planDigest, review } = options;
  const basis = await basisFor(context, { kind, match, request }, verified);
  return exportCustomer(context, { person, subject, ...basis, language, planDigest, review }, plan, onProgress, kind);
}
