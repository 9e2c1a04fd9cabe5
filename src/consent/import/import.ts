import { journalDone } from '../../customer/settle-journaled.js';
import type { Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { GdprError } from '../../foundation/errors.js';
import { assertGoingOn } from '../../foundation/interrupt.js';
import { archiveChange } from '../../operation/archived.js';
import { endOperation, type Operation, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { readWordings } from '../wording.js';
import { CsvFile } from './csv.js';
import { Entering } from './enter.js';
import { IMPORT_COLUMNS, type ImportLine, lineReader, REQUIRED_COLUMNS } from './line.js';
import type { ReasonLines } from './tally.js';

export interface ImportSettings {
  /** A CSV file; `-` is standard input. */
  readonly file: string;
  /** Whether good lines are kept where others are bad; none is if not. */
  readonly keepGood: boolean;
  readonly ignoreColumns: boolean;
}

/** What became of the lines of a file, which are named by their numbers, the first line of the file being 1. */
export interface ImportCounts {
  readonly file: { readonly sha256: string; readonly bytes: number };
  /** Lines with data, whatever became of them. */
  readonly lines: number;
  /** Events that are new in the ledger. */
  readonly entered: number;
  /** Events that were there already, or stood on an earlier line. */
  readonly duplicates: number;
  readonly bad: readonly ReasonLines[];
  /** Lines with a yes that is entered and lifts nothing: the address is suppressed, or the person objects. */
  readonly suppressed: readonly number[];
  readonly objected: readonly number[];
  /** Lines with a yes that is entered and does not count, since no registered wording was shown then. */
  readonly unproven: readonly number[];
}

export interface Imported extends ImportCounts {
  readonly operation: string;
  /** Missing where it was only looked at. */
  readonly archive?: string;
  readonly sha256?: string;
  readonly audit: { readonly sequence: number };
}

/** Called now and then with the bytes that were read. */
export type ImportProgress = (bytes: number) => void;

const BATCH = 5000;
/** Rolls a transaction back that did what was asked. */
class LookedAt extends Error {
  constructor(readonly counts: ImportCounts) {
    super('only looked at');
  }
}

/**
 * Brings a file of consents and refusals into the ledger, in one transaction: whatever stops it, nothing of the file
 * is there. The same file again changes nothing. The archive names lines and reasons, and nobody.
 * @throws GdprError INPUT_INVALID, with the lines and reasons in `details`, when a line is bad and `keepGood` was not
 *   asked for; DRIFT, INTERRUPTED, FILE_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function importConsents(
  context: Context,
  settings: ImportSettings,
  onProgress: ImportProgress = () => {},
): Promise<Imported> {
  const imported = await runOperation(
    context,
    { action: 'consent import', subjects: [] },
    async (operation) => {
      const archived = await archiveChange(context, operation, nameOf(operation.id), async (session, archive) => {
        const written = await enterFile(context, session, operation, settings, onProgress);
        await archive.add('import.json', 'application/json', [
          `${JSON.stringify(documentOf(context, operation, settings, written), undefined, 1)}\n`,
        ]);
        return { written, outcome: { counts: countsOf(written) } };
      });
      const { written, path, sha256, sequence } = archived;
      return { ...written, operation: operation.id, archive: path, sha256, audit: { sequence } };
    },
    nameOf,
  );
  await journalDone(context);
  return imported;
}

/** The same, taken back at its end: what the import would do. @throws as `importConsents` */
export async function lookAtImport(
  context: Context,
  settings: ImportSettings,
  onProgress: ImportProgress = () => {},
): Promise<Imported> {
  return runOperation(context, { action: 'consent import check', subjects: [] }, async (operation) => {
    const counts = await context.database
      .transaction('read committed', async (session): Promise<never> => {
        throw new LookedAt(await enterFile(context, session, operation, settings, onProgress));
      })
      .catch((error: unknown) => {
        if (error instanceof LookedAt) return error.counts;
        throw error;
      });
    const sequence = await endOperation(context, operation, { result: 'done', counts: countsOf(counts) });
    return { ...counts, operation: operation.id, audit: { sequence } };
  });
}

function nameOf(operation: string): string {
  return `consent-import-${operation}.asice`;
}

async function enterFile(
  context: Context,
  session: Session,
  operation: Operation,
  { file, keepGood, ignoreColumns }: ImportSettings,
  onProgress: ImportProgress,
): Promise<ImportCounts> {
  // No machine code is made for the statements of a batch, which are planned anew with each: it took longer than they do.
  await session.run('SET LOCAL jit = off');
  const catalog = await readCatalog(session);
  assertNoDrift(context.model, catalog);
  const entering = new Entering(context, session, operation.id, { catalog, wordings: await readWordings(session) });
  const csv = new CsvFile(file, {
    columns: IMPORT_COLUMNS,
    required: REQUIRED_COLUMNS,
    ignoreOthers: ignoreColumns,
  });
  const readLine = lineReader(context.model);
  let lines = 0;
  let batch: ImportLine[] = [];
  // The next lines are read while the database enters those before them.
  let before: Promise<void> = Promise.resolve();
  const enter = async () => {
    assertGoingOn(context.surroundings.signal);
    const next = entering.prepare(batch);
    batch = [];
    await before;
    assertGoingOn(context.surroundings.signal);
    before = entering.enter(next, keepGood || entering.bad.count === 0);
    // Whoever awaits it is told.
    before.catch(() => {});
    onProgress(csv.bytes);
  };
  try {
    for await (const read of csv.lines()) {
      lines += 1;
      const line = readLine(read);
      if ('fault' in line) entering.bad.add(line.fault, line.line);
      else batch.push(line);
      if (batch.length >= BATCH) await enter();
      else if (lines % BATCH === 0) assertGoingOn(context.surroundings.signal);
    }
    await enter();
  } finally {
    await before.catch(() => {});
  }
  await before;
  const bad = entering.bad.reasons();
  if (bad.length > 0 && !keepGood) {
    throw new GdprError(
      'INPUT_INVALID',
      `${entering.bad.count} of ${lines} lines cannot be entered; nothing was kept`,
      {
        hint: 'correct them, or keep the others: --keep-good',
        details: { lines, bad },
      },
    );
  }
  const only = (tally: Entering['bad']) => tally.reasons()[0]?.lines ?? [];
  return {
    file: { sha256: csv.sha256(), bytes: csv.bytes },
    lines,
    entered: entering.entered,
    duplicates: entering.duplicates,
    bad,
    suppressed: only(entering.suppressed),
    objected: only(entering.objected),
    unproven: only(entering.unproven),
  };
}

function badCount({ bad }: ImportCounts): number {
  return bad.reduce((sum, { lines }) => sum + lines.length, 0);
}

function countsOf(counts: ImportCounts): Record<string, number> {
  const { lines, entered, duplicates, suppressed, objected, unproven } = counts;
  return {
    ...{ lines, entered, duplicates, bad: badCount(counts) },
    ...{ suppressed: suppressed.length, objected: objected.length, unproven: unproven.length },
  };
}

function documentOf(
  { model, operator }: Context,
  operation: Operation,
  settings: ImportSettings,
  counts: ImportCounts,
) {
  return {
    format: 'privatums consent import',
    version: 1,
    operation: operation.id,
    operator,
    controller: model.map.controller.name,
    mapDigest: model.digest,
    keepGood: settings.keepGood,
    ...counts,
  };
}
