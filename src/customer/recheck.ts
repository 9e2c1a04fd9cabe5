import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { GdprError } from '../foundation/errors.js';
import type { Anchor } from './anchors.js';
import { isErased } from './erase/kept-person.js';
import { type FoundPerson, peopleOf } from './people.js';

/**
 * Checks, in the snapshot that is about to be read, that everybody is still who the search found: between the two an
 * account may have been closed, or its e-mail may have become somebody else's.
 * @returns for each person the error that this is: NOBODY when they are gone, PLAN_CHANGED when other rows or
 *   identifiers are theirs now; undefined when nothing has changed, and for an erased person, whom no row leads to
 */
export async function changesSince(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly FoundPerson[],
): Promise<(GdprError | undefined)[]> {
  const anchors = people.map((person) => anchorsOfPerson(person, model));
  const { of } = await peopleOf(session, model, catalog, anchors.flat());
  return people.map((person, i) => {
    if (isErased(person)) return undefined;
    const [found, ...others] = new Set((anchors[i] ?? []).flatMap(of));
    if (found === undefined) {
      return new GdprError('NOBODY', 'the person was found, but is gone in the snapshot of the operation', {
        hint: 'run: gdpr customer find',
      });
    }
    if (others.length > 0 || JSON.stringify(comparable(found)) !== JSON.stringify(comparable(person))) {
      return new GdprError('PLAN_CHANGED', 'what identifies the person has changed since they were found', {
        hint: 'run the command again',
      });
    }
    return undefined;
  });
}

function anchorsOfPerson(person: FoundPerson, model: DataMapModel): Anchor[] {
  if (person.roots.length > 0) {
    return person.roots.map((row) => {
      const kind = Object.entries(model.map.persons).find(([, entry]) => canonicalName(entry.table) === row.table)?.[0];
      return { kind: 'root', person: kind ?? '', row };
    });
  }
  return [
    ...person.identifiers.map((value): Anchor => ({ kind: 'identifier', ...value, name: person.names[0] })),
    ...person.rows.map(({ owner, ...row }): Anchor => ({ kind: 'row', row, owner })),
  ];
}

/** The person's parts in an order of their own, so that the way they were found does not matter. */
function comparable({ roots, rows, identifiers, shared }: FoundPerson): string[][] {
  return [
    roots.map(({ table, key }) => JSON.stringify([table, key])),
    rows.map(({ table, key, owner }) => JSON.stringify([table, key, owner])),
    identifiers.map(({ identifier, value }) => JSON.stringify([identifier, value])),
    shared.map(({ identifier, value }) => JSON.stringify([identifier, value])),
  ].map((list) => list.sort());
}
