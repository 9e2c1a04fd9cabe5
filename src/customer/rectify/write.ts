import { quoteIdentifier, type Session } from '../../database/session.js';
import type { PersonalTableModel } from '../../datamap/model.js';
import { column, fromTable } from '../../datamap/sql.js';
import { errno, GdprError } from '../../foundation/errors.js';
import { withShopPath } from '../erase/execute.js';
import { keyNames, sameRow } from '../erase/sql.js';
import { type Found, newCell, settingsOf } from './cells.js';

/** Rows of a table that were corrected. */
export interface TableRows {
  readonly table: string;
  readonly rows: number;
}

/** How many rows of each table `findCells` has found to change. */
export async function countRows(session: Session, found: Found): Promise<TableRows[]> {
  const counts: TableRows[] = [];
  for (const table of tablesOf(found)) {
    const [row] = await session.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM (SELECT DISTINCT ${keyNames(table, found.catalog)} FROM ${settingsOf(table)}) d`,
    );
    counts.push({ table: table.name, rows: Number(row?.rows) });
  }
  return counts;
}

function tablesOf({ correction }: Found): PersonalTableModel[] {
  return [...new Set(correction.changes.map(({ place }) => place.table))];
}

/**
 * Writes the new values that `findCells` has put down, one UPDATE a table.
 * @throws GdprError REFUSED when a new value is already somebody else's or the database does not do the change;
 *   INPUT_INVALID when a column does not take its value; none of them repeats it
 */
export async function writeCells(session: Session, found: Found): Promise<TableRows[]> {
  const counts = await countRows(session, found);
  await withShopPath(session, async () => {
    for (const table of tablesOf(found)) {
      const rows = counts.find((count) => count.table === table.name)?.rows ?? 0;
      if (rows === 0) continue;
      const changed = await guarded(table.name, () => session.run(updateRows(table, found)));
      if (changed !== rows) {
        throw new GdprError(
          'REFUSED',
          `the database did not change every row in ${table.name}: a trigger or a rule stands in the way`,
          { hint: 'look at the triggers and rules of the table; nothing was changed' },
        );
      }
    }
    await refreshViews(session, found);
    await guarded('a deferred constraint', () => session.run('SET CONSTRAINTS ALL IMMEDIATE'));
  });
  return counts.filter(({ rows }) => rows > 0);
}

/**
 * Values are cast to the type without its length, so that the assignment refuses what is too long; an explicit cast
 * to the whole type would cut it without a word.
 */
function updateRows(table: PersonalTableModel, { catalog, correction }: Found): string {
  const columns = new Map(
    correction.changes
      .filter(({ place }) => place.table === table)
      .flatMap(({ place }) => place.columns.map(({ model, live }) => [model.name, live] as const)),
  );
  const set = [...columns].map(([name, { baseType }]) => {
    const cell = newCell(table, catalog, name);
    return `${quoteIdentifier(name)} = CASE WHEN EXISTS (SELECT ${cell}) THEN (SELECT d.value::${baseType} ${cell}) ELSE ${column('t', name)} END`;
  });
  return [
    `UPDATE ${fromTable(table, catalog)} t SET ${set.join(', ')}`,
    `WHERE EXISTS (SELECT FROM ${settingsOf(table)} d WHERE ${sameRow(table, catalog, 't', 'd')})`,
  ].join('\n');
}

async function refreshViews(session: Session, { model, catalog }: Found): Promise<void> {
  for (const table of model.tables) {
    if (catalog.get(table.name)?.kind !== 'view') continue;
    await guarded(table.name, () => session.run(`REFRESH MATERIALIZED VIEW ${fromTable(table, catalog)}`));
  }
}

/** Classes 22 (the value does not fit its type) and 23 (a constraint was violated) of SQLSTATE. */
async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errno(error) ?? '';
    if (!/^2[23][0-9A-Z]{3}$/.test(code)) throw error;
    if (code === '23505' || code === '23P01') {
      throw new GdprError(
        'REFUSED',
        `${where} holds a new value already, and it may stand there once (SQLSTATE ${code}); nothing was changed`,
        { hint: 'find out with gdpr customer find whether the person has a second account', cause: error },
      );
    }
    const { constraint, column: name } = error as { constraint?: string; column?: string };
    const by = constraint === undefined ? (name === undefined ? '' : `: column ${name}`) : `: constraint ${constraint}`;
    throw new GdprError(
      'INPUT_INVALID',
      `${where} does not take a new value${by} (${REASONS[code] ?? 'it does not fit'}, SQLSTATE ${code}); nothing was changed`,
      { hint: 'check the value against what the column may hold', cause: error },
    );
  }
}

/** PostgreSQL manual, appendix A, in words. */
const REASONS: Readonly<Record<string, string>> = {
  '22001': 'it is too long',
  '22003': 'the number is too large',
  '22007': 'it is no date',
  '22008': 'it is no date',
  '22P02': 'it is not of the type',
  '23502': 'it may not be empty',
  '23503': 'another table points to it',
  '23514': 'a check does not take it',
};
