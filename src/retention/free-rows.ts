import type { Session } from '../database/session.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import type { Batch, Protection } from './batch.js';
import { waitingForPeople } from './feeds.js';
import { guardOf, pointedTo, type Standing } from './guards.js';
import { dueByPeople } from './person-clock.js';
import { enterProtected } from './protect.js';
import { lastRule, type Ruling } from './ruling.js';
import { behind, orderOf, type Slices, slicesIn, within } from './slices.js';
import { lateForAny } from './survey.js';
import { guardOfChild } from './survey-pointed.js';
import type { Unit } from './units.js';

/** Rows that are looked at together where they are counted. */
const LOOK_AT = 500;

/**
 * What may point to a row that goes: only keys that are free to be cut, or nothing at all, so that no other row has to
 * be touched.
 */
export type PointedBy = 'keys to be cut' | 'nothing';

/** The condition that a row of alias `t` is due and free, without what is known of protected people and of persons' clocks. */
export function freeRows(
  { unit, slices, from, to, after }: Pick<Batch, 'unit' | 'slices' | 'from' | 'to' | 'after'>,
  by: PointedBy,
  ruling: Ruling,
  standing: Standing,
  values: unknown[],
): string {
  const { model, catalog, asOf } = ruling;
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  const pointed = pointedToNow(unit, by, ruling, standing);
  const parts = [within(slices, unit, catalog, from, to, values), unit.due, unit.remaining];
  if (after !== undefined) parts.push(behind(slices, unit, catalog, after, values));
  for (const against of [held, excepted, pointed]) if (against !== 'false') parts.push(`NOT ${against}`);
  return parts.filter((part) => part !== 'true').join(' AND ') || 'true';
}

/** That rows point to the row of alias `t` which neither go before it nor can be cut from it. */
export function pointedToNow(unit: Unit, by: PointedBy, ruling: Ruling, standing: Standing): string {
  const { catalog, erasure } = ruling;
  if (unit.does !== 'delete') return 'false';
  const dependencies =
    by === 'nothing' ? erasure.dependencies.map((each) => ({ ...each, cut: [] })) : erasure.dependencies;
  return pointedTo(unit, dependencies, (child, cut) => guardOfChild(child, cut, ruling, standing), catalog);
}

/** Due rows, locked, with their rule and the day on which they fell due. */
export function lockedRows(batch: Batch, by: PointedBy, ruling: Ruling, standing: Standing, values: unknown[]): string {
  const { unit, limit } = batch;
  const { table } = unit.erase;
  const key = keyOf(table, ruling.catalog);
  const x = unit.person ? '' : ` CROSS JOIN ${lastRule(unit.rules)}`;
  const about = unit.person ? 'NULL::text AS rule, NULL::date AS due' : 'x.rule, x.due';
  const order = orderOf(batch.slices, unit, ruling.catalog);
  return `SELECT ${key.map(({ expression }, i) => `${expression} AS k${i + 1}`).join(', ')}, ${about}, ${unit.plain} AS plain
    FROM ${fromTable(table, ruling.catalog)} t${x} WHERE ${freeRows(batch, by, ruling, standing, values)} ORDER BY ${order} LIMIT ${limit}
    FOR UPDATE OF t SKIP LOCKED`;
}

/** How many due rows of a unit are there and free, in the caller's transaction. */
export async function countFree(
  session: Session,
  unit: Unit,
  slices: Slices,
  ruling: Ruling,
  protection: Protection,
): Promise<number> {
  const { model, catalog } = ruling;
  const { table } = unit.erase;
  await enterProtected(session, model, catalog, protection.rows, new Set(protection.rows.keys()));
  const texts = keyOf(table, catalog).map(({ expression }) => `${expression}::text`);
  const late = unit.feeds.length > 0 ? lateForAny(unit) : 'false';
  let count = 0;
  let after: readonly string[] | undefined;
  for (;;) {
    const values: unknown[] = [];
    const all = { unit, slices, from: 0, to: slicesIn(slices), after };
    const where = freeRows(all, 'keys to be cut', ruling, protection.standing, values);
    const rows = await session.query<{ key: string; late: boolean }>(
      `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key, ${late} AS late FROM ${fromTable(table, catalog)} t
       WHERE ${where} ORDER BY ${orderOf(slices, unit, catalog)} LIMIT ${LOOK_AT}`,
      values,
    );
    const keys = rows.map((row) => JSON.parse(row.key) as string[]);
    const [due] = unit.person ? await dueByPeople(session, [{ unit, keys }], ruling) : [];
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
