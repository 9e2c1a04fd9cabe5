import type { Catalog } from './catalog.js';
import { rowsOf } from './collect-plan.js';
import { hopsSql } from './hops.js';
import type { DataMapModel, PersonalTableModel } from './model.js';
import { canonicalName } from './names.js';
import { type Hop, pathsUp } from './paths.js';
import type { ClockSource, KeepUntil } from './schema.js';
import { column, conditions, fromTable, keyOf, live, textLiteral } from './sql.js';

/** What one retention rule says of the collected rows of one table. */
export interface RetentionRead {
  readonly table: PersonalTableModel;
  readonly keep: KeepUntil;
  /**
   * Result, a row a person: person, rows, first and last day on which rows go (date text or null),
   * and the number of rows whose clock has not started.
   */
  readonly sql: string;
}

/** Compiles, for every table and rule, when the collected rows will go. */
export function compileRetentionReads(model: DataMapModel, catalog: Catalog): RetentionRead[] {
  return model.tables.flatMap((table) =>
    (table.entry.retention ?? []).map((keep) => ({
      table,
      keep,
      sql: [
        'SELECT c.person, count(*) AS rows, min(c.due)::text AS first, max(c.due)::text AS last, count(*) FILTER (WHERE c.due IS NULL) AS undetermined',
        `FROM (${dueRows(table, keep, model, catalog)}) c`,
        'GROUP BY c.person ORDER BY c.person',
      ].join('\n'),
    })),
  );
}

/**
 * The collected rows of a table with the day on which the rule lets them go: person, k1 … kn, due (date, NULL while
 * the clock has not started).
 */
export function dueRows(table: PersonalTableModel, keep: KeepUntil, model: DataMapModel, catalog: Catalog): string {
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  const join = key.map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
  const day = lastDay(sourcesOf(keep), table, model, catalog);
  return [
    `SELECT d.person, ${names.map((name) => `d.${name}`).join(', ')}, ${dueDay(model, keep)} AS due`,
    `FROM (SELECT r.person, ${names.map((name) => `r.${name}`).join(', ')}, ${day} AS day`,
    `      FROM (SELECT DISTINCT person, ${names.join(', ')} FROM ${rowsOf(table)}) r`,
    // OFFSET 0 keeps the day, which may ask several tables, from being worked out anew each time that it is named.
    `      JOIN ${fromTable(table, catalog)} t ON ${join} OFFSET 0) d`,
  ].join('\n');
}

/** Beyond these days a period can lead to none that PostgreSQL has. */
export const FIRST_DAY = "date '0001-01-01'";
const LAST_DAY = "date '9999-12-31'";

/** Whether `dueDay` names the day it counts from but once. */
export function countsFromDay(model: DataMapModel, keep: Pick<KeepUntil, 'rule'>): boolean {
  return model.map.retention[keep.rule]?.from === 'event';
}

/**
 * The first day on which a row may no longer be there: the period after the day `day`, or after its financial year.
 * It never comes earlier for a later day.
 */
export function dueDay(model: DataMapModel, keep: Pick<KeepUntil, 'rule'>, day = 'd.day'): string {
  const rule = model.map.retention[keep.rule];
  if (rule === undefined) throw new Error(`no retention rule ${keep.rule}`);
  const period = `interval ${textLiteral(rule.period)}`;
  if (rule.from === 'event') return `(${day} + ${period})::date`;
  const [month, dayOfMonth] = model.map.financialYearEnd.split('-').map(Number);
  // A year that ends with February ends with its last day, whichever that is.
  const next = month === 2 && Number(dayOfMonth) >= 28 ? ', 3, 1)' : `, ${month}, ${dayOfMonth}) + 1`;
  const start = (years: number) => `make_date(extract(year FROM ${day})::integer + ${years}${next}`;
  return `(CASE WHEN ${day} < ${start(0)} THEN ${start(0)} ELSE ${start(1)} END + ${period})::date`;
}

