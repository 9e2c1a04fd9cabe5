import type { Catalog } from '../../datamap/catalog.js';
import { dueRows } from '../../datamap/clock.js';
import { hopsSql } from '../../datamap/hops.js';
import type { DataMapModel } from '../../datamap/model.js';
import { canonicalName } from '../../datamap/names.js';
import { pathsUp } from '../../datamap/paths.js';
import type { KeptGround } from '../../datamap/schema.js';
import { conditions, fromTable, textLiteral } from '../../datamap/sql.js';
import { groupBy } from '../../foundation/group.js';
import type { ColumnStep } from './change.js';
import type { Erasure, TableErase } from './compile.js';
import { fateOf, keptOf, keyNames, sameRow, takes } from './sql.js';

/** Where a kept cell's reason comes from: a retention rule, a ground of the map, a hold. */
export type KeptSource = 'rule' | 'ground' | 'hold';

/** A statement that enters kept columns of a table into `keptOf`; `$1` is the instant of the erasure (timestamptz). */
export interface KeptStatement {
  readonly table: TableErase;
  readonly sql: string;
}

/** Everything that keeps data, as statements over the rows of the set. Pure. */
export function compileKept(erasure: Erasure, model: DataMapModel, catalog: Catalog): KeptStatement[] {
  return [
    ...erasure.tables.flatMap((table) => keptByRules(table, model, catalog)),
    ...Object.entries(model.map.keptGrounds ?? {}).flatMap(([id, ground]) =>
      keptByGround(id, ground, erasure, model, catalog),
    ),
  ];
}

/** A rule keeps a column of each row until its day; where its clock has not started, there is no day yet. */
function keptByRules(table: TableErase, model: DataMapModel, catalog: Catalog): KeptStatement[] {
  const rules = new Map(table.columns.flatMap(({ keep }) => (keep === undefined ? [] : [[keep.rule, keep] as const])));
  return [...rules].flatMap(([id, keep]) => {
    const names = keyNames(table.table, catalog, 'd');
    const today = `($1::timestamptz AT TIME ZONE ${textLiteral(model.map.timeZone)})::date`;
    const due = [
      `SELECT ${names}, CASE WHEN bool_and(d.due IS NOT NULL) THEN max(d.due) END AS until`,
      `FROM (${dueRows(table.table, keep, model, catalog)}) d GROUP BY ${names}`,
      `HAVING NOT bool_and(d.due IS NOT NULL) OR max(d.due) > ${today}`,
    ].join('\n');
    return byConcern(
      table.columns.filter((step) => step.keep?.rule === id),
      table,
    ).map(({ steps, taken }) => ({
      table,
      sql: insertKept(table, catalog, steps, 'rule', id, `(${due}) r`, 'r.until', [
        sameKeys(table, catalog, 'r', 'f'),
        taken,
      ]),
    }));
  });
}

/** A ground keeps what it covers in the rows that tell of it, and in those that a reach connects with them. */
function keptByGround(
  id: string,
  { rows }: KeptGround,
  erasure: Erasure,
  model: DataMapModel,
  catalog: Catalog,
): KeptStatement[] {
  const personal = new Map(model.tables.map((table) => [table.name, table]));
  const at = (name: string) => {
    const found = erasure.tables.find(({ table }) => table.name === canonicalName(name));
    if (found === undefined) throw new Error(`no personal table ${name} in the map`);
    return found;
  };
  return rows.flatMap(({ table, when, covers }) => {
    const base = at(table);
    return covers.flatMap((cover): KeptStatement[] => {
      const covered = at(cover.table);
      const steps = covered.columns.filter(
        (step) => (cover.columns?.includes(step.column.name) ?? true) && canBeTaken(step, covered),
      );
      const told = coveredBy(base, covered, when, personal, catalog);
      return byConcern(steps, covered).map(({ steps: mine, taken }) => ({
        table: covered,
        sql: insertKept(covered, catalog, mine, 'ground', id, `${fromTable(covered.table, catalog)} t`, 'NULL::date', [
          sameRow(covered.table, catalog, 't', 'f'),
          taken,
          told,
        ]),
      }));
    });
  });
}

/** Whether erasure takes anything from the column: by its own change, or with its row. */
function canBeTaken({ change, link, live }: ColumnStep, { goesAlone, goesAnyway }: TableErase): boolean {
  if (live.generated || link) return false;
  return change.kind !== 'none' || (goesAlone | goesAnyway) !== 0;
}

/** That the row of alias `t` (of the covered table) is, or is connected with, a row of the set that tells of it. */
function coveredBy(
  base: TableErase,
  covered: TableErase,
  when: KeptGround['rows'][number]['when'],
  personal: ReadonlyMap<string, TableErase['table']>,
  catalog: Catalog,
): string {
  const tells = (alias: string) => {
    const ours = `EXISTS (SELECT FROM ${fateOf(base.table)} g WHERE ${sameRow(base.table, catalog, alias, 'g')})`;
    return [...conditions(when, alias), ours].join(' AND ');
  };
  if (base === covered) return tells('t');
  const up = pathsUp(covered.table, base.table.name, personal);
  const ways =
    up.length > 0
      ? up.map((hops) => {
          const { from, where } = hopsSql(hops, catalog);
          return `EXISTS (SELECT FROM ${from} WHERE ${where} AND ${tells(`u${hops.length}`)})`;
        })
      : pathsUp(base.table, covered.table.name, personal).map((hops) => {
          const { from, where } = hopsSql(hops, catalog, 'b');
          const end = sameRow(covered.table, catalog, `u${hops.length}`, 'f');
          return `EXISTS (SELECT FROM ${fromTable(base.table, catalog)} b, ${from} WHERE ${where} AND ${end} AND ${tells('b')})`;
        });
  return `(${ways.join(' OR ')})`;
}

/** Columns that the same people's erasure takes, together. */
function byConcern(steps: readonly ColumnStep[], table: TableErase): { steps: ColumnStep[]; taken: string }[] {
  const groups = groupBy(steps, (step) => takes({ ...step, link: false }, table));
  return Array.from(groups, ([taken, group]) => ({ steps: group, taken }));
}

function insertKept(
  { table }: TableErase,
  catalog: Catalog,
  steps: readonly ColumnStep[],
  source: KeptSource,
  id: string,
  from: string,
  until: string,
  where: readonly string[],
): string {
  const columns = `ARRAY[${steps.map(({ column }) => textLiteral(column.name)).join(', ')}]::text[]`;
  return [
    `INSERT INTO ${keptOf(table)} (${keyNames(table, catalog)}, cols, source, id, until, hidden)`,
    `SELECT ${keyNames(table, catalog, 'f')}, ${columns}, '${source}', ${textLiteral(id)}, ${until}, false`,
    `FROM ${fateOf(table)} f, ${from}`,
    `WHERE ${where.join(' AND ')}`,
  ].join('\n');
}

export function sameKeys({ table }: Pick<TableErase, 'table'>, catalog: Catalog, a: string, b: string): string {
  return `(${keyNames(table, catalog, a)}) = (${keyNames(table, catalog, b)})`;
}
