import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { collectedTables } from '../datamap/collect.js';
import { type Person, rowsOf } from '../datamap/collect-plan.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { conditions, fromTable, keyOf, operand } from '../datamap/sql.js';
import { type IdentifierKind, same } from '../identity/kinds.js';

/** What a person's own rows call them: values as stored, by kind. */
export type Traits = ReadonlyMap<IdentifierKind, readonly string[]>;

/**
 * Names, e-mails, phones and numbers in the rows that are the person or that their identifiers link, for each person
 * of the collection, a statement a place of the map. A row that is theirs by a key alone does not count: what an
 * account's ticket or cart holds may have been typed by a colleague.
 */
export async function readTraits(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Person[],
): Promise<Traits[]> {
  const traits = people.map(() => new Map<IdentifierKind, string[]>());
  const spelling = spellingOf(model);
  const known = people.map(
    (person) => new Set([...person.roots, ...person.rows].map((row) => `${row.table} ${JSON.stringify(row.key)}`)),
  );
  const collected = await collectedTables(session, model);
  for (const occurrence of occurrencesOf(model)) {
    const { table, owner } = occurrence.node;
    if (!collected.has(table) || !owner.reaches.some((reach) => reach.kind !== 'through')) continue;
    const key = keyOf(table, catalog);
    const text = occurrenceText(occurrence, catalog);
    const links = owner.reaches.flatMap((reach) => (reach.kind === 'identifier' ? [reach] : []));
    const proofs = links.flatMap((reach) =>
      reach.identifier.map((pair) => {
        const value = `${operand(table, catalog, 't', pair).sql}::text`;
        const when = conditions(reach.when);
        return when.length === 0 ? value : `CASE WHEN ${when.join(' AND ')} THEN ${value} END`;
      }),
    );
    const join = key.map((part, i) => `${part.expression} = r.k${i + 1}`).join(' AND ');
    const columns = ['r.person', text, ...key.map((part) => `${part.expression}::text`), ...proofs];
    const sql = `SELECT ${columns.join(', ')} FROM ${rowsOf(table)} r JOIN ${fromTable(table, catalog)} t ON ${join} WHERE r.owner = ${owner.index} AND ${text} IS NOT NULL ORDER BY r.person, ${text} COLLATE "C"`;
    for await (const [number, value, ...rest] of session.stream(sql)) {
      const i = Number(number);
      if (value === null || value === undefined || value.trim() === '') continue;
      const proved = rest.slice(key.length);
      const linked = links.some((reach) => {
        const values = proved.splice(0, reach.identifier.length);
        return reach.identifier.every((pair, at) =>
          people[i]?.identifiers.some(
            ({ identifier, value: own }) =>
              identifier === pair.is &&
              same(model.map.identifiers[identifier]?.kind ?? 'code', own, values[at] ?? '', spelling),
          ),
        );
      });
      if (!linked && known[i]?.has(`${table.name} ${JSON.stringify(rest.slice(0, key.length))}`) !== true) continue;
      const mine = traits[i];
      const list = mine?.get(occurrence.kind);
      if (list === undefined) mine?.set(occurrence.kind, [value]);
      else if (!list.includes(value)) list.push(value);
    }
  }
  return traits;
}
