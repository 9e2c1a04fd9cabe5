import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import type { RowKey } from '../../datamap/collect-plan.js';
import type { Node } from '../../datamap/graph.js';
import type { DataMapModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { groupBy } from '../../foundation/group.js';
import { type IdentifierKind, type IdentifierOptions, parse } from '../../identity/kinds.js';
import { followUp, keyedRows } from '../anchors.js';
import { rowId } from '../roots.js';
import type { Hit } from '../search.js';
import type { FoundRow } from './findings.js';
import type { NeedleKind } from './needles.js';
import type { SearchedPerson } from './searched-people.js';

/** What is known of a person who is searched for. */
export interface Subject extends SearchedPerson {
  /** The references that lead to them. */
  readonly references: readonly string[];
  /** Their number in the rows that were collected in this transaction; undefined when none were. */
  readonly collected?: number | undefined;
}

/** Whom a row leads to. */
export interface Leads {
  /** Whether it is the searched person themselves. */
  readonly own: boolean;
  readonly others: readonly OtherPerson[];
}

/** Somebody else to whom a row leads. */
interface OtherPerson {
  /** Which of the searched person's values they have as their own. */
  readonly kinds: ReadonlySet<NeedleKind>;
}

/** What pseudonyms of e-mail addresses end with: nobody is reached by them. */
const ERASED = /@erased\.invalid$/;

/** A person to whom a row leads, by the row that they are or by a value that identifies them. */
export type Lead =
  | { readonly kind: 'root'; readonly row: RowKey; readonly texts: readonly string[] }
  | {
      readonly kind: IdentifierKind;
      readonly value: string;
      /** The name that the row bears under which the value stands. */
      readonly name: string | undefined;
    };

/** A row as one of its owners. */
interface Asked {
  readonly row: FoundRow;
  readonly nodes: readonly Node[];
}

/** Where rows lead, by the position of who asked. A statement a reach, level and kind of person, whatever the number of rows. */
export async function readLeads(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  asked: readonly Asked[],
): Promise<(readonly Lead[])[]> {
  const textOf = (row: RowKey, { table, owner }: Node) => `${table.name}#${owner.id} ${rowId(row)}`;
  const hits = new Map<string, Hit>();
  for (const { row, nodes } of asked) {
    for (const node of nodes) {
      const key = { table: row.table.name, key: row.key };
      hits.set(textOf(key, node), { node, row: key, certain: true });
    }
  }
  const followed = await followUp(session, model, catalog, [...hits.values()]);
  const anchors = new Map([...hits.keys()].map((text, i) => [text, followed[i] ?? []]));
  const roots = await rootTexts(
    session,
    model,
    catalog,
    followed.flat().flatMap((anchor) => (anchor.kind === 'root' ? [anchor.row] : [])),
  );
  const leadsTo = new Map(
    [...anchors].map(([text, led]) => [
      text,
      led.flatMap((anchor): Lead[] => {
        if (anchor.kind === 'root') {
          const { row } = anchor;
          return [{ kind: 'root', row, texts: roots.get(rowId(row)) ?? [] }];
        }
        if (anchor.kind !== 'identifier') return [];
        const { identifier, value, name } = anchor;
        return [{ kind: model.map.identifiers[identifier]?.kind ?? 'code', value, name }];
      }),
    ]),
  );
  return asked.map(({ row, nodes }) =>
    nodes.flatMap((node) => leadsTo.get(textOf({ table: row.table.name, key: row.key }, node)) ?? []),
  );
}

/**
 * The people to whom a row belongs: the searched person, others, or nobody.
 * @param isTheirs whether a row that is a person is, or before its erasure was, the searched one
 */
export function leadsOf(
  leads: readonly Lead[],
  { needles, matcher }: Subject,
  isTheirs: (row: RowKey) => boolean,
  spelling: IdentifierOptions,
): Leads {
  const others: OtherPerson[] = [];
  for (const lead of leads) {
    if (lead.kind === 'root') {
      const { row, texts } = lead;
      if (isTheirs(row)) return { own: true, others: [] };
      if (texts.length === 0 || texts.some((text) => ERASED.test(text))) continue;
      const kinds = new Set(texts.flatMap((text) => [...matcher.kindsIn(text)]));
      // Name and e-mail, or name and phone, as two rows of one person have them.
      if (kinds.has('name') && kinds.size > 1) return { own: true, others: [] };
      others.push({ kinds });
    } else {
      const { kind, value, name } = lead;
      const own = matcher.kindsIn(value).has(kind);
      const bearsOther = name !== undefined && needles.names.length > 0 && !matcher.sharesName(name);
      if (own && !bearsOther) return { own: true, others: [] };
      if (ERASED.test(value) || parse(kind, value, spelling).length === 0) continue;
      const kinds = new Set<NeedleKind>(own ? [kind] : []);
      if (name !== undefined && matcher.kindsIn(name).has('name')) kinds.add('name');
      others.push({ kinds });
    }
  }
  return { own: false, others };
}

/** The identifiers that rows which are persons hold. */
async function rootTexts(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  rows: readonly RowKey[],
): Promise<Map<string, string[]>> {
  const texts = new Map<string, string[]>();
  const distinct = [...new Map(rows.map((row) => [rowId(row), row])).values()];
  for (const [name, list] of groupBy(distinct, ({ table }) => table)) {
    const table = model.table(name);
    const places = occurrencesOf(model).filter(({ node }) => node.table === table);
    const { from, values } = keyedRows(table, catalog, list);
    const columns = ['h.n', ...places.map((place) => occurrenceText(place, catalog))];
    for await (const [n, ...found] of session.stream(`SELECT ${columns.join(', ')} FROM ${from}`, values)) {
      const row = list[Number(n)];
      const held = found.filter((text): text is string => text !== null && text.trim() !== '');
      if (row !== undefined) texts.set(rowId(row), held);
    }
  }
  return texts;
}
