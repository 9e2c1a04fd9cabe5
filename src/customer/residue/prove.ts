import type { Database, Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { findDrift } from '../../datamap/drift.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { GdprError } from '../../foundation/errors.js';
import type { Keys } from '../../keys/keys.js';
import type { Context } from '../../workspace/open.js';
import { rowId } from '../roots.js';
import { classify } from './classify.js';
import { keptCells } from './erased.js';
import { hitsOf, type ResidueHit } from './hit.js';
import { idPlaces } from './id-places.js';
import type { KeptCells } from './kept.js';
import { matcherOf } from './match.js';
import { compileNeedles, isEmpty, type Needles } from './needles.js';
import { knownSubjects } from './own.js';
import { readTogether } from './readers.js';
import { rangesOf, scanTable, type TableScan } from './scan.js';
import { readSearchable, type Unsearched } from './searchable.js';
import { searchedPeople } from './searched-people.js';

/** A person whose traces are looked for. */
export interface ResiduePerson {
  readonly needles: Needles;
  /** The person's reference, where it is known. */
  readonly subject?: string | undefined;
  /** What stays on purpose, besides what earlier erasures noted as kept. */
  readonly kept?: readonly KeptCells[] | undefined;
  /** Their number in the rows that were collected in the same transaction: these are held as long as they exist. */
  readonly collected?: number | undefined;
}

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

/** More hits are counted, not listed. */
const MOST_HITS = 5000;
/** More findings than these of few people are no trace of them, but a value that everybody has; memory has room for them. */
const MOST_FINDINGS = 100_000;
const FEW = 50;
/** People who are searched for in one reading of the database; others in further ones. */
const AT_ONCE = 500;

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
 * like the others. Very many people are searched for in several readings, so that what is found of them has room.
 * @throws GdprError DRIFT when the map names what the database has not, INPUT_INVALID when nothing can be looked
 *   for, SEVERAL when far too many places hold the values, INTERRUPTED
 */
export async function searchResidue(
  session: Session,
  by: SearchedBy,
  people: readonly ResiduePerson[],
  onProgress: (progress: ResidueProgress) => void,
  signal?: AbortSignal,
): Promise<ResidueProof> {
  let size = AT_ONCE;
  let proof: ResidueProof | undefined;
  for (let first = 0; proof === undefined || first < people.length; ) {
    const share = people.slice(first, first + size);
    const [read, left] = [Math.floor(first / size), Math.max(1, Math.ceil((people.length - first) / size))];
    const progress = ({ table, done, total }: ResidueProgress) =>
      onProgress({ table, done: read * total + done, total: (read + left) * total });
    const found = await searchAtOnce(session, by, share, progress, signal);
    if (found === 'too-many') size = Math.ceil(share.length / 2);
    else {
      proof = together(proof, { ...found, hits: found.hits.map((hit) => ({ ...hit, person: first + hit.person })) });
      first += share.length;
    }
  }
  return proof;
}

interface SearchedBy {
  readonly database: Database;
  readonly model: DataMapModel;
  readonly keys: Keys;
}

/** The proof of all people, of those before and those who were searched for in the same places afterwards. */
function together(before: ResidueProof | undefined, then: ResidueProof): ResidueProof {
  if (before === undefined) return then;
  const [a, b] = [before.counts, then.counts];
  const unsearched = [...before.unsearched, ...then.unsearched];
  return {
    clean: before.clean && then.clean,
    hits: mostTelling([...before.hits, ...then.hits]),
    counts: {
      residue: a.residue + b.residue,
      kept: a.kept + b.kept,
      held: a.held + b.held,
      'third-party': a['third-party'] + b['third-party'],
    },
    searched: before.searched,
    unsearched: [...new Map(unsearched.map((place) => [JSON.stringify(place), place])).values()],
    subjects: [...new Set([...before.subjects, ...then.subjects])],
  };
}

function mostTelling(hits: readonly ResidueHit[]): ResidueHit[] {
  return hits.toSorted((a, b) => Number(b.class === 'residue') - Number(a.class === 'residue')).slice(0, MOST_HITS);
}

/** @returns `too-many` where people must be searched for in smaller shares */
async function searchAtOnce(
  session: Session,
  { database, model, keys }: SearchedBy,
  people: readonly ResiduePerson[],
  onProgress: (progress: ResidueProgress) => void,
  signal?: AbortSignal,
): Promise<ResidueProof | 'too-many'> {
  const catalog = await readCatalog(session);
  assertReadable(model, catalog);
  const spelling = spellingOf(model);
  const known = await knownSubjects(session, keys, people);
  const keptByErasure = await keptCells(session, [...new Set(known.flatMap(({ references }) => references))]);
  const subjects = people.map((person, i) => {
    const compiled = compileNeedles(person.needles, spelling);
    if (isEmpty(compiled)) {
      throw new GdprError('INPUT_INVALID', 'nothing that was given can be looked for', {
        hint: 'give an e-mail, a phone, a personas kods, an order number, or a name of at least two words',
      });
    }
    const rows = new Set(person.needles.ids.map(rowId));
    return {
      needles: compiled,
      matcher: matcherOf(compiled, person.needles.names, spelling),
      kept: [
        ...(person.kept ?? []),
        ...(known[i]?.references ?? []).flatMap((reference) => keptByErasure.get(reference) ?? []),
      ],
      references: known[i]?.references ?? [],
      collected: person.collected,
      isOwn: (alias: { kind: string; value: string }) => rows.has(alias.value) || known[i]?.has(alias) === true,
    };
  });
  const { tables, unsearched } = await readSearchable(session, catalog);
  const targets = [...new Set(people.flatMap(({ needles }) => needles.ids.map(({ table }) => table)))];
  const places = idPlaces(model, catalog, targets);
  const searched = searchedPeople(subjects, places);
  const units = tables.flatMap((table) => rangesOf(table).map((pages) => ({ table, pages })));
  const scans: TableScan[] = [];
  let found = 0;
  await readTogether(database, session, units, async (reader, { table, pages }, at) => {
    if (signal?.aborted === true)
      throw new GdprError('INTERRUPTED', 'stopped by the operator; the search is not complete');
    if (found > MOST_FINDINGS) return;
    onProgress({ table: table.name, done: tables.indexOf(table), total: tables.length });
    const scan = await scanTable(reader, table, searched, places, pages);
    scans[at] = scan;
    found += scan.findings.length;
    if (found > MOST_FINDINGS && people.length <= FEW) {
      throw new GdprError('SEVERAL', `more than ${MOST_FINDINGS} places hold the values that are looked for`, {
        hint: 'leave out the value that many people share',
      });
    }
  });
  if (found > MOST_FINDINGS) return 'too-many';
  const findings = scans.flatMap((scan) => scan.findings);
  const rows = scans.reduce((sum, scan) => sum + scan.rows, 0);
  const large = scans.flatMap(({ tooLarge: columns }, at) =>
    columns.map((column) => ({ table: units[at]?.table.name ?? '', column })),
  );
  const tooLarge = [...new Map(large.map((place) => [`${place.table} ${place.column}`, place])).values()];
  onProgress({ table: '', done: tables.length, total: tables.length });
  const verdicts = await classify(session, model, catalog, subjects, findings);
  const hits = findings.flatMap((finding, i) => {
    const verdict = verdicts[i];
    return verdict === undefined || verdict.untold === true ? [] : hitsOf(finding, verdict, model, keys);
  });
  const counts = { residue: 0, kept: 0, held: 0, 'third-party': 0 };
  for (const hit of hits) counts[hit.class] += 1;
  return {
    clean: counts.residue === 0,
    hits: mostTelling(hits),
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
    unsearched: [...unsearched, ...tooLarge.map((place) => ({ ...place, reason: 'too-large' as const }))],
    subjects: [...new Set(known.flatMap(({ references }) => references))],
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
