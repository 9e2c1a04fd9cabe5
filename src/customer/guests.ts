import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import { type KnownIdentifier, spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { conditions, fromTable, operand } from '../datamap/sql.js';
import { parse, searchKeys, sqlKey } from '../identity/kinds.js';
import { identifierId } from './roots.js';

/**
 * The names that rows bear which belong to somebody by one of these identifiers alone, a statement a reach.
 * @returns identifier value (`identifierId`) → distinct names as stored, sorted
 */
export async function namesUnder(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  values: readonly KnownIdentifier[],
): Promise<Map<string, string[]>> {
  const names = new Map<string, Set<string>>();
  const spelling = spellingOf(model);
  const places = occurrencesOf(model).filter(({ kind }) => kind === 'name');
  for (const { node, ...place } of places) {
    const { table, owner } = node;
    for (const reach of owner.reaches) {
      if (reach.kind !== 'identifier') continue;
      for (const pair of reach.identifier) {
        const entry = model.map.identifiers[pair.is];
        const wanted = new Set(values.filter(({ identifier }) => identifier === pair.is).map(({ value }) => value));
        if (entry?.links !== true || wanted.size === 0) continue;
        const text = `${operand(table, catalog, 't', pair).sql}::text`;
        const name = occurrenceText({ node, ...place }, catalog);
        const keys = [...new Set([...wanted].flatMap((value) => searchKeys(entry.kind, value, spelling)))];
        const where = [
          `${sqlKey(entry.kind, text)} = ANY ($1::text[])`,
          `${name} IS NOT NULL`,
          ...conditions(reach.when),
        ];
        const sql = `SELECT DISTINCT ${text}, ${name} FROM ${fromTable(table, catalog)} t WHERE ${where.join(' AND ')}`;
        for await (const [raw, bearer] of session.stream(sql, [keys])) {
          if ((bearer ?? '').trim() === '') continue;
          for (const value of parse(entry.kind, raw ?? '', spelling)) {
            if (!wanted.has(value)) continue;
            const id = identifierId({ identifier: pair.is, value });
            names.set(id, (names.get(id) ?? new Set()).add(bearer ?? ''));
          }
        }
      }
    }
  }
  return new Map([...names].map(([id, set]) => [id, [...set].sort()]));
}
