import type { Erasure, TableErase } from '../customer/erase/compile.js';
import { keyNames } from '../customer/erase/sql.js';
import { quoteName, type Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { fromTable, keyOf, textLiteral } from '../datamap/sql.js';
import type { DueSql } from './due.js';
import { type Guard, guardOf, keyList, pointedTo, type Standing } from './guards.js';
import { dueByPeople } from './person-clock.js';
import { groundsOf, type Unit } from './units.js';

/** Everything that decides what is due, compiled once. */
export interface Ruling {
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  readonly erasure: Erasure;
  readonly units: readonly Unit[];
  /** ISO 8601. */
  readonly asOf: string;
}

/**
 * The temporary table of what is due in a table: k1 … kn, unit, rule (which let it go last), due (date), bytes, held,
 * excepted.
 */
export function surveyOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_survey_${table.index}`);
}

/** Rows whose people are collected together. */
const PEOPLE_AT_ONCE = 500;

/**
 * Looks once at every table with rules, in the caller's snapshot, and notes each row that is due and has something left
 * to take, with what keeps it; rows that others point to are kept by these, until nothing changes any more.
 */
export async function takeSurvey(session: Session, ruling: Ruling, standing: Standing): Promise<void> {
  const { units, catalog, erasure } = ruling;
  for (const table of new Set(units.map(({ erase }) => erase.table))) {
    const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
    await session.run(
      `CREATE TEMPORARY TABLE gdpr_survey_${table.index} (${parts.join(', ')}, unit integer, rule text, due date, bytes bigint, held boolean, excepted boolean) ON COMMIT DROP`,
    );
  }
  for (const unit of units) {
    if (unit.person) await surveyPeople(session, unit, ruling, standing);
    else await session.run(survey(unit, ruling, standing));
  }
  for (const { erase } of units) await session.run(`ANALYZE ${surveyOf(erase.table)}`);
  const goes = (child: TableErase, alias: string) => {
    const unit = units.find(({ erase, does }) => does === 'delete' && erase.table === child.table);
    if (unit === undefined) return undefined;
    const same = keyOf(child.table, catalog).map(
      ({ expression }, i) => `g.k${i + 1} = ${expression.replace(/^t\./, `${alias}.`)}`,
    );
    return `EXISTS (SELECT FROM ${surveyOf(child.table)} g WHERE g.unit = ${unit.index} AND NOT g.held AND NOT g.excepted AND ${same.join(' AND ')})`;
  };
  for (let changed = 1; changed > 0; ) {
    changed = 0;
    for (const unit of units) {
      if (unit.does !== 'delete') continue;
      const pointed = pointedTo(
        unit,
        erasure.dependencies,
        (child, cut) => guardOfChild(child, cut, ruling, standing),
        catalog,
        goes,
      );
      if (pointed === 'false') continue;
      const { table } = unit.erase;
      const same = keyOf(table, catalog).map(({ expression }, i) => `s.k${i + 1} = ${expression}`);
      changed += await session.run(
        `UPDATE ${surveyOf(table)} s SET excepted = true FROM ${fromTable(table, catalog)} t
         WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND ${same.join(' AND ')} AND ${pointed}`,
      );
    }
  }
}

/** Whether rows that go can point to rows of their own table, or in a ring of tables. */
export function pointsWithin({ erase }: Pick<Unit, 'erase'>, { erasure }: Pick<Ruling, 'erasure'>): boolean {
  const group = erasure.order.find((tables) => tables.includes(erase)) ?? [];
  return (
    group.length > 1 ||
    erasure.dependencies.some(
      ({ child, parent, cut }) => child.table === erase.table && parent.table === erase.table && cut.length === 0,
    )
  );
}

/** What keeps these columns of rows that point to others. */
export function guardOfChild(
  child: TableErase,
  columns: readonly string[],
  { model, catalog, asOf }: Ruling,
  standing: Standing,
): Guard {
  const steps = child.columns.filter(({ column }) => columns.includes(column.name));
  return guardOf({ erase: child, grounds: groundsOf(child, steps, model) }, model, catalog, standing, asOf);
}

/** The rule that lets a row of alias `t` go last, and its day, as a FROM item `x`. */
export function lastRule(rules: readonly DueSql[]): string {
  const [only, ...more] = rules;
  if (only === undefined) throw new Error('a unit has a rule at least');
  if (more.length === 0) return `LATERAL (SELECT ${textLiteral(only.keep.rule)} AS rule, ${only.day} AS due) x`;
  const all = rules.map((rule) => `(${textLiteral(rule.keep.rule)}, ${rule.day})`);
  return `LATERAL (SELECT v.rule, v.due FROM (VALUES ${all.join(', ')}) v (rule, due) ORDER BY v.due DESC NULLS LAST, v.rule LIMIT 1) x`;
}

function survey(unit: Unit, { model, catalog, asOf }: Ruling, standing: Standing): string {
  const { table } = unit.erase;
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  return [
    `INSERT INTO ${surveyOf(table)} (${keyNames(table, catalog)}, unit, rule, due, bytes, held, excepted)`,
    `SELECT ${keyList(table, catalog)}, ${unit.index}, x.rule, x.due, pg_column_size(t.*), ${held}, NOT ${held} AND ${excepted}`,
    `FROM ${fromTable(table, catalog)} t CROSS JOIN ${lastRule(unit.rules)} WHERE ${unit.due} AND ${unit.todo}`,
  ].join('\n');
}

/** The same where whole people have to be looked at: some hundreds at once. */
async function surveyPeople(session: Session, unit: Unit, ruling: Ruling, standing: Standing): Promise<void> {
  const { model, catalog, asOf } = ruling;
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const texts = key.map(({ expression }) => `${expression}::text`);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key FROM ${fromTable(table, catalog)} t WHERE ${unit.due} AND ${unit.todo} ORDER BY ${key.map(({ expression }) => expression).join(', ')}`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  const names = key.map((_, i) => `k${i + 1}`);
  for (let at = 0; at < keys.length; at += PEOPLE_AT_ONCE) {
    const some = keys.slice(at, at + PEOPLE_AT_ONCE);
    const due = await dueByPeople(session, unit, some, model, catalog, asOf);
    const taken = [...due].map(([i, { rule, day }]) => ({ key: some[i] ?? [], rule, day }));
    await session.run(
      `INSERT INTO ${surveyOf(table)} (${names.join(', ')}, unit, rule, due, bytes, held, excepted)
       SELECT ${keyList(table, catalog)}, ${unit.index}, u.rule, u.day::date, pg_column_size(t.*), ${held}, NOT ${held} AND ${excepted}
       FROM unnest($1::text[], $2::text[], ${key.map((_, i) => `$${i + 3}::text[]`).join(', ')}) u (rule, day, ${names.join(', ')})
       JOIN ${fromTable(table, catalog)} t ON ${key.map((part, i) => `${part.expression} = u.${names[i]}::${part.type}`).join(' AND ')}`,
      [
        taken.map(({ rule }) => rule),
        taken.map(({ day }) => day),
        ...key.map((_, i) => taken.map((row) => row.key[i] ?? null)),
      ],
    );
  }
}
