import { anchorsOf, followUp } from '../customer/anchors.js';
import { type FoundPerson, peopleOf } from '../customer/people.js';
import type { Hit } from '../customer/search.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect-plan.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';

/** What a pseudonym of an erased person's address ends in. */
const ERASED = '@erased.invalid';

/** Whose a row is: the people whom its owners' reaches lead to. */
export interface RowPeople {
  readonly people: readonly FoundPerson[];
  /** Whether it leads to the pseudonym of somebody who was erased. */
  readonly erased: boolean;
}

/**
 * The people of each row of a table, for all owners of the table; where none of these leads to anybody, the row itself
 * stands for its first owner. A handful of statements, whatever the number of rows.
 * @throws GdprError REFUSED when such a row has no key
 */
export async function peopleOfRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  table: PersonalTableModel,
  rows: readonly RowKey[],
): Promise<RowPeople[]> {
  const [first] = table.owners;
  if (first === undefined || rows.length === 0) return [];
  const hit = (row: RowKey, owner: (typeof table.owners)[number]): Hit => ({
    node: { table, owner },
    row,
    certain: true,
  });
  const each = table.owners.length;
  const led = await followUp(
    session,
    model,
    catalog,
    rows.flatMap((row) => table.owners.map((owner) => hit(row, owner))),
  );
  const anchors = rows.map((_, i) => led.slice(i * each, (i + 1) * each).flat());
  const alone = rows.filter((_, i) => anchors[i]?.length === 0);
  const own = await anchorsOf(
    session,
    model,
    catalog,
    alone.map((row) => hit(row, first)),
  );
  const ownOf = new Map(alone.map((row, i) => [row, own[i] ?? []]));
  const of = rows.map((row, i) => [...(anchors[i] ?? []), ...(ownOf.get(row) ?? [])]);
  const found = await peopleOf(session, model, catalog, of.flat());
  return of.map((mine) => ({
    people: [...new Set(mine.flatMap((anchor) => found.of(anchor)))],
    erased: mine.some((anchor) => anchor.kind === 'identifier' && anchor.value.endsWith(ERASED)),
  }));
}
