import type { PersonalTableModel, Problem } from './model.js';
import { canonicalName } from './names.js';
import type { Condition, DataMap } from './schema.js';

type Path = (string | number)[];
type Tables = ReadonlyMap<string, PersonalTableModel>;

/** What is wrong with the references of the map's part on marketing; an address must be held for that purpose. */
export function marketingProblems(map: DataMap, tables: Tables): Problem[] {
  const { marketing } = map;
  if (marketing === undefined) return [];
  const problems: Problem[] = [];
  const report = (path: Path, message: string) => problems.push({ path: ['marketing', ...path], message });
  const needPurpose = (key: 'purpose' | 'insight', use: 'marketing' | 'insight') => {
    const id = marketing[key];
    if (id === undefined) return;
    const known = Object.hasOwn(map.purposes, id) ? map.purposes[id] : undefined;
    if (known?.use !== use) report([key], `no purpose "${id}" with the use ${use}`);
  };
  needPurpose('purpose', 'marketing');
  needPurpose('insight', 'insight');
  const inTable = (path: Path, written: string, owner: string | undefined) => {
    const table = tables.get(canonicalName(written));
    if (table === undefined) {
      report([...path, 'table'], `no personal table ${written} in the map`);
      return undefined;
    }
    if (owner !== undefined && !table.owners.some(({ id }) => id === owner))
      report([...path, 'owner'], `${written} has no owner "${owner}"`);
    return {
      column: (key: Path, name: string | undefined) => {
        if (name !== undefined && !Object.hasOwn(table.entry.columns, name))
          report([...path, ...key], `no column "${name}" is described in ${table.name}`);
      },
      address: (key: 'email' | 'phone', name: string | undefined) => {
        const column = name === undefined ? undefined : table.entry.columns[name];
        if (column === undefined) return;
        if (column.identifier === undefined || map.identifiers[column.identifier]?.kind !== key)
          report([...path, key], `"${name}" holds no identifier of the kind ${key}`);
        if (!column.purposes.includes(marketing.purpose))
          report([...path, key], `"${name}" is not held for the purpose ${marketing.purpose}`);
      },
      conditions(key: Path, list: readonly Condition[] | undefined) {
        list?.forEach(({ column }, i) => {
          this.column([...key, i, 'column'], column);
        });
      },
    };
  };
  for (const [id, source] of Object.entries(marketing.sources)) {
    const path = ['sources', id];
    const at = inTable(path, source.table, source.owner);
    if (at === undefined) continue;
    for (const key of ['email', 'phone', 'name', 'givenName', 'familyName', 'language', 'birthDate'] as const)
      at.column([key], source[key]);
    for (const key of ['email', 'phone'] as const) at.address(key, source[key]);
    for (const key of ['legalPerson', 'when', 'closed'] as const) at.conditions([key], source[key]);
    source.says?.forEach((each, i) => {
      at.column(['says', i, 'at'], each.at);
      at.conditions(['says', i, 'yes'], each.yes);
      at.conditions(['says', i, 'no'], each.no);
    });
    if (source.email === undefined && source.phone === undefined) report(path, 'a source needs an email or a phone');
  }
  if (marketing.orders !== undefined) {
    const { orders } = marketing;
    const at = inTable(['orders'], orders.table, orders.owner);
    for (const key of ['placed', 'total'] as const) at?.column([key], orders[key]);
    for (const key of ['completed', 'refused'] as const) at?.conditions([key], orders[key]);
  }
  return problems;
}
