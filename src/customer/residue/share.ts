import type { Database, Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { GdprError } from '../../foundation/errors.js';
import type { Keys } from '../../keys/keys.js';
import { rowId } from '../roots.js';
import { classify, type Subjects } from './classify.js';
import { keptCells } from './erased.js';
import type { FoundPlaces } from './found-places.js';
import { hitsOf } from './hit.js';
import { idPlaces } from './id-places.js';
import { type KeptCells, keptIndex } from './kept.js';
import { matcherOf } from './match.js';
import { compileNeedles, isEmpty, type NameWord, type Needles, namesText } from './needles.js';
import { type KnownSubjects, knownSubjects, positionsOf } from './own.js';
import { readTogether } from './readers.js';
import { scanTable, type TableScan } from './scan.js';
import type { PageRange } from './scan-sql.js';
import type { SearchedTable } from './searchable.js';
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

/** People who are searched for together, each with the position that they have among all. */
export type Share = readonly (readonly [position: number, person: ResiduePerson])[];

/** A table, or some of its pages. */
export interface SearchUnit {
  readonly table: SearchedTable;
  readonly pages: PageRange | undefined;
}

/** So many people's needles are in memory at once, some 25 KB each; the database is read once for every share. */
const PEOPLE_AT_ONCE = 2000;
/** More findings of values than these for each fifty people are no trace of them, but a value that everybody has. */
const MOST_FINDINGS = 100_000;
const PEOPLE_FOR_FINDINGS = 50;
/** So many findings are said why they are there before more are looked for: rows of namesakes are a large part of a shop. */
const FINDINGS_AT_ONCE = 4000;
/** Many rows lead to one person. */
const MOST_OWNERS = 20_000;

/**
 * Parts people into shares. Those of one name are next to each other, since a row that holds it is looked at anew for
 * every share with somebody of that name.
 * @throws GdprError INPUT_INVALID when there is nothing of somebody that can be looked for
 */
export function sharesOf(people: readonly ResiduePerson[], model: DataMapModel): Share[] {
  const spelling = spellingOf(model);
  const words = new Map<string, NameWord>();
  const named = people.map((person, position) => {
    const needles = compileNeedles(person.needles, spelling, words);
    if (isEmpty(needles)) {
      throw new GdprError('INPUT_INVALID', 'nothing that was given can be looked for', {
        hint: 'give an e-mail, a phone, a personas kods, an order number, or a name of at least two words',
      });
    }
    const name = people.length > PEOPLE_AT_ONCE ? namesText(needles, person.needles.names) : '';
    return { name, each: [position, person] as const };
  });
  named.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  // For nobody, too, it is told what was searched.
  const shares = Math.max(1, Math.ceil(named.length / PEOPLE_AT_ONCE));
  const size = Math.ceil(named.length / shares);
  return Array.from({ length: shares }, (_, i) => named.slice(i * size, (i + 1) * size).map(({ each }) => each));
}

/**
 * Searches the whole database for one share of people.
 * @param onUnit called before each unit is searched; what it throws ends the search
 * @returns the references that the needles lead to, and how many rows there are
 * @throws GdprError SEVERAL when far too many places hold the values
 */
export async function searchShare(
  session: Session,
  {
    database,
    model,
    catalog,
    keys,
  }: {
    readonly database: Database;
    readonly model: DataMapModel;
    readonly catalog: Catalog;
    readonly keys: Keys;
  },
  units: readonly SearchUnit[],
  share: Share,
  found: FoundPlaces,
  onUnit: (table: SearchedTable) => void,
): Promise<{ references: readonly string[]; rows: number }> {
  const people = share.map(([, person]) => person);
  const known = await knownSubjects(session, keys, people);
  const references = [...new Set(known.references.flat())];
  const keptByErasure = await keptCells(session, references);
  const spelling = spellingOf(model);
  const words = new Map<string, NameWord>();
  const list = people.map((person, i) => {
    const needles = compileNeedles(person.needles, spelling, words);
    return {
      needles,
      matcher: matcherOf(needles, person.needles.names, spelling),
      // What was collected of one is nothing of the others.
      alike: person.collected === undefined ? namesText(needles, person.needles.names) : String(i),
      references: known.references[i] ?? [],
      collected: person.collected,
    };
  });
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
  const most = MOST_FINDINGS * Math.ceil(list.length / PEOPLE_FOR_FINDINGS);
  let pending: { readonly at: number; readonly findings: TableScan['findings'] }[] = [];
  let waiting = 0;
  let ofValues = 0;
  let rows = 0;
  // What this session has collected the others do not see.
  const nobodyCollected = list.every(({ collected }) => collected === undefined);
  // What is known of a row is in one scan, so each can be judged without the others.
  const judge = async (by: Session) => {
    const scans = pending;
    pending = [];
    waiting = 0;
    const findings = scans.flatMap((scan) => scan.findings);
    const at = new Map(scans.flatMap((scan) => scan.findings.map(({ row }) => [row, scan.at] as const)));
    for (const { finding, verdict } of await classify(by, model, catalog, subjects, findings)) {
      if (verdict.untold === true) continue;
      found.add(at.get(finding.row) ?? 0, verdict.class, finding.people.length * finding.kinds.size, () =>
        hitsOf(finding, verdict, model, keys).map((hit) => ({ ...hit, person: share[hit.person]?.[0] ?? 0 })),
      );
    }
  };
  await readTogether(database, session, units, async (reader, { table, pages }, at) => {
    onUnit(table);
    const scan = await scanTable(reader, table, searched, places, pages);
    rows += scan.rows;
    for (const column of scan.tooLarge) found.addTooLarge(table.name, column);
    pending.push({ at, findings: scan.findings });
    waiting += scan.findings.length;
    // A name is nothing that could be left out; but findings that wait are in memory.
    ofValues += scan.findings.filter(({ kinds }) => !nobodyCollected || kinds.size > 1 || !kinds.has('name')).length;
    if (ofValues > most) {
      throw new GdprError('SEVERAL', `more than ${most} places hold the values that are looked for`, {
        hint: 'leave out the value that many people share',
      });
    }
    if (waiting > FINDINGS_AT_ONCE && (reader === session || nobodyCollected)) await judge(reader);
  });
  await judge(session);
  return { references, rows };
}

/** Whose a row is by what is looked for and by what the references of persons tell. */
function whoseRow(people: readonly ResiduePerson[], known: KnownSubjects): Subjects['whoseRow'] {
  const rows = positionsOf(people.map(({ needles }) => needles.ids.map(rowId)));
  const owners = new Map<string, readonly number[]>();
  return (row) => {
    const id = rowId(row);
    const owned = owners.get(id) ?? [...(rows.get(id) ?? []), ...known.whose({ kind: 'row', value: id })];
    if (owners.size >= MOST_OWNERS) owners.clear();
    owners.set(id, owned);
    return owned;
  };
}
