import { compileErase } from '../customer/erase/compile.js';
import type { Catalog, CatalogTable } from '../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../datamap/model.js';
import { canonicalName } from '../datamap/names.js';
import { addMarketingColumns } from './marketing-columns.js';

/** What the roles may do with one table of the shop; the columns in the order of the table. */
export interface ShopGrant {
  readonly schema: string;
  readonly table: string;
  readonly operator: { readonly update: readonly string[]; readonly delete: boolean; readonly refresh: boolean };
  /** Columns that the marketer reads. */
  readonly marketer: readonly string[];
}

/**
 * What operations need of the shop's tables: everything is read, because an export and the proof of an erasure look
 * everywhere; what is a person's can be rectified or erased, and nothing else is changed.
 * @param audience ids of the purposes for which people are selected and written to
 * @throws GdprError DRIFT when the map's words for erasure cannot be followed
 */
export function shopGrants(model: DataMapModel, catalog: Catalog, audience: ReadonlySet<string>): ShopGrant[] {
  const erasure = compileErase(model, catalog);
  const read = audienceColumns(model, catalog, audience);
  const personal = erasure.tables.map(({ table, live: liveTable, goesAlone, goesAnyway, columns }): ShopGrant => {
    const change = columns.filter(({ change: { kind } }) => kind !== 'none' && kind !== 'impossible');
    const cut = erasure.dependencies.flatMap((each) => (each.child.table === table ? each.cut : []));
    const update = new Set([...change.map(({ column }) => column.name), ...cut, ...rectifiable(table, liveTable)]);
    return {
      schema: table.schema,
      table: table.table,
      operator: {
        update: liveTable.kind === 'view' ? [] : lockable(update, liveTable),
        delete: (goesAlone | goesAnyway) !== 0,
        refresh: liveTable.kind === 'view',
      },
      marketer: inOrder(read.get(table.name) ?? new Set(), liveTable),
    };
  });
  const impersonal = model.impersonal.map(
    ({ name, schema, table }): ShopGrant => ({
      schema,
      table,
      operator: { update: [], delete: false, refresh: false },
      marketer: [...(read.get(name) ?? [])],
    }),
  );
  return [...personal, ...impersonal].sort((a, b) => (`${a.schema}.${a.table}` < `${b.schema}.${b.table}` ? -1 : 1));
}

function rectifiable({ columns }: PersonalTableModel, { columns: liveColumns }: CatalogTable): string[] {
  return columns
    .filter(({ name, owner }) => owner !== 'shared' && owner !== 'other' && liveColumns.get(name)?.generated === false)
    .map(({ name }) => name);
}

/** Rows are locked before they go, for which PostgreSQL demands the privilege to update some column. */
function lockable(update: ReadonlySet<string>, table: CatalogTable): string[] {
  const first = table.key[0] ?? [...table.columns.keys()][0];
  return update.size === 0 && first !== undefined ? [first] : inOrder(update, table);
}

function inOrder(names: ReadonlySet<string>, { columns }: CatalogTable): string[] {
  return [...columns.keys()].filter((name) => names.has(name));
}

/**
 * What is held for these purposes, and the keys, conditions and identifiers by which such a row leads to its person
 * and the person to an address.
 */
function audienceColumns(
  model: DataMapModel,
  catalog: Catalog,
  audience: ReadonlySet<string>,
): Map<string, Set<string>> {
  const read = new Map<string, Set<string>>();
  const add = (table: string, names: readonly string[]) => {
    const known = read.get(table) ?? new Set();
    for (const name of names) known.add(name);
    read.set(table, known);
  };
  const follow = (table: PersonalTableModel, passed: ReadonlySet<string>) => {
    if (passed.has(table.name)) return;
    for (const { reaches } of table.owners) {
      for (const reach of reaches) {
        if (reach.kind === 'self') continue;
        add(
          table.name,
          (reach.when ?? []).map(({ column }) => column),
        );
        if (reach.kind === 'identifier') {
          add(
            table.name,
            reach.identifier.map(({ column }) => column),
          );
          continue;
        }
        add(
          table.name,
          reach.on.map(({ column }) => column),
        );
        add(
          reach.table,
          reach.on.map(({ to }) => to),
        );
        follow(model.table(reach.table), new Set([...passed, table.name]));
      }
    }
  };
  for (const table of model.tables) {
    const held = table.columns.filter(
      ({ entry, owner }) =>
        owner !== 'other' && entry.secret === undefined && entry.purposes.some((purpose) => audience.has(purpose)),
    );
    if (held.length === 0) continue;
    add(
      table.name,
      held.map(({ name }) => name),
    );
    follow(table, new Set());
  }
  const people = Object.values(model.map.persons).map(({ table }) => canonicalName(table));
  for (const name of people) {
    const { columns } = model.table(name);
    add(name, catalog.get(name)?.key ?? []);
    add(
      name,
      columns.filter(({ entry: { identifier } }) => addresses(model, identifier)).map((column) => column.name),
    );
  }
  addMarketingColumns(model, catalog, add);
  return read;
}

function addresses(model: DataMapModel, identifier: string | undefined): boolean {
  const kind = identifier === undefined ? undefined : model.map.identifiers[identifier]?.kind;
  return kind === 'email' || kind === 'phone';
}
