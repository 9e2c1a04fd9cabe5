import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { countsFromDay, dueDay, FIRST_DAY, lastDay, sourcesOf } from '../datamap/clock.js';
import { hopsSql } from '../datamap/hops.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { type Hop, pathsUp } from '../datamap/paths.js';
import type { ClockSource, KeepUntil } from '../datamap/schema.js';
import { column, conditions, fromTable, live, textLiteral } from '../datamap/sql.js';

/** By rule, the first day (ISO 8601) whose events are not due yet. */
export type CutOffs = ReadonlyMap<string, string>;

/** Every day that can be the last due one lies so many days around the as-of day less the period, or its year's end. */
const BEFORE = 800;
const AFTER = 10;
/** The cut-off of a period that is longer than the calendar: no shop has an earlier day. */
const NEVER = '4000-01-01 BC';

/**
 * Computes, once a rule, from which day on an event is not due at an instant: in SQL, with the very expression that
 * decides about single rows. That expression never comes earlier for a later day, so one day parts the due from the rest.
 * @param asOf ISO 8601
 */
export async function cutOffs(session: Session, model: DataMapModel, asOf: string): Promise<CutOffs> {
  const today = `($1::timestamptz AT TIME ZONE ${textLiteral(model.map.timeZone)})::date`;
  const cuts = new Map<string, string>();
  for (const [rule, { period }] of Object.entries(model.map.retention)) {
    const [row] = await session.query<{ day: string }>(
      `SELECT coalesce((max(d.day) + 1)::text, '${NEVER}') AS day
       FROM (SELECT greatest((${today} - least(interval ${textLiteral(period)}, ${today}::timestamp - ${FIRST_DAY}))::date + n, ${FIRST_DAY}) AS day
             FROM generate_series(-${BEFORE}, ${AFTER}) n) d
       WHERE ${dueDay(model, { rule })} <= ${today}`,
      [asOf],
    );
    if (row !== undefined) cuts.set(rule, row.day);
  }
  return cuts;
}

/** When one rule lets rows of a table go, over alias `t`; each part is true or false, never NULL. */
export interface DueSql {
  readonly keep: KeepUntil;
  /**
   * Whether the row is due. Where the clock asks for all rows of a person, this is what must hold at least: rows that
   * only an identifier leads to are not looked at.
   */
  readonly due: string;
  /** Whether that needs the person's collected rows to be certain of. */
  readonly person: boolean;
  /** Whether the clock has no value. */
  readonly none: string;
  /** The first day on which the row may be gone; over the collected rows where `person`. */
  readonly day: string;
}

/** A source's value before the cut-off, at or after it, and any value at all. */
interface SourceSql {
  readonly before: string;
  readonly after: string;
  readonly any: string;
}

/** Compiles when a rule lets rows of the table go. Pure. */
export function compileDue(
  table: PersonalTableModel,
  keep: KeepUntil,
  model: DataMapModel,
  catalog: Catalog,
  cuts: CutOffs,
): DueSql {
  const sources = sourcesOf(keep);
  const parts = sources.map((source) => sourceSql(source, table, keep, model, catalog, cuts));
  const [only] = parts;
  const day = lastDay(sources, table, model, catalog);
  const person = sources.some((source) => 'person' in source);
  // What the row itself tells comes first: mostly that is enough, and other tables need not be read.
  const started = [...sources.keys()]
    .sort((a, b) => Number(!isOwnColumn(sources[a])) - Number(!isOwnColumn(sources[b])))
    .map((i) => parts[i]?.any)
    .join(' OR ');
  const over = parts.map(({ after }) => `NOT ${after}`);
  return {
    keep,
    person,
    due:
      only !== undefined && parts.length === 1 && !('person' in (sources[0] ?? {}))
        ? isOwnColumn(sources[0])
          ? only.before
          : `(${only.before} AND NOT ${only.after})`
        : `(${[...over, `(${started})`].join(' AND ')})`,
    none: `NOT (${started})`,
    // OFFSET 0 keeps the day from being worked out anew each time that it is named.
    day: countsFromDay(model, keep)
      ? dueDay(model, keep, day)
      : `(SELECT ${dueDay(model, keep)} FROM (SELECT ${day} AS day OFFSET 0) d)`,
  };
}

function isOwnColumn(source: ClockSource | undefined): boolean {
  return source !== undefined && !('parent' in source) && !('person' in source);
}

function sourceSql(
  source: ClockSource,
  table: PersonalTableModel,
  { rule }: KeepUntil,
  model: DataMapModel,
  catalog: Catalog,
  cuts: CutOffs,
): SourceSql {
  const cut = cutOf(rule, cuts);
  const personal = new Map(model.tables.map((each) => [each.name, each]));
  if ('parent' in source) {
    const target = model.table(canonicalName(source.parent));
    const paths = pathsUp(table, target.name, personal);
    return over(paths, (alias) => valueSql(target, source, alias, model, catalog, cut), catalog);
  }
  if ('person' in source) {
    const other = model.table(canonicalName(source.person));
    return throughPeople(
      table,
      other,
      personal,
      (alias) => valueSql(other, source, alias, model, catalog, cut),
      catalog,
    );
  }
  return valueSql(table, source, 't', model, catalog, cut);
}

