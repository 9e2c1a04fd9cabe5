import type { ArchiveWriter } from '../archive/write.js';
import type { Catalog, CatalogTable } from '../datamap/catalog.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { fileNames } from '../datamap/names.js';
import type { TableRead, WithheldReason } from '../datamap/read.js';
import type { JsonNode } from '../datamap/schema.js';
import { live } from '../datamap/sql.js';
import { type PageTable, tableAnchor, tableBottom, tableRows, tableTop } from '../documents/export-page.js';
import type { Text } from '../documents/page-model.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import { Spool } from '../foundation/spool.js';
import { controllerIdentifiers, type GivenCell, type Giver, giveCell } from './cells.js';
import { csvHead, csvRows, jsonRow } from './formats.js';
import { type ReviewJudge, rowKey } from './review/judge.js';
import type { Traits } from './traits.js';

/** One table's part of an export. */
export interface TableResult {
  readonly table: PersonalTableModel;
  readonly rows: number;
  readonly files: { readonly json: string; readonly csv: string };
}

/** A column, or a place inside one, that was not given in so many rows. */
export interface Withheld {
  readonly table: string;
  readonly column: string;
  readonly reason: WithheldReason;
  readonly rows: number;
  /** Where somebody decided so: why, as the person reads it. */
  readonly because?: Text;
}

/** Counts what is not given, by place and reason. */
export class WithheldCounter {
  readonly #counts = new Map<string, { -readonly [K in keyof Withheld]: Withheld[K] }>();

  add(table: string, column: string, reason: WithheldReason, rows = 1, because?: Text): void {
    const key = JSON.stringify([table, column, reason, because?.lv, because?.en]);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { table, column, reason, rows, ...(because && { because }) });
    else known.rows += rows;
  }

  list(): Withheld[] {
    return [...this.#counts.values()];
  }
}

/** The person's rows of a table: owners, hidden, then the read's columns. */
export type RowSource = (read: TableRead) => AsyncIterable<(string | null)[]>;

export interface TableWriterOptions {
  readonly rowsOf: RowSource;
  readonly catalog: Catalog;
  readonly model: DataMapModel;
  readonly traits: Traits;
  readonly archive: Pick<ArchiveWriter, 'add'>;
  /** Takes the tables' part of the page, which stands in the archive after all data. */
  readonly page: Spool;
  readonly counter: WithheldCounter;
  /** Decides the free texts, where somebody read them. */
  readonly review?: ReviewJudge | undefined;
  /** Whether a place of a JSON document was asked for; all if left out. */
  readonly asked?: ((node: JsonNode) => boolean) | undefined;
  /** Folder for the encrypted spools. */
  readonly temporary: string;
  readonly signal: AbortSignal;
}

const BATCH = 200;

/** Takes each table's rows once: JSON goes straight into the archive, CSV and the page wait in spools for their turn. */
export class TableWriter {
  readonly #names: ReadonlyMap<string, string>;

  constructor(private readonly options: TableWriterOptions) {
    this.#names = fileNames(options.model.tables.map((table) => table.name));
  }

  /** @returns undefined when the table has no column to give, whose rows are only counted then */
  async write(read: TableRead): Promise<TableResult | undefined> {
    const { rowsOf, archive, page, counter, temporary } = this.options;
    const { table } = read;
    assertGoingOn(this.options.signal);
    if (read.columns.length === 0) return this.#leave(read);
    const name = this.#names.get(table.name);
    const files = { json: `data/${name}.json`, csv: `data/${name}.csv` };
    const stream = rowsOf(read)[Symbol.asyncIterator]();
    const first = await stream.next();
    if (first.done === true) return { table, rows: 0, files };
    const csv = new Spool(temporary);
    const shown = pageTable(read, this.options.model, live(table, this.options.catalog));
    let rows = 0;
    const take = async (batch: readonly GivenCell[][]) => {
      rows += batch.length;
      for (const cells of batch) {
        cells.forEach((cell, i) => {
          const column = read.columns[i]?.name ?? '';
          if ('withheld' in cell) counter.add(table.name, column, cell.withheld, 1, cell.because);
          else if (cell.redacted === true) counter.add(table.name, column, 'redacted');
        });
      }
      await csv.write(csvRows(batch));
      await page.write(tableRows(shown, batch));
    };
    try {
      await csv.write(csvHead(read.columns));
      await page.write(tableTop(shown, tableAnchor(table.name)));
      await archive.add(files.json, 'application/json', this.#json(read, first.value, stream, take));
      await archive.add(files.csv, 'text/csv', csv.drain());
      await page.write(tableBottom(shown, rows));
      for (const { column, reason } of read.left) counter.add(table.name, column.name, reason, rows);
      return { table, rows, files };
    } finally {
      await csv.discard();
      await stream.return?.();
    }
  }

  async #leave(read: TableRead): Promise<undefined> {
    let rows = 0;
    for await (const _ of this.options.rowsOf(read)) {
      assertGoingOn(this.options.signal);
      rows += 1;
    }
    if (rows === 0) return;
    for (const { column, reason } of read.left) this.options.counter.add(read.table.name, column.name, reason, rows);
  }

