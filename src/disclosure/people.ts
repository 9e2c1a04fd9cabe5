import { followUp } from '../customer/anchors.js';
import { type Chooser, onePerson } from '../customer/choose.js';
import { isErased } from '../customer/erase/kept-person.js';
import { hasherOf, matchAlsoErased } from '../customer/find-customer.js';
import { orderRows } from '../customer/hold/target.js';
import { aliasesOf, type FoundPerson, peopleOf } from '../customer/people.js';
import type { PersonQuery } from '../customer/resolve.js';
import type { Session } from '../database/session.js';
import { type Catalog, readCatalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect-plan.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMapModel } from '../datamap/model.js';
import { GdprError } from '../foundation/errors.js';
import { referencesOf } from '../identity/reference.js';
import type { Context } from '../workspace/open.js';

/** About whom, or about which orders, a disclosure is. */
export type DisclosureTarget = { readonly query: PersonQuery } | { readonly orders: readonly string[] };

export interface KnownPerson {
  readonly person: FoundPerson;
  readonly subject: string;
}

export interface DisclosedPerson {
  readonly person: FoundPerson;
  readonly subject: string;
  /** Whom the disclosure is about: themselves, or everybody to whom an order leads that stands for itself. */
  readonly about: readonly KnownPerson[];
  /** Only what an erasure kept of them is left to give. */
  readonly erased: boolean;
}

export interface Disclosed {
  readonly people: readonly DisclosedPerson[];
  /** The rows of the orders to which the scope is limited; null: all that is theirs. */
  readonly orders: readonly RowKey[] | null;
}

/** The references under which a disclosure is registered, each once, sorted. */
export function subjectsOf(
  { people }: Pick<Disclosed, 'people'>,
  others: readonly { readonly subject: string }[] = [],
) {
  const about = people.flatMap(({ about }) => about.map(({ subject }) => subject));
  return [...new Set([...about, ...others.map(({ subject }) => subject)])].sort();
}

const NOBODY: FoundPerson = { roots: [], rows: [], identifiers: [], shared: [], names: [], byNameOnly: false };

/**
 * Finds the one person, erased people too, or the buyers of the orders. An order that leads to several people, or to
 * nobody, stands for itself: nothing is given then but what hangs on it, and it is about all to whom it leads.
 * @throws GdprError NOBODY, SEVERAL, NOT_FOUND, INPUT_INVALID, DRIFT
 */
export async function findDisclosed(context: Context, target: DisclosureTarget, chooser: Chooser): Promise<Disclosed> {
  if ('query' in target) {
    const { person, subject } = await onePerson(await matchAlsoErased(context, target.query), target.query, chooser);
    const [erased = false] = await areErased(context, [{ person, subject }]);
    const about = [{ person, subject }];
    return { people: [{ person, subject, about, erased: erased || isErased(person) }], orders: null };
  }
  const { database, model, keys } = context;
  const found = await database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const rows: RowKey[] = [];
    for (const number of target.orders) rows.push(...(await orderRows(session, model, catalog, number)));
    const orders = [...new Map(rows.map((row) => [JSON.stringify([row.table, row.key]), row])).values()];
    return { orders, buyers: await buyersOf(session, model, catalog, orders), kept: await keptFor(session, orders) };
  });
  const everybody = found.buyers.flatMap(({ person, led }) => [person, ...led]);
  const references = await database.transaction('read committed', (session) =>
    referencesOf(
      session,
      hasherOf(keys),
      everybody.map((person) => aliasesOf(person, model)),
    ),
  );
  const referenceOf = new Map(everybody.map((person, i) => [person, references[i] ?? '']));
  const known = (person: FoundPerson): KnownPerson => ({ person, subject: referenceOf.get(person) ?? '' });
  const buyers = found.buyers.map(({ person, led }, i) => {
    const subject = found.kept[i] ?? known(person).subject;
    const itself = led.length === 0 || found.kept[i] !== undefined ? [{ person, subject }] : [];
    return { person, subject, about: [...itself, ...led.map(known)] };
  });
  const erased = await areErased(context, buyers);
  const people = new Map<string, DisclosedPerson>();
  buyers.forEach(({ person, subject, about }, i) => {
    const order = found.orders[i];
    if (order === undefined) return;
    const owner = model.table(order.table).owners[0]?.id ?? '';
    const before = people.get(subject);
    const gone = erased[i] === true;
    people.set(subject, {
      subject,
      erased: gone,
      person: gone ? (before?.person ?? person) : withRow(before?.person ?? person, order, owner),
      about: [...(before?.about ?? []), ...about],
    });
  });
  return { people: [...people.values()], orders: found.orders };
}

