import { quoteName, type Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { type CollectPlan, collectRows, type Person, rowsOf } from '../../datamap/collect.js';
import type { DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { fromTable, keyOf, live } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { keyNames } from './sql.js';

/** More rounds than this mean that the rows of the people do not come to rest. */
const MOST_ROUNDS = 20;

/**
 * Collects the people's rows and locks them, and collects again until no row is found that is not locked: what
 * another session had not committed when the first look was taken is waited for and seen. Tables are locked by name
 * and rows by key, so that two erasures never wait for each other. Needs READ COMMITTED, whose every statement sees
 * what was committed before it.
 * @throws GdprError LOCKED when new rows keep coming
 */
export async function collectLocked(
  session: Session,
  plan: CollectPlan,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Person[],
): Promise<void> {
  const tables = [...model.tables]
    .filter((table) => live(table, catalog).kind !== 'view')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await collectRows(session, plan, model, catalog, people);
    if (round > 0 && (await allLocked(session, tables, catalog))) return;
    for (const table of model.tables) {
      await session.run(`DROP TABLE IF EXISTS ${lockedOf(table)}`);
      await session.run(`ALTER TABLE ${rowsOf(table)} RENAME TO gdpr_locked_${table.index}`);
    }
    for (const table of tables) await session.run(lockRows(table, catalog));
  }
  throw new GdprError('LOCKED', 'rows of the person keep changing while they are being locked', {
    hint: 'run the command again when the shop is less busy',
  });
}

function lockedOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_locked_${table.index}`);
}

async function allLocked(session: Session, tables: readonly PersonalTableModel[], catalog: Catalog): Promise<boolean> {
  for (const table of tables) {
    const names = keyNames(table, catalog);
    const [row] = await session.query<{ fresh: boolean }>(
      `SELECT EXISTS (SELECT ${names} FROM ${rowsOf(table)} EXCEPT SELECT ${names} FROM ${lockedOf(table)}) AS fresh`,
    );
    if (row?.fresh === true) return false;
  }
  return true;
}

/** The sort stands below the lock in the plan, so rows are locked in its order. */
function lockRows(table: PersonalTableModel, catalog: Catalog): string {
  const key = keyOf(table, catalog).map((part) => part.expression);
  const held = `SELECT ${keyNames(table, catalog)} FROM ${lockedOf(table)}`;
  return `SELECT count(*) FROM (SELECT 1 FROM ${fromTable(table, catalog)} t WHERE (${key.join(', ')}) IN (${held}) ORDER BY ${key.join(', ')} FOR UPDATE OF t) l`;
}
