import type { PersonalTableModel, ResolvedReach } from './model.js';

/** A hop from a row to the row that it reaches its owner through. */
export interface Hop {
  readonly from: PersonalTableModel;
  readonly to: PersonalTableModel;
  readonly reach: Extract<ResolvedReach, { kind: 'through' }>;
}

/**
 * The shortest way up from a table to another one, by its `through` reaches; undefined when there is none.
 * `tables` holds the personal tables by canonical name.
 */
export function parentPath(
  table: PersonalTableModel,
  target: string,
  tables: ReadonlyMap<string, PersonalTableModel>,
): Hop[] | undefined {
  const queue: { at: PersonalTableModel; path: Hop[] }[] = [{ at: table, path: [] }];
  const seen = new Set([table.name]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const owner of next.at.owners) {
      for (const reach of owner.reaches) {
        const to = reach.kind === 'through' ? tables.get(reach.table) : undefined;
        if (reach.kind !== 'through' || to === undefined || seen.has(reach.table)) continue;
        const path = [...next.path, { from: next.at, to, reach }];
        if (reach.table === target) return path;
        seen.add(reach.table);
        queue.push({ at: to, path });
      }
    }
  }
  return undefined;
}
