import { createHash } from 'node:crypto';
import { controllerIdentifiers, type GivenCell, type Giver, giveCell } from '../customer/cells.js';
import { withWhatWasKept } from '../customer/erase/kept-person.js';
import { jsonRow } from '../customer/formats.js';
import { type ReviewJudge, rowKey } from '../customer/review/judge.js';
import { WithheldCounter } from '../customer/table-writer.js';
import { readTraits, type Traits } from '../customer/traits.js';
import type { Session } from '../database/session.js';
import { type Catalog, readCatalog } from '../datamap/catalog.js';
import { collectRows } from '../datamap/collect.js';
import { compileCollect } from '../datamap/collect-plan.js';
import { assertNoDrift } from '../datamap/drift.js';
import { spellingOf } from '../datamap/match.js';
import { live } from '../datamap/sql.js';
import { assertGoingOn } from '../foundation/interrupt.js';
import type { Context } from '../workspace/open.js';
import type { DisclosureOrder } from './order.js';
import type { Disclosed } from './people.js';
import { compileScope, type ScopedTable } from './scope.js';

/** The collected rows of the people of a disclosure, ready to be read in the transaction that collected them. */
export interface OpenScope {
  /** ISO 8601 in UTC with microseconds: when the reading began. */
  readonly at: string;
  readonly catalog: Catalog;
  readonly tables: readonly ScopedTable[];
  /** By the position of the person. */
  readonly traits: readonly Traits[];
}

/** A record of the set. */
export interface Recorded {
  /** `RB-000001`. */
  readonly number: string;
  readonly cells: readonly GivenCell[];
  /** One line, without its end. */
  readonly json: string;
  /** SHA-256 of the line in UTF-8, hexadecimal. */
  readonly sha256: string;
}

/** Collects the rows. @throws GdprError DRIFT, MAP_INVALID */
export async function openScope(
  session: Session,
  { model }: Context,
  order: DisclosureOrder,
  { people, orders }: Disclosed,
): Promise<OpenScope> {
  const [instant] = await session.query<{ at: string }>(
    `SELECT to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
  );
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const whole = await withWhatWasKept(session, model, people);
  await collectRows(session, compileCollect(model, catalog), model, catalog, whole);
  const erased = people.flatMap(({ erased: gone, subject }, person) => (gone ? [{ person, subject }] : []));
  return {
    at: instant?.at ?? '',
    catalog,
    tables: compileScope(model, catalog, order, { orders, erased }),
    traits: await readTraits(session, model, catalog, whole),
  };
}

/** Numbers the records of a set through and counts what is withheld of them. */
export class Recorder {
  readonly withheld = new WithheldCounter();
  #count = 0;

  constructor(
    private readonly context: Context,
    private readonly order: DisclosureOrder,
    private readonly prefix: string,
    private readonly review: ReviewJudge | undefined,
  ) {}

  get count(): number {
    return this.#count;
  }

  numberOf(n: number): string {
    return `${this.prefix}-${String(n).padStart(6, '0')}`;
  }

  /** The records of one table, in the order of its key. @throws GdprError INTERRUPTED */
  async *read(session: Session, scope: OpenScope, scoped: ScopedTable): AsyncGenerator<Recorded> {
    const { table, columns, read, left } = scoped;
    const liveTable = live(table, scope.catalog);
    for await (const [person, owners, hidden, ...values] of session.stream(read.sql, read.values)) {
      assertGoingOn(this.context.surroundings.signal);
      for (const { column, reason } of left) this.withheld.add(table.name, column.name, reason);
      if (columns.length === 0) continue;
      const general = this.#giver(scoped, scope.traits[Number(person)] ?? new Map());
      const key = rowKey(read.key, values);
      const judge = key && this.review?.of({ table: table.name, row: key }, general);
      const others = new Set((hidden ?? '').split(','));
      const giver = judge === undefined ? general : { ...general, judge };
      const cells = columns.map((column, i) =>
        giveCell(giver, column, Number(owners), others.has(String(i)), values[i] ?? null),
      );
      cells.forEach((cell, i) => {
        const name = columns[i]?.name ?? '';
        if ('withheld' in cell) this.withheld.add(table.name, name, cell.withheld, 1, cell.because);
        else if (cell.redacted === true) this.withheld.add(table.name, name, 'redacted');
      });
      this.#count += 1;
      const number = this.numberOf(this.#count);
      const json = `{"record":${JSON.stringify(number)},"data":${jsonRow(columns, cells, liveTable)}}`;
      yield { number, cells, json, sha256: createHash('sha256').update(json, 'utf8').digest('hex') };
    }
  }

  #giver({ table }: ScopedTable, traits: Traits): Giver {
    const { model } = this.context;
    const { categories, thirdParties } = this.order;
    const grouped = Object.entries(model.map.disclosure?.groups ?? {}).some(
      ([id, { tables }]) => categories.includes(id) && tables.some((name) => model.table(name) === table),
    );
    return {
      table,
      traits,
      known: controllerIdentifiers(model),
      spelling: spellingOf(model),
      everybody: thirdParties !== null,
      asked: ({ category }) => grouped || categories.includes(category),
      onJsonWithheld: (column, place, reason, because) =>
        this.withheld.add(table.name, `${column.name}.${place}`, reason, 1, because),
    };
  }
}
