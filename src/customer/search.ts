import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect.js';
import type { Node } from '../datamap/graph.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import {
  type IdentifierKind,
  nameContains,
  nameTokens,
  parse,
  same,
  searchKeys,
  sqlKey,
  sqlNameCondition,
} from '../identity/kinds.js';

/** A row whose identifier matched. */
export interface Hit {
  readonly node: Node;
  readonly row: RowKey;
  /** Whether what is stored can only be read as the value searched for; an old seven-digit phone can be two numbers. */
  readonly certain: boolean;
}

/** What is searched for: a value, under one identifier of the map or under all of a kind. */
export interface Term {
  readonly by: { readonly kind: IdentifierKind } | { readonly identifier: string };
  readonly value: string;
}

/** Past this many rows a search is not a person any more. */
const MOST_HITS = 2000;

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
  const occurrences = occurrencesOf(model).filter((occurrence) =>
    'kind' in term.by ? occurrence.kind === term.by.kind : occurrence.identifier === term.by.identifier,
  );
  const hits: Hit[] = [];
  const spelling = spellingOf(model);
  for (const [kind, places] of groupBy(occurrences, (occurrence) => occurrence.kind)) {
    if (parse(kind, term.value, spelling).length === 0) {
      throw new GdprError('INPUT_INVALID', `the value given is not ${WORDS[kind]}`, {
        hint: 'check the spelling; the value itself is not repeated here',
      });
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
        const certain = parse(kind, value, spelling).length === 1;
        if (exact)
          hits.push({
            node: occurrence.node,
            row: { table: table.name, key: row.slice(0, key.length) as string[] },
            certain,
          });
        if (hits.length > MOST_HITS) {
          throw new GdprError('SEVERAL', `more than ${MOST_HITS} rows match`, {
            hint: 'add another identifier: --email, --phone, --order or --id',
          });
        }
      }
    }
  }
  return hits;
}
