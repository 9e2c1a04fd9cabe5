import type { PersonalTableModel, Problem } from './model.js';
import { canonicalName } from './names.js';
import type { Hop } from './paths.js';
import { pathsUp } from './paths.js';
import type { ColumnEntry, Condition, DataMap } from './schema.js';

type Path = (string | number)[];
type Tables = ReadonlyMap<string, PersonalTableModel>;

/**
 * The way from a table to one above it that a manifest takes: the shortest, and of those the one with the fewest
 * conditions, so that it holds for as many rows as any; undefined where there is none.
 */
export function manifestWay(table: PersonalTableModel, parent: string, tables: Tables): readonly Hop[] | undefined {
  const conditions = (hops: readonly Hop[]) => hops.reduce((sum, { reach }) => sum + (reach.when?.length ?? 0), 0);
  return pathsUp(table, canonicalName(parent), tables).toSorted(
    (a, b) => a.length - b.length || conditions(a) - conditions(b),
  )[0];
}

/** What is wrong with the manifests of a map's recipients: references, and data that the recipient is not to have. */
export function manifestProblems(
  map: DataMap,
  tables: Tables,
  impersonal: ReadonlyMap<string, readonly string[]>,
): Problem[] {
  const problems: Problem[] = [];
  for (const [id, recipient] of Object.entries(map.recipients)) {
    const { manifest } = recipient;
    if (manifest === undefined) continue;
    const report = (path: Path, message: string) =>
      problems.push({ path: ['recipients', id, 'manifest', ...path], message });
    if (!recipient.purposes.includes(manifest.purpose))
      report(['purpose'], `"${manifest.purpose}" is no purpose of this recipient`);
    const table = tables.get(canonicalName(manifest.table));
    if (table === undefined) {
      report(['table'], `no personal table ${manifest.table} in the map`);
      continue;
    }
    const need = (path: Path, of: PersonalTableModel, column: string): ColumnEntry | undefined => {
      const entry = Object.hasOwn(of.entry.columns, column) ? of.entry.columns[column] : undefined;
      if (entry === undefined) report(path, `no column "${column}" is described in ${of.name}`);
      return entry;
    };
    const above = (path: Path, parent: string): PersonalTableModel | undefined => {
      const found = tables.get(canonicalName(parent));
      if (found !== undefined && manifestWay(table, parent, tables) !== undefined) return found;
      report(path, `no reach leads from ${table.name} up to ${parent}`);
      return undefined;
    };
    const conditions = (path: Path, of: PersonalTableModel, when: readonly Condition[] | undefined) =>
      when?.forEach(({ column }, i) => {
        need([...path, i, 'column'], of, column);
      });
    conditions(['when'], table, manifest.when);
    manifest.parents?.forEach(({ parent, when }, i) => {
      const found = above(['parents', i, 'parent'], parent);
      if (found !== undefined) conditions(['parents', i, 'when'], found, when);
    });
    for (const [heading, source] of Object.entries(manifest.columns)) {
      const path = ['columns', heading];
      const of = 'parent' in source ? above([...path, 'parent'], source.parent) : table;
      const entry = of === undefined ? undefined : need([...path, 'column'], of, source.column);
      if (entry === undefined) continue;
      if (!recipient.categories.includes(entry.category))
        report(path, `its category "${entry.category}" is none that this recipient receives`);
      if (!entry.purposes.includes(manifest.purpose))
        report(path, `"${source.column}" is not held for the purpose ${manifest.purpose}`);
      if (entry.secret !== undefined) report(path, `"${source.column}" is a secret`);
      if (entry.owner === 'other') report(path, `"${source.column}" is of a third party`);
      if (entry.json !== undefined) report(path, `"${source.column}" is a whole document`);
      if (entry.freeText === true) report(path, `"${source.column}" is free text, which somebody has to read first`);
      const lookup = 'parent' in source ? undefined : source.lookup;
      if (lookup === undefined) continue;
      const columns = impersonal.get(canonicalName(lookup.table));
      if (columns === undefined) report([...path, 'lookup', 'table'], `no impersonal table ${lookup.table} in the map`);
      else
        for (const key of ['key', 'column'] as const)
          if (!columns.includes(lookup[key]))
            report([...path, 'lookup', key], `no column "${lookup[key]}" is described in ${lookup.table}`);
    }
  }
  return problems;
}
