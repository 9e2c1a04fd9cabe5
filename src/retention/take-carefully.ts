import { executeErase } from '../customer/erase/execute.js';
import { cutKey, deleteRows, fateTable, keptTable } from '../customer/erase/fate.js';
import { fateOf, keyColumns, keyNames, sameRow } from '../customer/erase/sql.js';
import { documentOf } from '../customer/erase/values.js';
import type { Session } from '../database/session.js';
import { analyzeTemporary, indexTemporary, MANY_ROWS, makeTemporary } from '../database/temporary.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { type Batch, type BatchContext, looked, type Protection, type RowsTaken } from './batch.js';
import { waitingForPeople } from './feeds.js';
import { forgetKept } from './finish.js';
import { lockedRows, pointedToNow } from './free-rows.js';
import { guarded, guardedDelete, undone } from './guarded.js';
import { protectedOf } from './guards.js';
import { dueByPeople } from './person-clock.js';
import { enterProtected, protectedRows } from './protect.js';
import { monthOf, type Ruling } from './ruling.js';
import { lastOf } from './slices.js';
import { lateForAny } from './survey.js';
import type { Unit } from './units.js';

/** Row by row in a table of fates, where people, documents, keys to be cut or kept columns have to be looked at. */
export async function takeCarefully(
  session: Session,
  batch: Batch,
  context: BatchContext,
  protection: Protection,
  kept: boolean,
): Promise<RowsTaken> {
  const { unit } = batch;
  const { ruling } = context;
  const { catalog } = ruling;
  const { table } = unit.erase;
  const done = await lockIntoFates(session, batch, context, protection);
  const [count] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${fateOf(table)}`);
  if (count?.rows === '0') return { taken: [], rows: 0, ...done, finished: [] };
  if (unit.does === 'delete') await deleteFates(session, batch, context);
  else await changeFates(session, batch, context);
  const key = keyOf(table, catalog);
  const documents = unit.does === 'delete' ? [] : unit.steps.filter(({ change }) => change.kind === 'json');
  const changed = [
    'f.plain',
    ...documents.map((step) => `EXISTS (SELECT FROM ${documentOf(unit.erase, step, catalog)})`),
  ].join(' OR ');
  const rows = await session.query<{ rule: string; month: string; rows: string }>(
    `SELECT f.rule, f.month::text AS month, count(*)::text AS rows FROM ${fateOf(table)} f WHERE ${changed} GROUP BY f.rule, f.month`,
  );
  const keys = `SELECT array_to_json(ARRAY[${key.map((_, i) => `f.k${i + 1}::text`).join(', ')}])::text AS key FROM ${fateOf(table)} f`;
  const finished = kept ? await forgetKept(session, unit, keys, context) : [];
  const taken = rows.map((row) => ({ ...row, rows: Number(row.rows) }));
  return { taken, rows: taken.reduce((all, each) => all + each.rows, 0), ...done, finished };
}

/** Locks the batch's rows and makes the table of fates of those that are due and free: whoever owns them, all of it goes. */
async function lockIntoFates(
  session: Session,
  batch: Batch,
  { ruling }: BatchContext,
  protection: Protection,
): Promise<Pick<RowsTaken, 'locked' | 'last'>> {
  const { unit } = batch;
  const { model, catalog } = ruling;
  const { table } = unit.erase;
  const names = keyNames(table, catalog);
  const owners = table.owners.reduce((bits, { index }) => bits | (1 << index), 0);
  await enterProtected(session, model, catalog, protection.rows, new Set([table.name, ...childrenOf(unit, ruling)]));
  const fates = fateTable(table, catalog);
  await makeTemporary(session, [
    { name: fates.name, columns: [...fates.columns, 'plain boolean', 'rule text', 'month date'] },
  ]);
  const values: unknown[] = [];
  const locked = lockedRows(batch, 'keys to be cut', ruling, protection.standing, values);
  const [row] = await session.query<{ locked: string; last: string | null }>(
    `WITH c AS MATERIALIZED (${locked}),
     i AS (INSERT INTO ${fateOf(table)} (${names}, owners, others, kept, gone, cut, plain, rule, month) SELECT ${names}, ${owners}, 0, '{}', ${unit.does === 'delete'}, '{}', c.plain, c.rule, ${monthOf('c.due')} FROM c)
     SELECT count(*)::text AS locked, ${lastOf(batch.slices, unit, catalog)} AS last FROM c`,
    values,
  );
  if (Number(row?.locked) >= MANY_ROWS) await indexTemporary(session, fates.name, keyColumns(table, catalog));
  // Nothing comes to point to a locked row any more; what came between the look and the lock is seen only now.
  const pointed = pointedToNow(unit, 'keys to be cut', ruling, protection.standing);
  if (pointed !== 'false')
    await session.run(
      `DELETE FROM ${fateOf(table)} f USING ${fromTable(table, catalog)} t WHERE ${sameRow(table, catalog, 't', 'f')} AND ${pointed}`,
    );
  if (unit.person) await keepOnlyDue(session, unit, ruling);
  if (unit.feeds.length > 0) await leaveWaiting(session, unit, ruling);
  // Where a row stands is certain only once it is locked.
  if (live(table, catalog).key.length === 0 && protection.people.length > 0) {
    const rows = await protectedRows(session, model, catalog, protection.people);
    await enterProtected(
      session,
      model,
      catalog,
      rows,
      new Set([table.name].filter((name) => !protection.rows.has(name))),
    );
    if (rows.has(table.name) && !protection.rows.has(table.name))
      await session.run(
        `DELETE FROM ${fateOf(table)} f USING ${protectedOf(table)} p WHERE (${keyNames(table, catalog, 'f')}) = (${keyNames(table, catalog, 'p')})`,
      );
  }
  await analyzeTemporary(session, [fates.name]);
  return looked(row?.locked ?? '0', row?.last ?? null);
}

function childrenOf({ erase }: Unit, { erasure }: Ruling): string[] {
  return erasure.dependencies.flatMap(({ parent, child }) => (parent.table === erase.table ? [child.table.name] : []));
}

async function keepOnlyDue(session: Session, unit: Unit, ruling: Ruling): Promise<void> {
  const { catalog } = ruling;
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${key.map((_, i) => `f.k${i + 1}::text`).join(', ')}])::text AS key FROM ${fateOf(table)} f`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  const [due] = await dueByPeople(session, [{ unit, keys }], ruling);
  const taken = [...(due ?? [])].map(([i, { rule, day }]) => ({ key: keys[i] ?? [], rule, day }));
  const names = key.map((_, i) => `k${i + 1}`);
  const same = key.map((part, i) => `f.${names[i]} = u.${names[i]}::${part.type}`).join(' AND ');
  await session.run(
    `UPDATE ${fateOf(table)} f SET rule = u.rule, month = ${monthOf('u.day::date')}
     FROM unnest($1::text[], $2::text[], ${key.map((_, i) => `$${i + 3}::text[]`).join(', ')}) u (rule, day, ${names.join(', ')}) WHERE ${same}`,
    [
      taken.map(({ rule }) => rule),
      taken.map(({ day }) => day),
      ...key.map((_, i) => taken.map((row) => row.key[i] ?? null)),
    ],
  );
  await session.run(`DELETE FROM ${fateOf(table)} f WHERE f.rule IS NULL`);
}

