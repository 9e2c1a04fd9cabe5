import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { AddedFile, ArchiveWriter } from '../archive/write.js';
import { csvHead, csvRows } from '../customer/formats.js';
import { pageTable } from '../customer/table-writer.js';
import type { Session } from '../database/session.js';
import { fileNames } from '../datamap/names.js';
import { live } from '../datamap/sql.js';
import {
  type DisclosedTable,
  type DisclosureHead,
  disclosureBottom,
  disclosureTop,
  type RowsOutside,
  recordRows,
  recordsBottom,
  recordsTop,
} from '../documents/disclosure-page.js';
import { canonicalJson, type Json } from '../foundation/canonical-json.js';
import { GdprError } from '../foundation/errors.js';
import { Spool } from '../foundation/spool.js';
import type { Context } from '../workspace/open.js';
import type { DisclosureStep, PreparedDisclosure } from './prepare.js';
import type { OpenScope, Recorded, Recorder } from './records.js';
import type { ScopedTable } from './scope.js';

/** What was written of the records. */
export interface WrittenSet {
  readonly tables: readonly DisclosedTable[];
  readonly files: readonly AddedFile[];
}

const BATCH = 200;

/**
 * Writes the records, the index and the request into the archive: every record once, in the order of tables and keys, so
 * that the same rows give the same bytes.
 * @throws GdprError PLAN_CHANGED when the records are not those that were agreed on; INTERRUPTED, FILE_UNAVAILABLE
 */
export async function writeSet(
  session: Session,
  context: Context,
  archive: ArchiveWriter,
  { order, steps, outside }: PreparedDisclosure,
  scope: OpenScope,
  recorder: Recorder,
  head: DisclosureHead,
): Promise<WrittenSet> {
  const { model, paths } = context;
  const names = fileNames(model.tables.map(({ name }) => name));
  const page = new Spool(paths.temporary);
  const index = new Spool(paths.temporary);
  const tables: Omit<DisclosedTable, 'withheld'>[] = [];
  const files: AddedFile[] = [];
  const add = async (...file: Parameters<ArchiveWriter['add']>) => {
    files.push(await archive.add(...file));
  };
  try {
    await index.write(csvHead(['record', 'table', 'file', 'position', 'sha256'].map((name) => ({ name }))));
    for (const scoped of scope.tables) {
      const step = steps.find(({ read }) => read === scoped.table.name);
      const name = names.get(scoped.table.name);
      const written = await writeTable({ session, context, scope, scoped, step, recorder, page, index, add, name });
      if (written !== undefined) tables.push(written);
    }
    if (tables.length !== steps.length) throw changed();
    await add('index.csv', 'text/csv', index.drain());
    await add(order.document.name, order.document.mediaType, createReadStream(order.document.path));
    if (files.at(-1)?.sha256 !== order.document.sha256) throw changed();
    const withheld = recorder.withheld.list();
    const shown = tables.map((each) => ({
      ...each,
      withheld: withheld
        .filter(({ table }) => table === each.name)
        .map(({ column, reason, rows }) => ({
          reason,
          rows,
          title: model.table(each.name).columns.find(({ name: own }) => own === column)?.entry.title ?? {
            lv: column,
            en: column,
          },
        })),
    }));
    const left = outside
      .filter(({ rows }) => rows > 0)
      .map(({ table: name, rows, undated }) => ({
        name,
        title: model.table(name).entry.title,
        rows,
        undated: undated === true,
      }));
    await add('page.html', 'text/html', whole(head, page, shown, left));
    return { tables: shown, files };
  } finally {
    await page.discard();
    await index.discard();
  }
}

async function* whole(
  head: DisclosureHead,
  records: Spool,
  tables: readonly DisclosedTable[],
  rowsOutside: readonly RowsOutside[],
) {
  yield disclosureTop(head);
  yield* records.drain();
  yield disclosureBottom(head, tables, rowsOutside);
}

