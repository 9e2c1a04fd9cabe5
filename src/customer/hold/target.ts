import type { Session } from '../../database/session.js';
import { type Catalog, readCatalog } from '../../datamap/catalog.js';
import type { RowKey } from '../../datamap/collect-plan.js';
import { assertNoDrift } from '../../datamap/drift.js';
import type { DataMapModel } from '../../datamap/model.js';
import { live } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { referencesOf } from '../../identity/reference.js';
import type { Context } from '../../workspace/open.js';
import { anchorsOf } from '../anchors.js';
import { type Chooser, onePerson } from '../choose.js';
import { hasherOf, matchPeople } from '../find-customer.js';
import { aliasesOf, type FoundPerson, peopleOf } from '../people.js';
import { ORDER_NUMBER, type PersonQuery, rowName, rowsNamed } from '../resolve.js';
import { checkTerm, searchRows, tooMany } from '../search.js';

/** What a hold is to be placed on, as it was typed. */
export type HoldTarget =
  | { readonly scope: 'person'; readonly query: PersonQuery }
  | { readonly scope: 'order'; readonly number: string }
  | { readonly scope: 'rows'; readonly rows: readonly string[] };

/** What it was found to be: the rows, and everybody whom they are about. */
export interface Held {
  readonly subjects: readonly string[];
  readonly rows: readonly RowKey[];
}

/**
 * Finds what a hold is placed on. An order is the row whose own number it is, in the table where such numbers are
 * unique; where they are unique nowhere, every row that bears the number.
 * @throws GdprError NOBODY, SEVERAL, USAGE, INPUT_INVALID, NOT_FOUND for an order or a row that is not there, DRIFT
 */
export async function findHeld(context: Context, target: HoldTarget, chooser: Chooser): Promise<Held> {
  if (target.scope === 'person') {
    const match = await onePerson(await matchPeople(context, target.query), target.query, chooser);
    return { subjects: [match.subject], rows: [...match.person.roots, ...match.person.rows.map(plain)] };
  }
  const { database, model, keys } = context;
  const { rows, people } = await database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    const found =
      target.scope === 'order'
        ? await orderRows(session, model, catalog, target.number)
        : await namedRows(session, model, catalog, target.rows);
    return { rows: found, people: await peopleIn(session, model, catalog, found) };
  });
  const subjects = await database.transaction('read committed', (session) =>
    referencesOf(
      session,
      hasherOf(keys),
      people.map((person) => aliasesOf(person, model)),
    ),
  );
  return { subjects: [...new Set(subjects)], rows };
}

function plain({ table, key }: RowKey): RowKey {
  return { table, key };
}

/** The rows that an order number names, as `findHeld` takes them. @throws GdprError USAGE, INPUT_INVALID, NOT_FOUND */
export async function orderRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  number: string,
): Promise<RowKey[]> {
  if (model.map.identifiers[ORDER_NUMBER] === undefined) {
    throw new GdprError('USAGE', `the data map has no identifier named "${ORDER_NUMBER}"`, {
      hint: 'name the rows by --row TABLE:KEY',
    });
  }
  const term = { by: { identifier: ORDER_NUMBER }, value: number };
  checkTerm(model, term);
  const [hits = []] = await searchRows(session, model, catalog, [term]);
  if (hits === 'too-many') throw tooMany();
  const own = hits.filter(({ node: { table } }) =>
    live(table, catalog).uniques.some(
      ([column, ...more]) =>
        more.length === 0 && column !== undefined && table.entry.columns[column]?.identifier === ORDER_NUMBER,
    ),
  );
  const rows = distinct((own.length > 0 ? own : hits).map(({ row }) => row));
  if (rows.length === 0)
    throw new GdprError('NOT_FOUND', 'there is no order of that number', { hint: 'check the number' });
  return keyed(rows, catalog);
}

async function namedRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  typed: readonly string[],
): Promise<RowKey[]> {
  if (typed.some((text) => !text.includes(':'))) {
    throw new GdprError('INPUT_INVALID', 'a --row names no table', {
      hint: 'a row is named TABLE:KEY, e.g. shop.orders:17',
    });
  }
  const names = typed.map((text) => rowName(model, catalog, text.trim(), '--row'));
  const found = await rowsNamed(session, catalog, names);
  const missing = found.filter((hits) => hits.length === 0).length;
  if (missing > 0) {
    throw new GdprError('NOT_FOUND', `${missing} of the ${names.length} rows named by --row are not there`, {
      hint: 'a row is named TABLE:KEY, e.g. shop.orders:17',
    });
  }
  return keyed(distinct(names.map(({ table, key }) => ({ table: table.name, key }))), catalog);
}

function distinct(rows: readonly RowKey[]): RowKey[] {
  return [...new Map(rows.map((row) => [JSON.stringify([row.table, row.key]), row])).values()];
}

/** A row without a key stands elsewhere tomorrow. */
function keyed(rows: RowKey[], catalog: Catalog): RowKey[] {
  const keyless = rows.find(({ table }) => catalog.get(table)?.key.length === 0);
  if (keyless === undefined) return rows;
  throw new GdprError('REFUSED', `${keyless.table} has no key by which a row of it could be held`, {
    hint: 'hold the whole person, or give the table a primary key',
  });
}

/** Everybody as whom somebody owns one of the rows. */
async function peopleIn(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  rows: readonly RowKey[],
): Promise<readonly FoundPerson[]> {
  const hits = rows.flatMap((row) => {
    const table = model.table(row.table);
    return table.owners.map((owner) => ({ node: { table, owner }, row, certain: true }));
  });
  const led = (await anchorsOf(session, model, catalog, hits)).flat();
  // An owner whom the row does not name leaves the row standing for itself.
  const anchors = led.filter((anchor) => anchor.kind !== 'row');
  return (await peopleOf(session, model, catalog, anchors)).people;
}