/** The sources of a clock, of which the latest counts. */
export function sourcesOf({ clock }: Pick<KeepUntil, 'clock'>): readonly ClockSource[] {
  return 'latest' in clock ? clock.latest : [clock];
}

/** The tables in which a clock asks for all rows of a person. */
export function tablesOfPeople(keep: Pick<KeepUntil, 'clock'>, model: DataMapModel): PersonalTableModel[] {
  return sourcesOf(keep).flatMap((source) => ('person' in source ? [model.table(canonicalName(source.person))] : []));
}

/**
 * The day by which a clock of these sources counts, over alias `t` of the table; NULL while it has not started, and
 * while one of them lies at the end of time, which never comes.
 */
export function lastDay(
  sources: readonly ClockSource[],
  table: PersonalTableModel,
  model: DataMapModel,
  catalog: Catalog,
): string {
  return `nullif(${latest(sources.map((source) => clockDay(source, table, model, catalog)))}, 'infinity'::date)`;
}

/** The local calendar day of one source over alias `t` of the table, NULL where it has none. */
export function clockDay(
  source: ClockSource,
  table: PersonalTableModel,
  model: DataMapModel,
  catalog: Catalog,
): string {
  const day = (of: PersonalTableModel, name: string, alias: string) => {
    // Asked of the bare column where that says the same: turning a moment into a local one takes long.
    const value = column(alias, name);
    const counts = conditions(source.when, alias).map((condition) => `${condition} AND `);
    return `CASE WHEN ${counts.join('')}${value} > '-infinity' THEN CASE WHEN isfinite(${value}) THEN ${withinCalendar(momentOf(of, name, alias, model, catalog))} ELSE 'infinity'::date END END`;
  };
  if ('parent' in source) {
    const target = model.table(canonicalName(source.parent));
    const paths = pathsUp(table, target.name, new Map(model.tables.map((other) => [other.name, other])));
    return latest(paths.map((hops) => dayUp(hops, catalog, day(target, source.column, `u${hops.length}`))));
  }
  if ('person' in source) {
    const other = model.table(canonicalName(source.person));
    const join = keyOf(other, catalog).map((part, i) => `${part.expression.replace(/^t\./, 'x.')} = y.k${i + 1}`);
    return `(SELECT max(${day(other, source.column, 'x')}) FROM ${rowsOf(other)} y JOIN ${fromTable(other, catalog)} x ON ${join.join(' AND ')} WHERE y.person = r.person)`;
  }
  return day(table, source.column, 't');
}

/** The local calendar day of a date or timestamp over the alias, NULL where there is none. */
export function localDay(
  table: PersonalTableModel,
  name: string,
  alias: string,
  model: DataMapModel,
  catalog: Catalog,
): string {
  const moment = momentOf(table, name, alias, model, catalog);
  return `CASE WHEN isfinite(${moment}) THEN ${withinCalendar(moment)} END`;
}

function momentOf(table: PersonalTableModel, name: string, alias: string, model: DataMapModel, catalog: Catalog) {
  return live(table, catalog).columns.get(name)?.baseType === 'timestamp with time zone'
    ? `${column(alias, name)} AT TIME ZONE ${textLiteral(model.map.timeZone)}`
    : column(alias, name);
}

/** Mistyped years must not break the arithmetic. */
function withinCalendar(moment: string): string {
  return `greatest(least((${moment})::date, ${LAST_DAY}), ${FIRST_DAY})`;
}

/** The latest of several days, those without a value left out. */
function latest(days: readonly string[]): string {
  return days.length === 1 ? (days[0] ?? 'NULL') : `greatest(${days.join(', ')})`;
}

/** A day of the row that alias `t` leads up to; `day` is over the alias of the last hop, `u1`, `u2`, … */
function dayUp(hops: readonly Hop[], catalog: Catalog, day: string): string {
  const { from, where } = hopsSql(hops, catalog);
  return `(SELECT max(${day}) FROM ${from} WHERE ${where})`;
}