function changed(): GdprError {
  return new GdprError('PLAN_CHANGED', 'the records are not those that were agreed on: rows have changed since', {
    hint: 'store the plan anew with --plan, and have it agreed on again',
  });
}

interface TablePart {
  readonly session: Session;
  readonly context: Context;
  readonly scope: OpenScope;
  readonly scoped: ScopedTable;
  /** What was agreed on; undefined when nothing of the table was. */
  readonly step: DisclosureStep | undefined;
  readonly recorder: Recorder;
  readonly page: Spool;
  readonly index: Spool;
  readonly add: (...file: Parameters<ArchiveWriter['add']>) => Promise<void>;
  readonly name: string | undefined;
}

async function writeTable(part: TablePart): Promise<Omit<DisclosedTable, 'withheld'> | undefined> {
  const { context, scope, scoped, step, page, add, name } = part;
  const { table, columns } = scoped;
  const records = part.recorder.read(part.session, scope, scoped)[Symbol.asyncIterator]();
  const first = await records.next();
  if (first.done === true) return undefined;
  if (step === undefined) throw changed();
  const files = { json: `data/${name}.json`, csv: `data/${name}.csv` };
  const csv = new Spool(context.paths.temporary);
  const shown = pageTable(scoped.read, context.model, live(table, scope.catalog));
  const seen = { rows: 0, last: '' };
  const take = async (batch: readonly Recorded[]) => {
    await csv.write(csvRows(batch.map(({ number, cells }) => [{ value: number }, ...cells])));
    await page.write(recordRows(shown, batch));
    await part.index.write(
      csvRows(
        batch.map(({ number, sha256 }, i) =>
          [number, table.name, files.json, String(seen.rows + i + 1), sha256].map((value) => ({ value })),
        ),
      ),
    );
    seen.rows += batch.length;
    seen.last = batch.at(-1)?.number ?? seen.last;
  };
  try {
    await csv.write(csvHead([{ name: 'record' }, ...columns]));
    await page.write(recordsTop(shown));
    await add(files.json, 'application/json', jsonFile(part, first.value, records, take));
    await add(files.csv, 'text/csv', csv.drain());
    await page.write(recordsBottom(seen.rows));
  } finally {
    await csv.discard();
    await records.return?.(undefined);
  }
  const title = (column: string) => table.entry.columns[column]?.title ?? { lv: column, en: column };
  return {
    name: table.name,
    title: table.entry.title,
    rows: seen.rows,
    first: first.value.number,
    last: seen.last,
    files,
    columns: columns.map((column) => title(column.name)),
    outside: scoped.outside.map(title),
  };
}

/** A line a record, whose SHA-256 without its comma stands in the index; the records are compared with the plan's. */
async function* jsonFile(
  { scoped: { table, columns }, step }: TablePart,
  first: Recorded,
  rest: AsyncIterator<Recorded>,
  take: (batch: readonly Recorded[]) => Promise<void>,
): AsyncGenerator<string> {
  const described = Object.fromEntries(
    columns.map(({ name, entry }) => [name, { title: entry.title, ...(entry.codes && { codes: entry.codes }) }]),
  );
  yield `{"table":${JSON.stringify(table.name)},"title":${canonicalJson(table.entry.title as Json)},"columns":${canonicalJson(described as Json)},"records":[`;
  const hash = createHash('sha256');
  let batch: Recorded[] = [];
  let separator = '\n';
  let rows = 0;
  for (let record: Recorded | undefined = first; record !== undefined; ) {
    hash.update(`${record.json}\n`);
    rows += 1;
    yield separator + record.json;
    separator = ',\n';
    batch.push(record);
    if (batch.length === BATCH) {
      await take(batch);
      batch = [];
    }
    const next = await rest.next();
    record = next.done === true ? undefined : next.value;
  }
  if (batch.length > 0) await take(batch);
  if (rows !== step?.rows || `sha256:${hash.digest('hex')}` !== step.records) throw changed();
  yield '\n]}\n';
}
