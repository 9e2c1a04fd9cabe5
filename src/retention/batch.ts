import { executeErase } from '../customer/erase/execute.js';
import { cutKey, deleteRows } from '../customer/erase/fate.js';
import { fateOf, keyNames, sameRow } from '../customer/erase/sql.js';
import { documentOf, type TokenHasher } from '../customer/erase/values.js';
import type { Session } from '../database/session.js';
import { fromTable, keyOf, live } from '../datamap/sql.js';
import { errno, GdprError } from '../foundation/errors.js';
import { waitingForPeople } from './feeds.js';
import { type Finisher, forgetKept } from './finish.js';
import { guardOf, pointedTo, protectedOf, type Standing } from './guards.js';
import { dueByPeople } from './person-clock.js';
import { enterProtected, type Protected, type ProtectedRows, protectedRows } from './protect.js';
import { behind, lastOf, orderOf, type Slices, slicesIn, within } from './slices.js';
import { guardOfChild, lastRule, lateForAny, type Ruling } from './survey.js';
import type { Unit } from './units.js';

/** What stands against taking rows, as it was last looked at. */
export interface Protection {
  readonly stamp: string;
  readonly people: readonly Protected[];
  readonly rows: ProtectedRows;
  readonly standing: Standing;
}

/** One batch: these slices of a unit. */
export interface Batch {
  readonly unit: Unit;
  readonly slices: Slices;
  readonly from: number;
  readonly to: number;
  /** The key (texts) of the row behind which it begins; undefined: at the first of these slices. */
  readonly after: readonly string[] | undefined;
  /** The most rows that it may look at. */
  readonly limit: number;
  /** Milliseconds that a statement of it may run. */
  readonly timeout: number;
}

/** Rows that one rule let go last, by the month (first day, ISO 8601) in which they fell due. */
export interface Taken {
  readonly rule: string;
  readonly month: string;
  readonly rows: number;
}

export interface BatchDone {
  readonly taken: readonly Taken[];
  readonly rows: number;
  /** Rows that it locked to look at them, and the key of the last one; fewer than its limit means that no more are there. */
  readonly locked: number;
  readonly last: readonly string[] | undefined;
  /** References of people whose erasure it finished. */
  readonly finished: readonly string[];
}

/** Waiting longer than this for a lock, the run steps back. */
const LOCK_TIMEOUT_MS = 500;

/** Rows that are looked at together where they are counted. */
const LOOK_AT = 500;

/** What a run needs beside the batch. */
export interface BatchContext extends Finisher {
  readonly ruling: Ruling;
  readonly hasher: TokenHasher;
  /** The search path that the shop's own triggers expect. */
  readonly shopPath: string;
}

/**
 * Takes the due rows of a batch, in the caller's READ COMMITTED transaction: rows that others hold are passed by, and
 * every condition is asked of the rows as they are once they are locked.
 * @throws GdprError REFUSED when the database did something else, DRIFT when a constraint is in the way
 */
export async function takeBatch(
  session: Session,
  batch: Batch,
  context: BatchContext,
  protection: Protection,
): Promise<BatchDone> {
  const { unit } = batch;
  const [row] = await session.query<{ kept: boolean }>(
    `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
       EXISTS (SELECT FROM gdpr.kept_row WHERE table_name = $3) AS kept`,
    [String(LOCK_TIMEOUT_MS), String(batch.timeout), unit.erase.table.name],
  );
  const plain =
    unit.does === 'delete' &&
    !unit.person &&
    unit.feeds.length === 0 &&
    row?.kept === false &&
    !protection.rows.has(unit.erase.table.name) &&
    (unit.erase.live.key.length > 0 || protection.people.length === 0) &&
    // What comes to point to a row before it is locked is an error of the database, unless the database itself sees to it.
    context.ruling.erasure.dependencies.every(
      ({ parent, cut, key }) =>
        parent.table !== unit.erase.table ||
        (cut.length === 0 && (key.onDelete === 'no action' || key.onDelete === 'restrict')),
    );
  return plain
    ? deleteAtOnce(session, batch, context, protection)
    : takeCarefully(session, batch, context, protection, row?.kept === true);
}

