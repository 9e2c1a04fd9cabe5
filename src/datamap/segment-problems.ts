import type { ImpersonalTableModel, PersonalTableModel, Problem } from './model.js';
import { canonicalName } from './names.js';
import type { DataMap } from './schema.js';
import { ownedTable, waysTo } from './ways.js';

type Path = (string | number)[];
type Tables = ReadonlyMap<string, PersonalTableModel>;

/** What is wrong with the map's words for segments: places, lines of orders, purposes that rest on explicit consent. */
export function segmentProblems(
  map: DataMap,
  tables: Tables,
  impersonal: ReadonlyMap<string, ImpersonalTableModel['entry']['columns']>,
): Problem[] {
  const problems: Problem[] = [];
  const report = (path: Path, message: string) => problems.push({ path, message });
  for (const [id, purpose] of Object.entries(map.purposes)) {
    if (purpose.explicitConsent === true && purpose.basis !== '6(1)(a)')
      report(
        ['purposes', id, 'explicitConsent'],
        `consent is the basis 6(1)(a), and this purpose has ${purpose.basis}`,
      );
  }
  for (const [id, source] of Object.entries(map.marketing?.sources ?? {})) {
    const { place } = source;
    if (place === undefined) continue;
    const path = ['marketing', 'sources', id, 'place'];
    const person = ownedTable(source, tables);
    const at = 'table' in place ? ownedTable(place, tables) : person;
    if (at === undefined || person === undefined) {
      if ('table' in place) report([...path, 'table'], `no personal table ${place.table} in the map`);
    } else if (!Object.hasOwn(at.table.entry.columns, place.column))
      report([...path, 'column'], `no column "${place.column}" is described in ${at.table.name}`);
    else if ('table' in place && waysTo(at, person, tables).length === 0)
      report([...path, 'table'], `no key leads from the owner "${at.owner}" of ${place.table} to ${source.table}`);
  }
  const orders = map.marketing?.orders;
  if (orders?.lines !== undefined) {
    const { lines } = orders;
    const path = ['marketing', 'orders', 'lines'];
    const table = tables.get(canonicalName(lines.table));
    const target = tables.get(canonicalName(orders.table));
    if (table === undefined) report([...path, 'table'], `no personal table ${lines.table} in the map`);
    else {
      const keyed = table.owners.some(({ reaches }) =>
        reaches.some((reach) => reach.kind === 'through' && reach.table === target?.name),
      );
      if (!keyed) report([...path, 'table'], `no owner of ${lines.table} reaches ${orders.table} by key`);
      let columns: readonly string[] | undefined = Object.keys(table.entry.columns);
      let name = table.name;
      const need = (key: Path, column: string | undefined) => {
        if (column !== undefined && columns?.includes(column) === false)
          report([...path, ...key], `no column "${column}" is described in ${name}`);
      };
      lines.path.forEach((step, i) => {
        need(['path', i, 'column'], step.column);
        name = canonicalName(step.table);
        columns = impersonal.get(name);
        if (columns === undefined)
          report([...path, 'path', i, 'table'], `no impersonal table ${step.table} in the map`);
        need(['path', i, 'key'], step.key);
      });
      need(['category'], lines.category);
      need(['parent'], lines.parent);
    }
  }
  return problems;
}
