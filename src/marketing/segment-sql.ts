import type { Catalog } from '../datamap/catalog.js';
import { hopsSql } from '../datamap/hops.js';
import type { DataMapModel } from '../datamap/model.js';
import type { Condition, Marketing } from '../datamap/schema.js';
import { column, conditions, fromTable, keyOf, live, textLiteral } from '../datamap/sql.js';
import { ownedTable, waysTo } from '../datamap/ways.js';
import { GdprError } from '../foundation/errors.js';
import type { SegmentNode } from '../workspace/segments.js';
import { linesOf } from './lines-of.js';
import { type Orders, ordersBySource, tablesByName } from './orders-of.js';
import { type ColumnRead, fitPurposes } from './segment-fit.js';

type Path = readonly (string | number)[];
type OrderWords = NonNullable<Marketing['orders']>;

const DATES = new Set(['date', 'timestamp without time zone', 'timestamp with time zone']);
const NUMBERS = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);

/** One segment on its way to SQL, for the rows of one source under the alias `t`. */
export class SegmentCompiler {
  readonly joins: string[] = [];
  readonly #read: ColumnRead[] = [];
  readonly #source: Marketing['sources'][string];
  readonly #marketing: Marketing;

  constructor(
    private readonly model: DataMapModel,
    private readonly catalog: Catalog,
    source: string,
    private readonly id: string,
    private readonly options: { readonly snapshot: string; readonly prefix?: string },
  ) {
    const { marketing } = model.map;
    const found = marketing?.sources[source];
    if (marketing === undefined || found === undefined) throw new Error(`no source ${source} in the map`);
    this.#marketing = marketing;
    this.#source = found;
  }

  /** As `fitPurposes`, of the columns that the conditions compiled so far read. */
  explicitPurposes(): string[] {
    return fitPurposes(this.model, `the segment "${this.id}"`, this.#read);
  }

  node(node: SegmentNode, path: Path): string {
    if (node.all !== undefined) return this.#every(node.all, [...path, 'all'], ' AND ');
    if (node.any !== undefined) return this.#every(node.any, [...path, 'any'], ' OR ');
    if (node.not !== undefined) return `NOT ${this.node(node.not, [...path, 'not'])}`;
    if (node.language !== undefined) return this.#language(node.language, [...path, 'language']);
    if (node.place !== undefined) return this.#place(node.place, [...path, 'place']);
    if (node.bought !== undefined) {
      const at = [...path, 'bought'];
      const orders = this.#orders(at);
      return this.#ordered(orders, node.bought.since, [this.#bought(orders, node.bought.category, at)], 'NULL', 'true');
    }
    if (node.ordered !== undefined)
      return this.#ordered(
        this.#orders([...path, 'ordered']),
        node.ordered.since,
        [],
        'NULL',
        `count(*) >= ${node.ordered.atLeast}`,
      );
    if (node.total !== undefined) {
      const orders = this.#orders([...path, 'total']);
      const amount = this.#typed(orders, orders.words.total, NUMBERS, 'number', [...path, 'total']);
      return this.#ordered(orders, node.total.since, [], amount, `sum(x.amount) >= ${node.total.atLeast}`);
    }
    throw new Error('a condition without a word');
  }

