import { expect } from 'vitest';
import { connectServer, type PooledDatabase } from '../../src/database/connect.js';
import { migrate } from '../../src/database/migrate.js';
import type { Session } from '../../src/database/session.js';
import { type Catalog, readCatalog } from '../../src/datamap/catalog.js';
import { collectRows } from '../../src/datamap/collect.js';
import { compileCollect, type Person } from '../../src/datamap/collect-plan.js';
import { findDrift } from '../../src/datamap/drift.js';
import type { DataMapModel } from '../../src/datamap/model.js';
import { compileReads } from '../../src/datamap/read.js';
import { templateDatabase, testDatabase } from '../support/postgres.js';

const TIME_ZONE = 'Europe/Riga';

export interface Scratch {
  readonly url: string;
  /** Runs in a transaction that is rolled back, with the tables that `ddl` makes. */
  with(ddl: string, work: (session: Session) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** A migrated database without tables of a shop. */
export async function scratch(): Promise<Scratch> {
  const template = await templateDatabase('datamap', async (url) => {
    const database = await connectServer({ url, timeZone: TIME_ZONE });
    await migrate(database);
    await database.close();
  });
  const { url, drop } = await testDatabase({ template });
  const database: PooledDatabase = await connectServer({ url, timeZone: TIME_ZONE });
  const rollback = new Error('rolled back');
  return {
    url,
    async with(ddl, work) {
      try {
        await database.transaction('read committed', async (session) => {
          await session.run(ddl);
          await work(session);
          throw rollback;
        });
      } catch (error) {
        if (error !== rollback) throw error;
      }
    },
    async close() {
      await database.close();
      await drop();
    },
  };
}

export interface CollectedRow {
  readonly person: number;
  /** Ids of the owners as whom the person has the row. */
  readonly owners: readonly string[];
  readonly values: Readonly<Record<string, string | null>>;
  /** Columns that hold another owner's value. */
  readonly hidden: readonly string[];
}

export interface Collected {
  readonly catalog: Catalog;
  rows(table: string): readonly CollectedRow[];
  /** The values of a column, sorted, of each person's rows. */
  values(table: string, column: string): string[][];
}

/** Collects and reads the rows of the people, after making sure that the map and the tables agree. */
export async function collect(session: Session, model: DataMapModel, people: readonly Person[]): Promise<Collected> {
  const catalog = await readCatalog(session);
  expect(findDrift(model, catalog)).toEqual([]);
  await collectRows(session, compileCollect(model, catalog), model, catalog, people);
  const found = new Map<string, CollectedRow[]>();
  for (const { table, columns, sql } of compileReads(model, catalog)) {
    const rows: CollectedRow[] = [];
    for await (const [person, owners, hidden, ...values] of session.stream(sql)) {
      rows.push({
        person: Number(person),
        hidden: (hidden ?? '').split(',').flatMap((index) => columns[index === '' ? -1 : Number(index)]?.name ?? []),
        owners: table.owners.filter(({ index }) => (Number(owners) & (1 << index)) !== 0).map(({ id }) => id),
        values: Object.fromEntries(columns.map((column, i) => [column.name, values[i] ?? null])),
      });
    }
    found.set(table.name, rows);
  }
  const rows = (table: string): readonly CollectedRow[] => {
    const list = found.get(table);
    if (list === undefined) throw new Error(`${table} was not read`);
    return list;
  };
  return {
    catalog,
    rows,
    values: (table, column) =>
      people.map((_, person) =>
        rows(table)
          .filter((row) => row.person === person)
          .map((row) => row.values[column] ?? 'NULL')
          .sort(),
      ),
  };
}

/** The first column of a statement as sorted texts: what the rows should be, told independently. */
export async function column(session: Session, sql: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const [value] of session.stream(sql)) texts.push(value ?? 'NULL');
  return texts.sort();
}

/** A person who has one row of their own. */
export function root(table: string, ...key: readonly string[]): Person {
  return { roots: [{ table, key }], rows: [], identifiers: [] };
}

export function withIdentifiers(person: Person, identifiers: Readonly<Record<string, readonly string[]>>): Person {
  return {
    ...person,
    identifiers: Object.entries(identifiers).flatMap(([identifier, values]) =>
      values.map((value) => ({ identifier, value })),
    ),
  };
}

export const nobody: Person = { roots: [], rows: [], identifiers: [] };