function withRow(person: FoundPerson, { table, key }: RowKey, owner: string): FoundPerson {
  const there = person.rows.some((row) => row.table === table && JSON.stringify(row.key) === JSON.stringify(key));
  return there ? person : { ...person, rows: [...person.rows, { table, key, owner }] };
}

interface Buyer {
  readonly person: FoundPerson;
  /** The people to whom an order leads that leads to several. */
  readonly led: readonly FoundPerson[];
}

/** For each order the one person whom its first owner is, or the order itself with all whom it may be. */
async function buyersOf(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  orders: readonly RowKey[],
): Promise<Buyer[]> {
  const hits = orders.map((row) => {
    const table = model.table(row.table);
    const [owner] = table.owners;
    if (owner === undefined) throw new GdprError('BUG', `${table.name} has no owner`);
    return { node: { table, owner }, row, certain: true };
  });
  const anchors = await followUp(session, model, catalog, hits);
  const { of } = await peopleOf(session, model, catalog, anchors.flat());
  return hits.map(({ row, node }, i) => {
    const led = [...new Set((anchors[i] ?? []).flatMap((anchor) => [...of(anchor)]))];
    const [person, ...others] = led;
    if (person !== undefined && others.length === 0) return { person, led: [] };
    return { person: withRow(NOBODY, row, node.owner.id), led };
  });
}

/** For each order the reference of the erased person of whom it was kept. */
async function keptFor(session: Session, orders: readonly RowKey[]): Promise<(string | undefined)[]> {
  const rows = await session.query<{ n: number; subject: string }>(
    `SELECT u.n::integer AS n, min(k.subject) AS subject FROM unnest($1::text[], $2::text[]) WITH ORDINALITY u (name, key, n)
     JOIN gdpr.kept_row k ON k.table_name = u.name AND k.key::jsonb = u.key::jsonb GROUP BY u.n`,
    [orders.map(({ table }) => table), orders.map(({ key }) => JSON.stringify(key))],
  );
  const byOrder = new Map(rows.map(({ n, subject }) => [n - 1, subject]));
  return orders.map((_, i) => byOrder.get(i));
}

/**
 * Who was erased and has not come back: nothing identifies them any more, or the rows that are them are there because
 * the erasure kept them.
 */
async function areErased(
  { database }: Context,
  people: readonly { readonly person: FoundPerson; readonly subject: string }[],
): Promise<boolean[]> {
  const subjects = people.map(({ subject }) => subject);
  const rows = await database.transaction('read committed', (session) =>
    session.query<{ subject: string; kept: string }>(
      `SELECT t.subject, (SELECT coalesce(json_agg(DISTINCT k.table_name || ' ' || k.key), '[]') FROM gdpr.kept_row k WHERE k.subject = t.subject)::text AS kept
       FROM (SELECT DISTINCT subject FROM gdpr.tombstone WHERE subject = ANY ($1::text[])) t`,
      [subjects],
    ),
  );
  const kept = new Map(rows.map((row) => [row.subject, new Set(JSON.parse(row.kept) as string[])]));
  return people.map(({ person, subject }) => {
    const mine = kept.get(subject);
    if (mine === undefined) return false;
    if (person.identifiers.length === 0) return true;
    return (
      person.roots.length > 0 && person.roots.every(({ table, key }) => mine.has(`${table} ${JSON.stringify(key)}`))
    );
  });
}
