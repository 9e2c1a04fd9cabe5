import { GdprError } from '../foundation/errors.js';
import type { Catalog, CatalogTable } from './catalog.js';
import type { DataMapModel, PersonalTableModel } from './model.js';
import { canonicalName, parseTableName } from './names.js';
import { shapeOf, valueAt } from './schema-org.js';
import { linkedEntry } from './schema-org-model.js';

/** One difference between the map and the live database, with what to do about it. */
export interface Drift {
  readonly table: string;
  readonly column?: string;
  readonly problem:
    | 'table-unknown-to-map'
    | 'column-unknown-to-map'
    | 'table-missing'
    | 'column-missing'
    | 'impersonal-but-keyed'
    | 'key-not-owned'
    | 'not-json'
    | 'not-a-date'
    | 'lookup-without-key'
    | 'person-without-key';
  readonly message: string;
}

/** Compares the map with the catalogue. An empty list means that every column of every table is accounted for. */
export function findDrift(model: DataMapModel, catalog: Catalog): Drift[] {
  const drift: Drift[] = [];
  const ignored = new Set(Object.keys(model.map.ignoredSchemas ?? {}));
  const mapped = new Map<string, readonly string[]>([
    ...model.tables.map((table) => [table.name, table.columns.map((column) => column.name)] as const),
    ...model.impersonal.map((table) => [table.name, table.entry.columns] as const),
  ]);
  const personal = new Set(model.tables.map((table) => table.name));

  for (const [name, table] of catalog) {
    const described = mapped.get(name);
    if (described === undefined && ignored.has(parseTableName(name)?.schema ?? '')) {
      drift.push(...keyedTo(personal, table, 'in a schema that the map ignores'));
      continue;
    }
    if (described === undefined) {
      drift.push({
        table: name,
        problem: 'table-unknown-to-map',
        message: 'the map does not know this table; describe it, or declare it impersonal with the reason',
      });
      continue;
    }
    for (const column of table.columns.keys()) {
      if (!described.includes(column))
        drift.push({
          table: name,
          column,
          problem: 'column-unknown-to-map',
          message: 'the map does not know this column; describe it',
        });
    }
  }
  for (const [name, columns] of mapped) {
    const table = catalog.get(name);
    if (table === undefined) {
      drift.push({
        table: name,
        problem: 'table-missing',
        message: 'the database has no such table, or the role may not see it',
      });
      continue;
    }
    for (const column of columns) {
      if (!table.columns.has(column))
        drift.push({ table: name, column, problem: 'column-missing', message: 'the table has no such column' });
    }
  }
  for (const table of model.impersonal) {
    const live = catalog.get(table.name);
    if (live !== undefined) drift.push(...keyedTo(personal, live, 'declared impersonal'));
  }
  for (const table of model.tables) {
    const live = catalog.get(table.name);
    if (live !== undefined)
      drift.push(...unownedKeys(table, live, personal), ...notJson(table, live), ...withoutKey(table, live));
  }
  drift.push(...notDates(model, catalog), ...lookupsWithoutKey(model, catalog));
  return drift;
}

/** A table whose rows are persons needs a key, or one row could be taken for another between two looks. */
function withoutKey(table: PersonalTableModel, live: CatalogTable): Drift[] {
  if (live.key.length > 0 || !table.owners.some((owner) => owner.reaches.some((reach) => reach.kind === 'self')))
    return [];
  const message =
    'its rows are persons, but it has neither a primary key nor a unique index over NOT NULL columns; give it one';
  return [{ table: table.name, problem: 'person-without-key', message }];
}

/** Keys to personal tables from a table that is said to hold nothing about people. */
function keyedTo(personal: ReadonlySet<string>, table: CatalogTable, said: string): Drift[] {
  return table.foreignKeys
    .filter((key) => personal.has(key.references))
    .map((key) => ({
      table: table.name,
      column: key.columns.join(', '),
      problem: 'impersonal-but-keyed' as const,
      message: `${said}, but its key ${key.name} points to ${key.references}, which is personal; give it an owner`,
    }));
}

/** Foreign keys to personal tables that no reach follows and that the map does not explain. */
function unownedKeys(table: PersonalTableModel, live: CatalogTable, personal: ReadonlySet<string>): Drift[] {
  const reaches = table.owners.flatMap((owner) => owner.reaches.filter((reach) => reach.kind === 'through'));
  const explained = table.entry.otherKeys ?? [];
  return live.foreignKeys
    .filter((key) => personal.has(key.references))
    .filter(
      (key) =>
        !explained.some(
          (other) =>
            other.columns.length === key.columns.length &&
            other.columns.every((column) => key.columns.includes(column)),
        ),
    )
    .filter(
      (key) =>
        !reaches.some(
          (reach) =>
            reach.table === key.references &&
            key.columns.every((column, i) =>
              reach.on.some(
                (pair) => pair.column === column && pair.path === undefined && pair.to === key.referencedColumns[i],
              ),
            ),
        ),
    )
    .map((key) => ({
      table: table.name,
      column: key.columns.join(', '),
      problem: 'key-not-owned' as const,
      message: `its key ${key.name} points to ${key.references}, which is personal, but no owner reaches through it; add the reach, or name the key under otherKeys with the reason`,
    }));
}

