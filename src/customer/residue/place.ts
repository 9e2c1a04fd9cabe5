import type { Node } from '../../datamap/graph.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { type Occurrence, occurrencesOf } from '../../datamap/occurrences.js';
import type { IdentifierKind } from '../../identity/kinds.js';
import type { Finding, FoundRow } from './findings.js';

/** What the map says of a place in which something was found. */
export interface MappedPlace {
  readonly table: PersonalTableModel;
  readonly column: ColumnModel;
  /** Whose the place is: an owner of the table, `shared` or `other`. */
  readonly owner: string;
  /** Whether the map describes it; a place inside a document may not be, and then no erasure reaches it. */
  readonly described: boolean;
  readonly identifier: IdentifierKind | undefined;
  readonly holdsNames: boolean;
  /** Whether people write there in their own words. */
  readonly freeText: boolean;
  /** Whether erasure leaves it as it is because it says nothing about anybody. */
  readonly left: boolean;
}

/** Undefined for a table or a column that the map does not describe as personal. */
export function mappedPlace({ row, column, path }: Finding, model: DataMapModel): MappedPlace | undefined {
  const table = model.tables.find(({ name }) => name === row.table.name);
  const found = table?.columns.find(({ name }) => name === column);
  if (table === undefined || found === undefined) return undefined;
  const { entry } = found;
  const node = path === undefined ? undefined : entry.json?.find((each) => isPlace(each.path, path));
  const kindOf = (id: string | undefined) => (id === undefined ? undefined : model.map.identifiers[id]?.kind);
  const identifier = kindOf(entry.json === undefined ? entry.identifier : node?.identifier);
  const erase = entry.json === undefined ? entry.erase : node?.erase;
  return {
    table,
    column: found,
    owner: node?.owner ?? found.owner,
    described: entry.json === undefined || node !== undefined,
    identifier,
    holdsNames: identifier === 'name' || (entry.json === undefined ? entry : node)?.namesSomeone === true,
    freeText: (entry.json === undefined ? entry : node)?.freeText === true,
    left: erase === 'leave',
  };
}

function isPlace(described: readonly string[], path: readonly string[]): boolean {
  return (
    described.length === path.length &&
    described.every((part, i) => part === path[i] || (part === '*' && /^\d+$/.test(path[i] ?? '')))
  );
}

/** The owners whose place it is. */
export function nodesOf({ table, owner }: MappedPlace): Node[] {
  return table.owners.filter(({ id }) => owner === 'shared' || owner === id).map((each) => ({ table, owner: each }));
}

/** What a row says of an owner by the identifiers that stand in it. */
export interface RowIdentity {
  readonly kind: IdentifierKind;
  readonly text: string;
}

export function identityIn(row: FoundRow, node: Node, model: DataMapModel): RowIdentity[] {
  return occurrencesOf(model)
    .filter((place) => place.node.table === node.table && place.node.owner === node.owner)
    .flatMap((place) => {
      const text = textAt(row, place);
      return text === '' ? [] : [{ kind: place.kind, text }];
    });
}

function textAt({ cells }: FoundRow, { places }: Occurrence): string {
  return places
    .map(({ column, path }) => {
      const cell = cells.get(column);
      return cell === undefined || path === undefined ? (cell ?? '') : valueAt(cell, path);
    })
    .join(' ')
    .trim();
}

function valueAt(cell: string, path: readonly string[]): string {
  let value: unknown;
  try {
    value = JSON.parse(cell);
  } catch {
    return '';
  }
  for (const part of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
