import { join } from 'node:path';
import { type ArchiveWriter, createArchive } from '../archive/write.js';
import type { Session } from '../database/session.js';
import { readCatalog } from '../datamap/catalog.js';
import { compileRetentionReads } from '../datamap/clock.js';
import { collectRows, compileCollect } from '../datamap/collect.js';
import { assertNoDrift } from '../datamap/drift.js';
import { compileReads } from '../datamap/read.js';
import { pageBottom, pageTop } from '../documents/export-page.js';
import type { PageModel, PageRetention } from '../documents/page-model.js';
import { now } from '../foundation/clock.js';
import { privateFolder } from '../foundation/durable.js';
import { EXIT, GdprError } from '../foundation/errors.js';
import { Spool } from '../foundation/spool.js';
import { endOperation, type Operation, runOperation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { manifestOf, pageOf } from './contents.js';
import { retentionLine } from './information.js';
import { assertPlan, type Plan, planExport } from './plan.js';
import { assertSamePerson } from './recheck.js';
import type { ExportRequest } from './request.js';
import { type TableResult, TableWriter, type Withheld, WithheldCounter } from './table-writer.js';
import { readTraits } from './traits.js';

export interface ExportProgress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

export interface ExportResult {
  readonly operation: string;
  readonly archive: string;
  readonly sha256: string;
  readonly subject: string;
  readonly planDigest: string;
  readonly snapshot: string;
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly withheld: readonly Withheld[];
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
): Promise<ExportResult> {
  const intent = {
    action: 'customer export',
    subjects: [request.subject],
    planDigest: plan.digest,
    ground: 'Art. 15',
    verified: request.verified,
  };
  return runOperation(context, intent, (operation) => run(context, request, plan, operation, onProgress), archiveName);
}

function archiveName(operation: string): string {
  return `export-${operation}.asice`;
}

async function run(
  context: Context,
  request: ExportRequest,
  plan: Plan,
  operation: Operation,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportResult> {
  assertPlan(plan, request.planDigest);
  const { paths, config, signer } = context;
  await privateFolder(paths.archives);
  await privateFolder(paths.temporary);
  const path = join(paths.archives, archiveName(operation.id));
  const archive = await createArchive({
    path,
    signer,
    signingTime: now(),
    ...(config.timestamp && { timestamp: config.timestamp }),
  });
  try {
    const written = await context.database.transaction('repeatable read', (session) =>
      write(session, context, request, plan, operation, archive, onProgress),
    );
    const finished = await archive.finish();
    const counts = Object.fromEntries(
      written.results.filter(({ rows }) => rows > 0).map(({ table, rows }) => [table.name, rows]),
    );
    const sequence = await endOperation(context, operation, {
      result: 'done',
      archive: { path, sha256: finished.sha256 },
      counts,
    });
    await archive.publish();
    return {
      operation: operation.id,
      archive: path,
      sha256: finished.sha256,
      subject: request.subject,
      planDigest: plan.digest,
      snapshot: written.snapshot,
      tables: written.results.map(({ table, rows }) => ({ table: table.name, rows })),
      withheld: written.withheld,
      audit: { sequence },
    };
  } catch (error) {
    // After a committed outcome the fsynced partial is evidence: recover puts it under its name.
    if (operation.ended) throw unfinished(error);
    await archive.abort();
    throw error;
  }
}

/** Running the command again would make a second export of one that is done but for its name. */
function unfinished(error: unknown): unknown {
  if (!(error instanceof GdprError) || error.exit !== EXIT.unavailable) return error;
  return new GdprError(error.code, error.message, {
    cause: error,
    hint: 'mend this, then run: gdpr recover (it finishes this export, or takes it back)',
  });
}

async function write(
  session: Session,
  context: Context,
  request: ExportRequest,
  plan: Plan,
  operation: Operation,
  archive: ArchiveWriter,
  onProgress: (progress: ExportProgress) => void,
) {
  const { model, paths } = context;
  const [instant] = await session.query<{ at: string }>(
    `SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
  );
  const snapshot = instant?.at ?? '';
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  assertPlan(planExport(model, catalog, [request.subject]), plan.digest);
  await assertSamePerson(session, model, catalog, request.person);
  const contradicted = await collectRows(session, compileCollect(model, catalog), model, catalog, [request.person]);
  const traits = (await readTraits(session, model, catalog, [request.person]))[0] ?? new Map();
  const page = new Spool(paths.temporary);
  const counter = new WithheldCounter();
  const results: TableResult[] = [];
  try {
    const reads = compileReads(model, catalog);
    const writer = new TableWriter({
      session,
      catalog,
      model,
      traits,
      archive,
      page,
      counter,
      temporary: paths.temporary,
      signal: context.surroundings.signal,
    });
    for (const [i, read] of reads.entries()) {
      onProgress({ table: read.table.name, done: i, total: reads.length });
      results.push(await writer.write(read));
    }
    onProgress({ table: '', done: reads.length, total: reads.length });
    if (results.every(({ rows }) => rows === 0)) {
      throw new GdprError('NOBODY', 'the person was found, but is gone in the snapshot of the export', {
        hint: 'run: gdpr customer find',
      });
    }
    const retention: PageRetention[] = [];
    for (const { table, keep, sql } of compileRetentionReads(model, catalog)) {
      const [row] = await session.query<{
        rows: string;
        first: string | null;
        last: string | null;
        undetermined: string;
      }>(sql);
      if (row !== undefined)
        retention.push(
          retentionLine(model, table, keep.rule, {
            rows: Number(row.rows),
            first: row.first,
            last: row.last,
            undetermined: Number(row.undetermined),
          }),
        );
    }
    for (const { identifier } of request.person.shared) counter.add('', identifier, 'shared-identifier');
    for (const { table, column, rows } of contradicted) counter.add(table, column, 'shared-identifier', rows);
    const withheld = counter.list();
    const facts = { request, operation: operation.id, snapshot, results, withheld };
    const pageModel = pageOf(model, { ...facts, retention });
    await archive.add('manifest.json', 'application/json', manifestOf(model, { ...facts, planDigest: plan.digest }));
    await archive.add('index.html', 'text/html', wholePage(pageModel, page));
    return { results, withheld, snapshot };
  } finally {
    await page.discard();
  }
}

async function* wholePage(model: PageModel, tables: Spool): AsyncGenerator<string | Buffer> {
  yield pageTop(model);
  yield* tables.drain();
  yield pageBottom(model);
}