const DATE_TYPES = new Set(['date', 'timestamp without time zone', 'timestamp with time zone']);
const JSON_TYPES = new Set(['json', 'jsonb', 'text', 'character varying', 'bpchar']);

function notJson(table: PersonalTableModel, live: CatalogTable): Drift[] {
  const used = new Set([
    ...table.columns.filter((column) => column.entry.json !== undefined).map((column) => column.name),
    ...table.owners.flatMap((owner) =>
      owner.reaches.flatMap((reach) =>
        reach.kind === 'self'
          ? []
          : (reach.kind === 'through' ? reach.on : reach.identifier)
              .filter((pair) => pair.path !== undefined)
              .map((pair) => pair.column),
      ),
    ),
  ]);
  return [...used]
    .filter((column) => live.columns.has(column) && !JSON_TYPES.has(live.columns.get(column)?.baseType ?? ''))
    .map((column) => ({
      table: table.name,
      column,
      problem: 'not-json' as const,
      message: `the map reads JSON here, but the column is ${live.columns.get(column)?.type}`,
    }));
}

/** The columns that retention periods are counted from must hold dates, or a run would end in the middle. */
function notDates(model: DataMapModel, catalog: Catalog): Drift[] {
  const drift = model.tables.flatMap((table) =>
    (table.entry.retention ?? [])
      .flatMap(({ clock }) => ('latest' in clock ? clock.latest : [clock]))
      .flatMap((source): Drift[] => {
        const at = 'parent' in source ? source.parent : 'person' in source ? source.person : table.name;
        const name = canonicalName(at);
        const found = catalog.get(name)?.columns.get(source.column);
        if (found === undefined || DATE_TYPES.has(found.baseType)) return [];
        const message = `a retention period is counted from here, but the column is ${found.type}`;
        return [{ table: name, column: source.column, problem: 'not-a-date', message }];
      }),
  );
  const all = [...drift, ...model.tables.flatMap((table) => notPortableDates(table, catalog))];
  return [...new Map(all.map((item) => [JSON.stringify([item.table, item.column]), item])).values()];
}

/** A date of schema.org's is written as ISO 8601, which only a date or timestamp can be. */
function notPortableDates(table: PersonalTableModel, catalog: Catalog): Drift[] {
  const type = table.entry.schemaOrg?.type;
  if (type === undefined) return [];
  return table.columns.flatMap(({ name, entry }) => {
    const linked = linkedEntry(entry);
    return (linked?.targets ?? []).flatMap(({ path, from }): Drift[] => {
      const shape = shapeOf(type, [path]);
      if ('problem' in shape || !['date', 'moment'].includes(valueAt(shape, path))) return [];
      const at = from === undefined ? table.name : (linked?.lookup?.table ?? '');
      const found = catalog.get(at)?.columns.get(from ?? name);
      if (found === undefined || DATE_TYPES.has(found.baseType)) return [];
      const message = `it is a date in schema.org (${path.join('.')}), but the column is ${found.type}`;
      return [{ table: at, column: from ?? name, problem: 'not-a-date', message }];
    });
  });
}

/** A lookup by anything but the other table's key could find several rows, and one would stand for the others. */
function lookupsWithoutKey(model: DataMapModel, catalog: Catalog): Drift[] {
  return model.tables.flatMap((table) =>
    table.columns.flatMap(({ name, entry }): Drift[] => {
      const lookup = linkedEntry(entry)?.lookup;
      const key = catalog.get(lookup?.table ?? '')?.key;
      if (lookup === undefined || key === undefined || (key.length === 1 && key[0] === lookup.key)) return [];
      const message = `it is looked up in ${lookup.table} by ${lookup.key}, which is not the key of that table`;
      return [{ table: table.name, column: name, problem: 'lookup-without-key', message }];
    }),
  );
}

/** @throws GdprError DRIFT that names every difference */
export function assertNoDrift(model: DataMapModel, catalog: Catalog): void {
  const drift = findDrift(model, catalog);
  if (drift.length === 0) return;
  const shown = drift
    .slice(0, 10)
    .map((item) => `${item.table}${item.column === undefined ? '' : `.${item.column}`}: ${item.message}`);
  const more = drift.length > shown.length ? [`… and ${drift.length - shown.length} more`] : [];
  throw new GdprError(
    'DRIFT',
    ['the data map and the database differ, so nothing was done:', ...shown, ...more].join('\n'),
    {
      hint: 'run: gdpr datamap check',
      details: { drift },
    },
  );
}
