import type { ArchiveWriter } from '../archive/write.js';
import { pageBottom, pageTop } from '../documents/export-page.js';
import type { PageModel } from '../documents/page-model.js';
import { GdprError } from '../foundation/errors.js';
import { Spool } from '../foundation/spool.js';
import type { Operation } from '../operation/operation.js';
import type { Context } from '../workspace/open.js';
import { manifestOf, pageOf } from './contents.js';
import { type KeptPart, keptParts } from './erase/kept-person.js';
import type { ExportKind } from './kind.js';
import { isOwnTable } from './own/own.js';
import type { Plan } from './plan.js';
import type { ExportRequest } from './request.js';
import { ReviewJudge, type ReviewSummary } from './review/judge.js';
import type { PersonFacts, Snapshot } from './snapshot.js';
import { type RowSource, type TableResult, TableWriter, type Withheld, WithheldCounter } from './table-writer.js';

export interface ExportProgress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

export interface WrittenExport {
  readonly results: readonly TableResult[];
  readonly withheld: readonly Withheld[];
  /** What became of the free texts, where they were reviewed. */
  readonly review?: ReviewSummary | undefined;
  /** What earlier erasures kept, by table and reason. */
  readonly kept: readonly KeptPart[];
}

/** Everything that one person's archive is made of. */
export interface ExportContents {
  readonly kind: ExportKind;
  readonly request: ExportRequest;
  readonly plan: Plan;
  readonly operation: Operation;
  readonly snapshot: Pick<Snapshot, 'at' | 'model' | 'catalog' | 'reads'>;
  readonly facts: PersonFacts;
  readonly rowsOf: RowSource;
  /** Writes the files of the kind's own, once the tables are written; @returns them for the page. */
  readonly more?: (archive: ArchiveWriter) => Promise<PageModel['files']>;
}

/**
 * Writes one person's data, the manifest and the page into an archive.
 * @throws GdprError NOBODY when the snapshot holds no row of theirs, INTERRUPTED, FILE_UNAVAILABLE
 */
export async function writeExport(
  { paths, surroundings }: Context,
  archive: ArchiveWriter,
  { kind, request, plan, operation, snapshot, facts, rowsOf, more }: ExportContents,
  onProgress: (progress: ExportProgress) => void = () => {},
): Promise<WrittenExport> {
  const { model, catalog, reads } = snapshot;
  const page = new Spool(paths.temporary);
  const counter = new WithheldCounter();
  const judge = request.review && new ReviewJudge(request.review);
  const results: TableResult[] = [];
  try {
    const writer = new TableWriter({
      rowsOf,
      catalog,
      model,
      traits: facts.traits,
      archive,
      page,
      counter,
      review: judge,
      temporary: paths.temporary,
      signal: surroundings.signal,
    });
    for (const [i, read] of reads.entries()) {
      onProgress({ table: read.table.name, done: i, total: reads.length });
      const result = await writer.write(read);
      if (result !== undefined) results.push(result);
    }
    onProgress({ table: '', done: reads.length, total: reads.length });
    const ofShop = [
      ...results.filter(({ rows }) => rows > 0).map(({ table }) => table.name),
      ...counter.list().map(({ table }) => table),
    ];
    // Of an erased person nothing of the shop's need be left: then that, and when it was erased, is the answer.
    if (!facts.erased && ofShop.every((name) => isOwnTable({ name }))) {
      throw new GdprError('NOBODY', 'the person was found, but is gone in the snapshot of the export', {
        hint: 'run: gdpr customer find',
      });
    }
    const files = (await more?.(archive)) ?? [];
    for (const { identifier } of facts.person.shared) counter.add('', identifier, 'shared-identifier');
    for (const { table, column, rows } of facts.contradicted) counter.add(table, column, 'shared-identifier', rows);
    const withheld = counter.list();
    const review = judge?.summary();
    const kept = keptParts(model, facts.kept);
    const at = snapshot.at;
    const written = { kind, files, request, operation: operation.id, snapshot: at, results, withheld, review, kept };
    const pageModel = pageOf(model, {
      ...written,
      retention: facts.retention,
      disclosed: facts.disclosed,
      erased: facts.erased,
    });
    await archive.add('manifest.json', 'application/json', manifestOf(model, { ...written, planDigest: plan.digest }));
    await archive.add('index.html', 'text/html', wholePage(pageModel, page));
    return { results, withheld, review, kept };
  } finally {
    await page.discard();
  }
}

async function* wholePage(model: PageModel, tables: Spool): AsyncGenerator<string | Buffer> {
  yield pageTop(model);
  yield* tables.drain();
  yield pageBottom(model);
}
