import { quoteIdentifier } from '../../database/session.js';
import type { Catalog, CatalogTable } from '../../datamap/catalog.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { formatTableName } from '../../datamap/names.js';
import type { TableRead } from '../../datamap/read.js';
import type { DataMap } from '../../datamap/schema.js';
import { now } from '../../foundation/clock.js';
import { OWN_TABLES } from './tables.js';
import { OWN_HEAD, type OwnTable } from './words.js';

const SCHEMA = 'gdpr';

/** The built-in tables as a model has tables; their indexes stand apart from any map's. */
const TABLES: readonly { readonly own: OwnTable; readonly table: PersonalTableModel }[] = OWN_TABLES.map((own, i) => {
  const name = formatTableName({ schema: SCHEMA, table: own.table });
  const columns = Object.entries(own.entry.columns).map(
    ([column, entry]): ColumnModel => ({ name: column, entry, owner: entry.owner ?? 'person' }),
  );
  const owners = [{ id: 'person', index: 0, reaches: [] }];
  return {
    own,
    table: {
      schema: SCHEMA,
      table: own.table,
      name,
      written: name,
      index: -1 - i,
      entry: own.entry,
      owners,
      columns,
    },
  };
});
const BY_NAME: ReadonlyMap<string, PersonalTableModel> = new Map(TABLES.map(({ table }) => [table.name, table]));

/** The table, whose codes mean what the controller's map says of its own words. */
function inWordsOf(map: DataMap, { own, table }: (typeof TABLES)[number]): PersonalTableModel {
  const codes = own.codes?.(map);
  if (codes === undefined) return table;
  return {
    ...table,
    columns: table.columns.map((column) => {
      const mine = codes[column.name];
      return mine === undefined ? column : { ...column, entry: { ...column.entry, codes: mine } };
    }),
  };
}

/** Whether a table is one of the built-in map, which tells nothing of whether the shop holds the person's data. */
export function isOwnTable({ name }: { readonly name: string }): boolean {
  return BY_NAME.has(name);
}

/**
 * The controller's model and catalogue with the built-in tables in them, for whatever writes or describes rows. The
 * digest stays the one of the controller's map; collecting and searching rows go by the model without them.
 */
export function withOwnTables(model: DataMapModel, catalog: Catalog): { model: DataMapModel; catalog: Catalog } {
  const { map } = model;
  return {
    model: {
      ...model,
      map: {
        ...map,
        purposes: { ...map.purposes, ...OWN_HEAD.purposes },
        categories: { ...map.categories, ...OWN_HEAD.categories },
      },
      tables: [...model.tables, ...BY_NAME.values()],
      table: (name) => BY_NAME.get(name) ?? model.table(name),
    },
    catalog: new Map([...catalog, ...TABLES.map(({ own, table }) => [table.name, catalogOf(own, table)] as const)]),
  };
}

function catalogOf({ types }: OwnTable, { name, columns }: PersonalTableModel): CatalogTable {
  const entries = columns.map((column) => {
    const type = types[column.name] ?? 'text';
    const plain = { notNull: false, generated: false, maxLength: undefined, collation: undefined };
    return { name: column.name, type, baseType: type, ...plain };
  });
  return {
    name,
    columns: new Map(entries.map((column) => [column.name, column])),
    key: [],
    foreignKeys: [],
    uniques: [],
    checks: [],
    kind: 'table',
    hasChildren: false,
  };
}

/**
 * One read for each built-in table over the people with these references (`subject:…`), shaped as `compileReads`
 * shapes a shop's: a row's `person` is the position in `subjects`, by which the rows are ordered.
 */
export function ownReads({ map }: Pick<DataMapModel, 'map'>, subjects: readonly string[]): TableRead[] {
  const at = now().toISOString();
  return TABLES.map((each) => {
    const { own } = each;
    const table = inWordsOf(map, each);
    const left = table.columns.filter(({ owner }) => owner === 'other');
    const columns = table.columns.filter(({ owner }) => owner !== 'other');
    const order = ['person', ...own.order].map((name) => `r.${quoteIdentifier(name)}`);
    return {
      table,
      columns,
      left: left.map((column) => ({ column, reason: 'third-party' as const })),
      sql: [
        // What was noted under a reference that theirs took the place of is about them, too.
        'WITH RECURSIVE person (reference, person) AS (SELECT u.reference, (u.n - 1)::integer',
        '  FROM unnest($1::text[]) WITH ORDINALITY u (reference, n)',
        '  UNION SELECT s.reference, p.person FROM gdpr.subject_superseded s JOIN person p ON s.by = p.reference)',
        `SELECT ${['r.person', '1', "''", ...columns.map(({ name }) => `r.${quoteIdentifier(name)}`)].join(', ')}`,
        `FROM (${own.rows}) r ORDER BY ${order.join(', ')}`,
      ].join('\n'),
      values: own.rows.includes('$2') ? [[...subjects], at] : [[...subjects]],
    };
  });
}
