import { digestOf, type Json } from '../foundation/canonical-json.js';
import { canonicalName, formatTableName, parseTableName, type TableName } from './names.js';
import type { ColumnEntry, DataMap, ImpersonalTable, PersonalTable, Reach } from './schema.js';

/** A reach whose table and owner names are resolved. */
export type ResolvedReach =
  | { readonly kind: 'self'; readonly person: string }
  | ({ readonly kind: 'through'; readonly table: string; readonly owner: string } & Pick<
      Extract<Reach, { through: string }>,
      'on' | 'when'
    >)
  | ({ readonly kind: 'identifier' } & Pick<Extract<Reach, { identifier: unknown }>, 'identifier' | 'when'>);

export interface OwnerModel {
  readonly id: string;
  /** Position among the table's owners, from 0; the bit that marks the owner in a set of rows. */
  readonly index: number;
  readonly reaches: readonly ResolvedReach[];
}

export interface ColumnModel {
  readonly name: string;
  readonly entry: ColumnEntry;
  /** The owner whose datum it is; `shared` for structure, `other` for a third party's. */
  readonly owner: string;
}

export interface PersonalTableModel extends TableName {
  /** Canonical `schema.table`. */
  readonly name: string;
  /** The name as the map writes it. */
  readonly written: string;
  /** Position among the personal tables, from 0. */
  readonly index: number;
  readonly entry: PersonalTable;
  readonly owners: readonly OwnerModel[];
  readonly columns: readonly ColumnModel[];
}

export interface ImpersonalTableModel extends TableName {
  readonly name: string;
  readonly entry: ImpersonalTable;
}

/** A data map whose references all resolve. */
export interface DataMapModel {
  readonly map: DataMap;
  readonly digest: string;
  readonly tables: readonly PersonalTableModel[];
  readonly impersonal: readonly ImpersonalTableModel[];
  table(name: string): PersonalTableModel;
}

/** One thing that is wrong with a map, at a path of its document. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Resolves the names of a map; what is wrong with the tables' own names is collected, not thrown. */
export function buildModel(map: DataMap): { model: DataMapModel; problems: Problem[] } {
  const problems: Problem[] = [];
  const names = new Map<string, string>(); // canonical name → name as written
  for (const written of Object.keys(map.tables)) {
    const parsed = parseTableName(written);
    if (parsed === undefined) {
      problems.push({ path: ['tables', written], message: 'a table is named schema.table' });
      continue;
    }
    const canonical = formatTableName(parsed);
    if (names.has(canonical))
      problems.push({ path: ['tables', written], message: `the table ${canonical} is described twice` });
    names.set(canonical, written);
  }
  const tables: PersonalTableModel[] = [];
  const impersonal: ImpersonalTableModel[] = [];
  for (const [canonical, written] of names) {
    const entry = map.tables[written];
    const parsed = parseTableName(canonical);
    if (entry === undefined || parsed === undefined) continue;
    if ('impersonal' in entry) impersonal.push({ ...parsed, name: canonical, entry });
    else
      tables.push({
        ...parsed,
        name: canonical,
        written,
        index: tables.length,
        entry,
        owners: resolveOwners(entry, map),
        columns: resolveColumns(entry),
      });
  }
  const byName = new Map(tables.map((table) => [table.name, table]));
  const model: DataMapModel = {
    map,
    digest: digestOf(map as unknown as Json),
    tables,
    impersonal,
    table(name) {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`no personal table ${name} in the map`);
      return found;
    },
  };
  return { model, problems };
}

function resolveOwners(entry: PersonalTable, map: DataMap): OwnerModel[] {
  return Object.entries(entry.owners).map(([id, owner], index) => ({
    id,
    index,
    reaches: owner.reach.map((reach) => resolveReach(reach, map)),
  }));
}

function resolveReach(reach: Reach, map: DataMap): ResolvedReach {
  if ('self' in reach) return { kind: 'self', person: reach.self };
  if ('identifier' in reach)
    return { kind: 'identifier', identifier: reach.identifier, ...(reach.when && { when: reach.when }) };
  const table = canonicalName(reach.through);
  const parent = Object.entries(map.tables).find(([written]) => canonicalName(written) === table)?.[1];
  const owner =
    reach.owner ?? (parent !== undefined && 'owners' in parent ? Object.keys(parent.owners)[0] : undefined) ?? '';
  return { kind: 'through', table, owner, on: reach.on, ...(reach.when && { when: reach.when }) };
}

function resolveColumns(entry: PersonalTable): ColumnModel[] {
  const first = Object.keys(entry.owners)[0] ?? '';
  return Object.entries(entry.columns).map(([name, column]) => ({ name, entry: column, owner: column.owner ?? first }));
}
