import type { Session } from '../../database/session.js';
import { type Catalog, readCatalog } from '../../datamap/catalog.js';
import type { DataMapModel } from '../../datamap/model.js';
import { GdprError } from '../../foundation/errors.js';
import { referencesOf } from '../../identity/reference.js';
import { endOperation, runOperation } from '../../operation/operation.js';
import type { Context } from '../../workspace/open.js';
import { type Candidate, findPeople } from '../find.js';
import { hasherOf } from '../find-customer.js';
import { aliasesOf } from '../people.js';
import { isEmptyQuery, type PersonQuery } from '../resolve.js';
import { isErased } from './erased.js';
import type { ResidueHit } from './hit.js';
import { givenNeedles, mergeNeedles, rowNeedles } from './known-needles.js';
import { assertReadable, countsOf, type ResidueProgress, type ResidueProof, searchResidue } from './prove.js';

/** A proof as it is printed: of one person, so without their number. */
export interface ResidueResult {
  readonly operation: string;
  readonly residue: { readonly clean: boolean; readonly hits: readonly Omit<ResidueHit, 'person'>[] };
  readonly counts: ResidueProof['counts'];
  readonly searched: ResidueProof['searched'];
  readonly unsearched: ResidueProof['unsearched'];
  readonly audit: { readonly sequence: number };
}

/**
 * `customer residue`: what the database holds of a person by the values given, and by those of their own rows while
 * they have any. Nobody need be found: after an erasure nobody should be.
 * @throws GdprError USAGE when nothing is given, SEVERAL when the values identify several people, and what
 *   `searchResidue` throws
 */
export async function residueCustomer(
  context: Context,
  query: PersonQuery,
  onProgress: (progress: ResidueProgress) => void,
): Promise<ResidueResult> {
  if (isEmptyQuery(query)) {
    throw new GdprError('USAGE', 'nobody is named', {
      hint: 'name the person: --email, --phone, --name, --personas-kods, --order or --id, or use --sweep',
    });
  }
  const { model, keys, database, surroundings } = context;
  return runOperation(context, { action: 'customer residue', subjects: [] }, async (operation) => {
    const { proof, found } = await database.transaction('repeatable read', async (session) => {
      const catalog = await readCatalog(session);
      assertReadable(model, catalog);
      const given = givenNeedles(query, model, catalog);
      const person = await personOf(session, model, catalog, query);
      const needles =
        person === undefined ? given : mergeNeedles(given, await rowNeedles(session, model, catalog, person, 0));
      // An erased person may still be found by what was kept; what they hold has no reason but that it was kept.
      const isCustomer =
        person !== undefined && !(await isErased(session, keys, [...person.person.roots, ...person.person.rows]));
      const people = [{ needles, collected: isCustomer ? 0 : undefined }];
      return {
        proof: await searchResidue(session, { database, model, keys }, people, onProgress, surroundings.signal),
        found: person,
      };
    });
    const subjects =
      found === undefined
        ? proof.subjects
        : await database.transaction('read committed', (session) =>
            referencesOf(session, hasherOf(keys), [aliasesOf(found.person, model)]),
          );
    const sequence = await endOperation(context, operation, { result: 'done', counts: countsOf(proof), subjects });
    return { operation: operation.id, ...printed(proof), audit: { sequence } };
  });
}

/** The one person whom the values identify; undefined when there is none (any more). */
async function personOf(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  query: PersonQuery,
): Promise<Candidate | undefined> {
  const candidates = await findPeople(session, model, catalog, query);
  if (!candidates.some(({ identified }) => identified)) return undefined;
  if (candidates.length > 1) {
    throw new GdprError('SEVERAL', `the values given lead to ${candidates.length} people`, {
      hint: 'add another identifier, or name one of them with --id',
    });
  }
  return candidates[0];
}

function printed({ clean, hits, counts, searched, unsearched }: ResidueProof) {
  return { residue: { clean, hits: hits.map(({ person: _, ...hit }) => hit) }, counts, searched, unsearched };
}
