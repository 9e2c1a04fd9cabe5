import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import type { RowKey } from '../../datamap/collect-plan.js';
import type { Node } from '../../datamap/graph.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { groupBy } from '../../foundation/group.js';
import { parse } from '../../identity/kinds.js';
import type { Alias } from '../../identity/reference.js';
import { type Anchor, followUp, keyedRows } from '../anchors.js';
import { rowId } from '../roots.js';
import type { FoundRow } from './findings.js';
import type { Matcher } from './match.js';
import type { CompiledNeedles, NeedleKind } from './needles.js';

/** What is known of a person who is searched for. */
export interface Subject {
  readonly needles: CompiledNeedles;
  readonly matcher: Matcher;
  /** The references that lead to them. */
  readonly references: readonly string[];
  /** Whether a row that is a person is, or before its erasure was, this one. */
  isOwn(alias: Alias): boolean;
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

interface Asked {
  readonly person: number;
  readonly row: FoundRow;
  readonly nodes: readonly Node[];
}

/**
 * The people to whom each row belongs: the searched person, others, or nobody. A statement a reach, level and kind of person, whatever the number of rows.
 */
export async function leadsOf(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  subjects: readonly Subject[],
  asked: readonly Asked[],
): Promise<Leads[]> {
  const hits = asked.flatMap(({ row, nodes }, i) =>
    nodes.map((node) => ({ i, hit: { node, row: { table: row.table.name, key: row.key }, certain: true } })),
  );
  const led = await followUp(
    session,
    model,
    catalog,
    hits.map(({ hit }) => hit),
  );
  const anchors: Anchor[][] = asked.map(() => []);
  for (const [at, { i }] of hits.entries()) anchors[i]?.push(...(led[at] ?? []));
  const roots = await rootTexts(
    session,
    model,
    catalog,
    anchors.flat().flatMap((anchor) => (anchor.kind === 'root' ? [anchor.row] : [])),
  );
  const spelling = spellingOf(model);
  return asked.map(({ person }, i) => {
    const subject = subjects[person];
    if (subject === undefined) return { own: false, others: [] };
    const others: OtherPerson[] = [];
    for (const anchor of anchors[i] ?? []) {
      if (anchor.kind === 'root') {
        const id = rowId(anchor.row);
        const texts = roots.get(id) ?? [];
        if (subject.isOwn({ kind: 'row', value: id })) return { own: true, others: [] };
        if (texts.length === 0 || texts.some((text) => ERASED.test(text))) continue;
        const kinds = new Set(texts.flatMap((text) => [...subject.matcher.kindsIn(text)]));
        // Name and e-mail, or name and phone, as two rows of one person have them.
        if (kinds.has('name') && kinds.size > 1) return { own: true, others: [] };
        others.push({ kinds });
      } else if (anchor.kind === 'identifier') {
        const kind = model.map.identifiers[anchor.identifier]?.kind ?? 'code';
        const { name } = anchor;
        const own = subject.matcher.kindsIn(anchor.value).has(kind);
        const bearsOther = name !== undefined && subject.needles.names.length > 0 && !subject.matcher.sharesName(name);
        if (own && !bearsOther) return { own: true, others: [] };
        if (ERASED.test(anchor.value) || parse(kind, anchor.value, spelling).length === 0) continue;
        const kinds = new Set<NeedleKind>(own ? [kind] : []);
        if (name !== undefined && subject.matcher.kindsIn(name).has('name')) kinds.add('name');
        others.push({ kinds });
      }
    }
    return { own: false, others };
  });
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
