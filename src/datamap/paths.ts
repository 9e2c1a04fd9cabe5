import type { PersonalTableModel, ResolvedReach } from './model.js';

/** A hop from a row to the row that it reaches its owner through. */
export interface Hop {
  readonly from: PersonalTableModel;
  readonly to: PersonalTableModel;
  readonly reach: Extract<ResolvedReach, { kind: 'through' }>;
}

/**
 * Every way up from a table to another one by `through` reaches, none of which passes a table twice.
 * `tables` holds the personal tables by canonical name.
 */
export function pathsUp(
  table: PersonalTableModel,
  target: string,
  tables: ReadonlyMap<string, PersonalTableModel>,
  passed: ReadonlySet<string> = new Set([table.name]),
): Hop[][] {
  return hopsOf(table, tables).flatMap((hop): Hop[][] => {
    if (hop.to.name === target) return [[hop]];
    if (passed.has(hop.to.name)) return [];
    return pathsUp(hop.to, target, tables, new Set([...passed, hop.to.name])).map((rest) => [hop, ...rest]);
  });
}

/** Two owners that share a key share the hop. */
function hopsOf(from: PersonalTableModel, tables: ReadonlyMap<string, PersonalTableModel>): Hop[] {
  const hops = new Map<string, Hop>();
  for (const reach of from.owners.flatMap((owner) => owner.reaches)) {
    const to = reach.kind === 'through' ? tables.get(reach.table) : undefined;
    if (reach.kind !== 'through' || to === undefined) continue;
    hops.set(JSON.stringify([reach.table, reach.on, reach.when ?? []]), { from, to, reach });
  }
  return [...hops.values()];
}
