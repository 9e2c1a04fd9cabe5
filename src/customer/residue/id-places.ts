import type { Catalog } from '../../datamap/catalog.js';
import type { DataMapModel } from '../../datamap/model.js';
import { canonicalName, parseTableName } from '../../datamap/names.js';
import type { Condition } from '../../datamap/schema.js';

/**
 * Where the id of a row may stand: columns that the database or the map ties to its table, and columns and JSON keys
 * that are named after it (`customer_id`, `customerId`, `{"customer": {"id": …}}`).
 */
export interface IdPlaces {
  /** The columns of a table that may hold the id of a row of `target`. */
  columns(table: string, candidates: readonly string[], target: string): string[];
  /**
   * Whether the map says that the column leads to rows of `target` only under conditions that this row does not meet: an
   * id beside the word "order" is an order's. `cells` are texts of the row, not of all its columns.
   */
  isOfOther(table: string, column: string, target: string, cells: ReadonlyMap<string, string>): boolean;
  /** Whether the value at a path of a JSON document of the column may be the id of a row of `target`. */
  isJsonPlace(table: string, column: string, path: readonly string[], target: string): boolean;
  /** The last parts of JSON keys under which ids stand, lower case, for a narrowing pattern. */
  readonly jsonKeys: readonly string[];
}

const ID_WORDS = ['id', 'no', 'nr', 'num', 'number'];

export function idPlaces(model: DataMapModel | undefined, catalog: Catalog, targets: readonly string[]): IdPlaces {
  const names = new Map(targets.map((target) => [target, namesOf(target, model)]));
  const isNamed = (word: string, target: string) => {
    const plain = plainName(word);
    return (names.get(target) ?? []).some((name) => plain === name || ID_WORDS.some((id) => plain === `${name}${id}`));
  };
  const isKey = (table: string, column: string, target: string) =>
    isKeyTo(catalog, table, column, target) || isOwnKey(catalog, table, column, target);
  const tied = (table: string, column: string, path: readonly string[] | undefined, target: string) =>
    (path === undefined && isKey(table, column, target)) ||
    reachesTo(model, table, target).some(({ on }) => leadsBy(on, column, path));
  return {
    columns: (table, candidates, target) =>
      candidates.filter((column) => tied(table, column, undefined, target) || isNamed(column, target)),
    isOfOther(table, column, target, cells) {
      if (isKey(table, column, target) || isNamed(column, target)) return false;
      const reaches = reachesTo(model, table, target).filter(({ on }) => leadsBy(on, column, undefined));
      const isMissed = (condition: Condition) => {
        const cell = cells.get(condition.column);
        return 'in' in condition && cell !== undefined && !condition.in.includes(cell);
      };
      return reaches.length > 0 && reaches.every(({ when }) => (when ?? []).some(isMissed));
    },
    isJsonPlace(table, column, path, target) {
      if (tied(table, column, path, target)) return true;
      const named = path.filter((part) => !/^\d+$/.test(part));
      const last = named.at(-1) ?? '';
      return isNamed(last, target) || (ID_WORDS.includes(plainName(last)) && isNamed(named.at(-2) ?? '', target));
    },
    jsonKeys: [...new Set([...ID_WORDS, ...[...names.values()].flat(), ...mappedKeys(model, targets)])].filter((key) =>
      /^[a-z0-9]+$/.test(key),
    ),
  };
}

/** The ends of the JSON keys by which the map leads to rows of the targets. */
function mappedKeys(model: DataMapModel | undefined, targets: readonly string[]): string[] {
  return (model?.tables ?? []).flatMap(({ name }) =>
    targets
      .flatMap((target) => reachesTo(model, name, target))
      .flatMap(({ on }) => on.flatMap(({ path }) => path?.findLast((part) => !/^\d+$/.test(part)) ?? []))
      .map((key) => /[a-z0-9]*$/.exec(key.toLowerCase())?.[0] ?? ''),
  );
}

/** `shop.customers`: customers, customer, and what the map calls such a person. */
function namesOf(target: string, model: DataMapModel | undefined): string[] {
  const table = plainName(parseTableName(target)?.table ?? target);
  const kinds = Object.entries(model?.map.persons ?? {})
    .filter(([, person]) => canonicalName(person.table) === target)
    .map(([kind]) => plainName(kind));
  return [...new Set([table, table.replace(/ies$/, 'y').replace(/s$/, ''), ...kinds])].filter((name) => name !== '');
}

function plainName(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

function isKeyTo(catalog: Catalog, table: string, column: string, target: string): boolean {
  return (catalog.get(table)?.foreignKeys ?? []).some(
    (key) => key.references === target && key.columns.length === 1 && key.columns[0] === column,
  );
}

function isOwnKey(catalog: Catalog, table: string, column: string, target: string): boolean {
  const key = catalog.get(table)?.key ?? [];
  return table === target && key.length === 1 && key[0] === column;
}

function reachesTo(model: DataMapModel | undefined, table: string, target: string) {
  const mapped = model?.tables.find(({ name }) => name === table);
  return (mapped?.owners ?? []).flatMap(({ reaches }) =>
    reaches.flatMap((reach) => (reach.kind === 'through' && reach.table === target ? [reach] : [])),
  );
}

type Pairs = ReturnType<typeof reachesTo>[number]['on'];

function leadsBy(on: Pairs, column: string, path: readonly string[] | undefined): boolean {
  return on.some((pair) => pair.column === column && JSON.stringify(pair.path) === JSON.stringify(path));
}
