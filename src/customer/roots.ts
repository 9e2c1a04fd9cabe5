import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { RowKey } from '../datamap/collect-plan.js';
import type { Node } from '../datamap/graph.js';
import { type KnownIdentifier, spellingOf } from '../datamap/match.js';
import type { DataMapModel } from '../datamap/model.js';
import { type Occurrence, occurrencesOf, occurrenceText } from '../datamap/occurrences.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { groupBy } from '../foundation/group.js';
import { nameContains, parse, searchKeys, sqlKey } from '../identity/kinds.js';
import { keyedRows } from './anchors.js';

/** A row that is a person, with the identifiers that it holds. */
export interface Root {
  readonly node: Node;
  readonly row: RowKey;
  readonly names: readonly string[];
  /** Normalised linking identifiers. */
  readonly links: readonly KnownIdentifier[];
  /** The others: normalised phones and codes, names as stored. */
  readonly others: readonly KnownIdentifier[];
}

export interface Roots {
  readonly roots: readonly Root[];
  /** Values that so many rows hold that they say nothing about a person, e.g. `none@shop.example`. */
  readonly crowded: ReadonlySet<string>;
}

/** An identifier held by more rows than this links nobody. */
const CROWD = 50;

/** One text per identifier value, by which equal ones are told. */
export function identifierId({ identifier, value }: KnownIdentifier): string {
  return `${identifier} ${value}`;
}

/**
 * The given rows that are persons, and all others that a linking identifier connects them with, directly or over
 * further rows.
 */
export async function connectedRoots(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  rows: readonly RowKey[],
  loose: readonly KnownIdentifier[],
): Promise<Roots> {
  const nodes = model.tables.flatMap((table) =>
    table.owners
      .filter((owner) => owner.reaches.some((reach) => reach.kind === 'self'))
      .map((owner): Node => ({ table, owner })),
  );
  const places = occurrencesOf(model).filter(({ node }) =>
    nodes.some((root) => root.table === node.table && root.owner === node.owner),
  );
  const roots = new Map<string, Root>();
  const crowded = new Set<string>();
  const asked = new Set<string>();
  let fresh = rows;
  for (;;) {
    const wanted = fresh.flatMap((row) => {
      const node = nodes.find((candidate) => candidate.table.name === row.table);
      return node === undefined || roots.has(rowId(row)) ? [] : [{ node, row }];
    });
    for (const root of await readRoots(session, model, catalog, places, wanted)) roots.set(rowId(root.row), root);
    const values = [...loose, ...[...roots.values()].flatMap((root) => root.links)].filter(
      (value) => !asked.has(identifierId(value)),
    );
    for (const value of values) asked.add(identifierId(value));
    if (values.length === 0) break;
    const found = await rowsHolding(session, model, catalog, places, values);
    fresh = [...groupBy(found, ({ value }) => value)].flatMap(([value, holders]) => {
      if (holders.length <= CROWD) return holders.map(({ row }) => row);
      crowded.add(value);
      return [];
    });
  }
  return { roots: [...roots.values()], crowded };
}

/** Whether two rows may be one person: names agree, and neither has a personas kods that the other has not. */
export function rootsAgree(model: DataMapModel, a: Root, b: Root): boolean {
  const codes = (root: Root) =>
    root.links
      .filter(({ identifier }) => model.map.identifiers[identifier]?.kind === 'personas-kods')
      .map(({ value }) => value);
  const [mine, theirs] = [codes(a), codes(b)];
  if (mine.length > 0 && theirs.length > 0 && !mine.some((code) => theirs.includes(code))) return false;
  return a.names.some((x) => b.names.some((y) => nameContains(x, y) || nameContains(y, x)));
}

export function rowId(row: RowKey): string {
  return `${row.table} ${JSON.stringify(row.key)}`;
}

async function readRoots(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  places: readonly Occurrence[],
  wanted: readonly { node: Node; row: RowKey }[],
): Promise<Root[]> {
  const roots: Root[] = [];
  const spelling = spellingOf(model);
  for (const [node, group] of groupBy(wanted, (root) => root.node)) {
    const mine = places.filter((place) => place.node.table === node.table && place.node.owner === node.owner);
    const { from, values } = keyedRows(
      node.table,
      catalog,
      group.map(({ row }) => row),
    );
    const columns = ['h.n', ...mine.map((place) => occurrenceText(place, catalog))];
    for await (const [n, ...texts] of session.stream(`SELECT ${columns.join(', ')} FROM ${from}`, values)) {
      const row = group[Number(n)]?.row;
      if (row === undefined) continue;
      const held = mine.flatMap(({ identifier, kind }, i) => {
        const raw = texts[i] ?? '';
        return raw.trim() === ''
          ? []
          : [{ identifier, kind, raw, links: model.map.identifiers[identifier]?.links === true }];
      });
      const normal = (links: boolean) =>
        held
          .filter((value) => value.links === links)
          .flatMap(({ identifier, kind, raw }) =>
            (kind === 'name' ? [raw] : parse(kind, raw, spelling)).map((value) => ({ identifier, value })),
          );
      roots.push({
        node,
        row,
        names: held.filter(({ kind }) => kind === 'name').map(({ raw }) => raw),
        links: normal(true),
        others: normal(false),
      });
    }
  }
  return roots;
}

/** Rows that are persons and hold one of the values, each with the value that it holds. */
async function rowsHolding(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  places: readonly Occurrence[],
  values: readonly KnownIdentifier[],
): Promise<{ row: RowKey; value: string }[]> {
  const spelling = spellingOf(model);
  const rows: { row: RowKey; value: string }[] = [];
  for (const place of places) {
    if (model.map.identifiers[place.identifier]?.links !== true) continue;
    const wanted = new Set(
      values.filter(({ identifier }) => identifier === place.identifier).map(({ value }) => value),
    );
    if (wanted.size === 0) continue;
    const { table } = place.node;
    const key = keyOf(table, catalog).map((part) => `${part.expression}::text`);
    const text = occurrenceText(place, catalog);
    const keys = [...new Set([...wanted].flatMap((value) => searchKeys(place.kind, value, spelling)))];
    const sql = `SELECT ${[...key, text].join(', ')} FROM ${fromTable(table, catalog)} t WHERE ${sqlKey(place.kind, text)} = ANY ($1::text[])`;
    for await (const found of session.stream(sql, [keys])) {
      for (const value of parse(place.kind, found[key.length] ?? '', spelling)) {
        if (wanted.has(value))
          rows.push({
            row: { table: table.name, key: found.slice(0, key.length) as string[] },
            value: identifierId({ identifier: place.identifier, value }),
          });
      }
    }
  }
  return rows;
}
