import { type Json, digestOf } from '../foundation/canonical-json.js';
import { canonicalName, formatTableName, parseTableName, type TableName } from './names.js';
import type { ColumnEntry, DataMap, ImpersonalTable, JsonNode, PersonalTable, Reach } from './schema.js';

/** A reach whose table and owner names are resolved. */
export type ResolvedReach =
  | { readonly kind: 'self'; readonly person: string }
  | ({ readonly kind: 'through'; readonly table: string; readonly owner: string } & Pick<Extract<Reach, { through: string }>, 'on' | 'when'>)
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

/** Resolves names and checks every reference inside the map. Problems are collected, not thrown. */
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
    if (names.has(canonical)) problems.push({ path: ['tables', written], message: `the table ${canonical} is described twice` });
    names.set(canonical, written);
  }
  const tables: PersonalTableModel[] = [];
  const impersonal: ImpersonalTableModel[] = [];
  for (const [canonical, written] of names) {
    const entry = map.tables[written];
    const parsed = parseTableName(canonical);
    if (entry === undefined || parsed === undefined) continue;
    if ('impersonal' in entry) impersonal.push({ ...parsed, name: canonical, entry });
    else tables.push({ ...parsed, name: canonical, index: tables.length, entry, owners: resolveOwners(entry, map), columns: resolveColumns(entry) });
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
  for (const table of tables) problems.push(...tableProblems(table, model, byName, names.get(table.name) ?? table.name));
  problems.push(...headProblems(map, byName));
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
  if ('identifier' in reach) return { kind: 'identifier', identifier: reach.identifier, ...(reach.when && { when: reach.when }) };
  const table = canonicalName(reach.through);
  const parent = Object.entries(map.tables).find(([written]) => canonicalName(written) === table)?.[1];
  const owner = reach.owner ?? (parent !== undefined && 'owners' in parent ? Object.keys(parent.owners)[0] : undefined) ?? '';
  return { kind: 'through', table, owner, on: reach.on, ...(reach.when && { when: reach.when }) };
}

function resolveColumns(entry: PersonalTable): ColumnModel[] {
  const first = Object.keys(entry.owners)[0] ?? '';
  return Object.entries(entry.columns).map(([name, column]) => ({ name, entry: column, owner: column.owner ?? first }));
}

function headProblems(map: DataMap, tables: ReadonlyMap<string, PersonalTableModel>): Problem[] {
  const problems: Problem[] = [];
  for (const [id, recipient] of Object.entries(map.recipients)) {
    recipient.purposes.forEach((purpose, i) => {
      if (!(purpose in map.purposes)) problems.push({ path: ['recipients', id, 'purposes', i], message: unknown('purpose', purpose, map.purposes) });
    });
    recipient.categories.forEach((category, i) => {
      if (!(category in map.categories)) problems.push({ path: ['recipients', id, 'categories', i], message: unknown('category', category, map.categories) });
    });
  }
  for (const [id, person] of Object.entries(map.persons)) {
    const table = tables.get(canonicalName(person.table));
    if (table === undefined) problems.push({ path: ['persons', id, 'table'], message: `no personal table ${person.table} in the map` });
    else if (!table.owners.some((owner) => owner.reaches.some((reach) => reach.kind === 'self' && reach.person === id)))
      problems.push({ path: ['persons', id, 'table'], message: `no owner of ${person.table} has the reach {self: ${id}}` });
  }
  if (Object.keys(map.persons).length === 0) problems.push({ path: ['persons'], message: 'at least one kind of person is needed' });
  return problems;
}

function unknown(what: string, id: string, known: object): string {
  return `unknown ${what} "${id}"; known: ${Object.keys(known).join(', ') || 'none'}`;
}