/** The condition that a row of alias `t` is due and free, without what is known of protected people and of persons' clocks. */
function freeRows(
  { unit, slices, from, to, after }: Omit<Batch, 'limit' | 'timeout'>,
  ruling: Ruling,
  standing: Standing,
  values: unknown[],
): string {
  const { model, catalog, asOf } = ruling;
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  const pointed = pointedToNow(unit, ruling, standing);
  const parts = [within(slices, unit, catalog, from, to, values), unit.due, unit.remaining];
  if (after !== undefined) parts.push(behind(slices, unit, catalog, after, values));
  for (const against of [held, excepted, pointed]) if (against !== 'false') parts.push(`NOT ${against}`);
  return parts.filter((part) => part !== 'true').join(' AND ') || 'true';
}

/** That rows point to the row of alias `t` which neither go before it nor can be cut from it. */
function pointedToNow(unit: Unit, ruling: Ruling, standing: Standing): string {
  const { catalog, erasure } = ruling;
  if (unit.does !== 'delete') return 'false';
  return pointedTo(unit, erasure.dependencies, (child, cut) => guardOfChild(child, cut, ruling, standing), catalog);
}

/** Due rows, locked, with their rule and month. */
function lockedRows(batch: Batch, ruling: Ruling, standing: Standing, values: unknown[]): string {
  const { unit, limit } = batch;
  const { table } = unit.erase;
  const key = keyOf(table, ruling.catalog);
  const x = unit.person ? '' : ` CROSS JOIN ${lastRule(unit.rules)}`;
  const about = unit.person
    ? 'NULL::text AS rule, NULL::date AS month'
    : "x.rule, date_trunc('month', x.due)::date AS month";
  const order = orderOf(batch.slices, unit, ruling.catalog);
  return `SELECT ${key.map(({ expression }, i) => `${expression} AS k${i + 1}`).join(', ')}, ${about}, ${unit.plain} AS plain
    FROM ${fromTable(table, ruling.catalog)} t${x} WHERE ${freeRows(batch, ruling, standing, values)} ORDER BY ${order} LIMIT ${limit}
    FOR UPDATE OF t SKIP LOCKED`;
}

/** One statement, where nothing has to be looked at but the rows themselves and what hangs on them. */
async function deleteAtOnce(
  session: Session,
  batch: Batch,
  { ruling, shopPath }: BatchContext,
  { standing }: Protection,
): Promise<BatchDone> {
  const { unit, slices, from, to } = batch;
  const { table } = unit.erase;
  const { catalog } = ruling;
  const values: unknown[] = [];
  const locked = lockedRows(batch, ruling, standing, values);
  const same = keyOf(table, catalog).map(({ expression }, i) => `${expression} = c.k${i + 1}`);
  // Told again where they lie, or a plan could read the whole table to join it.
  const here = within(slices, unit, catalog, from, to, values);
  await session.query("SELECT set_config('search_path', $1, true)", [shopPath]);
  const rows = await guardedDelete(session, table.name, () =>
    session.query<{ rule: string | null; month: string; rows: string; locked: string; last: string | null }>(
      `WITH c AS MATERIALIZED (${locked}), l AS (SELECT count(*)::text AS locked, ${lastOf(slices, unit, catalog)} AS last FROM c),
       d AS (DELETE FROM ${fromTable(table, catalog)} t USING c WHERE ${[...same, here].join(' AND ')} RETURNING c.rule, c.month)
       SELECT g.*, l.locked, l.last FROM l LEFT JOIN (SELECT d.rule, d.month::text AS month, count(*)::text AS rows FROM d GROUP BY d.rule, d.month) g ON true`,
      values,
    ),
  );
  const taken = rows.flatMap(({ rule, month, rows }) => (rule === null ? [] : [{ rule, month, rows: Number(rows) }]));
  const sum = taken.reduce((all, each) => all + each.rows, 0);
  // Without a key, a row that changed since the statement began is found where it no longer stands, and waits for its turn.
  const { locked: all, last } = rows[0] ?? { locked: '0', last: null };
  if (live(table, catalog).key.length > 0 && sum !== Number(all)) throw undone(table.name);
  return { taken, rows: sum, ...looked(all, last), finished: [] };
}

