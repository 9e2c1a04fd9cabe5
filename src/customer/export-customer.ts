import { entryTextFault } from '../audit/entry.js';
import { readCatalog } from '../datamap/catalog.js';
import type { Language } from '../documents/page-model.js';
import { GdprError } from '../foundation/errors.js';
import { nameTokens } from '../identity/kinds.js';
import { endOperation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { type Chooser, onePerson } from './choose.js';
import { type ExportResult, exportCustomer } from './export.js';
import { type Match, matchPeople } from './find-customer.js';
import { ACCESS, type ExportKind } from './kind.js';
import { type Plan, planExport, storePlan } from './plan.js';
import type { PersonQuery } from './resolve.js';
import type { ExportProgress } from './write-export.js';

/** A person and the plan of their export, before anything of it is read. */
export interface PreparedExport {
  readonly kind: ExportKind;
  readonly match: Match;
  readonly plan: Plan;
  /** Keeps the plan and who prepared it. */
  store(): Promise<Plan>;
}

/**
 * Finds the one person and plans the export. A search that ends in nobody or in several is logged as refused.
 * @throws GdprError NOBODY, SEVERAL, DRIFT
 */
export async function prepareExport(
  context: Context,
  query: PersonQuery,
  chooser: Chooser,
  kind: ExportKind = ACCESS,
): Promise<PreparedExport> {
  let match: Match;
  try {
    match = await onePerson(await matchPeople(context, query), query, chooser);
  } catch (error) {
    if (error instanceof GdprError && (error.code === 'NOBODY' || error.code === 'SEVERAL' || error.code === 'DRIFT')) {
      const { code } = error;
      await runOperation(context, { action: 'customer export', subjects: [], ground: kind.ground }, (operation) =>
        endOperation(context, operation, { result: 'refused', code }),
      );
    }
    throw error;
  }
  const { model, database, operator } = context;
  const plan = await database.transaction('repeatable read', async (session) =>
    planExport(model, await readCatalog(session), [match.subject], kind),
  );
  return {
    kind,
    match,
    plan,
    async store() {
      await database.transaction('read committed', (session) => storePlan(session, 'customer export', plan, operator));
      return plan;
    },
  };
}

const NO_DATA = 'say what was done, without data: "account login", "known e-mail answered", "contract number"';

/**
 * How the identity was checked, as the log may hold it.
 * @throws GdprError USAGE when nothing is said, INPUT_INVALID when it holds what looks like data of a person
 */
export function checkVerified(given: string | undefined): string {
  const verified = given?.trim() ?? '';
  if (verified === '') {
    throw new GdprError('USAGE', 'how the identity was checked is missing', {
      hint: 'say it with --verified, e.g. --verified "account login"',
    });
  }
  const fault = entryTextFault(verified);
  if (fault !== undefined) {
    throw new GdprError('INPUT_INVALID', `--verified ${fault}`, { hint: NO_DATA });
  }
  return verified;
}

/** Runs a prepared export. @throws as `checkVerified` and `exportCustomer` */
export async function exportPrepared(
  context: Context,
  { kind, match, plan }: PreparedExport,
  options: { verified: string | undefined; language: Language; planDigest?: string | undefined },
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportResult> {
  const verified = checkVerified(options.verified);
  if (
    (match.traits.get('name') ?? []).some((name) =>
      nameTokens(name).some((token) => token.length > 2 && nameTokens(verified).includes(token)),
    )
  ) {
    throw new GdprError('INPUT_INVALID', "--verified holds the person's name", { hint: NO_DATA });
  }
  const { language, planDigest } = options;
  return exportCustomer(
    context,
    { person: match.person, subject: match.subject, verified, language, planDigest },
    plan,
    onProgress,
    kind,
  );
}
