import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect-plan.js';
import type { Node } from '../datamap/graph.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { type Occurrence, occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import {
  type IdentifierKind,
  nameContains,
  nameTokens,
  parse,
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

/** The rows that one term was found in; past MOST_HITS of them, none but the word that it is no person any more. */
export type TermHits = readonly Hit[] | 'too-many';

const MOST_HITS = 2000;

/** Why a term that was found in so many rows cannot be used. */
export function tooMany(): GdprError {
  return new GdprError('SEVERAL', `more than ${MOST_HITS} rows match`, {
    hint: 'add another identifier: --email, --phone, --order or --id',
  });
}

const WORDS: Readonly<Record<IdentifierKind, string>> = {
  email: 'an e-mail address',
  phone: 'a phone number',
  name: 'a name',
  'personas-kods': 'a personas kods',
  code: 'a number of that kind',
};

/** @throws GdprError INPUT_INVALID when the value cannot be of its kind */
export function checkTerm(model: DataMapModel, { by, value }: Term): void {
  const kind = 'kind' in by ? by.kind : (model.map.identifiers[by.identifier]?.kind ?? 'code');
  if (parse(kind, value, spellingOf(model)).length > 0) return;
  throw new GdprError('INPUT_INVALID', `the value given is not ${WORDS[kind]}`, {
    hint: 'check the spelling; the value itself is not repeated here',
  });
}

/**
 * Rows that hold the terms' values, term by term: a statement a place of the map, whatever the number of terms (but
 * for names, which take one each). An SQL key narrows, an exact check decides.
 */
export async function searchRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  terms: readonly Term[],
): Promise<TermHits[]> {
  const hits: Hit[][] = terms.map(() => []);
  const crowded = new Set<number>();
  for (const [kind, places] of groupBy(occurrencesOf(model), (occurrence) => occurrence.kind)) {
    for (const place of places) {
      const wanted = terms.flatMap(({ by }, i) =>
        !crowded.has(i) && ('kind' in by ? by.kind === kind : by.identifier === place.identifier) ? [i] : [],
      );
      // A name's words are looked for together, so that each name is a search of its own.
      const searches = kind === 'name' ? wanted.map((i) => [i]) : wanted.length === 0 ? [] : [wanted];
      for (const search of searches) {
        for await (const { term, hit } of hitsIn(session, model, catalog, place, search, terms)) {
          const list = hits[term];
          if (list === undefined || list.length > MOST_HITS) continue;
          list.push(hit);
          if (list.length > MOST_HITS) crowded.add(term);
        }
      }
    }
  }
  return hits.map((list, i) => (crowded.has(i) ? 'too-many' : list));
}

async function* hitsIn(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  place: Occurrence,
  search: readonly number[],
  terms: readonly Term[],
): AsyncGenerator<{ term: number; hit: Hit }> {
  const { kind, node } = place;
  const spelling = spellingOf(model);
  const values = search.map((term) => ({ term, value: terms[term]?.value ?? '' }));
  const bound = values.flatMap(({ value }) =>
    kind === 'name' ? nameTokens(value) : searchKeys(kind, value, spelling),
  );
  const byForm = groupBy(
    values.flatMap(({ term, value }) => parse(kind, value, spelling).map((form) => ({ term, form }))),
    ({ form }) => form,
  );
  const text = occurrenceText(place, catalog);
  const condition = kind === 'name' ? sqlNameCondition(text, '$1') : `${sqlKey(kind, text)} = ANY ($1::text[])`;
  const key = keyOf(node.table, catalog).map((part) => `${part.expression}::text`);
  const sql = `SELECT ${[...key, text].join(', ')} FROM ${fromTable(node.table, catalog)} t WHERE ${condition}`;
  for await (const row of session.stream(sql, [[...new Set(bound)]])) {
    const stored = row[key.length] ?? '';
    const forms = parse(kind, stored, spelling);
    const found =
      kind === 'name'
        ? values.filter(({ value }) => nameContains(stored, value)).map(({ term }) => term)
        : forms.flatMap((form) => (byForm.get(form) ?? []).map(({ term }) => term));
    for (const term of new Set(found)) {
      yield {
        term,
        hit: {
          node,
          row: { table: node.table.name, key: row.slice(0, key.length) as string[] },
          certain: forms.length === 1,
        },
      };
    }
  }
}
