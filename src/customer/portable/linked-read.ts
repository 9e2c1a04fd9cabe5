import { quoteIdentifier, quoteName } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { rowsOf } from '../../datamap/collect-plan.js';
import type { ColumnModel, DataMapModel, ImpersonalTableModel, PersonalTableModel } from '../../datamap/model.js';
import { canonicalName } from '../../datamap/names.js';
import { notPortable } from '../../datamap/portable.js';
import { cellsSql } from '../../datamap/read.js';
import { type SchemaOrgValue, type Shape, shapeOf, valueAt } from '../../datamap/schema-org.js';
import { type LinkedEntry, linkedEntry, partReach } from '../../datamap/schema-org-model.js';
import { column, conditions, equal, fromTable, keyOf, operand } from '../../datamap/sql.js';

/** Where one value of a result's row goes. */
export interface LinkedTarget {
  readonly path: readonly string[];
  readonly value: SchemaOrgValue;
  /** The type that PostgreSQL has the value in, below any domain. */
  readonly type: string;
  /** Position of the value in the result's row. */
  readonly at: number;
}

export interface LinkedColumn {
  readonly model: ColumnModel;
  readonly values: LinkedEntry['values'];
  /** Position in the result's row. */
  readonly at: number;
  readonly targets: readonly LinkedTarget[];
}

/** A table of the linked document: persons, orders, or the parts of either. */
export interface LinkedSource {
  readonly table: PersonalTableModel;
  readonly shape: Shape;
  /** What it is, or is a part of. */
  readonly head: 'Person' | 'Order';
  /** The property of the row that it is a part of; undefined for persons and orders themselves. */
  readonly as: string | undefined;
  readonly columns: readonly LinkedColumn[];
}

export interface LinkedRead {
  readonly sources: readonly LinkedSource[];
  /**
   * One statement, so that parts come right behind their order and no more than a row is held. $1: the person.
   * Result: position in `sources`, the order's number (NULL for a part whose order is not the person's; 0 for the
   * person), owners (bit mask), hidden, values. Persons come first; the parts of one property lie together.
   */
  readonly sql: string;
}

/** Values before the first column's in a row of the result. */
export const FIRST_VALUE = 4;

interface Branch {
  readonly source: LinkedSource;
  readonly cells: readonly string[];
  readonly hidden: string;
  readonly joins: readonly string[];
  /** The table of the persons or orders that it is, or is a part of. */
  readonly head: PersonalTableModel;
}