function tableProblems(table: PersonalTableModel, model: DataMapModel, tables: ReadonlyMap<string, PersonalTableModel>, written: string): Problem[] {
  const { map } = model;
  const { entry } = table;
  const at = (...path: (string | number)[]) => ['tables', written, ...path];
  const problems: Problem[] = [];
  const report = (path: (string | number)[], message: string) => problems.push({ path: at(...path), message });
  const columns = entry.columns;
  const needColumn = (path: (string | number)[], column: string, of = columns, where = written) => {
    if (!(column in of)) report(path, `no column "${column}" is described in ${where}`);
  };
  const owners = new Set([...Object.keys(entry.owners), 'shared', 'other']);

  for (const [name, column] of Object.entries(columns)) {
    const here = ['columns', name];
    if (!(column.category in map.categories)) report([...here, 'category'], unknown('category', column.category, map.categories));
    column.purposes.forEach((purpose, i) => {
      if (!(purpose in map.purposes)) report([...here, 'purposes', i], unknown('purpose', purpose, map.purposes));
    });
    if (column.owner !== undefined && !owners.has(column.owner)) report([...here, 'owner'], `unknown owner "${column.owner}"; known: ${[...owners].join(', ')}`);
    if (column.identifier !== undefined && !(column.identifier in map.identifiers)) report([...here, 'identifier'], unknown('identifier', column.identifier, map.identifiers));
    if (typeof column.erase === 'object' && 'keep' in column.erase && !(column.erase.keep in map.retention)) report([...here, 'erase', 'keep'], unknown('retention rule', column.erase.keep, map.retention));
    column.json?.forEach((node: JsonNode, i) => {
      const place = [...here, 'json', i];
      if (!(node.category in map.categories)) report([...place, 'category'], unknown('category', node.category, map.categories));
      if (node.owner !== undefined && !owners.has(node.owner)) report([...place, 'owner'], `unknown owner "${node.owner}"; known: ${[...owners].join(', ')}`);
      if (node.identifier !== undefined && !(node.identifier in map.identifiers)) report([...place, 'identifier'], unknown('identifier', node.identifier, map.identifiers));
    });
  }

  for (const owner of table.owners) {
    owner.reaches.forEach((reach, i) => {
      const here = ['owners', owner.id, 'reach', i];
      if (reach.kind === 'self') {
        const person = map.persons[reach.person];
        if (person === undefined) report([...here, 'self'], unknown('kind of person', reach.person, map.persons));
        else if (canonicalName(person.table) !== table.name) report([...here, 'self'], `the kind of person "${reach.person}" has its rows in ${person.table}`);
        return;
      }
      reach.when?.forEach((condition, j) => needColumn([...here, 'when', j, 'column'], condition.column));
      if (reach.kind === 'identifier') {
        reach.identifier.forEach((pair, j) => {
          needColumn([...here, 'identifier', j, 'column'], pair.column);
          if (!(pair.is in map.identifiers)) report([...here, 'identifier', j, 'is'], unknown('identifier', pair.is, map.identifiers));
        });
        if (!reach.identifier.some((pair) => map.identifiers[pair.is]?.links === true)) report([...here, 'identifier'], 'one of the identifiers must link (links: true), or two people would be taken for one');
        return;
      }
      const parent = tables.get(reach.table);
      if (parent === undefined) {
        report([...here, 'through'], `no personal table ${reach.table} in the map`);
        return;
      }
      if (!parent.owners.some((other) => other.id === reach.owner)) report([...here, 'owner'], `${reach.table} has no owner "${reach.owner}"; it has ${parent.owners.map((other) => other.id).join(', ')}`);
      reach.on.forEach((pair, j) => {
        needColumn([...here, 'on', j, 'column'], pair.column);
        needColumn([...here, 'on', j, 'to'], pair.to, parent.entry.columns, reach.table);
      });
    });
  }

  entry.retention?.forEach((keep, i) => {
    if (!(keep.rule in map.retention)) report(['retention', i, 'rule'], unknown('retention rule', keep.rule, map.retention));
    keep.columns?.forEach((column, j) => needColumn(['retention', i, 'columns', j], column));
    for (const source of 'latest' in keep.clock ? keep.clock.latest : [keep.clock]) {
      const other = 'parent' in source ? source.parent : 'person' in source ? source.person : undefined;
      if (other === undefined) {
        needColumn(['retention', i, 'clock'], source.column);
        continue;
      }
      const otherTable = tables.get(canonicalName(other));
      if (otherTable === undefined) report(['retention', i, 'clock'], `no personal table ${other} in the map`);
      else needColumn(['retention', i, 'clock'], source.column, otherTable.entry.columns, other);
      if ('parent' in source && otherTable !== undefined && parentPath(table, otherTable.name, tables) === undefined) report(['retention', i, 'clock', 'parent'], `no reach leads from ${table.name} to ${other}`);
    }
  });
  if (entry.retention === undefined && entry.keptBecause === undefined) report([], 'a personal table needs a retention rule, or keptBecause with the reason');
  entry.otherKeys?.forEach((key, i) => {
    key.columns.forEach((column, j) => needColumn(['otherKeys', i, 'columns', j], column));
  });
  return problems;
}

/** A hop from a row to the row that it reaches its owner through. */
export interface Hop {
  readonly from: PersonalTableModel;
  readonly to: PersonalTableModel;
  readonly reach: Extract<ResolvedReach, { kind: 'through' }>;
}

/** The shortest way up from a table to another one, by its `through` reaches; undefined when there is none. */
export function parentPath(table: PersonalTableModel, target: string, tables: ReadonlyMap<string, PersonalTableModel>): Hop[] | undefined {
  const queue: { at: PersonalTableModel; path: Hop[] }[] = [{ at: table, path: [] }];
  const seen = new Set([table.name]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const owner of next.at.owners) {
      for (const reach of owner.reaches) {
        if (reach.kind !== 'through' || seen.has(reach.table)) continue;
        const to = tables.get(reach.table);
        if (to === undefined) continue;
        const path = [...next.path, { from: next.at, to, reach }];
        if (reach.table === target) return path;
        seen.add(reach.table);
        queue.push({ at: to, path });
      }
    }
  }
  return undefined;
}
