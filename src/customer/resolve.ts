import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import { parse } from '../identity/kinds.js';
import { type Anchor, anchorKey, anchorsOf } from './anchors.js';
import { aliasesOf, type FoundPerson, peopleOf } from './people.js';
import { checkTerm, type Hit, searchRows, type Term, type TermHits, tooMany } from './search.js';

/** How the operator names a person; several together must all match. */
export interface PersonQuery {
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly order?: string | undefined;
  readonly name?: string | undefined;
  readonly personasKods?: string | undefined;
  /**
   * A row that is the person's: `TABLE:KEY`, or only the key for the map's first kind of person; of erased people also
   * their reference, `subject:…`.
   */
  readonly id?: string | undefined;
}

/** Whether an `--id` is a reference of the logs, by which erased people alone are named: no row of theirs may be left. */
export function isReference(id: string | undefined): boolean {
  return id?.startsWith('subject:') === true;
}

/** Whether the query names anything. */
export function isEmptyQuery(query: PersonQuery): boolean {
  return Object.values(query).every((value) => value === undefined || value.trim() === '');
}

/** Who matches a query, or why it cannot be answered. */
export type Resolved =
  | {
      readonly people: readonly FoundPerson[];
      /**
       * Whether the query says who it is. A name does not; nor does an e-mail that somebody else typed into a row of
       * theirs: it leads to that person, whom its owner is not.
       */
      readonly identified: boolean;
    }
  | { readonly fault: GdprError };

/** One part of a query: a term, or the row that `--id` names. */
interface Part {
  readonly query: number;
  readonly term?: Term;
}

/**
 * Everyone who matches all parts of each query, accounts and guests alike; a statement a place of the map, whatever
 * the number of queries. Runs in the caller's REPEATABLE READ transaction.
 */
export async function resolveQueries(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  queries: readonly PersonQuery[],
): Promise<Resolved[]> {
  const faults = new Map<number, GdprError>();
  const parts: Part[] = [];
  const ids: { query: number; id: RowName }[] = [];
  queries.forEach((query, i) => {
    try {
      const terms = termsOf(query, model);
      if (terms.length === 0 && query.id === undefined) {
        throw new GdprError('USAGE', 'nobody is named', {
          hint: 'name the person: --email, --phone, --order, --name, --personas-kods or --id',
        });
      }
      for (const term of terms) checkTerm(model, term);
      if (query.id !== undefined && !isReference(query.id)) {
        ids.push({ query: i, id: rowName(model, catalog, query.id) });
      }
      parts.push(...terms.map((term) => ({ query: i, term })));
    } catch (error) {
      if (!(error instanceof GdprError)) throw error;
      faults.set(i, error);
    }
  });
  const searched = await searchRows(
    session,
    model,
    catalog,
    parts.flatMap(({ term }) => term ?? []),
  );
  const named = await rowsNamed(
    session,
    catalog,
    ids.map(({ id }) => id),
  );
  const found: { query: number; term?: Term; hits: TermHits }[] = [
    ...parts.map((part, i) => ({ ...part, hits: searched[i] ?? [] })),
    ...ids.map(({ query }, i) => ({ query, hits: named[i] ?? [] })),
  ];
  for (const { query, hits } of found) if (hits === 'too-many') faults.set(query, tooMany());
  const usable = found.flatMap((part) => (part.hits === 'too-many' ? [] : [{ ...part, hits: part.hits }]));
  const anchors = await anchorsOf(
    session,
    model,
    catalog,
    usable.flatMap(({ hits }) => hits),
  );
  let at = 0;
  const meant = usable.map(({ query, term, hits }) => {
    const led = distinctAnchors(anchors.slice(at, at + hits.length).flat());
    at += hits.length;
    return { query, ...(term === undefined ? { anchors: led, identified: true } : meantBy(model, term, hits, led)) };
  });
  const { of } = await peopleOf(
    session,
    model,
    catalog,
    meant.flatMap(({ anchors: led }) => led),
  );
  const byQuery = groupBy(meant, ({ query }) => query);
  return queries.map((_, i): Resolved => {
    const fault = faults.get(i);
    if (fault !== undefined) return { fault };
    if (isReference(queries[i]?.id)) return { people: [], identified: true };
    const sets = (byQuery.get(i) ?? []).map(
      ({ anchors: led }) => new Map(led.flatMap(of).map((person) => [personKey(person, model), person])),
    );
    const [first, ...others] = sets;
    const people = [...(first ?? [])].flatMap(([key, person]) => (others.every((set) => set.has(key)) ? [person] : []));
    return { people, identified: (byQuery.get(i) ?? []).some(({ identified }) => identified) };
  });
}

