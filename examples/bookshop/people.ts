import { quoteIdentifier, quoteName, type Session } from '../../src/database/session.js';
import { ACCOUNT_ROWS } from './fixed/accounts.js';
import { CORRESPONDENCE_ROWS } from './fixed/correspondence.js';
import { ORDER_ROWS } from './fixed/orders.js';
import type { FixedRow } from './fixed/row.js';
import { WISH_ROWS } from './fixed/wishes.js';

export { PEOPLE } from './fixed/people.js';
export type { FixedRow, PersonKey } from './fixed/row.js';

/** Every row about the fixed people; ids below 1000 are theirs alone. */
export const FIXED_ROWS: readonly FixedRow[] = [...ACCOUNT_ROWS, ...ORDER_ROWS, ...WISH_ROWS, ...CORRESPONDENCE_ROWS];

/** Inserts the fixed people into a shop whose foreign keys are deferred or not made yet, and whose books exist. */
export async function insertPeople(session: Session): Promise<void> {
  const batches = new Map<string, { table: string; columns: string[]; rows: FixedRow['row'][] }>();
  for (const { table, row } of FIXED_ROWS) {
    const columns = Object.keys(row).sort();
    const key = JSON.stringify([table, columns]);
    const batch = batches.get(key) ?? { table, columns, rows: [] };
    batch.rows.push(row);
    batches.set(key, batch);
  }
  for (const { table, columns, rows } of batches.values()) {
    const target = quoteName('shop', table);
    const names = columns.map(quoteIdentifier).join(', ');
    await session.run(
      `INSERT INTO ${target} (${names}) SELECT ${names} FROM jsonb_populate_recordset(NULL::${target}, $1::jsonb)`,
      [JSON.stringify(rows)],
    );
  }
}
