import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect.js';
import type { Node } from '../datamap/graph.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { fromTable, keyOf, operand } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import { type IdentifierKind, nameContains, nameTokens, parse, same, searchKeys, sqlKey, sqlNameCondition } from '../identity/kinds.js';

/** A place of the map that holds an identifier: one column, or the columns that make up a name. */
export interface Occurrence {
  readonly node: Node;
  readonly identifier: string;
  readonly kind: IdentifierKind;
  readonly places: readonly { readonly column: string; readonly path?: readonly string[] }[];
}

/** A row whose identifier matched. */
export interface Hit {
  readonly node: Node;
  readonly row: RowKey;
}

/** What is searched for: a value, under one identifier of the map or under all of a kind. */
export interface Term {
  readonly by: { readonly kind: IdentifierKind } | { readonly identifier: string };
  readonly value: string;
}

/** Past this many rows a search is not a person any more. */
const MOST_HITS = 2000;

/** Every place of the map that holds identifiers, JSON documents included (their repeated parts are not). */
export function occurrencesOf(model: DataMapModel): Occurrence[] {
  return model.tables.flatMap((table) => {
    const places = table.columns.flatMap((column) => [
      ...(column.entry.identifier === undefined ? [] : [{ identifier: column.entry.identifier, owner: column.owner, column: column.name, part: column.entry.part === true }]),
      ...(column.entry.json ?? []).flatMap((node) =>
        node.identifier === undefined || node.path.includes('*') ? [] : [{ identifier: node.identifier, owner: node.owner ?? column.owner, column: column.name, path: node.path, part: false }],
      ),
    ]);
    return places.flatMap((place): Occurrence[] => {
      const owner = place.owner === 'shared' ? table.owners[0] : table.owners.find((candidate) => candidate.id === place.owner);
      const kind = model.map.identifiers[place.identifier]?.kind;
      if (owner === undefined || kind === undefined) return [];
      const path = 'path' in place ? { path: place.path } : {};
      const node = { table, owner };
      if (!place.part) return [{ node, identifier: place.identifier, kind, places: [{ column: place.column, ...path }] }];
      const parts = places.filter((other) => other.part && other.identifier === place.identifier && other.owner === place.owner);
      return parts[0] === place ? [{ node, identifier: place.identifier, kind, places: parts.map((part) => ({ column: part.column })) }] : [];
    });
  });
}

/** The text of an occurrence over alias `t`. */
export function occurrenceText({ node, places }: Occurrence, catalog: Catalog): string {
  const parts = places.map((place) => `${operand(node.table, catalog, 't', place).sql}::text`);
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.map((part) => `coalesce(${part}, '')`).join(" || ' ' || ")})`;
}

const WORDS: Readonly<Record<IdentifierKind, string>> = {
  email: 'an e-mail address',
  phone: 'a phone number',
  name: 'a name',
  'personas-kods': 'a personas kods',
  code: 'a number of that kind',
};

/**
 * Rows that hold the value, a statement a place of the map: an SQL key narrows, an exact check decides.
 * @throws GdprError INPUT_INVALID when the value cannot be of its kind, SEVERAL when far too many rows match
 */
export async function searchRows(session: Session, model: DataMapModel, catalog: Catalog, term: Term): Promise<Hit[]> {
  const occurrences = occurrencesOf(model).filter((occurrence) => ('kind' in term.by ? occurrence.kind === term.by.kind : occurrence.identifier === term.by.identifier));
  const hits: Hit[] = [];
  const spelling = spellingOf(model);
  for (const [kind, places] of groupBy(occurrences, (occurrence) => occurrence.kind)) {
    if (parse(kind, term.value, spelling).length === 0) {
      throw new GdprError('INPUT_INVALID', `the value given is not ${WORDS[kind]}`, { hint: 'check the spelling; the value itself is not repeated here' });
    }
    const bound = kind === 'name' ? nameTokens(term.value) : searchKeys(kind, term.value, spelling);
    for (const occurrence of places) {
      const { table } = occurrence.node;
      const text = occurrenceText(occurrence, catalog);
      const condition = kind === 'name' ? sqlNameCondition(text, '$1') : `${sqlKey(kind, text)} = ANY ($1::text[])`;
      const key = keyOf(table, catalog).map((part) => `${part.expression}::text`);
      const sql = `SELECT ${[...key, text].join(', ')} FROM ${fromTable(table, catalog)} t WHERE ${condition}`;
      for await (const row of session.stream(sql, [bound])) {
        const value = row[key.length] ?? '';
        const exact = kind === 'name' ? nameContains(value, term.value) : same(kind, value, term.value, spelling);
        if (exact) hits.push({ node: occurrence.node, row: { table: table.name, key: row.slice(0, key.length) as string[] } });
        if (hits.length > MOST_HITS) {
          throw new GdprError('SEVERAL', `more than ${MOST_HITS} rows match`, { hint: 'add another identifier: --email, --phone, --order or --id' });
        }
      }
    }
  }
  return hits;
}
