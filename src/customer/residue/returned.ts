import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectRows } from '../../datamap/collect.js';
import { compileCollect } from '../../datamap/collect-plan.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { Alias } from '../../identity/reference.js';
import type { FoundPerson } from '../people.js';
import { resolveQueries } from '../resolve.js';
import { rowId } from '../roots.js';
import type { Needles } from './needles.js';

/**
 * Erased people who have become customers again: they have a row that is not one of those that were erased. Their
 * rows are collected in this transaction.
 * @returns the number of each in the collected rows; undefined for those who have not come back
 */
export async function returnedPeople(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  erased: readonly { readonly needles: Needles; isOwn(alias: Alias): boolean }[],
): Promise<(number | undefined)[]> {
  const queries = erased.flatMap(({ needles }, i) => [
    ...needles.emails.map((email) => ({ i, query: { email } })),
    ...needles.kods.map((personasKods) => ({ i, query: { personasKods } })),
  ]);
  const resolved = await resolveQueries(
    session,
    model,
    catalog,
    queries.map(({ query }) => query),
  );
  const collected: FoundPerson[] = [];
  const numbers = erased.map(({ isOwn }, i) => {
    const found = resolved.filter((_, at) => queries[at]?.i === i);
    const people = found.flatMap((each) => ('fault' in each ? [] : each.people));
    const back = people.find(
      ({ roots }) => roots.length > 0 && roots.every((row) => !isOwn({ kind: 'row', value: rowId(row) })),
    );
    return back === undefined ? undefined : collected.push(back) - 1;
  });
  if (collected.length > 0) await collectRows(session, compileCollect(model, catalog), model, catalog, collected);
  return numbers;
}
