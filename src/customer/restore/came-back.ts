import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { fromTable, keyOf } from '../../datamap/sql.js';
import { parse } from '../../identity/kinds.js';
import type { Keys } from '../../keys/keys.js';
import { type Anchor, anchorKey } from '../anchors.js';
import { aliasesOf, type FoundPerson, peopleOf } from '../people.js';
import { rowId } from '../roots.js';

/** Keyed codes of what erased people were known by, and whose they are. */
export type Codes = ReadonlyMap<string, ReadonlySet<string>>;

/** An erased person whose data a backup has brought back. */
export interface CameBack {
  readonly subject: string;
  readonly person: FoundPerson;
}

/**
 * The people whom a backup has brought back: every row that is a person, and every identifier that links, is compared
 * by keyed code with what erased people were known by. Somebody with rows of their own must be met by one of these; an
 * e-mail alone may be another's by now. A statement a place of the map; memory grows with those who are met.
 */
export async function cameBack(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  keys: Pick<Keys, 'hmacs'>,
  codes: Codes,
): Promise<CameBack[]> {
  if (codes.size === 0) return [];
  const met = (kind: string, value: string) =>
    keys.hmacs('subject alias', `${kind}\n${value}`).flatMap((code) => [...(codes.get(code) ?? [])]);
  const anchors = new Map<string, Anchor>();
  const meet = (anchor: Anchor) => anchors.set(anchorKey(anchor), anchor);
  for (const table of model.tables) {
    for (const { reaches } of table.owners) {
      for (const reach of reaches) {
        if (reach.kind !== 'self') continue;
        const key = keyOf(table, catalog).map(({ expression }) => `${expression}::text`);
        for await (const parts of session.stream(`SELECT ${key.join(', ')} FROM ${fromTable(table, catalog)} t`)) {
          const row = { table: table.name, key: parts.map((part) => part ?? '') };
          if (met('row', rowId(row)).length > 0) meet({ kind: 'root', person: reach.person, row });
        }
      }
    }
  }
  const spelling = spellingOf(model);
  for (const place of occurrencesOf(model)) {
    const { identifier, kind, node } = place;
    if (model.map.identifiers[identifier]?.links !== true) continue;
    const sql = `SELECT DISTINCT ${occurrenceText(place, catalog)} FROM ${fromTable(node.table, catalog)} t`;
    for await (const [text] of session.stream(sql))
      for (const value of parse(kind, text ?? '', spelling))
        if (met(kind, value).length > 0) meet({ kind: 'identifier', identifier, value });
  }
  const { people } = await peopleOf(session, model, catalog, [...anchors.values()]);
  return people.flatMap((person): CameBack[] => {
    const aliases = aliasesOf(person, model).filter(({ kind }) => person.roots.length === 0 || kind === 'row');
    const subjects = aliases.flatMap(({ kind, value }) => met(kind, value));
    return [...new Set(subjects)].slice(0, 1).map((subject) => ({ subject, person }));
  });
}
