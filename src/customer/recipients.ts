import { readCatalog } from '../datamap/catalog.js';
import { collectRows } from '../datamap/collect.js';
import { compileCollect, rowsOf } from '../datamap/collect-plan.js';
import { assertNoDrift } from '../datamap/drift.js';
import type { DataMapModel } from '../datamap/model.js';
import type { Context } from '../workspace/open.js';
import type { FoundPerson } from './people.js';

/** A recipient that has to be told of a change (Art. 19), by name. */
export interface Notified {
  /** Its id in the data map. */
  readonly recipient: string;
  readonly name: string;
  readonly role: 'processor' | 'controller';
  readonly agreement: string | null;
}

/** What is objected to (Art. 21): being sent offers, or being profiled. */
export type Objectionable = 'marketing' | 'insight';

/**
 * The recipients of the map that are given data of a category and for a purpose of which the person has rows. With
 * `use`, only for purposes that the map marks so; where it marks none, for any, so that nobody is left out.
 * @throws GdprError DRIFT
 */
export async function recipientsOf(
  { database, model }: Context,
  person: FoundPerson,
  use?: Objectionable,
): Promise<Notified[]> {
  const { categories, purposes } = await database.transaction('repeatable read', async (session) => {
    const catalog = await readCatalog(session);
    assertNoDrift(model, catalog);
    await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
    const owned = await session.query<{ n: number; owner: number }>(
      model.tables
        .map((table, n) => `SELECT DISTINCT ${n} AS n, owner::integer AS owner FROM ${rowsOf(table)}`)
        .join(' UNION ALL '),
    );
    return heldBy(model, owned);
  });
  const { map } = model;
  const marked = Object.entries(map.purposes).flatMap(([id, purpose]) => (purpose.use === use ? [id] : []));
  const wanted = use === undefined || marked.length === 0 ? [...purposes] : marked;
  return Object.entries(map.recipients)
    .filter(
      ([, each]) => each.purposes.some((id) => wanted.includes(id)) && each.categories.some((id) => categories.has(id)),
    )
    .map(([recipient, { name, role, agreement }]) => ({ recipient, name, role, agreement: agreement ?? null }));
}

/** The categories and purposes of the columns that are the person's in the tables where they own rows. */
function heldBy(model: DataMapModel, owned: readonly { readonly n: number; readonly owner: number }[]) {
  const columns = owned.flatMap(({ n, owner }) => {
    const table = model.tables[n];
    const id = table?.owners[owner]?.id;
    return table?.columns.filter((column) => column.owner === id || column.owner === 'shared') ?? [];
  });
  return {
    categories: new Set(columns.map(({ entry }) => entry.category)),
    purposes: new Set(columns.flatMap(({ entry }) => entry.purposes)),
  };
}
