import type { Session } from '../database/session.js';
import { type Catalog, readCatalog } from '../datamap/catalog.js';
import { compileRetentionReads } from '../datamap/clock.js';
import { type Contradicted, collectedTables, collectRows } from '../datamap/collect.js';
import { compileCollect } from '../datamap/collect-plan.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMapModel } from '../datamap/model.js';
import type { TableRead } from '../datamap/read.js';
import type { PageDisclosure, PageRetention } from '../documents/page-model.js';
import type { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import type { Context } from '../workspace/open.js';
import { Gagged } from './erase/gagged.js';
import { isErased, type KeptRow, keptRowsOf, withKeptRows } from './erase/kept-person.js';
import { retentionLine } from './information.js';
import { ACCESS, type ExportKind } from './kind.js';
import { disclosedTo } from './own/disclosed-to.js';
import { withOwnTables } from './own/own.js';
import type { FoundPerson } from './people.js';
import { changesSince } from './recheck.js';
import { readTraits, type Traits } from './traits.js';

/** What a snapshot says of one person, beside their rows. */
export interface PersonFacts {
  readonly person: FoundPerson;
  readonly traits: Traits;
  /** Rows under a shared identifier that bear another name, and so were left out. */
  readonly contradicted: readonly Contradicted[];
  readonly retention: readonly PageRetention[];
  /** What erasures kept of them, as far as it may be told of. */
  readonly kept: readonly KeptRow[];
  /** To whom their data was given, as far as it may be told of. */
  readonly disclosed: readonly PageDisclosure[];
  /** Whether a tombstone alone leads to them. */
  readonly erased: boolean;
}

/** The collected rows of a set of people, ready to be read table by table in the transaction that collected them. */
export interface Snapshot {
  /** ISO 8601 in UTC with microseconds. */
  readonly at: string;
  /** Model and catalogue with the built-in tables in them, by which rows are written. */
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  readonly reads: readonly TableRead[];
  /** By the position of the person; the error where they have changed since they were found. */
  readonly people: readonly (PersonFacts | { readonly fault: GdprError })[];
}

/**
 * Collects everybody's rows, and what the page says about them, in the caller's REPEATABLE READ transaction: a
 * statement a place of the map, whatever the number of people. `subjects[i]` is the reference of `people[i]`, by which
 * the schema `gdpr` knows them. Rows that an erasure kept are theirs too, but for what nobody may be told of.
 * @throws GdprError DRIFT
 */
export async function takeSnapshot(
  session: Session,
  { model }: Context,
  people: readonly FoundPerson[],
  subjects: readonly string[],
  kind: ExportKind = ACCESS,
): Promise<Snapshot> {
  const [instant] = await session.query<{ at: string }>(
    `SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at`,
  );
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  const faults = await changesSince(session, model, catalog, people);
  const kept = await keptRowsOf(session, model, subjects);
  const told = groupBy(
    kept.filter((row) => row.told),
    ({ subject }) => subject,
  );
  const keptOf = (i: number) => told.get(subjects[i] ?? '') ?? [];
  const whole = people.map((person, i) => withKeptRows(person, keptOf(i)));
  const gagged = new Gagged(kept, subjects);
  const partly = kind !== ACCESS;
  const contradicted = groupBy(
    await collectRows(session, compileCollect(model, catalog), model, catalog, whole, (table) =>
      gagged.takeOut(session, table, catalog, { partly }),
    ),
    ({ person }) => person,
  );
  const traits = await readTraits(session, model, catalog, whole);
  const retention = new Map<number, PageRetention[]>();
  const collected = await collectedTables(session, model);
  for (const { table, keep, sql } of kind === ACCESS ? compileRetentionReads(model, catalog) : []) {
    if (!collected.has(table)) continue;
    for await (const [person, rows, first, last, undetermined] of session.stream(sql)) {
      const counted = {
        rows: Number(rows),
        first: first ?? null,
        last: last ?? null,
        undetermined: Number(undetermined),
      };
      const lines = retention.get(Number(person)) ?? [];
      lines.push(retentionLine(model, table, keep.rule, counted));
      retention.set(Number(person), lines);
    }
  }
  const disclosed = kind === ACCESS ? await disclosedTo(session, model, subjects) : new Map();
  return {
    at: instant?.at ?? '',
    ...withOwnTables(model, catalog),
    reads: kind.reads(model, catalog, subjects).map((read) => gagged.withheldFrom(read)),
    people: people.map((person, i) => {
      const fault = faults[i];
      if (fault !== undefined) return { fault };
      return {
        person,
        traits: traits[i] ?? new Map(),
        contradicted: contradicted.get(i) ?? [],
        retention: retention.get(i) ?? [],
        kept: keptOf(i),
        disclosed: disclosed.get(subjects[i] ?? '') ?? [],
        erased: isErased(person),
      };
    }),
  };
}
