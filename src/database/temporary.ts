import { quoteIdentifier, quoteName, type Session } from './session.js';

/** A temporary table by its bare name, with columns as `name type`; types as PostgreSQL prints them. */
export interface TemporaryTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * Makes temporary tables, whose rows go at the end of the transaction. One of the same columns that an earlier
 * transaction of the connection made is taken: to make them anew each time was two fifths of what the server did for the
 * erasure of one person. For the same reason they have no keys: whoever enters rows says which are there already.
 * @throws Error when such a table holds rows, which are then of another set of people
 */
export async function makeTemporary(session: Session, tables: readonly TemporaryTable[]): Promise<void> {
  if (tables.length === 0) return;
  const found = await session.query<{ name: string; columns: string }>(
    `SELECT c.relname AS name, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = pg_my_temp_schema() AND c.relname = ANY ($1::text[]) GROUP BY c.relname`,
    [tables.map(({ name }) => name)],
  );
  const there = new Map(found.map(({ name, columns }) => [name, columns]));
  const full = await filledOf(session, [...there.keys()]);
  if (full.length > 0) throw new Error(`temporary tables still hold rows: ${full.join(', ')}`);
  const statements = tables.flatMap((table) => {
    if (there.get(table.name) === table.columns.join(', ')) return [];
    const create = `CREATE TEMPORARY TABLE ${quoteIdentifier(table.name)} (${table.columns.join(', ')}) ON COMMIT DELETE ROWS`;
    return there.has(table.name) ? [`DROP TABLE ${temporary(table.name)}`, create] : [create];
  });
  if (statements.length > 0) await session.run(statements.join(';\n'));
}

/** Takes all rows from temporary tables before the transaction ends. */
export async function emptyTemporary(session: Session, names: readonly string[]): Promise<void> {
  const full = await filledOf(session, names);
  // The tables are kept: the server remembers each that is made or dropped until the transaction ends, in a place that
  // is shared and not large.
  if (full.length > 0) await session.run(`TRUNCATE ${full.map(temporary).join(', ')}`);
}

/** Rows from which on a temporary table is worth an index. */
export const MANY_ROWS = 1000;

/** Gives a temporary table that holds many rows an index of these columns, unless it has one. */
export async function indexTemporary(session: Session, name: string, columns: readonly string[]): Promise<void> {
  const index = quoteIdentifier(`${name}_index`);
  await session.run(`CREATE INDEX IF NOT EXISTS ${index} ON ${temporary(name)} (${columns.join(', ')})`);
}

/**
 * Tells the planner how many rows are in temporary tables. Of one that was never looked at it expects so many that it reads
 * tables of the shop from end to end to meet them.
 */
export async function analyzeTemporary(session: Session, names: readonly string[]): Promise<void> {
  if (names.length > 0) await session.run(`ANALYZE ${names.map(temporary).join(', ')}`);
}

/** A temporary table as a statement names it. */
export function temporary(name: string): string {
  return quoteName('pg_temp', name);
}

async function filledOf(session: Session, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await session.query<{ n: number }>(
    names.map((name, i) => `SELECT ${i} AS n WHERE EXISTS (SELECT FROM ${temporary(name)})`).join(' UNION ALL '),
  );
  return rows.flatMap(({ n }) => names[n] ?? []);
}
