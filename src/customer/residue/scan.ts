import type { Session } from '../../database/session.js';
import { type Finding, type FoundRow, findingsOf } from './findings.js';
import type { IdPlaces } from './id-places.js';
import { compileScan, inPages, type PageRange, type ScanStatements, TOO_LARGE } from './scan-sql.js';
import type { SearchedTable } from './searchable.js';
import type { SearchedPeople } from './searched-people.js';

export interface TableScan {
  readonly findings: readonly Finding[];
  readonly rows: number;
  /** Columns with values too large to be searched. */
  readonly tooLarge: readonly string[];
}

/** Pages that one statement searches; others are searched by other sessions at the same time. */
const PAGES_AT_ONCE = 2048;

/** A table as ranges of its pages, none left out; as one of no range where it is not kept in pages. */
export function rangesOf({ pages }: SearchedTable, atOnce = PAGES_AT_ONCE): (PageRange | undefined)[] {
  if (pages === undefined) return [undefined];
  return Array.from({ length: Math.ceil(pages / atOnce) }, (_, i) => ({
    first: i * atOnce,
    end: Math.min((i + 1) * atOnce, pages),
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
  searched: SearchedPeople,
  places: IdPlaces,
  statements: ScanStatements,
  met: readonly string[],
): Promise<TableScan> {
  const { sql, values } = statements.rows(met);
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
    const ids = parts.splice(0, statements.idColumns.length);
    const row: FoundRow = { table, key, cells };
    findings.push(...findingsOf(row, { ids, numbers: parts }, searched, places, statements));
  }
  return { findings, rows, tooLarge: [...large] };
}