/** Lets go of rows by which the clock of a person counts that has not run out. */
async function leaveWaiting(session: Session, unit: Unit, ruling: Ruling): Promise<void> {
  const { catalog } = ruling;
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${names.map((name) => `f.${name}::text`).join(', ')}])::text AS key
     FROM ${fateOf(table)} f JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'f')} WHERE ${lateForAny(unit)}`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  const waiting = [...(await waitingForPeople(session, unit, keys, ruling))].map((i) => keys[i] ?? []);
  if (waiting.length === 0) return;
  await session.run(
    `DELETE FROM ${fateOf(table)} f USING unnest(${key.map((_, i) => `$${i + 1}::text[]`).join(', ')}) u (${names.join(', ')})
     WHERE ${key.map((part, i) => `f.${names[i]} = u.${names[i]}::${part.type}`).join(' AND ')}`,
    key.map((_, i) => waiting.map((row) => row[i] ?? null)),
  );
}

async function deleteFates(session: Session, { unit }: Batch, { ruling, shopPath }: BatchContext): Promise<void> {
  const { catalog, erasure } = ruling;
  const { table } = unit.erase;
  const [expected] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${fateOf(table)}`);
  const cuts = erasure.dependencies.filter(({ parent, cut }) => parent.table === table && cut.length > 0);
  const children = new Set(cuts.map(({ child }) => child.table).filter((child) => child !== table));
  await makeTemporary(
    session,
    [...children].map((child) => fateTable(child, catalog)),
  );
  await session.query("SELECT set_config('search_path', $1, true)", [shopPath]);
  for (const cut of cuts) await guarded(cut.child.table.name, () => session.run(cutKey(cut, catalog)));
  const deleted = await guardedDelete(session, table.name, () => session.run(deleteRows(unit.erase, catalog)));
  if (String(deleted) !== expected?.rows) throw undone(table.name);
}

async function changeFates(session: Session, { unit }: Batch, { ruling, hasher }: BatchContext): Promise<void> {
  const { model, catalog, asOf } = ruling;
  const { table } = unit.erase;
  const erase = { ...unit.erase, columns: unit.steps };
  await makeTemporary(session, [keptTable(table, catalog)]);
  await executeErase(
    session,
    { erasure: { tables: [erase], dependencies: [], order: [] }, model, catalog, at: asOf },
    hasher,
  );
}
