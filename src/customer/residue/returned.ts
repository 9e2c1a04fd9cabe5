import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectRows, compileCollect } from '../../datamap/collect.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { Alias } from '../../identity/reference.js';
import { anchorsOf } from '../anchors.js';
import { type FoundPerson, peopleOf } from '../people.js';
import { rowId } from '../roots.js';
import { searchRows } from '../search.js';
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
  const collected: FoundPerson[] = [];
  const numbers: (number | undefined)[] = [];
  for (const { needles, isOwn } of erased) {
    const terms = [
      ...needles.emails.map((value) => ({ by: { kind: 'email' as const }, value })),
      ...needles.kods.map((value) => ({ by: { kind: 'personas-kods' as const }, value })),
    ];
    const anchors = [];
    for (const term of terms)
      anchors.push(...(await anchorsOf(session, model, catalog, await searchRows(session, model, catalog, term))));
    const roots = anchors.filter((anchor) => anchor.kind === 'root');
    const people = roots.length === 0 ? [] : await peopleOf(session, model, catalog, roots);
    const [person] = people;
    const isNew = person?.roots.every((row) => !isOwn({ kind: 'row', value: rowId(row) })) === true;
    numbers.push(people.length === 1 && person !== undefined && isNew ? collected.push(person) - 1 : undefined);
  }
  if (collected.length > 0) await collectRows(session, compileCollect(model, catalog), model, catalog, collected);
  return numbers;
}
