import type { Crowd } from './crowd.js';
import type { IdPlaces } from './id-places.js';
import { type Leaf, leavesOf } from './leaves.js';
import type { Matcher } from './match.js';
import type { CompiledNeedles, NeedleKind } from './needles.js';
import type { ScanStatements } from './scan-sql.js';
import type { SearchedTable } from './searchable.js';
import type { SearchedPeople, SearchedPerson } from './searched-people.js';

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

/** What stands in a row beside its texts, in the order of the statement's columns. */
interface RowValues {
  readonly ids: readonly (string | null)[];
  readonly numbers: readonly (string | null)[];
}

/** The exact check of a row: the places in it that hold something of somebody. */
export function findingsOf(
  row: FoundRow,
  { ids, numbers: values }: RowValues,
  { people, crowd, numbers }: SearchedPeople,
  places: IdPlaces,
  { idColumns, numberColumns }: Pick<ScanStatements, 'idColumns' | 'numberColumns'>,
): Finding[] {
  const findings: Finding[] = [];
  const columns = textsOf(row);
  for (const person of crowd === undefined ? people.keys() : inTexts(crowd, columns, ids)) {
    const { needles, matcher } = people[person] as SearchedPerson;
    findings.push(
      ...findingsIn(row, columns, person, matcher, needles, places),
      ...idFindings(row, person, needles, places, idColumns, ids),
    );
  }
  findings.push(...numberFindings(row, numbers, numberColumns, values));
  return findings;
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
  places: IdPlaces,
  idColumns: ScanStatements['idColumns'],
  values: readonly (string | null)[],
): Finding[] {
  return idColumns
    .filter(({ target }, i) => ids.some(({ table, key }) => table === target && isSameId(key, values[i])))
    .filter(({ column, target }) => !places.isOfOther(row.table.name, column, target, row.cells))
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
