import type { Catalog } from '../datamap/catalog.js';
import { hopsSql } from '../datamap/hops.js';
import type { DataMapModel } from '../datamap/model.js';
import type { Marketing } from '../datamap/schema.js';
import { column, conditions, fromTable, keyOf, textLiteral } from '../datamap/sql.js';
import { ownedTable, waysTo } from '../datamap/ways.js';
import { SEVERAL } from './insight-result.js';
import { linesOf } from './lines-of.js';
import { ordersBySource, tablesByName } from './orders-of.js';
import { type ColumnRead, fitPurposes } from './segment-fit.js';

/** An expression over the row `t` of a source, with the joins that it needs. */
export interface Expression {
  readonly sql: string;
  readonly joins: readonly string[];
}

type SourceOf = Marketing['sources'][string];

/** The language of the row, or NULL. */
export function languageOf(source: SourceOf): Expression {
  return { sql: source.language === undefined ? 'NULL' : `${column('t', source.language)}::text`, joins: [] };
}

/** The place of the row; {@link SEVERAL} where its addresses are in several, NULL where none is known. */
export function placeOf(model: DataMapModel, catalog: Catalog, source: SourceOf): Expression {
  const { place } = source;
  if (place === undefined) return { sql: 'NULL', joins: [] };
  if (!('table' in place)) return { sql: `nullif(btrim(${column('t', place.column)}::text), '')`, joins: [] };
  const tables = tablesByName(model);
  const addresses = ownedTable(place, tables);
  const person = ownedTable(source, tables);
  if (addresses === undefined || person === undefined) return { sql: 'NULL', joins: [] };
  const key = keyOf(person.table, catalog).map(({ expression }) => expression);
  const names = key.map((_, i) => `k${i + 1}`);
  const selects = waysTo(addresses, person, tables).map(({ hops }) => {
    const { from, where } = hopsSql(hops, catalog, 'a');
    const keys = key.map((part, i) => `${part.replace(/^t\./, `u${hops.length}.`)} AS k${i + 1}`);
    return `SELECT ${keys.join(', ')}, btrim(${column('a', place.column)}::text) AS place FROM ${fromTable(addresses.table, catalog)} a, ${from} WHERE ${where}`;
  });
  const one = `CASE WHEN count(DISTINCT lower(x.place)) = 1 THEN min(x.place) ELSE ${textLiteral(SEVERAL)} END`;
  const on = key.map((expression, i) => `place.k${i + 1} = ${expression}`).join(' AND ');
  return {
    sql: 'place.place',
    joins: [
      `LEFT JOIN (SELECT ${names.join(', ')}, ${one} AS place FROM (${selects.join(' UNION ALL ')}) x WHERE x.place <> '' GROUP BY ${names.join(', ')}) place ON ${on}`,
    ],
  };
}

/** The categories of what was ordered and sent, each as the lines name it, as text[]. */
export function categoriesOf(model: DataMapModel, catalog: Catalog, source: SourceOf): Expression {
  const words = model.map.marketing?.orders;
  const orders = words === undefined ? undefined : ownedTable(words, tablesByName(model));
  if (words?.lines === undefined || orders === undefined) return { sql: 'NULL', joins: [] };
  const { from, where, category } = linesOf(model, catalog, orders, words.lines);
  const order = keyOf(orders.table, catalog).map(({ expression }, i) => ({
    select: `${expression.replace(/^t\./, 'o.')} AS o${i + 1}`,
    on: `y.o${i + 1} = x.o${i + 1}`,
  }));
  const bought = `SELECT DISTINCT ${order.map(({ select }) => select).join(', ')}, ${category} AS category FROM ${fromTable(orders.table, catalog)} o, ${from} WHERE ${where.join(' AND ')}`;
  const completed = conditions(words.completed, 'o');
  const joins = ordersBySource(model, catalog, orders, source, completed, 'NULL').map(({ mine, orders: query }, n) => {
    const keys = mine.map((_, i) => `x.k${i + 1}`).join(', ');
    const on = mine.map((expression, i) => `bought_${n}.k${i + 1} = ${expression}`).join(' AND ');
    return `LEFT JOIN (SELECT ${keys}, array_agg(DISTINCT y.category) AS categories FROM (${query}) x JOIN (${bought}) y ON ${order.map((each) => each.on).join(' AND ')} GROUP BY ${keys}) bought_${n} ON ${on}`;
  });
  return {
    sql: joins.length === 0 ? 'NULL' : joins.map((_, n) => `coalesce(bought_${n}.categories, '{}')`).join(' || '),
    joins,
  };
}

/**
 * The purposes to one of which people must have consented before they are counted by categories.
 * @throws GdprError REFUSED as `fitPurposes`
 */
export function readableBy(model: DataMapModel, catalog: Catalog, by: 'language' | 'place' | 'category'): string[] {
  const { marketing } = model.map;
  const tables = tablesByName(model);
  const read = Object.values(marketing?.sources ?? {}).flatMap((source): ColumnRead[] => {
    const own = ownedTable(source, tables)?.table;
    if (own === undefined) return [];
    if (by === 'language') return source.language === undefined ? [] : [{ table: own, column: source.language }];
    if (by !== 'place' || source.place === undefined) return [];
    const table = 'table' in source.place ? ownedTable(source.place, tables)?.table : own;
    return table === undefined ? [] : [{ table, column: source.place.column }];
  });
  const words = marketing?.orders;
  const orders = words === undefined ? undefined : ownedTable(words, tables);
  if (by === 'category' && words?.lines !== undefined && orders !== undefined) {
    read.push(linesOf(model, catalog, orders, words.lines).read);
    read.push(...words.completed.map(({ column: name }) => ({ table: orders.table, column: name })));
  }
  return fitPurposes(model, `the table by ${by}`, read);
}