  async *#json(
    read: TableRead,
    first: (string | null)[],
    rest: AsyncIterator<(string | null)[]>,
    take: (batch: readonly GivenCell[][]) => Promise<void>,
  ): AsyncGenerator<string> {
    const { catalog, review } = this.options;
    const { table } = read;
    const general = this.#giver(table);
    const columns = Object.fromEntries(
      read.columns.map(({ name, entry }) => [
        name,
        { title: entry.title, source: entry.source, ...(entry.codes && { codes: entry.codes }) },
      ]),
    );
    yield `{"table":${JSON.stringify(table.name)},"title":${JSON.stringify(table.entry.title)},"columns":${JSON.stringify(columns)},"rows":[`;
    let batch: GivenCell[][] = [];
    let separator = '\n';
    for (let row: (string | null)[] | undefined = first; row !== undefined; ) {
      assertGoingOn(this.options.signal);
      const [owners, hidden, ...values] = row;
      const others = new Set((hidden ?? '').split(','));
      const key = rowKey(read.key, values);
      const judge = key && review?.of({ table: table.name, row: key }, general);
      const giver = judge === undefined ? general : { ...general, judge };
      const cells = read.columns.map((column, i) =>
        giveCell(giver, column, Number(owners), others.has(String(i)), values[i] ?? null),
      );
      yield separator + jsonRow(read.columns, cells, live(table, catalog));
      separator = ',\n';
      batch.push(cells);
      if (batch.length === BATCH) {
        await take(batch);
        batch = [];
      }
      const next = await rest.next();
      row = next.done === true ? undefined : next.value;
    }
    if (batch.length > 0) await take(batch);
    yield '\n]}\n';
  }

  #giver(table: PersonalTableModel): Giver {
    const { traits, model, counter, asked } = this.options;
    return {
      table,
      traits,
      known: controllerIdentifiers(model),
      spelling: spellingOf(model),
      ...(asked && { asked }),
      onJsonWithheld: (column, place, reason, because) =>
        counter.add(table.name, `${column.name}.${place}`, reason, 1, because),
    };
  }
}

/** How a value of the type is shown, where the map does not say. */
const FORMATS: Readonly<Record<string, NonNullable<PageTable['columns'][number]['format']>>> = {
  date: 'date',
  'timestamp with time zone': 'timestamp',
  'timestamp without time zone': 'timestamp',
  boolean: 'boolean',
  json: 'json',
  jsonb: 'json',
};

/** A table as a page shows it. */
export function pageTable(read: TableRead, model: DataMapModel, liveTable: CatalogTable): PageTable {
  const { name, entry } = read.table;
  const purposes = new Set(read.table.columns.flatMap((column) => column.entry.purposes));
  return {
    name,
    title: entry.title,
    ...(entry.description && { description: entry.description }),
    purposes: Object.entries(model.map.purposes).flatMap(([id, purpose]) => (purposes.has(id) ? [purpose.title] : [])),
    columns: read.columns.map(({ name: column, entry: { title, source, codes, ...said } }) => {
      const format = said.format ?? FORMATS[liveTable.columns.get(column)?.baseType ?? ''];
      return { name: column, title, source, ...(format && { format }), ...(codes && { codes }) };
    }),
  };
}
