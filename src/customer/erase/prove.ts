import { readCatalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import { now } from '../../foundation/clock.js';
import type { IdentifierKind } from '../../identity/kinds.js';
import type { Context } from '../../workspace/open.js';
import { keptByHolds } from '../hold/kept.js';
import type { FoundPerson } from '../people.js';
import type { ResidueHit } from '../residue/hit.js';
import { compileNeedles, isEmpty, type NameWord, type Needles } from '../residue/needles.js';
import { type ResidueProgress, searchResidue } from '../residue/prove.js';
import type { Traits } from '../traits.js';
import { rehearseErase } from './engine.js';
import { withWhatWasKept } from './kept-person.js';
import type { ErasedPerson } from './tombstone.js';

/** A place where something of an erased person still stands, or rows that the same erasure would take now. */
export type ErasureHit =
  | (Omit<ResidueHit, 'person'> & {
      /** Whose it is, where several people were erased at once. */
      readonly subject?: string;
    })
  | {
      readonly table: string;
      readonly column?: string;
      readonly kind: 'row' | 'unreadable';
      readonly class: 'residue';
      readonly rows: number;
    };

export interface ErasureProof {
  readonly clean: boolean;
  readonly hits: readonly ErasureHit[];
}

/**
 * Looks, in a fresh transaction after the commit, for what is left of erased people: rows that came in the meantime,
 * whatever the same erasure would take now, and their values anywhere in the database, mapped or not.
 * @throws GdprError INTERRUPTED, SEVERAL as `searchResidue`
 */
export async function proveErasure(
  context: Context,
  people: readonly ErasedPerson[],
  onProgress: (progress: ResidueProgress) => void,
): Promise<ErasureProof> {
  const { database, model, keys, surroundings } = context;
  const hits = await database.transaction('repeatable read', async (session): Promise<ErasureHit[]> => {
    const catalog = await readCatalog(session);
    const still = await withWhatWasKept(session, model, people);
    const { tables, unreadable } = await rehearseErase(session, {
      model,
      catalog,
      people: still,
      at: now().toISOString(),
      more: keptByHolds(model, catalog),
    });
    const words = new Map<string, NameWord>();
    const wanted = people.flatMap(({ subject, person, traits }) => {
      const needles = needlesOf(person, traits);
      return isEmpty(compileNeedles(needles, spellingOf(model), words)) ? [] : [{ needles, subject }];
    });
    const found =
      wanted.length === 0
        ? []
        : (await searchResidue(session, { database, model, keys }, wanted, onProgress, surroundings.signal)).hits;
    return [
      ...found.map(({ person, ...hit }) => {
        const subject = people.length > 1 ? wanted[person]?.subject : undefined;
        return { ...hit, ...(subject !== undefined && { subject }) };
      }),
      ...tables.flatMap(({ table, deleted, changed }): ErasureHit[] =>
        deleted + changed === 0 ? [] : [{ table, kind: 'row', class: 'residue', rows: deleted + changed }],
      ),
      ...unreadable.flatMap(({ table, column, left }): ErasureHit[] =>
        left === 0 ? [] : [{ table, column, kind: 'unreadable', class: 'residue', rows: left }],
      ),
    ];
  });
  return { clean: hits.every((hit) => hit.class !== 'residue'), hits };
}

/** What the person was known by before the erasure; it lives in this process only. */
function needlesOf(person: FoundPerson, traits: Traits): Needles {
  const of = (kind: IdentifierKind) => traits.get(kind) ?? [];
  return {
    emails: of('email'),
    phones: of('phone'),
    kods: of('personas-kods'),
    names: of('name'),
    codes: of('code'),
    ids: person.roots,
  };
}
