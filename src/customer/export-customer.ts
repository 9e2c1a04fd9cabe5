import { readCatalog } from '../datamap/catalog.js';
import type { Language } from '../documents/page-model.js';
import type { StoredRequest } from '../request/request.js';
import type { Context } from '../workspace/open.js';
import type { Chooser } from './choose.js';
import { type ExportResult, exportCustomer } from './export.js';
import type { Match } from './find-customer.js';
import { assertNameless, type Basis, basisOf } from './identity-check.js';
import { ACCESS, type ExportKind } from './kind.js';
import { type Plan, planExport, storePlan } from './plan.js';
import { findRequester, gate } from './requester.js';
import type { PersonQuery } from './resolve.js';
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
  const asks = { action: 'customer export', ground: kind.ground, kind: kind.request };
  const { match, request } = await findRequester(context, asks, given, typed, chooser);
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

/** On what the person's data is read; a refusal is logged. @throws GdprError as `basisOf` and `assertNameless` */
export async function basisFor(
  context: Context,
  { kind, match, request }: Pick<PreparedExport, 'kind' | 'match' | 'request'>,
  verified: string | undefined,
): Promise<Basis> {
  const intent = { action: 'customer export', subjects: [match.subject], ground: kind.ground };
  const basis = await gate(context, { ...intent, ...(request && { request: request.number }) }, async () =>
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