function distinctAnchors(anchors: readonly Anchor[]): Anchor[] {
  return [...new Map(anchors.map((anchor) => [anchorKey(anchor), anchor])).values()];
}

/**
 * Whom a value means among those that its rows lead to. An e-mail or personas kods is first of all its owner's: the
 * rows that it links, and the rows that are the person. Only when there are none does it lead to people by key.
 */
function meantBy(
  model: DataMapModel,
  { by, value }: Term,
  hits: readonly Hit[],
  anchors: readonly Anchor[],
): { anchors: readonly Anchor[]; identified: boolean } {
  const kind = 'kind' in by ? by.kind : model.map.identifiers[by.identifier]?.kind;
  if (kind === 'phone') return { anchors, identified: hits.every(({ certain }) => certain) };
  if (kind !== 'email' && kind !== 'personas-kods') return { anchors, identified: kind !== 'name' };
  const forms = new Set(parse(kind, value, spellingOf(model)));
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
export const ORDER_NUMBER = 'order-number';

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

/** A row of a table by the text of its key. */
export interface RowName {
  readonly table: PersonalTableModel;
  readonly key: readonly string[];
}

/** The row that a text as `customer find` prints it names, whether it is there or not. @throws GdprError INPUT_INVALID */
export function rowName(model: DataMapModel, catalog: Catalog, id: string, flag = '--id'): RowName {
  const named = model.tables.find((candidate) => id.startsWith(`${candidate.name}:`));
  const first = model.tables.find(
    (candidate) => candidate.name === canonicalName(Object.values(model.map.persons)[0]?.table ?? ''),
  );
  const table = named ?? (id.includes(':') ? undefined : first);
  const text = named === undefined ? id : id.slice(named.name.length + 1);
  if (table === undefined || table.owners.length === 0)
    throw new GdprError('INPUT_INVALID', `the ${flag} names no personal table of the map`, {
      hint: 'it is TABLE:KEY as gdpr customer find prints it, e.g. shop.customers:17',
    });
  const parts = keyOf(table, catalog);
  const key = parts.length === 1 ? [text] : compositeKey(text);
  if (live(table, catalog).key.length !== key.length) {
    throw new GdprError(
      'INPUT_INVALID',
      `the ${flag} does not fit the key of ${table.name}, which has ${live(table, catalog).key.length} parts`,
      {
        hint: 'write a key of several parts as a JSON list: TABLE:["a","b"]',
      },
    );
  }
  return { table, key };
}

/** Which of the named rows are there, one or two statements a table. */
export async function rowsNamed(session: Session, catalog: Catalog, names: readonly RowName[]): Promise<Hit[][]> {
  const hits: Hit[][] = names.map(() => []);
  for (const [table, group] of groupBy(
    names.map((name, i) => ({ ...name, i })),
    ({ table: each }) => each,
  )) {
    const parts = keyOf(table, catalog);
    const owner = table.owners[0];
    if (owner === undefined) continue;
    const columns = parts.map((_, i) => `k${i + 1}`);
    // An index on the key serves values of its type; texts that may be none are compared as text, since no text fails so.
    const byType = groupBy(group, ({ key }) => parts.every(({ type }, at) => isOfType(key[at] ?? '', type)));
    for (const [typed, some] of byType) {
      const on = parts.map((part, i) =>
        typed ? `${part.expression} = h.k${i + 1}::${part.type}` : `${part.expression}::text = h.k${i + 1}`,
      );
      const rows = await session.query<{ n: number }>(
        `SELECT h.n FROM unnest($1::integer[], ${columns.map((_, i) => `$${i + 2}::text[]`).join(', ')}) h (n, ${columns.join(', ')})
         JOIN ${fromTable(table, catalog)} t ON ${on.join(' AND ')}`,
        [some.map(({ i }) => i), ...parts.map((_, at) => some.map(({ key }) => key[at] ?? ''))],
      );
      for (const { n } of rows)
        hits[n]?.push({ node: { table, owner }, row: { table: table.name, key: names[n]?.key ?? [] }, certain: true });
    }
  }
  return hits;
}

const WHOLE: Readonly<Record<string, bigint>> = { smallint: 2n ** 15n, integer: 2n ** 31n, bigint: 2n ** 63n };

/** Whether the text is how PostgreSQL prints a value of the type, which it is then equal to in either form. */
function isOfType(text: string, type: string): boolean {
  const limit = WHOLE[type];
  if (limit !== undefined)
    return /^(?:0|-?[1-9]\d{0,18})$/.test(text) && BigInt(text) < limit && BigInt(text) >= -limit;
  if (type === 'uuid') return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
  if (type === 'bpchar') return !text.endsWith(' ');
  return type === 'text' || type === 'character varying';
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
