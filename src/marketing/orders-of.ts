import type { Catalog } from '../datamap/catalog.js';
import { hopsSql } from '../datamap/hops.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { column, conditions, fromTable, keyOf, live, operand } from '../datamap/sql.js';
import { ownedTable, type Way, waysTo, waysUp } from '../datamap/ways.js';
import { sqlKey } from '../identity/kinds.js';
import { sqlLiteral, sqlSource } from '../identity/sql-text.js';
import { UNFOLDED } from '../identity/text.js';

/** The map's orders, resolved. */
export interface Orders {
  readonly table: PersonalTableModel;
  readonly owner: string;
}

/** How orders are counted for one kind of people: under what the row `t` and the orders have in common. */
export interface OrdersBy {
  /** Expressions over the alias `t` of the person's row. */
  readonly mine: readonly string[];
  /** A query of the columns `k1 … kn`, in the order of `mine`, `amount`, and `o1 …`, the key of the order: a row an order. */
  readonly orders: string;
}

export function tablesByName(model: DataMapModel): ReadonlyMap<string, PersonalTableModel> {
  return new Map(model.tables.map((table) => [table.name, table]));
}

/**
 * The text by which two addresses are one in SQL: the key that finds an address, or, where that is the same for all
 * addresses in other letters than ASCII, the address itself.
 */
function addressKey(expression: string): string {
  return `coalesce(nullif(${sqlKey('email', expression)}, ${sqlLiteral(UNFOLDED)}), lower(btrim(${sqlSource(expression)})))`;
}

/**
 * The orders that count, by the people of a source. People who have an e-mail address are met by it: an order without an
 * account is theirs as well as those of the account. Where a row has none, its own keys lead to its orders.
 * @param counts conditions over the alias `o` of the order
 * @param amount the order's amount over the same alias, or `NULL`
 */
export function ordersBySource(
  model: DataMapModel,
  catalog: Catalog,
  orders: Orders,
  source: { readonly table: string; readonly owner?: string | undefined; readonly email?: string | undefined },
  counts: readonly string[],
  amount: string,
): OrdersBy[] {
  const tables = tablesByName(model);
  const person = ownedTable(source, tables);
  if (person === undefined) return [];
  const number = keyOf(orders.table, catalog)
    .map(({ expression }, i) => `${expression.replace(/^t\./, 'o.')} AS o${i + 1}`)
    .join(', ');
  const select = (keys: readonly string[], way: Way, where: readonly string[]) => {
    const { from, where: on } = hopsSql(way.hops, catalog, 'o');
    const all = [...counts, ...(on === '' ? [] : [on]), ...where];
    return `SELECT ${keys.map((key, i) => `${key} AS k${i + 1}`).join(', ')}, ${amount} AS amount, ${number} FROM ${[`${fromTable(orders.table, catalog)} o`, ...(from === '' ? [] : [from])].join(', ')} WHERE ${all.length === 0 ? 'true' : all.join(' AND ')}`;
  };
  // UNION: an order to which two ways lead counts once.
  const by = (mine: readonly string[], selects: readonly string[]): OrdersBy[] =>
    selects.length === 0 ? [] : [{ mine, orders: selects.join(' UNION ') }];
  const byAddress =
    source.email === undefined
      ? []
      : waysUp(orders.table, orders.owner, tables).flatMap((way) =>
          emailsAt(model, catalog, way).map(({ expression, when }) =>
            select([addressKey(expression)], way, [`${expression} IS NOT NULL`, ...when]),
          ),
        );
  const rowKey = keyOf(person.table, catalog).map(({ expression }) => expression);
  const addressed = source.email !== undefined && byAddress.length > 0;
  const always = addressed && live(person.table, catalog).columns.get(source.email)?.notNull === true;
  const byRow = (always ? [] : waysTo(orders, person, tables)).map((way) => {
    const alias = way.hops.length === 0 ? 'o' : `u${way.hops.length}`;
    const lost = addressed ? [`${column(alias, source.email)} IS NULL`] : [];
    return select(
      rowKey.map((expression) => expression.replace(/^t\./, `${alias}.`)),
      way,
      lost,
    );
  });
  return [
    ...by(source.email === undefined ? [] : [addressKey(column('t', source.email))], byAddress),
    ...by(rowKey, byRow),
  ];
}

/** The e-mail addresses of the owner that stand where a way ends, over the alias of the row there. */
function emailsAt(
  model: DataMapModel,
  catalog: Catalog,
  { hops, table, owner }: Way,
): { expression: string; when: string[] }[] {
  const alias = hops.length === 0 ? 'o' : `u${hops.length}`;
  const isEmail = (id: string | undefined) => id !== undefined && model.map.identifiers[id]?.kind === 'email';
  const reaches = table.owners.find(({ id }) => id === owner)?.reaches ?? [];
  const links = reaches.flatMap((reach) =>
    reach.kind === 'identifier' ? reach.identifier.map((pair) => ({ pair, when: reach.when })) : [],
  );
  const linking = links
    .filter(({ pair }) => isEmail(pair.is))
    .map(({ pair, when }) => ({
      expression: `${operand(table, catalog, alias, pair).sql}`,
      when: conditions(when, alias),
    }));
  if (linking.length > 0) return linking;
  return table.columns
    .filter((each) => each.owner === owner && isEmail(each.entry.identifier))
    .map(({ name }) => ({ expression: column(alias, name), when: [] }));
}
