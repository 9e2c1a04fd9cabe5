import type { Catalog } from '../datamap/catalog.js';
import { localDay } from '../datamap/clock.js';
import { type RowKey, rowsOf } from '../datamap/collect-plan.js';
import { hopsSql } from '../datamap/hops.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { pathsUp } from '../datamap/paths.js';
import { type CellReason, cellsSql, type TableRead } from '../datamap/read.js';
import { column, fromTable, keyOf, live, textLiteral } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import type { DisclosureOrder } from './order.js';

/** A statement with what it binds. */
export interface Bound {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What of one table is in the scope of a disclosure, over rows that were collected. */
export interface ScopedTable {
  readonly table: PersonalTableModel;
  /** Columns to give; the result of `read` is as that of a `TableRead`. */
  readonly columns: readonly ColumnModel[];
  readonly left: readonly { readonly column: ColumnModel; readonly reason: CellReason }[];
  /** Columns that were not asked for. */
  readonly outside: readonly string[];
  /** Whether a range of dates leaves all rows out, because the map gives them no date. */
  readonly undated: boolean;
  readonly read: TableRead;
  /** Result: person, records. */
  readonly people: Bound;
  /** Result: one row with the number of collected rows that are outside the scope. */
  readonly rest: Bound;
  /** The parts of the key of each row as a JSON list of texts; undefined where the table has no key. */
  readonly keys: Bound | undefined;
}

/** To what rows the scope is limited, beside the request's own words. */
export interface ScopeLimits {
  readonly orders: readonly RowKey[] | null;
  /** Positions of people of whom only what an erasure kept is given, and their references. */
  readonly erased: readonly { readonly person: number; readonly subject: string }[];
}

/** Collects what a statement binds. */
class Binder {
  readonly values: unknown[] = [];

  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/**
 * Compiles what was asked for into statements over the collected rows: the columns of the categories, all columns of the
 * tables of a group, and of these the rows of the orders and of the range of dates. Nothing else is read. Pure.
 * @throws GdprError MAP_INVALID for a date that is none
 */
export function compileScope(
  model: DataMapModel,
  catalog: Catalog,
  order: Pick<DisclosureOrder, 'categories' | 'from' | 'to' | 'thirdParties'>,
  limits: ScopeLimits,
): ScopedTable[] {
  const { groups } = model.map.disclosure ?? { groups: {} };
  const asked = new Set(order.categories);
  const grouped = new Set(
    Object.entries(groups).flatMap(([id, { tables }]) => (asked.has(id) ? tables.map(canonicalName) : [])),
  );
  return model.tables.map((table) => {
    const whole = grouped.has(table.name);
    const wanted = table.columns.filter((col) => whole || isAsked(col, asked));
    const left = wanted.flatMap((col) => {
      const reason = reasonOf(col, order.thirdParties !== null);
      return reason === undefined ? [] : [{ column: col, reason }];
    });
    const columns = wanted.filter((col) => !left.some((item) => item.column === col));
    const dates = daysOf(table, model, catalog);
    const ranged = order.from !== null || order.to !== null;
    const undated = ranged && dates === undefined;
    const where = (binder: Binder) => [
      ...(undated ? ['false'] : ranged && dates !== undefined ? [dates(rangeOf(order, binder))] : []),
      ...(limits.orders === null ? [] : [hangsOn(table, limits.orders, model, catalog, binder)]),
      ...(limits.erased.length === 0 ? [] : [isKept(table, catalog, limits.erased, binder)]),
    ];
    const statement = (build: (from: string, conditions: string) => string, whose = 'person'): Bound => {
      const binder = new Binder();
      const conditions = where(binder);
      const sql = build(rowsSql(table, catalog, whose), conditions.length === 0 ? 'true' : conditions.join(' AND '));
      return { sql, values: binder.values };
    };
    const key = keyOf(table, catalog);
    const keys = key.map((_, i) => `r.k${i + 1}`);
    const { hidden, values } =
      order.thirdParties === null
        ? cellsSql(table, columns)
        : { hidden: "''", values: columns.map(({ name }) => column('t', name)) };
    const read = statement(
      (from, conditions) =>
        `SELECT ${['r.person', 'r.owners', hidden, ...values, ...keys].join(', ')}\n${from}\nWHERE ${conditions}\nORDER BY ${keys.join(', ')}`,
      'min(person) AS person',
    );
    const rows = statement(
      (from, conditions) => `SELECT count(*) AS rows ${from} WHERE ${conditions}`,
      'min(person) AS person',
    );
    const keyNames = key.map((_, i) => `k${i + 1}`).join(', ');
    const all = `(SELECT count(*) FROM (SELECT DISTINCT ${keyNames} FROM ${rowsOf(table)}) a)`;
    return {
      table,
      columns,
      left,
      outside: table.columns.filter((col) => !wanted.includes(col)).map(({ name }) => name),
      undated,
      read: { table, columns, left, key: key.map(({ column: name, type }) => name ?? type), ...read },
      people: statement(
        (from, conditions) => `SELECT r.person, count(*) AS rows ${from} WHERE ${conditions} GROUP BY r.person`,
      ),
      rest:
        wanted.length === 0
          ? { sql: `SELECT ${all} AS rows`, values: [] }
          : { sql: `SELECT ${all} - (${rows.sql}) AS rows`, values: rows.values },
      keys:
        live(table, catalog).key.length === 0
          ? undefined
          : statement(
              (from, conditions) => `SELECT ${keyJson(keys)} AS key ${from} WHERE ${conditions}`,
              'min(person) AS person',
            ),
    };
  });
}

/** Whether a column, or a place of the JSON documents in it, is of one of the categories. */
export function isAsked({ entry }: ColumnModel, asked: ReadonlySet<string>): boolean {
  if (entry.json !== undefined) return entry.json.some(({ category }) => asked.has(category));
  return asked.has(entry.category);
}

function reasonOf({ entry, owner }: ColumnModel, thirdParties: boolean): CellReason | undefined {
  if (entry.secret !== undefined) return 'secret';
  return owner === 'other' && !thirdParties ? 'third-party' : undefined;
}

/** The collected rows as `r` with the live rows as `t`; a row of several people once for `min(person)`. */
function rowsSql(table: PersonalTableModel, catalog: Catalog, whose: string): string {
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`).join(', ');
  const join = key.map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
  const group = whose === 'person' ? `person, ${names}` : names;
  return `FROM (SELECT ${whose}, ${names}, bit_or(1 << owner) AS owners FROM ${rowsOf(table)} GROUP BY ${group}) r\nJOIN ${fromTable(table, catalog)} t ON ${join}`;
}

function keyJson(parts: readonly string[]): string {
  return `to_jsonb(ARRAY[${parts.map((part) => `${part}::text`).join(', ')}])`;
}

function rangeOf({ from, to }: Pick<DisclosureOrder, 'from' | 'to'>, binder: Binder): (day: string) => string {
  const parts = [
    ...(from === null ? [] : [`>= ${binder.add(from, 'date')}`]),
    ...(to === null ? [] : [`<= ${binder.add(to, 'date')}`]),
  ];
  return (day) => parts.map((part) => `${day} ${part}`).join(' AND ');
}

const DATES = new Set(['date', 'timestamp with time zone', 'timestamp without time zone']);

/** How a condition on the day of a row is written; undefined where the map gives its rows no date. */
function daysOf(
  table: PersonalTableModel,
  model: DataMapModel,
  catalog: Catalog,
): ((range: (day: string) => string) => string) | undefined {
  const { groups, dates = {} } = model.map.disclosure ?? { groups: {} };
  const group = Object.values(groups).find(({ tables }) => tables.map(canonicalName).includes(table.name));
  const own = Object.entries(dates).find(([name]) => canonicalName(name) === table.name)?.[1];
  const source: { readonly parent?: string; readonly column: string } | undefined =
    group === undefined ? own : { parent: group.root, column: group.date };
  if (source === undefined) return undefined;
  const target = source.parent === undefined ? table : model.table(canonicalName(source.parent));
  const type = live(target, catalog).columns.get(source.column)?.baseType ?? '';
  if (!DATES.has(type)) {
    throw new GdprError(
      'MAP_INVALID',
      `${target.name}.${source.column} is no date, and disclosure in the map says it is`,
      {
        hint: 'name a column of type date or timestamp',
      },
    );
  }
  if (target === table) return (range) => range(localDay(table, source.column, 't', model, catalog));
  const ways = pathsUp(table, target.name, new Map(model.tables.map((each) => [each.name, each])));
  return (range) =>
    `(${ways
      .map((hops) => {
        const { from, where } = hopsSql(hops, catalog);
        const day = localDay(target, source.column, `u${hops.length}`, model, catalog);
        return `EXISTS (SELECT FROM ${from} WHERE ${where} AND ${range(day)})`;
      })
      .join(' OR ')})`;
}

/** That a row is one of the orders, or hangs on one by the map. */
function hangsOn(
  table: PersonalTableModel,
  orders: readonly RowKey[],
  model: DataMapModel,
  catalog: Catalog,
  binder: Binder,
): string {
  const personal = new Map(model.tables.map((each) => [each.name, each]));
  const names = [...new Set(orders.map((order) => order.table))];
  const ways = names.flatMap((name) => {
    const top = model.table(name);
    const paths = name === table.name ? [] : pathsUp(table, name, personal);
    if (name !== table.name && paths.length === 0) return [];
    const list = binder.add(
      orders.filter((order) => order.table === name).map(({ key }) => JSON.stringify(key)),
      'text[]',
    );
    const isOne = (alias: string) =>
      `${keyJson(keyOf(top, catalog).map(({ expression }) => expression.replace(/^t\./, `${alias}.`)))} = ANY (${list}::jsonb[])`;
    if (name === table.name) return [isOne('t')];
    return paths.map((hops) => {
      const { from, where } = hopsSql(hops, catalog);
      return `EXISTS (SELECT FROM ${from} WHERE ${where} AND ${isOne(`u${hops.length}`)})`;
    });
  });
  return ways.length === 0 ? 'false' : `(${ways.join(' OR ')})`;
}

/** That a row of an erased person is one that an erasure kept. */
function isKept(table: PersonalTableModel, catalog: Catalog, erased: ScopeLimits['erased'], binder: Binder): string {
  const people = binder.add(
    erased.map(({ person }) => person),
    'integer[]',
  );
  const subjects = binder.add(
    erased.map(({ subject }) => subject),
    'text[]',
  );
  const key = keyJson(keyOf(table, catalog).map(({ expression }) => expression));
  return `(r.person <> ALL (${people}) OR EXISTS (SELECT FROM gdpr.kept_row k WHERE k.subject = ANY (${subjects}) AND k.table_name = ${textLiteral(table.name)} AND k.key::jsonb = ${key}))`;
}
