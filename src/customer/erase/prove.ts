import { readCatalog } from '../../datamap/catalog.js';
import { now } from '../../foundation/clock.js';
import type { Context } from '../../workspace/open.js';
import { rehearseErase } from './engine.js';
import { keptRowsOf, withKeptRows } from './kept-person.js';
import type { ErasedPerson } from './tombstone.js';

/** A place where something of an erased person still stands; never the value. */
export interface ResidueHit {
  readonly table: string;
  readonly column?: string;
  readonly kind: string;
  readonly class: 'residue' | 'kept' | 'held' | 'third-party';
  readonly rows?: number;
}

export interface ErasureProof {
  readonly clean: boolean;
  readonly hits: readonly ResidueHit[];
}

/**
 * Looks, in a fresh transaction after the commit, for what is left of erased people: rows that came in the meantime,
 * and whatever the same erasure would take now.
 */
export async function proveErasure(context: Context, people: readonly ErasedPerson[]): Promise<ErasureProof> {
  const { database, model } = context;
  const hits = await database.transaction('repeatable read', async (session): Promise<ResidueHit[]> => {
    const catalog = await readCatalog(session);
    const kept = await keptRowsOf(
      session,
      model,
      people.map(({ subject }) => subject),
    );
    const still = people.map(({ person, subject }) =>
      withKeptRows(
        person,
        kept.filter((row) => row.subject === subject),
      ),
    );
    const { tables, unreadable } = await rehearseErase(session, {
      model,
      catalog,
      people: still,
      at: now().toISOString(),
    });
    return [
      ...tables.flatMap(({ table, deleted, changed }): ResidueHit[] =>
        deleted + changed === 0 ? [] : [{ table, kind: 'row', class: 'residue', rows: deleted + changed }],
      ),
      ...unreadable.flatMap(({ table, column, left }): ResidueHit[] =>
        left === 0 ? [] : [{ table, column, kind: 'unreadable', class: 'residue', rows: left }],
      ),
    ];
  });
  return { clean: hits.every((hit) => hit.class !== 'residue'), hits };
}