async function takeCarefully(
  session: Session,
  batch: Batch,
  context: BatchContext,
  protection: Protection,
  kept: boolean,
): Promise<BatchDone> {
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

function looked(locked: string, last: string | null): Pick<BatchDone, 'locked' | 'last'> {
  return { locked: Number(locked), last: last === null ? undefined : (JSON.parse(last) as string[]) };
}

/** Locks the batch's rows and makes the table of fates of those that are due and free: whoever owns them, all of it goes. */
async function lockIntoFates(
  session: Session,
  batch: Batch,
  { ruling }: BatchContext,
  protection: Protection,
): Promise<Pick<BatchDone, 'locked' | 'last'>> {
  const { unit } = batch;
  const { model, catalog } = ruling;
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const names = keyNames(table, catalog);
  const owners = table.owners.reduce((bits, { index }) => bits | (1 << index), 0);
  await enterProtected(session, model, catalog, protection.rows, new Set([table.name, ...childrenOf(unit, ruling)]));
  await session.run(
    `CREATE TEMPORARY TABLE gdpr_fate_${table.index} (${key.map((part, i) => `k${i + 1} ${part.type}`).join(', ')}, owners integer, others integer, kept text[] DEFAULT '{}', gone boolean, plain boolean, rule text, month date, PRIMARY KEY (${names})) ON COMMIT DROP`,
  );
  const values: unknown[] = [];
  const locked = lockedRows(batch, ruling, protection.standing, values);
  const [row] = await session.query<{ locked: string; last: string | null }>(
    `WITH c AS MATERIALIZED (${locked}),
     i AS (INSERT INTO ${fateOf(table)} (${names}, owners, others, gone, plain, rule, month) SELECT ${names}, ${owners}, 0, ${unit.does === 'delete'}, c.plain, c.rule, c.month FROM c)
     SELECT count(*)::text AS locked, ${lastOf(batch.slices, unit, catalog)} AS last FROM c`,
    values,
  );
  // Nothing comes to point to a locked row any more; what came between the look and the lock is seen only now.
  const pointed = pointedToNow(unit, ruling, protection.standing);
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
  await session.run(`ANALYZE ${fateOf(table)}`);
  return looked(row?.locked ?? '0', row?.last ?? null);
}

function childrenOf({ erase }: Unit, { erasure }: Ruling): string[] {
  return erasure.dependencies.flatMap(({ parent, child }) => (parent.table === erase.table ? [child.table.name] : []));
}

async function keepOnlyDue(session: Session, unit: Unit, { model, catalog, asOf }: Ruling): Promise<void> {
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${key.map((_, i) => `f.k${i + 1}::text`).join(', ')}])::text AS key FROM ${fateOf(table)} f`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  const due = await dueByPeople(session, unit, keys, model, catalog, asOf);
  const taken = [...due].map(([i, { rule, day }]) => ({ key: keys[i] ?? [], rule, day }));
  const names = key.map((_, i) => `k${i + 1}`);
  const same = key.map((part, i) => `f.${names[i]} = u.${names[i]}::${part.type}`).join(' AND ');
  await session.run(
    `UPDATE ${fateOf(table)} f SET rule = u.rule, month = date_trunc('month', u.day::date)::date
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

