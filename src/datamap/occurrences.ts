import type { IdentifierKind } from '../identity/kinds.js';
import type { Catalog } from './catalog.js';
import type { Node } from './graph.js';
import type { DataMapModel } from './model.js';
import { operand } from './sql.js';

/** A place of the map that holds an identifier: one column, or the columns that make up a name. */
export interface Occurrence {
  readonly node: Node;
  readonly identifier: string;
  readonly kind: IdentifierKind;
  readonly places: readonly { readonly column: string; readonly path?: readonly string[] }[];
}

const known = new WeakMap<DataMapModel, readonly Occurrence[]>();

/** Every place of the map that holds identifiers, JSON documents included (their repeated parts are not). */
export function occurrencesOf(model: DataMapModel): readonly Occurrence[] {
  const found = known.get(model) ?? occurrencesIn(model);
  known.set(model, found);
  return found;
}

function occurrencesIn(model: DataMapModel): Occurrence[] {
  return model.tables.flatMap((table) => {
    const places = table.columns.flatMap((column) => [
      ...(column.entry.identifier === undefined
        ? []
        : [
            {
              identifier: column.entry.identifier,
              owner: column.owner,
              column: column.name,
              part: column.entry.part === true,
            },
          ]),
      ...(column.entry.json ?? []).flatMap((node) =>
        node.identifier === undefined || node.path.includes('*')
          ? []
          : [
              {
                identifier: node.identifier,
                owner: node.owner ?? column.owner,
                column: column.name,
                path: node.path,
                part: false,
              },
            ],
      ),
    ]);
    return places.flatMap((place): Occurrence[] => {
      const owner =
        place.owner === 'shared' ? table.owners[0] : table.owners.find((candidate) => candidate.id === place.owner);
      const kind = model.map.identifiers[place.identifier]?.kind;
      if (owner === undefined || kind === undefined) return [];
      const path = 'path' in place ? { path: place.path } : {};
      const node = { table, owner };
      if (!place.part)
        return [{ node, identifier: place.identifier, kind, places: [{ column: place.column, ...path }] }];
      const parts = places.filter(
        (other) => other.part && other.identifier === place.identifier && other.owner === place.owner,
      );
      return parts[0] === place
        ? [{ node, identifier: place.identifier, kind, places: parts.map((part) => ({ column: part.column })) }]
        : [];
    });
  });
}

/** The text of an occurrence over an alias. */
export function occurrenceText({ node, places }: Occurrence, catalog: Catalog, alias = 't'): string {
  const parts = places.map((place) => `${operand(node.table, catalog, alias, place).sql}::text`);
  return parts.length === 1
    ? (parts[0] ?? '')
    : `(${parts.map((part) => `coalesce(${part}, '')`).join(" || ' ' || ")})`;
}
