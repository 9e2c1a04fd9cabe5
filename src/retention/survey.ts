import type { Erasure, TableErase } from '../customer/erase/compile.js';
import { keyNames, sameRow } from '../customer/erase/sql.js';
import { quoteName, type Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { fromTable, keyOf, textLiteral } from '../datamap/sql.js';
import { type CutOffs, compileDue, type DueSql } from './due.js';
import { waitingForPeople } from './feeds.js';
import { type Guard, guardOf, keyList, pointedTo, type Standing } from './guards.js';
import { type DueRows, dueByPeople } from './person-clock.js';
import { covering, groundsOf, type Unit } from './units.js';

/** Everything that decides what is due, compiled once. */
export interface Ruling {
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  readonly erasure: Erasure;
  readonly units: readonly Unit[];
  readonly cuts: CutOffs;
  /** ISO 8601. */
  readonly asOf: string;
}

/**
 * The temporary table of what is due in a table: k1 … kn, unit, rule (which let it go last), due (date), bytes, held,
 * excepted, leaves (where rows go one after the other: whether its turn comes).
 */
export function surveyOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_survey_${table.index}`);
}

export interface SurveyWants {
  /** Whether what the rows take in their tables is asked for. */
  readonly bytes?: boolean;
}

/** Rows whose people are looked up together: where no index leads to an e-mail, each time reads whole tables. */
const PEOPLE_AT_ONCE = 10_000;

/**
 * Looks once at every table with rules, in the caller's snapshot, and notes each row that is due and has something left
 * to take, with what keeps it; rows that others point to are kept by these, until nothing changes any more.
 */
export async function takeSurvey(
  session: Session,
  ruling: Ruling,
  standing: Standing,
  wants: SurveyWants = {},
): Promise<void> {
  const { units, catalog, erasure } = ruling;
  const tables = new Set(units.map(({ erase }) => erase.table));
  for (const table of tables) {
    const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
    await session.run(
      `CREATE TEMPORARY TABLE gdpr_survey_${table.index} (${parts.join(', ')}, unit integer, rule text, due date, bytes bigint, held boolean, excepted boolean, leaves boolean DEFAULT false) ON COMMIT DROP`,
    );
  }
  for (const unit of units) {
    if (!unit.person) await session.run(survey(unit, ruling, standing, wants));
  }
  await surveyPeople(session, ruling, standing, wants);
  for (const unit of units) await exceptWaiting(session, unit, ruling);
  for (const table of tables) await session.run(`ANALYZE ${surveyOf(table)}`);
  await exceptPointedTo(session, ruling, standing);
  let rings = 0;
  for (const group of erasure.order) {
    const mine = units.filter(({ does, erase }) => does === 'delete' && group.includes(erase));
    if (mine.some((unit) => pointsWithin(unit, ruling))) rings += await exceptRings(session, mine, ruling, standing);
  }
  if (rings > 0) await exceptPointedTo(session, ruling, standing);
}

/** Which rows of alias `alias` of a table are about to go, or to lose these columns, by the survey. */
function leavesOf({ units, catalog }: Ruling, within: readonly Unit[] = []) {
  return (child: TableErase, cut: readonly string[], alias: string) => {
    const mine = units.filter(
      ({ erase, does, steps }) =>
        erase.table === child.table &&
        (does === 'delete' ||
          (cut.length > 0 &&
            cut.every((name) => steps.some(({ column, change }) => column.name === name && change.kind === 'clear')))),
    );
    if (mine.length === 0) return undefined;
    const same = keyOf(child.table, catalog).map(
      ({ expression }, i) => `g.k${i + 1} = ${expression.replace(/^t\./, `${alias}.`)}`,
    );
    const first = mine.some((unit) => within.includes(unit)) ? ' AND g.leaves' : '';
    return `EXISTS (SELECT FROM ${surveyOf(child.table)} g WHERE g.unit IN (${mine.map(({ index }) => index).join(', ')}) AND NOT g.held AND NOT g.excepted${first} AND ${same.join(' AND ')})`;
  };
}

/** Rows in a ring, each of which waits for the next, cannot go one after the other, nor can what they point to. */
async function exceptRings(
  session: Session,
  group: readonly Unit[],
  ruling: Ruling,
  standing: Standing,
): Promise<number> {
  const { catalog } = ruling;
  const guard = (child: TableErase, cut: readonly string[]) => guardOfChild(child, cut, ruling, standing);
  for (let changed = 1; changed > 0; ) {
    changed = 0;
    for (const unit of group) {
      const { table } = unit.erase;
      const pointed = pointedTo(unit, ruling.erasure.dependencies, guard, catalog, leavesOf(ruling, group));
      changed += await session.run(
        `UPDATE ${surveyOf(table)} s SET leaves = true FROM ${fromTable(table, catalog)} t
         WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND NOT s.leaves AND ${sameRow(table, catalog, 't', 's')} AND NOT ${pointed}`,
      );
    }
  }
  let rings = 0;
  for (const { erase, index } of group)
    rings += await session.run(
      `UPDATE ${surveyOf(erase.table)} s SET excepted = true WHERE s.unit = ${index} AND NOT s.held AND NOT s.excepted AND NOT s.leaves`,
    );
  return rings;
}

/** Rows that others point to which stay are kept by these, until nothing changes any more. */
async function exceptPointedTo(session: Session, ruling: Ruling, standing: Standing): Promise<void> {
  const { units, catalog, erasure } = ruling;
  const deletions = units.filter(({ does }) => does === 'delete');
  const guard = (child: TableErase, cut: readonly string[]) => guardOfChild(child, cut, ruling, standing);
  let asked = new Set(deletions);
  while (asked.size > 0) {
    const again = new Set<Unit>();
    for (const unit of deletions) {
      if (!asked.has(unit)) continue;
      asked.delete(unit);
      const { table } = unit.erase;
      let changed = 0;
      // One by one, since rows that any of several tables point to are looked up row by row.
      for (const dependency of erasure.dependencies) {
        const pointed = pointedTo(unit, [dependency], guard, catalog, leavesOf(ruling));
        if (pointed === 'false') continue;
        changed += await session.run(
          `UPDATE ${surveyOf(table)} s SET excepted = true FROM ${fromTable(table, catalog)} t
           WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND ${sameRow(table, catalog, 't', 's')} AND ${pointed}`,
        );
      }
      if (changed === 0) continue;
      // Only what these rows point to can have to stay because of them.
      const parents = new Set(
        erasure.dependencies.flatMap(({ child, parent }) => (child.table === table ? [parent.table] : [])),
      );
      for (const other of deletions) if (parents.has(other.erase.table)) (asked.has(other) ? asked : again).add(other);
    }
    asked = again;
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
  { model, catalog, asOf, cuts }: Ruling,
  standing: Standing,
): Guard {
  const steps = child.columns.filter(({ column }) => columns.includes(column.name));
  const guard = guardOf({ erase: child, grounds: groundsOf(child, steps, model) }, model, catalog, standing, asOf);
  const rules = (child.table.entry.retention ?? []).map((keep) => compileDue(child.table, keep, model, catalog, cuts));
  const keeping = [...new Set(steps.flatMap((step) => covering(step, rules)))];
  if (keeping.length === 0) return guard;
  // A clock that asks for all rows of a person is not certain here: such a key waits for its own change, or its row's end.
  const undue = keeping.some(({ person }) => person) ? 'true' : `NOT (${keeping.map(({ due }) => due).join(' AND ')})`;
  return { ...guard, excepted: guard.excepted === 'false' ? undue : `(${guard.excepted} OR ${undue})` };
}

/** The rule that lets a row of alias `t` go last, and its day, as a FROM item `x`. */
export function lastRule(rules: readonly DueSql[]): string {
  const [only, ...more] = rules;
  if (only === undefined) throw new Error('a unit has a rule at least');
  if (more.length === 0) return `LATERAL (SELECT ${textLiteral(only.keep.rule)} AS rule, ${only.day} AS due) x`;
  const all = rules.map((rule) => `(${textLiteral(rule.keep.rule)}, ${rule.day})`);
  return `LATERAL (SELECT v.rule, v.due FROM (VALUES ${all.join(', ')}) v (rule, due) ORDER BY v.due DESC NULLS LAST, v.rule LIMIT 1) x`;
}

/** The same, each as an expression by itself. */
export function dayOfRow(rules: readonly DueSql[]): { readonly rule: string; readonly due: string } {
  const [only, ...more] = rules;
  if (only !== undefined && more.length === 0) return { rule: `${textLiteral(only.keep.rule)}::text`, due: only.day };
  return { rule: `(SELECT x.rule FROM ${lastRule(rules)})`, due: `(SELECT x.due FROM ${lastRule(rules)})` };
}

/** The first day of the month of a date; without a time zone, which a date has none of and which is slow. */
export function monthOf(day: string): string {
  return `date_trunc('month', (${day})::timestamp)::date`;
}

function bytesOf({ bytes }: SurveyWants): string {
  return bytes === true ? 'pg_column_size(t.*)' : 'NULL';
}

function survey(unit: Unit, { model, catalog, asOf }: Ruling, standing: Standing, wants: SurveyWants): string {
  const { table } = unit.erase;
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  return [
    `INSERT INTO ${surveyOf(table)} (${keyNames(table, catalog)}, unit, rule, due, bytes, held, excepted)`,
    `SELECT ${keyList(table, catalog)}, ${unit.index}, x.rule, x.due, ${bytesOf(wants)}, ${held}, NOT ${held} AND ${excepted}`,
    `FROM ${fromTable(table, catalog)} t CROSS JOIN ${lastRule(unit.rules)} WHERE ${unit.due} AND ${unit.remaining}`,
  ].join('\n');
}

/** Rows by which the clock of a person counts that has not run out stay, of those that are free. */
async function exceptWaiting(session: Session, unit: Unit, ruling: Ruling): Promise<void> {
  if (unit.feeds.length === 0) return;
  const { catalog } = ruling;
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${names.map((name) => `s.${name}::text`).join(', ')}])::text AS key FROM ${surveyOf(table)} s JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 's')}
     WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND ${lateForAny(unit)} ORDER BY ${names.map((name) => `s.${name}`).join(', ')}`,
  );
  const keys = rows.map((row) => JSON.parse(row.key) as string[]);
  for (let at = 0; at < keys.length; at += PEOPLE_AT_ONCE) {
    const some = keys.slice(at, at + PEOPLE_AT_ONCE);
    const waiting = [...(await waitingForPeople(session, unit, some, ruling))].map((i) => some[i] ?? []);
    await session.run(
      `UPDATE ${surveyOf(table)} s SET excepted = true FROM unnest(${key.map((_, i) => `$${i + 1}::text[]`).join(', ')}) u (${names.join(', ')})
       WHERE s.unit = ${unit.index} AND ${key.map((part, i) => `s.${names[i]} = u.${names[i]}::${part.type}`).join(' AND ')}`,
      key.map((_, i) => waiting.map((row) => row[i] ?? null)),
    );
  }
}

