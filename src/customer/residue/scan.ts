import type { Session } from '../../database/session.js';
import { Automaton } from './automaton.js';
import { Crowd } from './crowd.js';
import type { IdPlaces } from './id-places.js';
import { type Leaf, leavesOf } from './leaves.js';
import type { Matcher } from './match.js';
import type { CompiledNeedles, NeedleKind } from './needles.js';
import { numbersOf } from './numbers.js';
import { narrowPatterns } from './pattern.js';
import { compileScan, inPages, type PageRange, type ScanStatements, TOO_LARGE } from './scan-sql.js';
import type { SearchedTable } from './searchable.js';

/** A row in which something of somebody was found. */
export interface FoundRow {
  readonly table: SearchedTable;
  readonly key: readonly string[];
  /** The texts of the searched columns. */
  readonly cells: ReadonlyMap<string, string>;
}

/** A place that holds something of a person. */
export interface Finding {
  /** Position among the people searched for. */
  readonly person: number;
  readonly row: FoundRow;
  readonly column: string;
  readonly path: readonly string[] | undefined;
  /** Whether the path ends in a key that holds the value itself. */
  readonly inKey: boolean;
  readonly kinds: ReadonlySet<NeedleKind>;
  /** Whether the place holds the name and nothing else. */
  readonly nameOnly: boolean;
}

export interface SearchedPerson {
  readonly needles: CompiledNeedles;
  readonly matcher: Matcher;
}

/** People who are searched for together. */
export interface SearchedPeople {
  readonly people: readonly SearchedPerson[];
  /** Lets pass the rows that may hold something of somebody. */
  readonly narrow: Pick<Automaton, 'isEmpty' | 'rows'>;
  /** Of whom; undefined where each is asked for. */
  readonly crowd: Crowd | undefined;
  /** What a column of numbers may hold, by the number. */
  readonly numbers: ReadonlyMap<string, readonly { readonly person: number; readonly kind: NeedleKind }[]>;
}

/** The automaton has a state for each beginning of a pattern that a text can be in the middle of. */
const MOST_IN_AUTOMATON = 4;

export function searchedPeople(people: readonly SearchedPerson[], { jsonKeys }: IdPlaces): SearchedPeople {
  const needles = people.map((person) => person.needles);
  const crowd = people.length > MOST_IN_AUTOMATON ? new Crowd(needles, jsonKeys) : undefined;
  const numbers = new Map<string, { person: number; kind: NeedleKind }[]>();
  for (const [person, own] of needles.entries()) {
    for (const [number, kind] of numbersOf(own))
      numbers.set(number, [...(numbers.get(number) ?? []), { person, kind }]);
  }
  return { people, crowd, numbers, narrow: crowd ?? new Automaton(narrowPatterns(needles, jsonKeys)) };
}

export interface TableScan {
  readonly findings: readonly Finding[];
  readonly rows: number;
  /** Columns with values too large to be searched. */
  readonly tooLarge: readonly string[];
}

/** Pages that one statement searches; others are searched by other sessions at the same time. */
const PAGES_AT_ONCE = 2048;

/** A table as ranges of its pages, none left out; as one of no range where it is not kept in pages. */
export function rangesOf({ pages }: SearchedTable): (PageRange | undefined)[] {
  if (pages === undefined) return [undefined];
  return Array.from({ length: Math.ceil(pages / PAGES_AT_ONCE) }, (_, i) => ({
    first: i * PAGES_AT_ONCE,
    end: Math.min((i + 1) * PAGES_AT_ONCE, pages),
  }));
}

/** Searches one table or some of its pages: its texts are narrowed to rows; the exact check is of these. */
export async function scanTable(
  session: Session,
  table: SearchedTable,
  searched: SearchedPeople,
  places: IdPlaces,
  pages: PageRange | undefined,
): Promise<TableScan> {
  const { people, narrow, numbers } = searched;
  const needles = people.map((person) => person.needles);
  const statements = compileScan(table, needles, [...numbers.keys()], places, pages);
  if (pages === undefined) return checkRows(session, table, searched, places, statements, []);
  const met = new Set<string>();
  if (statements.exact !== undefined) {
    const { sql, values } = statements.exact;
    for await (const [place] of session.stream(sql, values)) met.add(place ?? '');
  }
  const inTexts = narrow.isEmpty ? [] : statements.texts;
  const rows =
    inTexts.length === 0 ? await countOf(session, table, pages) : await readTexts(session, inTexts, narrow, met);
  if (met.size === 0) return { findings: [], rows, tooLarge: [] };
  return { ...(await checkRows(session, table, searched, places, statements, [...met])), rows };
}

