import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { type CollectPlan, collectRows, compileCollect, type RowKey, rowsOf } from '../datamap/collect.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import type { Text } from '../datamap/schema.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { mask, parse } from '../identity/kinds.js';
import { type Anchor, anchorsOf } from './anchors.js';
import { aliasesOf, type FoundPerson, peopleOf } from './people.js';
import { type Hit, searchRows, type Term } from './search.js';
import { readTraits, type Traits } from './traits.js';

/** How the operator names a person; several together must all match. */
export interface PersonQuery {
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly order?: string | undefined;
  readonly name?: string | undefined;
  readonly personasKods?: string | undefined;
  /** A row that is the person's: `TABLE:KEY`, or only the key for the map's first kind of person. */
  readonly id?: string | undefined;
}

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

/** Whether the query names anything. */
export function isEmptyQuery(query: PersonQuery): boolean {
  return Object.values(query).every((value) => value === undefined || value.trim() === '');
}

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
  const searches: (() => Promise<Found>)[] = termsOf(query, model).map(
    (term) => () => searchTerm(session, model, catalog, term),
  );
  if (query.id !== undefined) {
    const { id } = query;
    searches.push(async () => ({
      anchors: await anchorsOf(session, model, catalog, await rowById(session, model, catalog, id)),
      identified: true,
    }));
  }
  if (searches.length === 0)
    throw new GdprError('USAGE', 'nobody is named', {
      hint: 'name the person: --email, --phone, --order, --name, --personas-kods or --id',
    });
  let people: Map<string, FoundPerson> | undefined;
  let identified = false;
  for (const search of searches) {
    const { anchors, identified: byThis } = await search();
    identified ||= byThis;
    const found = await peopleOf(session, model, catalog, anchors);
    const byKey = new Map(found.map((person) => [personKey(person, model), person]));
    people = people === undefined ? byKey : new Map([...people].filter(([key]) => byKey.has(key)));
    if (people.size === 0) return [];
  }
  const list = [...(people?.values() ?? [])];
  if (list.length > MOST_CANDIDATES)
    throw new GdprError('SEVERAL', `${list.length} people match`, {
      hint: 'add another identifier: --email, --phone, --order or --id',
    });
  const described = await describe(session, model, catalog, compileCollect(model, catalog), list);
  return described.map((candidate) => ({ ...candidate, identified }));
}

/** What one part of the query leads to, and whether it says who the person is. */
interface Found {
  readonly anchors: readonly Anchor[];
  readonly identified: boolean;
}

/**
 * Rows that hold the value, and whose they are. An e-mail or personas kods is first of all its owner's: the rows that
 * it links, and the rows that are the person. Only when there are none does it lead to people by key.
 */
async function searchTerm(session: Session, model: DataMapModel, catalog: Catalog, term: Term): Promise<Found> {
  const hits = await searchRows(session, model, catalog, term);
  const anchors = await anchorsOf(session, model, catalog, hits);
  const { by } = term;
  const kind = 'kind' in by ? by.kind : model.map.identifiers[by.identifier]?.kind;
  if (kind === 'phone') return { anchors, identified: hits.every(({ certain }) => certain) };
  if (kind !== 'email' && kind !== 'personas-kods') return { anchors, identified: kind !== 'name' };
  const forms = new Set(parse(kind, term.value, spellingOf(model)));
  const own = new Set(hits.map(({ row }) => JSON.stringify(row)));
  const strong = anchors.filter((anchor) =>
    anchor.kind === 'identifier'
      ? model.map.identifiers[anchor.identifier]?.kind === kind && forms.has(anchor.value)
      : anchor.kind === 'root' && own.has(JSON.stringify(anchor.row)),
  );
  // Under an account's own e-mail, a guest order that bears another name is not a second candidate.
  const accounts = strong.filter((anchor) => anchor.kind === 'root');
  if (accounts.length > 0) return { anchors: accounts, identified: true };
  return strong.length > 0 ? { anchors: strong, identified: true } : { anchors, identified: false };
}

