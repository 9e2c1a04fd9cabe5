import type { PersonalTableModel } from './model.js';
import { canonicalName } from './names.js';
import type { Hop } from './paths.js';

type Tables = ReadonlyMap<string, PersonalTableModel>;

/** A row's way, by keys alone, to the row of another table that one owner of it shares; `hops` is [] for the row itself. */
export interface Way {
  readonly hops: readonly Hop[];
  readonly table: PersonalTableModel;
  readonly owner: string;
}

/** Every way by key that one owner of a table has, the table itself first; none of them passes a table twice. */
export function waysUp(table: PersonalTableModel, owner: string, tables: Tables): Way[] {
  const follow = (way: Way): Way[] => [
    way,
    ...(way.table.owners.find(({ id }) => id === way.owner)?.reaches ?? []).flatMap((reach): Way[] => {
      const to = reach.kind === 'through' ? tables.get(reach.table) : undefined;
      if (reach.kind !== 'through' || to === undefined) return [];
      if (to === table || way.hops.some((hop) => hop.to === to)) return [];
      return follow({ hops: [...way.hops, { from: way.table, to, reach }], table: to, owner: reach.owner });
    }),
  ];
  return follow({ hops: [], table, owner });
}

/** The ways by key from a table's owner to an owner of another table. */
export function waysTo(
  from: { readonly table: PersonalTableModel; readonly owner: string },
  to: { readonly table: PersonalTableModel; readonly owner: string },
  tables: Tables,
): Way[] {
  return waysUp(from.table, from.owner, tables).filter((way) => way.table === to.table && way.owner === to.owner);
}

/** A table that the map's part on marketing names, with the owner meant there; undefined where there is none such. */
export function ownedTable(
  { table: written, owner }: { readonly table: string; readonly owner?: string | undefined },
  tables: Tables,
): { readonly table: PersonalTableModel; readonly owner: string } | undefined {
  const table = tables.get(canonicalName(written));
  const id = owner ?? table?.owners[0]?.id;
  return table === undefined || id === undefined ? undefined : { table, owner: id };
}