async function countOf(session: Session, { from }: SearchedTable, pages: PageRange): Promise<number> {
  const [count] = await session.query<{ rows: string }>(
    `SELECT count(*)::text AS rows FROM ${from} t WHERE ${inPages(pages)}`,
  );
  return Number(count?.rows ?? 0);
}

/** Adds the places of the rows that pass, and answers how many rows there are. */
async function readTexts(
  session: Session,
  queries: readonly string[],
  narrow: SearchedPeople['narrow'],
  met: Set<string>,
): Promise<number> {
  let rows = 0;
  let last = '';
  for (const query of queries) {
    await session.copy(query, ([ids, text]) => {
      if (!ids || !text) return;
      const count = ids.length / PLACE_BYTES;
      const found: number[] = [];
      // A text that itself has a byte which ends rows shifts the others: all rows of the message may be the one.
      const exact = narrow.rows(text, (row) => found.push(row)) === count;
      for (const row of exact ? found : Array.from({ length: count }, (_, i) => i)) met.add(placeAt(ids, row));
      // The pieces of a long row are one row.
      const first = placeAt(ids, 0);
      if (count > 1 || first !== last) rows += count;
      last = first;
    });
  }
  return rows;
}

const PLACE_BYTES = 6;

/** Page and number of a row, as PostgreSQL prints a `tid`. */
function placeAt(ids: Buffer, row: number): string {
  const at = row * PLACE_BYTES;
  return `(${ids.readUInt32BE(at)},${ids.readUInt16BE(at + 4)})`;
}

/** The exact check of the rows at some places, or of all where a table has none. */
async function checkRows(
  session: Session,
  table: SearchedTable,
  { people, crowd, numbers }: SearchedPeople,
  places: IdPlaces,
  { rows: rowsAt, idColumns, numberColumns }: ScanStatements,
  met: readonly string[],
): Promise<TableScan> {
  const { sql, values } = rowsAt(met);
  const findings: Finding[] = [];
  const large = new Set<string>();
  let rows = 0;
  for await (const parts of session.stream(sql, values)) {
    rows += 1;
    const key = parts.splice(0, table.key.length).map((part) => part ?? '');
    const cells = new Map<string, string>();
    const texts = parts.splice(0, table.columns.length);
    table.columns.forEach(({ name }, i) => {
      const cell = texts[i];
      if (cell === TOO_LARGE) large.add(name);
      else if (cell !== null && cell !== undefined) cells.set(name, cell);
    });
    const ids = parts.splice(0, idColumns.length);
    const row: FoundRow = { table, key, cells };
    const columns = textsOf(row);
    for (const person of crowd === undefined ? people.keys() : inTexts(crowd, columns, ids)) {
      const { needles, matcher } = people[person] as SearchedPerson;
      findings.push(
        ...findingsIn(row, columns, person, matcher, needles, places),
        ...idFindings(row, person, needles, idColumns, ids),
      );
    }
    findings.push(...numberFindings(row, numbers, numberColumns, parts));
  }
  return { findings, rows, tooLarge: [...large] };
}

interface ColumnTexts {
  readonly column: string;
  readonly leaves: readonly Leaf[];
}

function textsOf({ table, cells }: FoundRow): ColumnTexts[] {
  return table.columns.flatMap(({ name: column, reading }) => {
    const cell = cells.get(column);
    return cell === undefined ? [] : [{ column, leaves: leavesOf(cell, reading) }];
  });
}

/** Of whom the texts and ids of a row may hold something. */
function inTexts(crowd: Crowd, columns: readonly ColumnTexts[], ids: readonly (string | null)[]): Set<number> {
  const texts = columns.flatMap(({ leaves }) => leaves.map(({ text }) => text));
  const people = crowd.in(texts);
  for (const id of [...texts, ...ids]) for (const person of crowd.withId(id ?? '')) people.add(person);
  return people;
}

