import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { Person, RowKey } from '../datamap/collect.js';
import type { Node } from '../datamap/graph.js';
import { spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { groupBy } from '../foundation/group.js';
import { type IdentifierOptions, nameContains, parse, same, searchKeys, sqlKey } from '../identity/kinds.js';
import type { Alias } from '../identity/reference.js';
import { type Anchor, keyedRows } from './anchors.js';
import { type Occurrence, occurrencesOf, occurrenceText } from './search.js';

/** A person as far as the live database tells, ready for collecting their rows. */
export interface FoundPerson extends Person {
  /** Normalised linking identifiers that several people share, so that they link nobody. */
  readonly shared: readonly { readonly identifier: string; readonly value: string }[];
}

interface Root {
  readonly node: Node;
  readonly row: RowKey;
  values: { readonly identifier: string; readonly raw: string }[];
}

const rootId = (row: RowKey) => `${row.table} ${JSON.stringify(row.key)}`;

/**
 * Turns anchors into people. Two rows are one person only when an identifier that links (an e-mail, a personas kods)
 * is equal and their names do not contradict; a name or a phone alone never joins. An identifier that people with
 * different names share links nobody: what is held under it alone is given to none of them.
 */
export async function peopleOf(session: Session, model: DataMapModel, catalog: Catalog, anchors: readonly Anchor[]): Promise<FoundPerson[]> {
  const roots = new Map<string, Root>();
  const rootNodes = model.tables.flatMap((table) => table.owners.filter((owner) => owner.reaches.some((reach) => reach.kind === 'self')).map((owner): Node => ({ table, owner })));
  const occurrences = occurrencesOf(model).filter((occurrence) => rootNodes.some((node) => node.table === occurrence.node.table && node.owner === occurrence.node.owner));
  const linking = occurrences.filter((occurrence) => model.map.identifiers[occurrence.identifier]?.links === true);

  const loose = new Map<string, { identifier: string; value: string }>();
  let fresh: Root[] = [];
  const addRoot = (row: RowKey) => {
    const node = rootNodes.find((candidate) => candidate.table.name === row.table);
    if (node === undefined || roots.has(rootId(row))) return;
    const root: Root = { node, row, values: [] };
    roots.set(rootId(row), root);
    fresh.push(root);
  };
  for (const anchor of anchors) {
    if (anchor.kind === 'root') addRoot(anchor.row);
    if (anchor.kind === 'identifier') loose.set(`${anchor.identifier} ${anchor.value}`, anchor);
  }
  // Each round reads what the new rows hold, then looks for further rows that hold the same; people have few rows.
  const asked = new Set<string>();
  for (;;) {
    const present = await readValues(session, catalog, occurrences, fresh);
    for (const root of fresh) if (!present.has(root)) roots.delete(rootId(root.row));
    fresh = [];
    const values = [...loose.values(), ...[...roots.values()].flatMap((root) => linkValues(root, model))].filter(({ identifier, value }) => !asked.has(`${identifier} ${value}`));
    if (values.length === 0) break;
    for (const { identifier, value } of values) asked.add(`${identifier} ${value}`);
    for (const occurrence of linking) {
      const wanted = values.filter((value) => value.identifier === occurrence.identifier);
      if (wanted.length > 0) for (const row of await rowsWith(session, catalog, occurrence, spellingOf(model), wanted.map(({ value }) => value))) addRoot(row);
    }
    if (fresh.length === 0) break;
  }
  return assemble([...roots.values()], [...loose.values()], anchors, model);
}

function linkValues(root: Root, model: DataMapModel): { identifier: string; value: string }[] {
  return root.values.flatMap(({ identifier, raw }) => {
    const entry = model.map.identifiers[identifier];
    return entry?.links === true ? parse(entry.kind, raw, spellingOf(model)).map((value) => ({ identifier, value })) : [];
  });
}

function namesOf(root: Root, model: DataMapModel): string[] {
  return root.values.filter(({ identifier }) => model.map.identifiers[identifier]?.kind === 'name').map(({ raw }) => raw);
}

function compatible(a: Root, b: Root, model: DataMapModel): boolean {
  return namesOf(a, model).some((x) => namesOf(b, model).some((y) => nameContains(x, y) || nameContains(y, x)));
}

/** @returns the roots whose rows exist */
async function readValues(session: Session, catalog: Catalog, occurrences: readonly Occurrence[], roots: readonly Root[]): Promise<Set<Root>> {
  const present = new Set<Root>();
  for (const [node, group] of groupBy(roots, (root) => root.node)) {
    const mine = occurrences.filter((occurrence) => occurrence.node.table === node.table && occurrence.node.owner === node.owner);
    const { from, values } = keyedRows(node.table, catalog, group.map((root) => root.row));
    for await (const row of session.stream(`SELECT ${['h.n', ...mine.map((occurrence) => occurrenceText(occurrence, catalog))].join(', ')} FROM ${from}`, values)) {
      const root = group[Number(row[0])];
      if (root === undefined) continue;
      present.add(root);
      root.values = mine.flatMap((occurrence, i) => {
        const raw = row[i + 1];
        return raw === null || raw === undefined || raw.trim() === '' ? [] : [{ identifier: occurrence.identifier, raw }];
      });
    }
  }
  return present;
}

async function rowsWith(session: Session, catalog: Catalog, occurrence: Occurrence, spelling: IdentifierOptions, wanted: readonly string[]): Promise<RowKey[]> {
  const { table } = occurrence.node;
  const key = keyOf(table, catalog).map((part) => `${part.expression}::text`);
  const text = occurrenceText(occurrence, catalog);
  const rows: RowKey[] = [];
  const searched = [...new Set(wanted.flatMap((value) => searchKeys(occurrence.kind, value, spelling)))];
  for await (const row of session.stream(`SELECT ${[...key, text].join(', ')} FROM ${fromTable(table, catalog)} t WHERE ${sqlKey(occurrence.kind, text)} = ANY ($1::text[])`, [searched])) {
    const value = row[key.length] ?? '';
    if (wanted.some((candidate) => same(occurrence.kind, value, candidate, spelling))) rows.push({ table: table.name, key: row.slice(0, key.length) as string[] });
  }
  return rows;
}

function assemble(roots: readonly Root[], loose: readonly { identifier: string; value: string }[], anchors: readonly Anchor[], model: DataMapModel): FoundPerson[] {
  const group = new Map(roots.map((root) => [root, root]));
  const find = (root: Root): Root => {
    const parent = group.get(root);
    return parent === undefined || parent === root ? root : find(parent);
  };
  const holders = groupBy(
    roots.flatMap((root) => linkValues(root, model).map((value) => ({ root, id: `${value.identifier} ${value.value}` }))),
    ({ id }) => id,
  );
  for (const holding of holders.values()) {
    for (const a of holding) for (const b of holding) if (compatible(a.root, b.root, model)) group.set(find(a.root), find(b.root));
  }
  const shared = new Set([...holders].filter(([, holding]) => new Set(holding.map(({ root }) => find(root))).size > 1).map(([id]) => id));

  const wanted = new Set<Root>();
  const people: FoundPerson[] = [];
  for (const anchor of anchors) {
    if (anchor.kind === 'root') {
      const root = roots.find((candidate) => rootId(candidate.row) === rootId(anchor.row));
      if (root !== undefined) wanted.add(find(root));
    } else if (anchor.kind === 'identifier') {
      for (const { root } of holders.get(`${anchor.identifier} ${anchor.value}`) ?? []) wanted.add(find(root));
    } else people.push({ roots: [], rows: [{ ...anchor.row, owner: anchor.owner }], identifiers: [], shared: [] });
  }
  for (const leader of wanted) {
    const members = roots.filter((root) => find(root) === leader);
    const links = distinct(members.flatMap((root) => linkValues(root, model)));
    const others = distinct(
      members.flatMap((root) =>
        root.values.flatMap(({ identifier, raw }) => {
          const entry = model.map.identifiers[identifier];
          return entry === undefined || entry.links ? [] : entry.kind === 'name' ? [{ identifier, value: raw }] : parse(entry.kind, raw, spellingOf(model)).map((value) => ({ identifier, value }));
        }),
      ),
    );
    const isShared = ({ identifier, value }: { identifier: string; value: string }) => shared.has(`${identifier} ${value}`);
    people.push({ roots: members.map((root) => root.row), rows: [], identifiers: [...links.filter((value) => !isShared(value)), ...others], shared: links.filter(isShared) });
  }
  for (const value of loose) {
    if (!holders.has(`${value.identifier} ${value.value}`)) people.push({ roots: [], rows: [], identifiers: [{ identifier: value.identifier, value: value.value }], shared: [] });
  }
  return people;
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** What the same person is met again by: linking identifiers and the keys of their own rows. */
export function aliasesOf(person: FoundPerson, model: DataMapModel): Alias[] {
  return [
    ...person.roots.map((row) => ({ kind: 'row', value: `${row.table} ${JSON.stringify(row.key)}` })),
    ...person.rows.map((row) => ({ kind: 'row', value: `${row.table} ${JSON.stringify(row.key)}` })),
    ...person.identifiers
      .filter(({ identifier }) => model.map.identifiers[identifier]?.links === true)
      .map(({ identifier, value }) => ({ kind: model.map.identifiers[identifier]?.kind ?? 'code', value })),
  ];
}