/** Over alias `t`: that the row alone keeps a clock that counts it from having run out. */
export function lateForAny({ feeds }: Pick<Unit, 'feeds'>): string {
  return `(${feeds.map(({ late }) => late).join(' OR ')})`;
}

/** The same where whole people have to be looked at, many at once. */
async function surveyPeople(session: Session, ruling: Ruling, standing: Standing, wants: SurveyWants): Promise<void> {
  let asked: { unit: Unit; keys: string[][] }[] = [];
  let count = 0;
  const ask = async () => {
    const due = await dueByPeople(session, asked, ruling);
    for (const [i, { unit, keys }] of asked.entries()) {
      await session.run(...enterPeople(unit, keys, due[i] ?? new Map(), ruling, standing, wants));
    }
    asked = [];
    count = 0;
  };
  for (const unit of ruling.units.filter(({ person }) => person)) {
    const keys = await keysOfPeople(session, unit, ruling);
    for (let at = 0; at < keys.length; ) {
      const some = keys.slice(at, at + PEOPLE_AT_ONCE - count);
      asked.push({ unit, keys: some });
      at += some.length;
      count += some.length;
      if (count === PEOPLE_AT_ONCE) await ask();
    }
  }
  await ask();
}

/** Rows whose people have to be looked at. */
async function keysOfPeople(session: Session, unit: Unit, { catalog }: Ruling): Promise<string[][]> {
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const texts = key.map(({ expression }) => `${expression}::text`);
  const rows = await session.query<{ key: string }>(
    `SELECT array_to_json(ARRAY[${texts.join(', ')}])::text AS key FROM ${fromTable(table, catalog)} t WHERE ${unit.due} AND ${unit.remaining} ORDER BY ${key.map(({ expression }) => expression).join(', ')}`,
  );
  return rows.map((row) => JSON.parse(row.key) as string[]);
}

