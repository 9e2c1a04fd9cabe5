import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { collectedTables, collectRows } from '../datamap/collect.js';
import { compileCollect, type RowKey, rowsOf } from '../datamap/collect-plan.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { Text } from '../datamap/schema.js';
import { keyOf, live } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { mask } from '../identity/kinds.js';
import type { FoundPerson } from './people.js';
import { ORDER_NUMBER, type PersonQuery, resolveQueries } from './resolve.js';
import { readTraits, type Traits } from './traits.js';

/** A person who matches, with what tells them apart without naming them. */
export interface Candidate {
  readonly person: FoundPerson;
  readonly traits: Traits;
  /** What `--id` takes: a row's table and key. */
  readonly id: string;
  readonly kind: Text;
  /** Rows in the whole database. */
  readonly rows: number;
  /**
   * Whether the query says who it is. A name does not; nor does an e-mail that somebody else typed into a row of
   * theirs: it leads to that person, whom its owner is not.
   */
  readonly identified: boolean;
}

/** A candidate as it may be shown: masked. */
export interface MaskedCandidate {
  readonly id: string;
  readonly kind: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly rows: number;
}

export function masked(candidate: Candidate): MaskedCandidate {
  const first = (kind: 'name' | 'email' | 'phone') => {
    const value = candidate.traits.get(kind)?.[0];
    return value === undefined ? null : mask(kind, value);
  };
  return {
    id: candidate.id,
    kind: candidate.kind.en,
    name: first('name'),
    email: first('email'),
    phone: first('phone'),
    rows: candidate.rows,
  };
}

/** More candidates than these are counted, not described. */
const MOST_CANDIDATES = 50;

/**
 * Everyone who matches all parts of the query, accounts and guests alike, described by what their own rows hold.
 * Runs in the caller's REPEATABLE READ transaction.
 * @throws GdprError USAGE, INPUT_INVALID, SEVERAL when too many match to be told apart
 */
export async function findPeople(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  query: PersonQuery,
): Promise<Candidate[]> {
  const [resolved] = await resolveQueries(session, model, catalog, [query]);
  if (resolved === undefined) return [];
  if ('fault' in resolved) throw resolved.fault;
  const { people, identified } = resolved;
  if (people.length > MOST_CANDIDATES)
    throw new GdprError('SEVERAL', `${people.length} people match`, {
      hint: 'add another identifier: --email, --phone, --order or --id',
    });
  const described = await describe(session, model, catalog, people);
  return described.map((candidate) => ({ ...candidate, identified }));
}

/** Whether a row's key may be shown: it is there, is no list, and holds nothing that identifies a person. */
function isNameable(table: PersonalTableModel, catalog: Catalog): boolean {
  const { key, columns } = live(table, catalog);
  return (
    key.length > 0 &&
    key.every((name) => {
      const entry = table.entry.columns[name];
      const personal =
        entry === undefined ||
        (entry.identifier !== undefined && entry.identifier !== ORDER_NUMBER) ||
        entry.namesSomeone === true ||
        entry.freeText === true ||
        entry.secret !== undefined;
      return !personal && columns.get(name)?.type.endsWith('[]') !== true;
    })
  );
}

/** The people as they are offered to be chosen from, in their order; collects their rows in the caller's transaction. */
export async function describe(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly FoundPerson[],
): Promise<Omit<Candidate, 'identified'>[]> {
  if (people.length === 0) return [];
  await collectRows(session, compileCollect(model, catalog), model, catalog, people);
  const traits = await readTraits(session, model, catalog, people);
  const counted = [...(await collectedTables(session, model))].map((table) => {
    const names = keyOf(table, catalog).map((_, i) => `k${i + 1}`);
    return `SELECT person, count(DISTINCT (${names.join(', ')})) AS rows FROM ${rowsOf(table)} GROUP BY person`;
  });
  const counts =
    counted.length === 0
      ? []
      : await session.query<{ person: number; rows: string }>(
          `SELECT person, sum(rows)::text AS rows FROM (${counted.join(' UNION ALL ')}) c GROUP BY person`,
        );
  const own = people.map(({ roots, rows }) =>
    [...roots, ...rows].find((candidate) => isNameable(model.table(candidate.table), catalog)),
  );
  const ids = own.includes(undefined) ? await nameableRows(session, model, catalog) : new Map<number, RowKey>();
  return people.map((person, i) => {
    const row = own[i] ?? ids.get(i);
    const kind = Object.values(model.map.persons).find(
      (entry) => canonicalName(entry.table) === person.roots[0]?.table,
    )?.title;
    return {
      person,
      traits: traits[i] ?? new Map(),
      id: row === undefined ? '' : `${row.table}:${row.key.length === 1 ? row.key[0] : JSON.stringify(row.key)}`,
      kind: kind ?? { lv: 'viesis', en: 'guest' },
      rows: Number(counts.find((count) => count.person === i)?.rows ?? 0),
    };
  });
}

/** For each person, their first row by which `--id` leads back to them and whose key says nothing about them. */
async function nameableRows(session: Session, model: DataMapModel, catalog: Catalog): Promise<Map<number, RowKey>> {
  const ids = new Map<number, RowKey>();
  for (const table of await collectedTables(session, model)) {
    if (!isNameable(table, catalog)) continue;
    const names = keyOf(table, catalog).map((_, i) => `k${i + 1}`);
    // `--id` follows the first owner of a row, so only that one may name it.
    const rows = session.stream(
      `SELECT DISTINCT ON (person) person, ${names.map((name) => `${name}::text`).join(', ')} FROM ${rowsOf(table)} WHERE owner = 0 ORDER BY person, ${names.join(', ')}`,
    );
    for await (const [person, ...key] of rows) {
      if (!ids.has(Number(person))) ids.set(Number(person), { table: table.name, key: key as string[] });
    }
  }
  return ids;
}
