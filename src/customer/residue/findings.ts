import { groupBy } from '../../foundation/group.js';
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
  /** Positions among the people searched for: one, or namesakes of whom the row holds the name and nothing else. */
  readonly people: readonly number[];
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
  searched: SearchedPeople,
  places: IdPlaces,
  { idColumns, numberColumns }: Pick<ScanStatements, 'idColumns' | 'numberColumns'>,
): Finding[] {
  const { people, crowd, numbers } = searched;
  const findings: Finding[] = [];
  const columns = textsOf(row);
  const inNumbers = numberFindings(row, numbers, numberColumns, values);
  const alone = new Set(inNumbers.flatMap((finding) => finding.people));
  const met: readonly Met[] =
    crowd === undefined
      ? Array.from(people.keys(), (person) => ({ people: [person], texts: undefined, named: undefined }))
      : inTexts(crowd, people, columns, ids, alone);
  for (const each of met) {
    const first = people[each.people[0] as number] as SearchedPerson;
    const matcher = each.people.length > 1 ? searched.ofName(first) : first.matcher;
    findings.push(
      ...findingsIn(row, columns, each, matcher, first.needles, places),
      ...idFindings(row, each.people, first.needles, places, idColumns, ids),
    );
  }
  findings.push(...inNumbers);
  return findings;
}

const NO_TEXTS: ReadonlySet<string> = new Set();

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

/** People of whom texts of a row may hold something. */
interface Met {
  readonly people: readonly number[];
  /** Which texts; undefined for all. */
  readonly texts: ReadonlySet<string> | undefined;
  /** Which of these may hold a word of the name; undefined for all. */
  readonly named: ReadonlySet<string> | undefined;
}

/**
 * Of whom the texts and ids of a row may hold something: each by themselves, but together those of whom it can be the
 * same name only. `alone` are known to have more in the row.
 */
function inTexts(
  crowd: Crowd,
  people: SearchedPeople['people'],
  columns: readonly ColumnTexts[],
  ids: readonly (string | null)[],
  alone: ReadonlySet<number>,
): Met[] {
  const texts = columns.flatMap(({ leaves }) => leaves.map(({ text }) => text));
  const { values, names, named } = crowd.in(texts);
  const byId = new Set([...texts, ...ids].flatMap((id) => crowd.withId(id ?? '')));
  const single = new Set([...byId, ...values.keys(), ...[...names].filter((person) => alone.has(person))]);
  const namesakes = groupBy(
    [...names].filter((person) => !single.has(person)),
    (person) => people[person]?.alike,
  );
  return [
    ...Array.from(single, (person) => {
      const ofName = names.has(person) ? named : NO_TEXTS;
      const inThese = byId.has(person) ? undefined : new Set([...(values.get(person) ?? []), ...ofName]);
      return { people: [person], texts: inThese, named: ofName };
    }),
    ...Array.from(namesakes.values(), (alike) => ({ people: alike, texts: named, named })),
  ];
}

function findingsIn(
  row: FoundRow,
  columns: readonly ColumnTexts[],
  { people, texts, named }: Met,
  matcher: Matcher,
  needles: CompiledNeedles,
  places: IdPlaces,
): Finding[] {
  const findings: Finding[] = [];
  const parts: NamePart[] = [];
  for (const { column, leaves } of columns) {
    const found = new Set<NeedleKind>();
    for (const leaf of leaves) {
      if (texts?.has(leaf.text) === false) continue;
      const mayName = named?.has(leaf.text) !== false;
      const kinds = new Set(matcher.kindsIn(leaf.text, mayName));
      if (leaf.path !== undefined && isId(leaf, row.table.name, column, needles, places)) kinds.add('id');
      // The parts of a document are near each other in its text, whosever they are.
      if (leaf.path === undefined && leaves.length > 1)
        for (const kind of [...found, 'name' as const]) kinds.delete(kind);
      for (const kind of kinds) found.add(kind);
      if (kinds.size > 0) {
        const nameOnly = kinds.has('name') && matcher.isName(leaf.text);
        findings.push({ people, row, column, path: leaf.path, inKey: leaf.isKey, kinds, nameOnly });
      }
      if (leaf.isKey || !mayName) continue;
      const parent = leaf.path === undefined ? '' : `${column} ${JSON.stringify(leaf.path.slice(0, -1))}`;
      for (const part of matcher.partOf(leaf.text)) parts.push({ column, leaf, parent, ...part });
    }
  }
  return [...findings, ...splitNames(row, people, parts, findings)];
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
function splitNames(
  row: FoundRow,
  people: readonly number[],
  parts: readonly NamePart[],
  known: readonly Finding[],
): Finding[] {
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
      people,
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
  people: readonly number[],
  { ids }: CompiledNeedles,
  places: IdPlaces,
  idColumns: ScanStatements['idColumns'],
  values: readonly (string | null)[],
): Finding[] {
  return idColumns
    .filter(({ target }, i) => ids.some(({ table, key }) => table === target && isSameId(key, values[i])))
    .filter(({ column, target }) => !places.isOfOther(row.table.name, column, target, row.cells))
    .map(({ column }) => ({
      people,
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
      people: [person],
      row,
      column,
      path: undefined,
      inKey: false,
      kinds: new Set([kind]),
      nameOnly: false,
    })),
  );
}