function findingsIn(
  row: FoundRow,
  columns: readonly ColumnTexts[],
  person: number,
  matcher: Matcher,
  needles: CompiledNeedles,
  places: IdPlaces,
): Finding[] {
  const findings: Finding[] = [];
  const parts: NamePart[] = [];
  for (const { column, leaves } of columns) {
    const found = new Set<NeedleKind>();
    for (const leaf of leaves) {
      const kinds = matcher.kindsIn(leaf.text);
      if (leaf.path !== undefined && isId(leaf, row.table.name, column, needles, places)) kinds.add('id');
      // The parts of a document are near each other in its text, whosever they are.
      if (leaf.path === undefined && leaves.length > 1)
        for (const kind of [...found, 'name' as const]) kinds.delete(kind);
      for (const kind of kinds) found.add(kind);
      if (kinds.size > 0) {
        const nameOnly = kinds.has('name') && matcher.isName(leaf.text);
        findings.push({ person, row, column, path: leaf.path, inKey: leaf.isKey, kinds, nameOnly });
      }
      if (leaf.isKey) continue;
      const parent = leaf.path === undefined ? '' : `${column} ${JSON.stringify(leaf.path.slice(0, -1))}`;
      for (const part of matcher.partOf(leaf.text)) parts.push({ column, leaf, parent, ...part });
    }
  }
  return [...findings, ...splitNames(row, person, parts, findings)];
}

function isId(leaf: Leaf, table: string, column: string, { ids }: CompiledNeedles, places: IdPlaces): boolean {
  const { path, isKey } = leaf;
  if (path === undefined || isKey) return false;
  return ids.some(
    ({ table: target, key }) => isSameId(key, leaf.text) && places.isJsonPlace(table, column, path, target),
  );
}

/** An id of several parts says nothing in one place. */
function isSameId(key: readonly string[], text: string | null | undefined): boolean {
  return key.length === 1 && key[0]?.toLowerCase() === text?.toLowerCase();
}

/** A text that is a given name or a family name and nothing else. */
interface NamePart {
  readonly column: string;
  readonly leaf: Leaf;
  /** The JSON object that it is in; the row itself is the empty text. */
  readonly parent: string;
  /** Position of the name among the needles. */
  readonly name: number;
  readonly part: 'given' | 'family';
}

/** First name and family name in two columns of a row, or in two members of one JSON object. */
function splitNames(row: FoundRow, person: number, parts: readonly NamePart[], known: readonly Finding[]): Finding[] {
  const isSplit = (family: NamePart) =>
    family.part === 'family' &&
    parts.some(
      ({ part, leaf, name, parent }) =>
        part === 'given' && leaf !== family.leaf && name === family.name && parent === family.parent,
    );
  const isKnown = ({ column, leaf }: NamePart) =>
    known.some((finding) => finding.column === column && finding.path === leaf.path && finding.kinds.has('name'));
  return parts
    .filter((part) => isSplit(part) && !isKnown(part))
    .map(({ column, leaf }) => ({
      person,
      row,
      column,
      path: leaf.path,
      inKey: false,
      kinds: new Set<NeedleKind>(['name']),
      nameOnly: true,
    }));
}

function idFindings(
  row: FoundRow,
  person: number,
  { ids }: CompiledNeedles,
  idColumns: ScanStatements['idColumns'],
  values: readonly (string | null)[],
): Finding[] {
  return idColumns
    .filter(({ target }, i) => ids.some(({ table, key }) => table === target && isSameId(key, values[i])))
    .map(({ column }) => ({
      person,
      row,
      column,
      path: undefined,
      inKey: false,
      kinds: new Set<NeedleKind>(['id']),
      nameOnly: false,
    }));
}

/** A number column that is also an id column is met as both. */
function numberFindings(
  row: FoundRow,
  numbers: SearchedPeople['numbers'],
  columns: ScanStatements['numberColumns'],
  values: readonly (string | null)[],
): Finding[] {
  return columns.flatMap(({ name: column }, i) =>
    (numbers.get(values[i] ?? '') ?? []).map(({ person, kind }) => ({
      person,
      row,
      column,
      path: undefined,
      inKey: false,
      kinds: new Set([kind]),
      nameOnly: false,
    })),
  );
}