/** Written over the bare column, so that an index on it serves. A day at the end of time has not come, but begins no clock. */
function valueSql(
  table: PersonalTableModel,
  { column: name, when }: ClockSource,
  alias: string,
  model: DataMapModel,
  catalog: Catalog,
  cut: string,
): SourceSql {
  const found = live(table, catalog).columns.get(name);
  const value = column(alias, name);
  const midnight = `timestamp ${textLiteral(`${cut} 00:00:00`)}`;
  const at =
    found?.baseType === 'timestamp with time zone'
      ? `(${midnight} AT TIME ZONE ${textLiteral(model.map.timeZone)})`
      : found?.baseType === 'date'
        ? `date ${textLiteral(cut)}`
        : midnight;
  const counts = conditions(when, alias).map((condition) => `${condition} AND `);
  // Nothing but comparisons of a column that is never NULL is never NULL itself.
  const sure = (sql: string) =>
    found?.notNull === true && when === undefined ? `(${sql})` : `((${counts.join('')}${sql}) IS TRUE)`;
  return {
    before:
      when === undefined
        ? `(${value} < ${at} AND ${value} > '-infinity'${found?.notNull === true ? '' : ` AND ${value} IS NOT NULL`})`
        : sure(`${value} < ${at} AND ${value} > '-infinity'`),
    after: sure(`${value} >= ${at}`),
    any: sure(`${value} > '-infinity' AND ${value} < 'infinity'`),
  };
}

/** Over alias `t`: that the row's own value of a source keeps a rule's clock, which asks for it, from having run out. Pure. */
export function lateSql(
  table: PersonalTableModel,
  source: ClockSource,
  { rule }: KeepUntil,
  model: DataMapModel,
  catalog: Catalog,
  cuts: CutOffs,
): string {
  return valueSql(table, source, 't', model, catalog, cutOf(rule, cuts)).after;
}

function cutOf(rule: string, cuts: CutOffs): string {
  const cut = cuts.get(rule);
  if (cut === undefined) throw new Error(`no cut-off for the rule ${rule}`);
  return cut;
}

type ValueOf = (alias: string) => SourceSql;

function over(paths: readonly (readonly Hop[])[], sourceAt: ValueOf, catalog: Catalog): SourceSql {
  const exists = (part: keyof SourceSql) =>
    `(${paths
      .map((hops) => {
        const { from, where } = hopsSql(hops, catalog);
        return `EXISTS (SELECT FROM ${from} WHERE ${where} AND ${sourceAt(`u${hops.length}`)[part]})`;
      })
      .join(' OR ')})`;
  return { before: exists('before'), after: exists('after'), any: exists('any') };
}

/** Rows of the other table that keys alone connect with this one, over a row that both lead up to. */
function throughPeople(
  table: PersonalTableModel,
  other: PersonalTableModel,
  personal: ReadonlyMap<string, PersonalTableModel>,
  sourceAt: ValueOf,
  catalog: Catalog,
): SourceSql {
  const people = [...personal.values()].filter(({ owners }) =>
    owners.some(({ reaches }) => reaches.some(({ kind }) => kind === 'self')),
  );
  const ways = people.flatMap((top) => {
    const mine = top === table ? [[]] : pathsUp(table, top.name, personal);
    const theirs = top === other ? [[]] : pathsUp(other, top.name, personal);
    return mine.flatMap((up) => theirs.map((down) => ({ top, up, down })));
  });
  const exists = (part: keyof SourceSql) => {
    const each = ways.map(({ top, up, down }) => {
      const low = up.length === 0 ? undefined : hopsSql(up, catalog);
      const a = up.length === 0 ? 't' : `u${up.length}`;
      // Both lead to one row, which is joined but once.
      const high = down.length === 0 ? undefined : hopsSql(down, catalog, 'x', 'w', a);
      const same = high ? [] : live(top, catalog).key.map((name) => `${column(a, name)} = ${column('x', name)}`);
      const from = [nameOf(other), low?.from, high?.from].filter((each) => each);
      const where = [...(low ? [low.where] : []), ...(high ? [high.where] : []), ...same, sourceAt('x')[part]];
      return `EXISTS (SELECT FROM ${from.join(', ')} WHERE ${where.join(' AND ')})`;
    });
    return each.length === 0 ? 'false' : `(${each.join(' OR ')})`;
  };
  const nameOf = (each: PersonalTableModel) => `${fromTable(each, catalog)} x`;
  return { before: exists('before'), after: exists('after'), any: exists('any') };
}
