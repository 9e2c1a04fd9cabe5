import type { ColumnModel, PersonalTableModel, Problem, ResolvedReach } from './model.js';
import { canonicalName } from './names.js';
import type { ColumnEntry } from './schema.js';
import { mayStandUnder, ORDER_STATUSES, type SchemaOrgType, shapeOf, valueAt } from './schema-org.js';

/** A place in schema.org's vocabulary where a column's value goes; with `from`, that column of the lookup's table. */
export interface Target {
  readonly path: readonly string[];
  readonly from?: string;
}

/** A column's places in schema.org's vocabulary. */
export interface LinkedEntry {
  readonly targets: readonly Target[];
  readonly values: Readonly<Record<string, string>>;
  readonly lookup?: { readonly table: string; readonly key: string };
}

/** What the map says of a column's place in schema.org's vocabulary; undefined when it has none. */
export function linkedEntry({ schemaOrg }: ColumnEntry): LinkedEntry | undefined {
  if (schemaOrg === undefined) return undefined;
  if (typeof schemaOrg === 'string') return { targets: [{ path: schemaOrg.split('.') }], values: {} };
  const { paths = [], values = {}, lookup } = schemaOrg;
  return {
    targets: [
      ...paths.map((path) => ({ path: path.split('.') })),
      ...Object.entries(lookup?.columns ?? {}).map(([from, path]) => ({ path: path.split('.'), from })),
    ],
    values,
    ...(lookup && { lookup: { table: canonicalName(lookup.table), key: lookup.key } }),
  };
}

/** The key by which a row is a part of a row of that table: a reach without conditions where there is one. */
export function partReach(
  { owners }: PersonalTableModel,
  parent: string,
): Extract<ResolvedReach, { kind: 'through' }> | undefined {
  const reaches = owners
    .flatMap((owner) => owner.reaches)
    .filter((reach) => reach.kind === 'through')
    .filter((reach) => reach.table === parent);
  return reaches.find((reach) => reach.when === undefined) ?? reaches[0];
}

type Report = (path: (string | number)[], message: string) => void;

/** Checks what a map says of schema.org: types, properties, parts, codes and lookups. */
export function schemaOrgProblems(
  tables: ReadonlyMap<string, PersonalTableModel>,
  impersonal: ReadonlyMap<string, readonly string[]>,
): Problem[] {
  const problems: Problem[] = [];
  for (const table of tables.values()) {
    const report: Report = (path, message) => problems.push({ path: ['tables', table.written, ...path], message });
    checkRow(table, tables, report);
    const paths: (readonly string[])[] = [];
    for (const column of table.columns) {
      const here: Report = (path, message) => report(['columns', column.name, 'schemaOrg', ...path], message);
      if (checkColumn(column, table.entry.schemaOrg?.type, impersonal, here))
        paths.push(...(linkedEntry(column.entry)?.targets ?? []).map((target) => target.path));
    }
    if (table.entry.schemaOrg === undefined) continue;
    const whole = shapeOf(table.entry.schemaOrg.type, paths);
    if ('problem' in whole) report(['schemaOrg'], whole.problem);
  }
  return problems;
}

function checkRow(table: PersonalTableModel, tables: ReadonlyMap<string, PersonalTableModel>, report: Report): void {
  const said = table.entry.schemaOrg;
  if (said === undefined || !('partOf' in said)) return;
  const parent = tables.get(canonicalName(said.partOf));
  const above = parent?.entry.schemaOrg;
  if (parent === undefined) report(['schemaOrg', 'partOf'], `no personal table ${said.partOf} in the map`);
  else if (above === undefined || 'partOf' in above) {
    report(['schemaOrg', 'partOf'], `${parent.name} must itself be a Person or an Order`);
  } else if (!mayStandUnder(above.type, said.as, said.type)) {
    report(['schemaOrg', 'as'], `schema.org expects no ${said.type} under ${above.type}.${said.as}`);
  } else if (partReach(table, parent.name) === undefined) {
    report(['schemaOrg', 'partOf'], `no owner of ${table.name} reaches through ${parent.name}`);
  }
}

/** @returns whether its paths are right, each by itself */
function checkColumn(
  { entry }: ColumnModel,
  type: SchemaOrgType | undefined,
  impersonal: ReadonlyMap<string, readonly string[]>,
  report: Report,
): boolean {
  const linked = linkedEntry(entry);
  if (linked === undefined) return false;
  if (type === undefined) {
    report([], 'its table does not say what a row is in schema.org; give the table a schemaOrg too');
    return false;
  }
  if (entry.json !== undefined) report([], 'a JSON document is no single value');
  if (linked.targets.length === 0) report([], 'needs paths, or a lookup with columns');
  let right = true;
  for (const { path, from } of linked.targets) {
    const shape = shapeOf(type, [path]);
    if ('problem' in shape) {
      report([], shape.problem);
      right = false;
    } else if (valueAt(shape, path) === 'order-status') {
      checkStatuses(from === undefined ? linked.values : {}, report);
    }
  }
  if (linked.lookup !== undefined) {
    const { table, key } = linked.lookup;
    const known = impersonal.get(table);
    if (known === undefined) report(['lookup', 'table'], `no impersonal table ${table} in the map`);
    else {
      for (const column of [key, ...linked.targets.flatMap(({ from }) => from ?? [])])
        if (!known.includes(column)) report(['lookup'], `no column "${column}" is described in ${table}`);
    }
  }
  return right;
}

function checkStatuses(values: Readonly<Record<string, string>>, report: Report): void {
  const known = `known: ${ORDER_STATUSES.join(', ')}`;
  if (Object.keys(values).length === 0) report([], `needs values that tell which status each code is; ${known}`);
  for (const [code, status] of Object.entries(values))
    if (!ORDER_STATUSES.includes(status))
      report(['values', code], `schema.org has no order status "${status}"; ${known}`);
}
