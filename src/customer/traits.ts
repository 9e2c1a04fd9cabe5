import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { rowsOf } from '../datamap/collect.js';
import type { DataMapModel } from '../datamap/model.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import type { IdentifierKind } from '../identity/kinds.js';
import { occurrencesOf, occurrenceText } from './search.js';

/** What a person's own rows call them: values as stored, by kind. */
export type Traits = ReadonlyMap<IdentifierKind, readonly string[]>;

/**
 * Names, e-mails, phones and numbers in the rows that are the person or that an identifier links, for each person
 * of the collection, a statement a place of the map.
 */
export async function readTraits(session: Session, model: DataMapModel, catalog: Catalog, people: number): Promise<Traits[]> {
  const traits = Array.from({ length: people }, () => new Map<IdentifierKind, string[]>());
  for (const occurrence of occurrencesOf(model)) {
    const { table, owner } = occurrence.node;
    if (!owner.reaches.some((reach) => reach.kind !== 'through')) continue;
    const join = keyOf(table, catalog).map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
    const text = occurrenceText(occurrence, catalog);
    const sql = `SELECT DISTINCT r.person, ${text} FROM ${rowsOf(table)} r JOIN ${fromTable(table, catalog)} t ON ${join} WHERE r.owner = ${owner.index} ORDER BY 1, 2`;
    for await (const [person, value] of session.stream(sql)) {
      if (value === null || value === undefined || value.trim() === '') continue;
      const known = traits[Number(person)];
      if (known === undefined) continue;
      const list = known.get(occurrence.kind);
      if (list === undefined) known.set(occurrence.kind, [value]);
      else if (!list.includes(value)) list.push(value);
    }
  }
  return traits;
}
