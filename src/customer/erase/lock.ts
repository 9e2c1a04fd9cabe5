import type { Session } from '../../database/session.js';
import { analyzeTemporary, makeTemporary, type TemporaryTable, temporary } from '../../database/temporary.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectedTables, collectRows, forgetCollected } from '../../datamap/collect.js';
import { type CollectPlan, type Person, rowsOf } from '../../datamap/collect-plan.js';
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
 *
 * `further` looks on from the collected rows and says whether it added to them; it begins anew with `again` when any of
 * what it added was not locked yet.
 * @throws GdprError LOCKED when new rows keep coming
 */
export async function collectLocked(
  session: Session,
  plan: CollectPlan,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Person[],
  further?: { look(): Promise<boolean>; again(): Promise<void> },
): Promise<void> {
  const tables = [...model.tables]
    .filter((table) => live(table, catalog).kind !== 'view')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  await makeTemporary(
    session,
    tables.map((table) => lockedTable(table, catalog)),
  );
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    await collectRows(session, plan, model, catalog, people);
    if (!(await lockFresh(session, tables, model, catalog))) {
      if (further === undefined || !(await further.look()) || !(await lockFresh(session, tables, model, catalog)))
        return;
      await further.again();
    }
    await forgetCollected(session, plan);
  }
  throw new GdprError('LOCKED', 'rows of the person keep changing while they are being locked', {
    hint: 'run the command again when the shop is less busy',
  });
}

/** The temporary table of the rows of a table that are locked: k1 … kn. */
function lockedOf(table: PersonalTableModel): string {
  return temporary(lockedName(table));
}

function lockedName(table: PersonalTableModel): string {
  return `gdpr_locked_${table.index}`;
}

function lockedTable(table: PersonalTableModel, catalog: Catalog): TemporaryTable {
  return { name: lockedName(table), columns: keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`) };
}

/** Locks the collected rows that are not locked. @returns whether there were any */
async function lockFresh(
  session: Session,
  tables: readonly PersonalTableModel[],
  model: DataMapModel,
  catalog: Catalog,
): Promise<boolean> {
  let any = false;
  const collected = await collectedTables(session, model);
  for (const table of tables) {
    if (!collected.has(table)) continue;
    const names = keyNames(table, catalog);
    const fresh = await session.run(
      `INSERT INTO ${lockedOf(table)} SELECT ${names} FROM ${rowsOf(table)} EXCEPT SELECT ${names} FROM ${lockedOf(table)}`,
    );
    if (fresh === 0) continue;
    any = true;
    await analyzeTemporary(session, [lockedName(table)]);
    await session.run(lockRows(table, catalog));
  }
  return any;
}

/** The sort stands below the lock in the plan, so rows are locked in its order. */
function lockRows(table: PersonalTableModel, catalog: Catalog): string {
  const key = keyOf(table, catalog).map((part) => part.expression);
  const held = `SELECT ${keyNames(table, catalog)} FROM ${lockedOf(table)}`;
  return `SELECT count(*) FROM (SELECT 1 FROM ${fromTable(table, catalog)} t WHERE (${key.join(', ')}) IN (${held}) ORDER BY ${key.join(', ')} FOR UPDATE OF t) l`;
}