  #every(nodes: readonly SegmentNode[], path: Path, word: ' AND ' | ' OR '): string {
    return `(${nodes.map((each, i) => this.node(each, [...path, i])).join(word)})`;
  }

  #language(languages: readonly string[], path: Path): string {
    const sources = Object.values(this.#marketing.sources);
    if (sources.every(({ language }) => language === undefined))
      throw this.#lacking(path, 'no source with a language column');
    const { language } = this.#source;
    if (language === undefined) return 'false';
    const { table } = this.#person();
    this.#read.push({ table, column: language });
    return `coalesce(${column('t', language)}::text IN (${languages.map(textLiteral).join(', ')}), false)`;
  }

  #place(places: readonly string[], path: Path): string {
    const sources = Object.values(this.#marketing.sources);
    if (sources.every(({ place }) => place === undefined)) throw this.#lacking(path, 'no source with a place');
    const { place } = this.#source;
    if (place === undefined) return 'false';
    const wanted = places.map((each) => `lower(${textLiteral(each)})`).join(', ');
    const meets = (alias: string) => `lower(btrim(${column(alias, place.column)}::text)) IN (${wanted})`;
    if (!('table' in place)) {
      this.#read.push({ table: this.#person().table, column: place.column });
      return `coalesce(${meets('t')}, false)`;
    }
    const person = this.#person();
    const addresses = ownedTable(place, tablesByName(this.model));
    if (addresses === undefined) throw new Error(`no table ${place.table} in the map`);
    this.#read.push({ table: addresses.table, column: place.column });
    const key = keyOf(person.table, this.catalog).map(({ expression }) => expression);
    const selects = waysTo(addresses, person, tablesByName(this.model)).map(({ hops }) => {
      const { from, where } = hopsSql(hops, this.catalog, 'a');
      const keys = key.map((part, i) => `${part.replace(/^t\./, `u${hops.length}.`)} AS k${i + 1}`);
      return `SELECT ${keys.join(', ')} FROM ${fromTable(addresses.table, this.catalog)} a, ${from} WHERE ${where} AND ${meets('a')}`;
    });
    return this.#join(key, selects.join(' UNION '), 'true');
  }

  /** The people with orders in the period that meet the conditions, counted or summed as `having` asks. */
  #ordered(
    orders: Orders & { readonly words: OrderWords },
    since: string | undefined,
    more: readonly string[],
    amount: string,
    having: string,
  ): string {
    this.#reads(orders, orders.words.completed);
    const placed = since === undefined ? [] : [this.#since(orders, since)];
    const counts = [...conditions(orders.words.completed, 'o'), ...placed, ...more];
    const found = ordersBySource(this.model, this.catalog, orders, this.#source, counts, amount);
    if (found.length === 0) return 'false';
    return `(${found.map(({ mine, orders: query }) => this.#join(mine, query, having)).join(' OR ')})`;
  }

  /** Joins the groups of a query that meet a condition, and tells whether the row of `t` is among them. */
  #join(mine: readonly string[], query: string, having: string): string {
    const alias = `${this.options.prefix ?? 'segment'}_${this.joins.length + 1}`;
    const keys = mine.map((_, i) => `x.k${i + 1}`).join(', ');
    const on = mine.map((expression, i) => `${alias}.k${i + 1} = ${expression}`).join(' AND ');
    this.joins.push(`LEFT JOIN (SELECT ${keys} FROM (${query}) x GROUP BY ${keys} HAVING ${having}) ${alias} ON ${on}`);
    return `(${alias}.k1 IS NOT NULL)`;
  }

  /** Whether an order has a line of one of the categories, or of one below them. */
  #bought(orders: Orders & { readonly words: OrderWords }, categories: readonly string[], path: Path): string {
    if (orders.words.lines === undefined) throw this.#lacking(path, 'no lines of orders');
    const { from, where, within, read } = linesOf(this.model, this.catalog, orders, orders.words.lines);
    this.#read.push(read);
    return `EXISTS (SELECT FROM ${from} WHERE ${[...where, within(categories)].join(' AND ')})`;
  }

  /** The order was placed within a period before the snapshot, as the calendar of the map's zone counts it. */
  #since(orders: Orders & { readonly words: OrderWords }, period: string): string {
    const placed = this.#typed(orders, orders.words.placed, DATES, 'date', []);
    const zone = textLiteral(this.model.map.timeZone);
    const start = `(${textLiteral(this.options.snapshot)}::timestamptz AT TIME ZONE ${zone} - interval ${textLiteral(period)})`;
    const type = live(orders.table, this.catalog).columns.get(orders.words.placed)?.baseType;
    if (type === 'date') return `${placed} >= ${start}::date`;
    return `${placed} >= ${type === 'timestamp with time zone' ? `(${start} AT TIME ZONE ${zone})` : start}`;
  }

  /** A column of the orders that must be of a kind of type; it counts as read. */
  #typed(
    { table }: Orders,
    name: string | undefined,
    types: ReadonlySet<string>,
    kind: 'date' | 'number',
    path: Path,
  ): string {
    if (name === undefined) throw this.#lacking(path, 'no column with the amount of an order');
    const found = live(table, this.catalog).columns.get(name);
    if (found === undefined || !types.has(found.baseType)) {
      throw new GdprError('DRIFT', `${table.name}.${name} is no ${kind}, and segments read it as one`, {
        hint: 'name another column under marketing.orders in the data map',
      });
    }
    this.#read.push({ table, column: name });
    return column('o', name);
  }

  #orders(path: Path): Orders & { readonly words: OrderWords } {
    const words = this.#marketing.orders;
    const found = words === undefined ? undefined : ownedTable(words, tablesByName(this.model));
    if (words === undefined || found === undefined) throw this.#lacking(path, 'no orders');
    return { ...found, words };
  }

  #person() {
    const found = ownedTable(this.#source, tablesByName(this.model));
    if (found === undefined) throw new Error(`no table ${this.#source.table} in the map`);
    return found;
  }

  #reads({ table }: Orders, list: readonly Condition[]): void {
    for (const each of list) this.#read.push({ table, column: each.column });
  }

  #lacking(path: Path, what: string): GdprError {
    return new GdprError(
      'CONFIG_INVALID',
      `gdpr.yaml: ${path.join('.')}: the data map's part on marketing names ${what}`,
      {
        hint: 'describe it in the data map under marketing, or take the condition out of the segment',
      },
    );
  }
}