function personKey(person: FoundPerson, model: DataMapModel): string {
  return aliasesOf(person, model)
    .map(({ kind, value }) => `${kind} ${value}`)
    .sort()
    .join('\n');
}

/** The identifier of the map that `--order` means. */
const ORDER_NUMBER = 'order-number';

function termsOf(query: PersonQuery, model: DataMapModel): Term[] {
  const terms: Term[] = [];
  if (query.email !== undefined) terms.push({ by: { kind: 'email' }, value: query.email });
  if (query.personasKods !== undefined) terms.push({ by: { kind: 'personas-kods' }, value: query.personasKods });
  if (query.phone !== undefined) terms.push({ by: { kind: 'phone' }, value: query.phone });
  if (query.name !== undefined) terms.push({ by: { kind: 'name' }, value: query.name });
  if (query.order !== undefined) {
    if (model.map.identifiers[ORDER_NUMBER] === undefined) {
      throw new GdprError('USAGE', `the data map has no identifier named "${ORDER_NUMBER}"`, {
        hint: 'name the person by --email, --phone or --id',
      });
    }
    terms.push({ by: { identifier: ORDER_NUMBER }, value: query.order });
  }
  return terms;
}

async function rowById(session: Session, model: DataMapModel, catalog: Catalog, id: string): Promise<Hit[]> {
  const named = model.tables.find((candidate) => id.startsWith(`${candidate.name}:`));
  const first = model.tables.find(
    (candidate) => candidate.name === canonicalName(Object.values(model.map.persons)[0]?.table ?? ''),
  );
  const table = named ?? (id.includes(':') ? undefined : first);
  const text = named === undefined ? id : id.slice(named.name.length + 1);
  const owner = table?.owners[0];
  if (table === undefined || owner === undefined)
    throw new GdprError('INPUT_INVALID', 'the --id names no personal table of the map', {
      hint: 'it is TABLE:KEY as gdpr customer find prints it, e.g. shop.customers:17',
    });
  const parts = keyOf(table, catalog);
  const key = parts.length === 1 ? [text] : compositeKey(text);
  if (live(table, catalog).key.length !== key.length) {
    throw new GdprError(
      'INPUT_INVALID',
      `the --id does not fit the key of ${table.name}, which has ${live(table, catalog).key.length} parts`,
      {
        hint: 'write a key of several parts as a JSON list: TABLE:["a","b"]',
      },
    );
  }
  const rows = await session.query(
    `SELECT 1 AS one FROM ${fromTable(table, catalog)} t WHERE ${parts.map((part, i) => `${part.expression}::text = $${i + 1}`).join(' AND ')}`,
    key,
  );
  return rows.length === 0 ? [] : [{ node: { table, owner }, row: { table: table.name, key }, certain: true }];
}

/** A key of several parts as `find` prints it, a JSON list of texts; plain ones may stand between commas. */
function compositeKey(text: string): string[] {
  if (!text.startsWith('[')) return text.split(',');
  try {
    const parts: unknown = JSON.parse(text);
    if (Array.isArray(parts)) return parts.map(String);
  } catch {
    // answered by the caller: no parts fit no key
  }
  return [];
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

async function describe(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  plan: CollectPlan,
  people: readonly FoundPerson[],
): Promise<Omit<Candidate, 'identified'>[]> {
  if (people.length === 0) return [];
  await collectRows(session, plan, model, catalog, people);
  const traits = await readTraits(session, model, catalog, people);
  const counts = await session.query<{ person: number; rows: string }>(
    `SELECT person, sum(rows)::text AS rows FROM (${model.tables
      .map(
        (table) =>
          `SELECT person, count(DISTINCT (${keyOf(table, catalog)
            .map((_, i) => `k${i + 1}`)
            .join(', ')})) AS rows FROM ${rowsOf(table)} GROUP BY person`,
      )
      .join(' UNION ALL ')}) c GROUP BY person`,
  );
  const ids = await nameableRows(session, model, catalog);
  return people.map((person, i) => {
    const row =
      [...person.roots, ...person.rows].find((candidate) => isNameable(model.table(candidate.table), catalog)) ??
      ids.get(i);
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
  for (const table of model.tables) {
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
