import { quoteName } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { canonicalName, parseTableName } from '../datamap/names.js';
import type { Marketing } from '../datamap/schema.js';
import { column, conditions, equal, fromTable, operand, textLiteral } from '../datamap/sql.js';
import type { Orders } from './orders-of.js';
import type { ColumnRead } from './segment-fit.js';

type Lines = NonNullable<NonNullable<Marketing['orders']>['lines']>;

/** The lines of the order under the alias `o`, and on to their categories. */
export interface LinesOf {
  readonly from: string;
  readonly where: readonly string[];
  /** The category that a line names, as text. */
  readonly category: string;
  /** Whether a line's category is one of these or stands below one. */
  within(categories: readonly string[]): string;
  /** The column by which a line tells what was bought. */
  readonly read: ColumnRead;
}

export function linesOf(model: DataMapModel, catalog: Catalog, orders: Orders, words: Lines): LinesOf {
  const lines = model.table(canonicalName(words.table));
  const reach = lines.owners
    .flatMap(({ reaches }) => reaches)
    .find((each) => each.kind === 'through' && each.table === orders.table.name);
  const [first] = words.path;
  const last = words.path.at(-1);
  if (reach?.kind !== 'through' || first === undefined || last === undefined)
    throw new Error(`no way from ${words.table} to an order and a category`);
  const steps = words.path.map((step, i) => ({
    from: `${quoted(step.table)} c${i + 1}`,
    on: `${column(`c${i + 1}`, step.key)} = ${column(i === 0 ? 'l' : `c${i}`, step.column)}`,
  }));
  const end = `c${words.path.length}`;
  const categoryOf = (alias: string) => `${column(alias, words.category)}::text`;
  const list = (categories: readonly string[]) => categories.map(textLiteral).join(', ');
  return {
    from: [`${fromTable(lines, catalog)} l`, ...steps.map(({ from }) => from)].join(', '),
    where: [
      ...reach.on.map((pair) =>
        equal(operand(lines, catalog, 'l', pair), operand(orders.table, catalog, 'o', { column: pair.to })),
      ),
      ...conditions(reach.when, 'l'),
      ...steps.map(({ on }) => on),
    ],
    category: categoryOf(end),
    within(categories) {
      if (words.parent === undefined) return `${categoryOf(end)} IN (${list(categories)})`;
      const id = column('k', last.key);
      const table = quoted(last.table);
      return `${column(end, last.key)} IN (WITH RECURSIVE below (id) AS (SELECT ${id} FROM ${table} k WHERE ${categoryOf('k')} IN (${list(categories)}) UNION SELECT ${id} FROM ${table} k JOIN below b ON ${column('k', words.parent)} = b.id) SELECT id FROM below)`;
    },
    read: { table: lines, column: first.column },
  };
}

/** Which of the categories that segments name are not there: a query with the column `name`; `$1` is their list. */
export function unknownCategories(words: Lines): string {
  const last = words.path.at(-1);
  if (last === undefined) throw new Error('lines of orders without a way to categories');
  return `SELECT u.name FROM unnest($1::text[]) u (name)
    WHERE NOT EXISTS (SELECT FROM ${quoted(last.table)} k WHERE ${column('k', words.category)}::text = u.name)`;
}

/** A query of the column `name`: every category that the shop has. */
export function categoryNames(words: Lines): string {
  const last = words.path.at(-1);
  if (last === undefined) throw new Error('lines of orders without a way to categories');
  return `SELECT DISTINCT ${column('k', words.category)}::text AS name FROM ${quoted(last.table)} k`;
}

function quoted(written: string): string {
  const name = parseTableName(written);
  if (name === undefined) throw new Error('a table of the map has no name');
  return quoteName(name.schema, name.table);
}