/** How many due rows of a unit are there and free, in the caller's transaction. */
export async function countFree(
  session: Session,
  unit: Unit,
  slices: Slices,
  ruling: Ruling,
  protection: Protection,
): Promise<number> {
  const { model, catalog, asOf } = ruling;
  const { table } = unit.erase;
  await enterProtected(session, model, catalog, protection.rows, new Set(protection.rows.keys()));
  const texts = keyOf(table, catalog).map(({ expression }) => `${expression}::text`);
  const late = unit.feeds.length > 0 ? lateForAny(unit) : 'false';
  let count = 0;
  let after: readonly string[] | undefined;
  for (;;) {
    const values: unknown[] = [];
    const where = freeRows({ unit, slices, from: 0, to: slicesIn(slices), after }, ruling, protection.standing, values);
    const rows = await session.query<{ key: string; late: boolean }>(
      `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key, ${late} AS late FROM ${fromTable(table, catalog)} t
       WHERE ${where} ORDER BY ${orderOf(slices, unit, catalog)} LIMIT ${LOOK_AT}`,
      values,
    );
    const keys = rows.map((row) => JSON.parse(row.key) as string[]);
    const due = unit.person ? await dueByPeople(session, unit, keys, model, catalog, asOf) : undefined;
    const free = keys.filter((_, i) => due?.has(i) ?? true);
    const lateKeys = new Set(rows.flatMap((row) => (row.late ? [JSON.stringify(JSON.parse(row.key))] : [])));
    const waiting = await waitingForPeople(
      session,
      unit,
      free.filter((key) => lateKeys.has(JSON.stringify(key))),
      ruling,
    );
    count += free.length - waiting.size;
    after = keys.at(-1);
    if (rows.length < LOOK_AT) return count;
  }
}

async function deleteFates(session: Session, { unit }: Batch, { ruling, shopPath }: BatchContext): Promise<void> {
  const { catalog, erasure } = ruling;
  const { table } = unit.erase;
  const [expected] = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${fateOf(table)}`);
  const cuts = erasure.dependencies.filter(({ parent, cut }) => parent.table === table && cut.length > 0);
  for (const child of new Set(cuts.map((each) => each.child.table))) {
    if (child === table) continue;
    const parts = keyOf(child, catalog).map((part, i) => `k${i + 1} ${part.type}`);
    await session.run(
      `CREATE TEMPORARY TABLE gdpr_fate_${child.index} (${parts.join(', ')}, kept text[], gone boolean) ON COMMIT DROP`,
    );
  }
  await session.query("SELECT set_config('search_path', $1, true)", [shopPath]);
  for (const cut of cuts) await guarded(cut.child.table.name, () => session.run(cutKey(cut, catalog)));
  const deleted = await guardedDelete(session, table.name, () => session.run(deleteRows(unit.erase, catalog)));
  if (String(deleted) !== expected?.rows) throw undone(table.name);
}

async function changeFates(session: Session, { unit }: Batch, { ruling, hasher }: BatchContext): Promise<void> {
  const { model, catalog, asOf } = ruling;
  const { table } = unit.erase;
  const erase = { ...unit.erase, columns: unit.steps };
  const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
  await session.run(
    `CREATE TEMPORARY TABLE gdpr_kept_${table.index} (${parts.join(', ')}, cols text[], source text, id text, until date, hidden boolean) ON COMMIT DROP`,
  );
  await executeErase(
    session,
    { erasure: { tables: [erase], dependencies: [], order: [] }, model, catalog, at: asOf },
    hasher,
  );
}

function undone(table: string): GdprError {
  return new GdprError(
    'REFUSED',
    `the database did not delete every row of ${table} that it was told to: a trigger or a rule stands in the way`,
    {
      hint: 'look at the triggers and rules of the table; the batch was rolled back',
    },
  );
}

/** A deletion, with what the database would look at when the transaction ends looked at here already. */
function guardedDelete<T>(session: Session, where: string, work: () => Promise<T>): Promise<T> {
  return guarded(where, async () => {
    const result = await work();
    await session.run('SET CONSTRAINTS ALL IMMEDIATE');
    return result;
  });
}

/** Class 23 of SQLSTATE: a constraint was violated. */
async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!/^23[0-9A-Z]{3}$/.test(errno(error) ?? '')) throw error;
    const { constraint } = error as { constraint?: string };
    throw new GdprError(
      'DRIFT',
      `rows of ${where} cannot go: ${constraint === undefined ? 'a constraint' : `the constraint ${constraint}`} is in the way (SQLSTATE ${errno(error)})`,
      {
        hint: 'see whether the data map describes the table that points to them',
        cause: error,
      },
    );
  }
}
