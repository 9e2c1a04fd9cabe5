import type { Session } from '../database/session.js';
import { archiveOutcome } from '../operation/archived.js';
import { type Operation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import type { KeptPart } from './erase/kept-person.js';
import { ACCESS, type ExportKind } from './kind.js';
import { assertPlan, type Plan, planExport } from './plan.js';
import type { ExportRequest } from './request.js';
import type { ReviewSummary } from './review/judge.js';
import { takeSnapshot } from './snapshot.js';
import type { RowSource, Withheld } from './table-writer.js';
import { type ExportProgress, type WrittenExport, writeExport } from './write-export.js';

export interface ExportResult {
  readonly operation: string;
  readonly archive: string;
  readonly sha256: string;
  readonly subject: string;
  readonly planDigest: string;
  readonly snapshot: string;
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly withheld: readonly Withheld[];
  /** What became of the free texts, where they were reviewed. */
  readonly review?: ReviewSummary | undefined;
  /** What earlier erasures kept of them, with ground and day; missing when there were none. */
  readonly kept?: readonly KeptPart[];
  readonly audit: { readonly sequence: number };
}

/**
 * Exports everything that is held about one person (Art. 15): intent → one REPEATABLE READ snapshot, streamed into
 * the archive's `.partial` → signature, fsync → outcome committed → rename. A crash in between is mended by `recover`.
 * @throws GdprError DRIFT, PLAN_CHANGED, FILE_UNAVAILABLE, DATABASE_UNAVAILABLE; nothing is left behind but the log
 */
export async function exportCustomer(
  context: Context,
  request: ExportRequest,
  plan: Plan,
  onProgress: (progress: ExportProgress) => void = () => {},
  kind: ExportKind = ACCESS,
): Promise<ExportResult> {
  return runOperation(
    context,
    exportIntent(request, plan, kind),
    async (operation) => {
      assertPlan(plan, request.planDigest);
      const archived = await archiveOutcome(context, operation, exportName(operation.id, kind), async (archive) => {
        const written = await context.database.transaction('repeatable read', async (session) => {
          const snapshot = await takeSnapshot(session, context, [request.person], [request.subject], kind);
          assertPlan(planExport(context.model, snapshot.catalog, [request.subject], kind), plan.digest);
          const [facts] = snapshot.people;
          if (facts === undefined) throw new Error('the snapshot holds nobody');
          if ('fault' in facts) throw facts.fault;
          const contents = {
            ...{ kind, request, plan, operation, snapshot, facts, rowsOf: rowsFrom(session) },
            ...(kind.more && { more: kind.more(session, context, snapshot.catalog, 0, facts.traits) }),
          };
          return { at: snapshot.at, ...(await writeExport(context, archive, contents, onProgress)) };
        });
        return { written, outcome: { counts: countsOf(written) } };
      });
      const { written, path, sha256, sequence } = archived;
      return {
        operation: operation.id,
        archive: path,
        sha256,
        subject: request.subject,
        planDigest: plan.digest,
        snapshot: written.at,
        tables: written.results.map(({ table, rows }) => ({ table: table.name, rows })),
        withheld: written.withheld,
        ...(written.review && { review: written.review }),
        ...(written.kept.length > 0 && { kept: written.kept }),
        audit: { sequence },
      };
    },
    (operation) => exportName(operation, kind),
  );
}

export function exportIntent(request: ExportRequest, plan: Plan, kind: ExportKind = ACCESS): Operation['intent'] {
  return {
    action: 'customer export',
    subjects: [request.subject],
    planDigest: plan.digest,
    ground: kind.ground,
    verified: request.verified,
    ...(request.number !== undefined && { request: request.number }),
  };
}

export function exportName(operation: string, { word }: ExportKind = ACCESS): string {
  return `${word}-${operation}.asice`;
}

/** Rows by table, for the log. */
export function countsOf({ results }: WrittenExport): Record<string, number> {
  return Object.fromEntries(results.filter(({ rows }) => rows > 0).map(({ table, rows }) => [table.name, rows]));
}

/** The only person's rows, straight from the database. */
function rowsFrom(session: Session): RowSource {
  return async function* ({ sql, values }) {
    for await (const [, ...row] of session.stream(sql, values)) yield row;
  };
}