/** Compiles the read of everything that the map names in schema.org's vocabulary; undefined when it names nothing. */
export function compileLinked(model: DataMapModel, catalog: Catalog): LinkedRead | undefined {
  const heads = model.tables.filter(({ entry }) => entry.schemaOrg !== undefined && !('partOf' in entry.schemaOrg));
  const branches = heads
    .flatMap((head) => [
      branchOf(head, head, undefined, model, catalog),
      ...model.tables.flatMap((table) => {
        const said = table.entry.schemaOrg;
        return said !== undefined && 'partOf' in said && canonicalName(said.partOf) === head.name
          ? [branchOf(table, head, said.as, model, catalog)]
          : [];
      }),
    ])
    // Persons first and their parts behind all of them; then orders, each property's parts in a row.
    .sort((a, b) => groupOf(a, heads) - groupOf(b, heads) || compare(a.source.as ?? '', b.source.as ?? ''))
    .filter(({ source }) => source.as === undefined || source.columns.length > 0);
  if (branches.length === 0) return undefined;
  const width = Math.max(...branches.map(({ cells }) => cells.length));
  const names = Array.from({ length: width }, (_, i) => `c${i + 1}`);
  const orders = heads.filter(isOrder);
  const numbered = orders.map((head) => {
    const key = keyOf(head, catalog)
      .map((_, i) => `k${i + 1}`)
      .join(', ');
    return `${headName(head)} AS (SELECT ${key}, row_number() OVER (ORDER BY ${key}) AS n FROM (SELECT DISTINCT ${key} FROM ${rowsOf(head)} WHERE person = $1) d)`;
  });
  return {
    sources: branches.map(({ source }) => source),
    sql: [
      ...(numbered.length === 0 ? [] : [`WITH ${numbered.join(',\n')}`]),
      `SELECT s, n, owners, hidden, ${names.join(', ')} FROM (`,
      branches.map((branch, i) => branchSql(branch, i, names, groupOf(branch, heads), catalog)).join('\nUNION ALL\n'),
      ') u ORDER BY g, n NULLS LAST, s, o',
    ].join('\n'),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isOrder({ entry }: PersonalTableModel): boolean {
  return entry.schemaOrg?.type === 'Order';
}

function groupOf({ head }: Branch, heads: readonly PersonalTableModel[]): number {
  return isOrder(head) ? 1 + heads.indexOf(head) : 0;
}

function headName(head: PersonalTableModel): string {
  return quoteIdentifier(`head_${head.index}`);
}

function branchOf(
  table: PersonalTableModel,
  head: PersonalTableModel,
  as: string | undefined,
  model: DataMapModel,
  catalog: Catalog,
): Branch {
  const type = table.entry.schemaOrg?.type ?? 'Person';
  const given = table.columns.flatMap((col) => {
    const linked = linkedEntry(col.entry);
    const stays = col.entry.secret !== undefined || col.owner === 'other' || notPortable(model, col) !== undefined;
    return linked === undefined || stays ? [] : [{ col, linked }];
  });
  const shape = shapeOf(
    type,
    given.flatMap(({ linked }) => linked.targets.map(({ path }) => path)),
  );
  if ('problem' in shape) throw new Error(shape.problem);
  const { hidden, values } = cellsSql(
    table,
    given.map(({ col }) => col),
  );
  const cells = [...values];
  const joins: string[] = [];
  const columns = given.map(({ col, linked }, i): LinkedColumn => {
    const own = {
      path: [],
      type: catalog.get(table.name)?.columns.get(col.name)?.baseType ?? 'text',
      at: FIRST_VALUE + i,
    };
    const looked = linked.lookup && lookup(table, col, linked.lookup, joins.length, model, catalog);
    if (looked !== undefined) joins.push(looked.join);
    const targets = linked.targets.map(({ path, from }): LinkedTarget => {
      const value = valueAt(shape, path);
      if (from === undefined || looked === undefined) return { ...own, path, value };
      cells.push(column(looked.alias, from));
      return { path, value, type: looked.typeOf(from), at: FIRST_VALUE + cells.length - 1 };
    });
    return { model: col, values: linked.values, at: own.at, targets };
  });
  const source = { table, shape, head: isOrder(head) ? 'Order' : 'Person', as, columns } as const;
  return { source, cells, hidden, joins, head };
}

function lookup(
  table: PersonalTableModel,
  col: ColumnModel,
  said: { readonly table: string; readonly key: string },
  number: number,
  model: DataMapModel,
  catalog: Catalog,
) {
  const alias = `l${number + 1}`;
  const found = model.impersonal.find(({ name }) => name === said.table) as ImpersonalTableModel;
  const live = catalog.get(said.table);
  const key = live?.columns.get(said.key);
  const on = equal(operand(table, catalog, 't', { column: col.name }), {
    sql: column(alias, said.key),
    type: key?.baseType ?? 'text',
    collation: key?.collation,
  });
  return {
    alias,
    typeOf: (name: string) => live?.columns.get(name)?.baseType ?? 'text',
    join: `LEFT JOIN ${quoteName(found.schema, found.table)} ${alias} ON ${on}`,
  };
}

function branchSql(
  branch: Branch,
  position: number,
  names: readonly string[],
  group: number,
  catalog: Catalog,
): string {
  const { source, head, hidden, cells } = branch;
  const { table, as } = source;
  const key = keyOf(table, catalog);
  const keys = key.map((_, i) => `k${i + 1}`).join(', ');
  const row = key.map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
  const padded = names.map((_, i) => (cells[i] === undefined ? 'NULL::text' : `(${cells[i]})::text`));
  const number = isOrder(head) ? 'h.n' : '0::bigint';
  const order = `row_number() OVER (ORDER BY ${key.map((_, i) => `r.k${i + 1}`).join(', ')})`;
  const select = [
    `${group} AS g`,
    `${number} AS n`,
    `${position} AS s`,
    `${order} AS o`,
    'r.owners',
    `${hidden}::text AS hidden`,
    ...padded.map((cell, i) => `${cell} AS ${names[i]}`),
  ];
  return [
    `SELECT ${select.join(', ')}`,
    `FROM (SELECT ${keys}, bit_or(1 << owner) AS owners FROM ${rowsOf(table)} WHERE person = $1 GROUP BY ${keys}) r`,
    `JOIN ${fromTable(table, catalog)} t ON ${row}`,
    ...(isOrder(head) ? [as === undefined ? joinSelf(head, key.length) : joinHead(table, head, catalog)] : []),
    ...branch.joins,
  ].join('\n');
}

function joinSelf(head: PersonalTableModel, length: number): string {
  return `JOIN ${headName(head)} h ON ${Array.from({ length }, (_, i) => `h.k${i + 1} = r.k${i + 1}`).join(' AND ')}`;
}

/** A part whose order was not collected (a gift that came to the person) stays, without a number. */
function joinHead(table: PersonalTableModel, head: PersonalTableModel, catalog: Catalog): string {
  const reach = partReach(table, head.name);
  if (reach === undefined) throw new Error(`no reach from ${table.name} to ${head.name}`);
  const parent = keyOf(head, catalog)
    .map((part, i) => `${part.expression.replace(/^t\./, 'p.')} = h.k${i + 1}`)
    .join(' AND ');
  const on = reach.on.map((pair) =>
    equal(operand(table, catalog, 't', pair), operand(head, catalog, 'p', { column: pair.to })),
  );
  const join = `${headName(head)} h JOIN ${fromTable(head, catalog)} p ON ${parent}`;
  return `LEFT JOIN (${join}) ON ${[...on, ...conditions(reach.when)].join(' AND ')}`;
}