function enterPeople(
  unit: Unit,
  keys: readonly string[][],
  due: DueRows,
  { model, catalog, asOf }: Ruling,
  standing: Standing,
  wants: SurveyWants,
): [sql: string, values: unknown[]] {
  const { table } = unit.erase;
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  const { held, excepted } = guardOf(unit, model, catalog, standing, asOf);
  const taken = [...due].map(([i, { rule, day }]) => ({ key: keys[i] ?? [], rule, day }));
  return [
    `INSERT INTO ${surveyOf(table)} (${names.join(', ')}, unit, rule, due, bytes, held, excepted)
     SELECT ${keyList(table, catalog)}, ${unit.index}, u.rule, u.day::date, ${bytesOf(wants)}, ${held}, NOT ${held} AND ${excepted}
     FROM unnest($1::text[], $2::text[], ${key.map((_, i) => `$${i + 3}::text[]`).join(', ')}) u (rule, day, ${names.join(', ')})
     JOIN ${fromTable(table, catalog)} t ON ${key.map((part, i) => `${part.expression} = u.${names[i]}::${part.type}`).join(' AND ')}`,
    [
      taken.map(({ rule }) => rule),
      taken.map(({ day }) => day),
      ...key.map((_, i) => taken.map((row) => row.key[i] ?? null)),
    ],
  ];
}
