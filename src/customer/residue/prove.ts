import type { Database, Session } from '../../database/session.js';
import { readCatalog } from '../../datamap/catalog.js';
import { findDrift } from '../../datamap/drift.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { GdprError } from '../../foundation/errors.js';
import type { Keys } from '../../keys/keys.js';
import type { Context } from '../../workspace/open.js';
import { rowId } from '../roots.js';
import { classify, type Subjects } from './classify.js';
import { keptCells } from './erased.js';
import { hitsOf, type ResidueHit } from './hit.js';
import { idPlaces } from './id-places.js';
import { type KeptCells, keptIndex } from './kept.js';
import { matcherOf } from './match.js';
import { compileNeedles, isEmpty, type NameWord, type Needles, namesText } from './needles.js';
import { type KnownSubjects, knownSubjects, positionsOf } from './own.js';
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
/** One finding of many namesakes is many hits. */
const HITS_AT_ONCE = 4 * MOST_HITS;
/** More findings of values than these for each fifty people are no trace of them, but a value that everybody has. */
const MOST_FINDINGS = 100_000;
const PEOPLE_A_SHARE = 50;
/** So many findings are said why they are there before more are looked for: rows of namesakes are a large part of a shop. */
const FINDINGS_AT_ONCE = 4000;
/** Of so many people a few pages hold enough. */
const MANY_PEOPLE = 500;
const PAGES_OF_MANY = 64;
/** Many rows lead to one person. */
const MOST_OWNERS = 20_000;

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
  const spelling = spellingOf(model);
  const known = await knownSubjects(session, keys, people);
  const references = [...new Set(known.references.flat())];
  const keptByErasure = await keptCells(session, references);
  const words = new Map<string, NameWord>();
  const list = people.map((person, i) => {
    const compiled = compileNeedles(person.needles, spelling, words);
    if (isEmpty(compiled)) {
      throw new GdprError('INPUT_INVALID', 'nothing that was given can be looked for', {
        hint: 'give an e-mail, a phone, a personas kods, an order number, or a name of at least two words',
      });
    }
    return {
      needles: compiled,
      matcher: matcherOf(compiled, person.needles.names, spelling),
      // What was collected of one is nothing of the others.
      alike: person.collected === undefined ? namesText(compiled, person.needles.names) : String(i),
      references: known.references[i] ?? [],
      collected: person.collected,
    };
  });
  const { tables, unsearched } = await readSearchable(session, catalog);
  const targets = [...new Set(people.flatMap(({ needles }) => needles.ids.map(({ table }) => table)))];
  const places = idPlaces(model, catalog, targets);
  const searched = searchedPeople(list, places);
  const subjects = {
    list,
    kept: keptIndex(
      people.map(({ kept = [] }, i) => [
        ...kept,
        ...(known.references[i] ?? []).flatMap((reference) => keptByErasure.get(reference) ?? []),
      ]),
    ),
    crowd: searched.crowd,
    ofName: searched.ofName,
    whoseRow: whoseRow(people, known),
  };
  const atOnce = list.length > MANY_PEOPLE ? PAGES_OF_MANY : undefined;
  const units = tables.flatMap((table) => rangesOf(table, atOnce).map((pages) => ({ table, pages })));
  const most = MOST_FINDINGS * Math.ceil(list.length / PEOPLE_A_SHARE);
  const counts = { residue: 0, kept: 0, held: 0, 'third-party': 0 };
  const tooLarge = new Map<string, { readonly table: string; readonly column: string }>();
  let hits: FoundHit[] = [];
  let least: FoundHit | undefined;
  let pending: { readonly at: number; readonly findings: TableScan['findings'] }[] = [];
  let waiting = 0;
  let found = 0;
  let rows = 0;
  // What this session has collected the others do not see.
  const nobodyCollected = list.every(({ collected }) => collected === undefined);
  // What is known of a row is in one scan, so each can be judged without the others.
  const judge = async (by: Session) => {
    const units = pending;
    pending = [];
    waiting = 0;
    const findings = units.flatMap((unit) => unit.findings);
    const at = new Map(units.flatMap((unit) => unit.findings.map(({ row }) => [row, unit.at] as const)));
    for (const { finding, verdict } of await classify(by, model, catalog, subjects, findings)) {
      if (verdict.untold === true) continue;
      counts[verdict.class] += finding.people.length * finding.kinds.size;
      const place = { at: at.get(finding.row) ?? 0, class: verdict.class };
      if (least !== undefined && telling(place, least) > 0) continue;
      for (const hit of hitsOf(finding, verdict, model, keys)) hits.push({ ...place, hit });
      if (hits.length <= HITS_AT_ONCE) continue;
      hits = mostTelling(hits);
      least = hits.at(-1);
    }
  };
  await readTogether(database, session, units, async (reader, { table, pages }, at) => {
    if (signal?.aborted === true)
      throw new GdprError('INTERRUPTED', 'stopped by the operator; the search is not complete');
    onProgress({ table: table.name, done: tables.indexOf(table), total: tables.length });
    const scan = await scanTable(reader, table, searched, places, pages);
    rows += scan.rows;
    for (const column of scan.tooLarge) tooLarge.set(`${table.name} ${column}`, { table: table.name, column });
    pending.push({ at, findings: scan.findings });
    waiting += scan.findings.length;
    // A name is nothing that could be left out; but findings that wait are in memory.
    found += scan.findings.filter(({ kinds }) => !nobodyCollected || kinds.size > 1 || !kinds.has('name')).length;
    if (found > most) {
      throw new GdprError('SEVERAL', `more than ${most} places hold the values that are looked for`, {
        hint: 'leave out the value that many people share',
      });
    }
    if (waiting > FINDINGS_AT_ONCE && (reader === session || nobodyCollected)) await judge(reader);
  });
  onProgress({ table: '', done: tables.length, total: tables.length });
  await judge(session);
  return {
    clean: counts.residue === 0,
    hits: mostTelling(hits).map(({ hit }) => hit),
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
    unsearched: [
      ...unsearched,
      ...[...tooLarge]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, place]) => ({ ...place, reason: 'too-large' as const })),
    ],
    subjects: references,
  };
}

/** A hit, and the number of the scan that found it. */
interface FoundHit {
  readonly at: number;
  readonly class: ResidueHit['class'];
  readonly hit: ResidueHit;
}

/** Residue first, the places in the order of the database. */
function telling(a: Omit<FoundHit, 'hit'>, b: Omit<FoundHit, 'hit'>): number {
  return Number(a.class !== 'residue') - Number(b.class !== 'residue') || a.at - b.at;
}

function mostTelling(hits: readonly FoundHit[]): FoundHit[] {
  return hits.toSorted(telling).slice(0, MOST_HITS);
}

/** Whose a row is by what is looked for and by what the references of persons tell. */
function whoseRow(people: readonly ResiduePerson[], known: KnownSubjects): Subjects['whoseRow'] {
  const rows = positionsOf(people.map(({ needles }) => needles.ids.map(rowId)));
  const owners = new Map<string, readonly number[]>();
  return (row) => {
    const id = rowId(row);
    const found = owners.get(id) ?? [...(rows.get(id) ?? []), ...known.whose({ kind: 'row', value: id })];
    if (owners.size >= MOST_OWNERS) owners.clear();
    owners.set(id, found);
    return found;
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
