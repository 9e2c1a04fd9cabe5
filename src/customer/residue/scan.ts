import { quoteIdentifier, type Session } from '../../database/session.js';
import type { IdPlaces } from './id-places.js';
import { type Leaf, leavesOf } from './leaves.js';
import type { Matcher } from './match.js';
import type { CompiledNeedles, NeedleKind } from './needles.js';
import type { NarrowPatterns } from './pattern.js';
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

export interface TableScan {
  readonly findings: readonly Finding[];
  readonly rows: number;
  /** Columns with values too large to be searched. */
  readonly tooLarge: readonly string[];
}

/** PostgreSQL prints a byte as up to four characters, and a text ends at 1 GB. */
const MOST_BYTES = 64 * 1024 * 1024;
const MARK = '\\x01\\x01too large\\x01';
/** What stands for a value that was left out: bytes are printed as `\\x…`, so no value looks like it. */
const TOO_LARGE = '\u0001\u0001too large\u0001';

/**
 * Searches one table: one statement, in which a pattern narrows the rows; the exact check is done here.
 */
export async function scanTable(
  session: Session,
  table: SearchedTable,
  people: readonly SearchedPerson[],
  patterns: NarrowPatterns,
  places: IdPlaces,
): Promise<TableScan> {
  const statement = compileScan(table, people, patterns, places);
  const [count] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${table.from} t`);
  const rows = Number(count?.rows ?? 0);
  if (statement === undefined) return { findings: [], rows, tooLarge: [] };
  const findings: Finding[] = [];
  const large = new Set<string>();
  for await (const values of session.stream(statement.sql, statement.values)) {
    const key = values.slice(0, table.key.length).map((part) => part ?? '');
    const cells = new Map<string, string>();
    table.columns.forEach(({ name }, i) => {
      const cell = values[table.key.length + i];
      if (cell === TOO_LARGE) large.add(name);
      else if (cell !== null && cell !== undefined) cells.set(name, cell);
    });
    const ids = values.slice(table.key.length + table.columns.length);
    const row: FoundRow = { table, key, cells };
    for (const [person, { needles, matcher }] of people.entries()) {
      findings.push(
        ...findingsIn(row, person, matcher, needles, places),
        ...idFindings(row, person, needles, statement.idColumns, ids),
      );
    }
  }
  return { findings, rows, tooLarge: [...large] };
}

function tooLarge(column: string): string {
  return `octet_length(t.${quoteIdentifier(column)}) > ${MOST_BYTES}`;
}

interface ScanStatement {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly idColumns: readonly { readonly column: string; readonly target: string }[];
}

/** Undefined where nothing of the table can hold a needle. */
export function compileScan(
  table: SearchedTable,
  people: readonly SearchedPerson[],
  { strong, family, given }: NarrowPatterns,
  places: IdPlaces,
): ScanStatement | undefined {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const texts = table.columns.map(({ name, reading }) => {
    const column = `t.${quoteIdentifier(name)}`;
    return reading === 'bytes'
      ? `CASE WHEN NOT ${tooLarge(name)} THEN encode(${column}, 'escape') END`
      : `${column}::text`;
  });
  const text = `lower(array_to_string(ARRAY[${texts.join(', ')}]::text[], E'\\x1f') COLLATE "C")`;
  const conditions: string[] = [];
  if (table.columns.length > 0 && (strong !== undefined || family !== undefined)) {
    const all = [strong, family].filter((pattern) => pattern !== undefined).join('|');
    const first = `${text} ~ ${bind(all)}`;
    if (family === undefined || given === undefined) conditions.push(first);
    else {
      const certain = strong === undefined ? [] : [`${text} ~ ${bind(strong)}`];
      conditions.push(`(${first} AND (${[...certain, `${text} ~ ${bind(given)}`].join(' OR ')}))`);
    }
  }
  const targets = [...new Set(people.flatMap(({ needles }) => needles.ids.map(({ table: target }) => target)))];
  const candidates = [...table.others, ...table.columns.map(({ name }) => name)];
  const idColumns = targets.flatMap((target) =>
    places.columns(table.name, candidates, target).map((column) => ({ column, target })),
  );
  for (const { column, target } of idColumns) {
    const wanted = people.flatMap(({ needles }) =>
      needles.ids.flatMap(({ table: from, key }) => (from === target && key.length === 1 ? [key[0] ?? ''] : [])),
    );
    conditions.push(
      `lower(t.${quoteIdentifier(column)}::text) = ANY (${bind(wanted.map((id) => id.toLowerCase()))}::text[])`,
    );
  }
  if (conditions.length === 0) return undefined;
  const select = [
    ...table.key,
    ...table.columns.map(({ name, reading }) => {
      const column = `t.${quoteIdentifier(name)}::text`;
      return reading === 'bytes' ? `CASE WHEN ${tooLarge(name)} THEN E'${MARK}' ELSE ${column} END` : column;
    }),
    ...idColumns.map(({ column }) => `t.${quoteIdentifier(column)}::text`),
  ];
  const large = table.columns.filter(({ reading }) => reading === 'bytes').map(({ name }) => tooLarge(name));
  return {
    sql: `SELECT ${select.join(', ')} FROM ${table.from} t WHERE ${[...conditions, ...large].join(' OR ')}`,
    values,
    idColumns,
  };
}

function findingsIn(
  row: FoundRow,
  person: number,
  matcher: Matcher,
  needles: CompiledNeedles,
  places: IdPlaces,
): Finding[] {
  const findings: Finding[] = [];
  const parts: {
    readonly column: string;
    readonly leaf: Leaf;
    readonly parent: string;
    readonly name: number;
    readonly part: string;
  }[] = [];
  for (const { name: column, reading } of row.table.columns) {
    const cell = row.cells.get(column);
    if (cell === undefined) continue;
    const found = new Set<NeedleKind>();
    for (const leaf of leavesOf(cell, reading)) {
      const kinds = matcher.kindsIn(leaf.text);
      if (leaf.path === undefined) for (const kind of found) kinds.delete(kind);
      else
        for (const { table, key } of needles.ids) {
          if (
            !leaf.isKey &&
            key.length === 1 &&
            leaf.text.toLowerCase() === key[0]?.toLowerCase() &&
            places.isJsonPlace(row.table.name, column, leaf.path, table)
          )
            kinds.add('id');
        }
      for (const kind of kinds) found.add(kind);
      if (kinds.size > 0)
        findings.push({
          person,
          row,
          column,
          path: leaf.path,
          inKey: leaf.isKey,
          kinds,
          nameOnly: kinds.has('name') && matcher.isName(leaf.text),
        });
      if (!leaf.isKey)
        for (const part of matcher.partOf(leaf.text))
          parts.push({
            column,
            leaf,
            parent: leaf.path === undefined ? '' : `${column} ${JSON.stringify(leaf.path.slice(0, -1))}`,
            ...part,
          });
    }
  }
  return [...findings, ...splitNames(row, person, parts, findings)];
}

/** First name and family name in two columns of a row, or in two members of one JSON object. */
function splitNames(
  row: FoundRow,
  person: number,
  parts: readonly { column: string; leaf: Leaf; parent: string; name: number; part: string }[],
  known: readonly Finding[],
): Finding[] {
  return parts
    .filter(
      (family) =>
        family.part === 'family' &&
        parts.some(
          (given) =>
            given.part === 'given' &&
            given.leaf !== family.leaf &&
            given.name === family.name &&
            given.parent === family.parent,
        ),
    )
    .filter(
      ({ column, leaf }) =>
        !known.some((finding) => finding.column === column && finding.path === leaf.path && finding.kinds.has('name')),
    )
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
  needles: CompiledNeedles,
  idColumns: ScanStatement['idColumns'],
  values: readonly (string | null)[],
): Finding[] {
  return idColumns
    .filter(({ target }, i) =>
      needles.ids.some(
        ({ table, key }) => table === target && key.length === 1 && key[0]?.toLowerCase() === values[i]?.toLowerCase(),
      ),
    )
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
