import type { DataMapModel } from '../datamap/model.js';
import type { PersonQuery } from './resolve.js';

/** What a search went by and where; it stands in the manifest of a negative answer and holds no value of anybody. */
export interface Searched {
  /** Names of the tables of the map, all of which are searched. */
  readonly tables: readonly string[];
  /** Kinds of the identifiers that were given, in the order of the query's type. */
  readonly identifiers: readonly (keyof PersonQuery)[];
}

const KINDS: readonly (keyof PersonQuery)[] = ['email', 'phone', 'order', 'name', 'personasKods', 'id'];

export function searchedOf(model: DataMapModel, query: PersonQuery): Searched {
  return {
    tables: model.tables.map(({ name }) => name),
    identifiers: KINDS.filter((kind) => (query[kind] ?? '').trim() !== ''),
  };
}
