import type { PersonalTableModel, Problem } from './model.js';
import { canonicalName } from './names.js';
import { pathsUp } from './paths.js';
import type { DataMap } from './schema.js';

/** What is wrong with the references of the map's part on disclosure. */
export function disclosureProblems(map: DataMap, tables: ReadonlyMap<string, PersonalTableModel>): Problem[] {
  const { disclosure } = map;
  if (disclosure === undefined) return [];
  const problems: Problem[] = [];
  const report = (path: (string | number)[], message: string) =>
    problems.push({ path: ['disclosure', ...path], message });
  const tableOf = (path: (string | number)[], written: string) => {
    const table = tables.get(canonicalName(written));
    if (table === undefined) report(path, `no personal table ${written} in the map`);
    return table;
  };
  const hasColumn = (path: (string | number)[], table: PersonalTableModel, column: string) => {
    if (!Object.hasOwn(table.entry.columns, column))
      report(path, `no column "${column}" is described in ${table.name}`);
  };
  const reaches = (path: (string | number)[], from: PersonalTableModel, to: PersonalTableModel) => {
    if (from !== to && pathsUp(from, to.name, tables).length === 0)
      report(path, `${from.name} does not reach its owner through ${to.name}`);
  };
  for (const [id, { root, date, tables: members }] of Object.entries(disclosure.groups)) {
    const at = ['groups', id];
    if (Object.hasOwn(map.categories, id)) report(at, `"${id}" is a category already`);
    const top = tableOf([...at, 'root'], root);
    if (top === undefined) continue;
    hasColumn([...at, 'date'], top, date);
    members.forEach((member, i) => {
      const table = tableOf([...at, 'tables', i], member);
      if (table !== undefined) reaches([...at, 'tables', i], table, top);
    });
  }
  for (const [written, source] of Object.entries(disclosure.dates ?? {})) {
    const at = ['dates', written];
    const table = tableOf(at, written);
    const dated = 'parent' in source ? tableOf([...at, 'parent'], source.parent) : table;
    if (table === undefined || dated === undefined) continue;
    hasColumn([...at, 'column'], dated, source.column);
    reaches([...at, 'parent'], table, dated);
  }
  return problems;
}
