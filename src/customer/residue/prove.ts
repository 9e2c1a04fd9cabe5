import type { Database, Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { findDrift } from '../../datamap/drift.js';
import type { DataMapModel } from '../../datamap/model.js';
import { GdprError } from '../../foundation/errors.js';
import type { Keys } from '../../keys/keys.js';
import type { Context } from '../../workspace/open.js';
import { FoundPlaces } from './found-places.js';
import type { ResidueHit } from './hit.js';
import { rangesOf } from './scan.js';
import { readSearchable, type Unsearched } from './searchable.js';
import { type ResiduePerson, searchShare, sharesOf } from './share.js';

export interface ResidueProof {
  /** Whether nothing of class `residue` was found in what was searched. */
  readonly clean: boolean;
  /** At most `MOST_HITS`, residue first. */
  readonly hits: readonly ResidueHit[];
  /** How many there are of each class, those that are not listed included. */
  readonly counts: Readonly<Record<ResidueHit['class'], number>>;
  readonly searched: { readonly tables: number; readonly columns: number; readonly rows: number };
  readonly unsearched: readonly Unsearched[];
  /** References that the needles lead to, none twice. */
  readonly subjects: readonly string[];
}

export interface ResidueProgress {
  readonly table: string;
  readonly done: number;
  readonly total: number;
}

/** Of so many people a few pages hold enough. */
const MANY_PEOPLE = 500;
const PAGES_OF_MANY = 64;

/**
 * Searches the whole database for whatever is left of people and says of each place why it is there, in a fresh
 * REPEATABLE READ transaction.
 * @throws GdprError as `searchResidue`
 */
export function proveResidue(
  context: Context,
  people: readonly ResiduePerson[],
  onProgress: (progress: ResidueProgress) => void,
): Promise<ResidueProof> {
  const { database, model, keys, surroundings } = context;
  return database.transaction('repeatable read', (session) =>
    searchResidue(session, { database, model, keys }, people, onProgress, surroundings.signal),
  );
}

/**
 * The same inside the caller's REPEATABLE READ transaction. Tables and columns that the map does not know are searched
 * like the others.
 * @throws GdprError DRIFT when the map names what the database has not, INPUT_INVALID when nothing can be looked
 *   for, SEVERAL when far too many places hold the values, INTERRUPTED
 */
export async function searchResidue(
  session: Session,
  { database, model, keys }: { readonly database: Database; readonly model: DataMapModel; readonly keys: Keys },
  people: readonly ResiduePerson[],
  onProgress: (progress: ResidueProgress) => void,
  signal?: AbortSignal,
): Promise<ResidueProof> {
  const catalog = await readCatalog(session);
  assertReadable(model, catalog);
  const shares = sharesOf(people, model);
  const { tables, unsearched } = await readSearchable(session, catalog);
  const atOnce = people.length > MANY_PEOPLE ? PAGES_OF_MANY : undefined;
  const units = tables.flatMap((table) => rangesOf(table, atOnce).map((pages) => ({ table, pages })));
  const total = shares.length * tables.length;
  const found = new FoundPlaces();
  const subjects = new Set<string>();
  let rows = 0;
  for (const [i, share] of shares.entries()) {
    const searched = await searchShare(session, { database, model, catalog, keys }, units, share, found, (table) => {
      if (signal?.aborted === true)
        throw new GdprError('INTERRUPTED', 'stopped by the operator; the search is not complete');
      onProgress({ table: table.name, done: i * tables.length + tables.indexOf(table), total });
    });
    for (const reference of searched.references) subjects.add(reference);
    rows = searched.rows;
  }
  onProgress({ table: '', done: total, total });
  const { counts } = found;
  return {
    clean: counts.residue === 0,
    hits: found.hits(),
    counts,
    searched: {
      tables: new Set(tables.map(({ name }) => name)).size,
      columns: new Set(
        tables.flatMap(({ name, columns, numbers }) =>
          [...columns, ...numbers].map((column) => `${name} ${column.name}`),
        ),
      ).size,
      rows,
    },
    unsearched: [...unsearched, ...found.tooLarge()],
    subjects: [...subjects],
  };
}

const UNKNOWN = new Set(['table-unknown-to-map', 'column-unknown-to-map']);

/**
 * What the map does not know is searched all the same; what the database has not cannot be read by the map.
 * @throws GdprError DRIFT
 */
export function assertReadable(model: DataMapModel, catalog: Parameters<typeof findDrift>[1]): void {
  const drift = findDrift(model, catalog).filter(({ problem }) => !UNKNOWN.has(problem));
  if (drift.length === 0) return;
  throw new GdprError(
    'DRIFT',
    `the data map and the database differ in ${drift.length} places, so nothing was searched`,
    {
      hint: 'run: gdpr datamap check',
      details: { drift },
    },
  );
}

/** Names of counts as the audit log has them. */
export function countsOf({ counts, searched }: ResidueProof): Record<string, number> {
  return { ...counts, tables: searched.tables, rows: searched.rows };
}
