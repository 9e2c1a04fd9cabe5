import type { Catalog, CatalogTable } from '../catalog.js';
import { parseTableName } from '../names.js';
import { isInteger } from './recognise.js';
import { singular, tableWords, wordsOf } from './words.js';

/** A key from a table to another one: declared in the database, or guessed by the column's name. */
export interface DraftKey {
  readonly columns: readonly string[];
  readonly to: string;
  readonly toColumns: readonly string[];
  readonly guessed: boolean;
  /** Whether a row can do without it. */
  readonly nullable: boolean;
}

/** The keys of every table. Databases that were moved from elsewhere often declare none, so names are read too. */
export function keysOf(catalog: Catalog): Map<string, DraftKey[]> {
  const byWords = new Map<string, CatalogTable[]>();
  for (const table of catalog.values()) {
    const words = tableWords(parseTableName(table.name)?.table ?? '').join(' ');
    byWords.set(words, [...(byWords.get(words) ?? []), table]);
  }
  return new Map(
    [...catalog.values()].map((table) => {
      const declared = table.foreignKeys.map(
        (key): DraftKey => ({
          columns: key.columns,
          to: key.references,
          toColumns: key.referencedColumns,
          guessed: false,
          nullable: key.columns.every((column) => table.columns.get(column)?.notNull !== true),
        }),
      );
      const covered = new Set(declared.flatMap((key) => key.columns));
      const guessed = [...table.columns.values()].flatMap((column): DraftKey[] => {
        if (covered.has(column.name)) return [];
        const target = namedTable(column.name, table, byWords);
        const key = target?.key[0];
        const keyColumn = key === undefined ? undefined : target?.columns.get(key);
        if (target === undefined || keyColumn === undefined || target.key.length !== 1) return [];
        const alike = keyColumn.baseType === column.baseType || (isInteger(keyColumn) && isInteger(column));
        return alike
          ? [
              {
                columns: [column.name],
                to: target.name,
                toColumns: [keyColumn.name],
                guessed: true,
                nullable: !column.notNull,
              },
            ]
          : [];
      });
      return [table.name, [...declared, ...guessed]] as const;
    }),
  );
}

/** The one table that a name such as `customer_id` or `billing_customer_id` means; none when two would do. */
function namedTable(
  column: string,
  from: CatalogTable,
  byWords: ReadonlyMap<string, readonly CatalogTable[]>,
): CatalogTable | undefined {
  const words = wordsOf(column);
  if (words.length < 2 || words.at(-1) !== 'id') return undefined;
  const stem = words.slice(0, -1);
  for (const candidate of [stem, stem.slice(-1)]) {
    const name = candidate.map((word, i) => (i === candidate.length - 1 ? singular(word) : word)).join(' ');
    const tables = (byWords.get(name) ?? []).filter((table) => table.name !== from.name);
    const near = tables.filter((table) => parseTableName(table.name)?.schema === parseTableName(from.name)?.schema);
    const [only, another] = near.length > 0 ? near : tables;
    if (only !== undefined && another === undefined) return only;
  }
  return undefined;
}
