import { type TemporaryTable, temporary } from '../database/temporary.js';
import { type IdentifierKind, type IdentifierOptions, sqlKey } from '../identity/kinds.js';
import type { Catalog } from './catalog.js';
import { collectionOrder, type Node } from './graph.js';
import { type KnownIdentifier, spellingOf } from './match.js';
import type { DataMapModel, OwnerModel, PersonalTableModel } from './model.js';
import { occurrencesOf, occurrenceText } from './occurrences.js';
import { conditions, equal, fromTable, type KeyPart, keyOf, operand } from './sql.js';

/** A row named by the text of its key's parts. */
export interface RowKey {
  readonly table: string;
  readonly key: readonly string[];
}

/** What is known of a person before their rows are collected; all of it comes from the live database. */
export interface Person {
  /** Rows that are the person (a customer, a contact person). */
  readonly roots: readonly RowKey[];
  /** Further rows that are theirs though no identifier links them, e.g. a guest order without an e-mail. */
  readonly rows: readonly (RowKey & { readonly owner: string })[];
  /** Normalised values, by identifier of the map. */
  readonly identifiers: readonly KnownIdentifier[];
  /** What their own rows call them; without any, an identifier alone decides. */
  readonly names?: readonly string[] | undefined;
  /** Whether others use the same identifiers, so that only a row that bears one of the names is theirs. */
  readonly byNameOnly?: boolean | undefined;
}

/**
 * The temporary table that holds whose rows of a table were collected: (person, owner, k1 … kn, grown). Grown are rows
 * that an erasure itself makes theirs; the collection finds none.
 */
export function rowsOf(table: PersonalTableModel): string {
  return temporary(rowsName(table));
}

/** The bare name of `rowsOf`. */
export function rowsName(table: PersonalTableModel): string {
  return `gdpr_rows_${table.index}`;
}

/** One step of the collection: a statement for the whole set of people. */
export type CollectStep =
  | { readonly kind: 'through'; readonly node: Node; readonly parent: PersonalTableModel; readonly sql: string }
  | {
      readonly kind: 'identifier';
      readonly node: Node;
      /**
       * Narrows by the first linking identifier's search key ($1: text[]); the exact check follows in TypeScript.
       * Result: the key's parts, the name that the row bears for this owner (or NULL), the identifiers' values.
       */
      readonly sql: string;
      readonly identifiers: readonly { readonly id: string; readonly kind: IdentifierKind }[];
      /** The column of the first identifier. */
      readonly column: string;
      readonly options: IdentifierOptions;
      /** Whether the rows that it finds are marked as grown. */
      readonly grown: boolean;
    };

export interface CollectPlan {
  /** The tables of which rows are collected, each into its `rowsOf`. */
  readonly tables: readonly PersonalTableModel[];
  readonly create: readonly TemporaryTable[];
  /** Steps of a group are repeated until none of them finds a new row. */
  readonly groups: readonly { readonly steps: readonly CollectStep[]; readonly repeat: boolean }[];
}

/**
 * Compiles the map into the statements that collect the rows of any set of people. Pure.
 * @param only the tables whose rows are asked for; undefined: all. What leads to them, and people's own rows, are
 *   collected as well.
 */
export function compileCollect(
  model: DataMapModel,
  catalog: Catalog,
  only: readonly PersonalTableModel[] = model.tables,
): CollectPlan {
  const order = collectionOrder(model);
  const nodes = leadingTo(only, order.flat());
  const tables = model.tables.filter(
    (table) => only.includes(table) || isPerson(table) || [...nodes].some((node) => node.table === table),
  );
  return {
    tables,
    create: tables.map((table) => {
      const key = keyOf(table, catalog);
      const parts = key.map((part, i) => `k${i + 1} ${part.type}`);
      return { name: rowsName(table), columns: ['person integer', 'owner smallint', ...parts, 'grown boolean'] };
    }),
    groups: order
      .map((group) => group.filter((node) => nodes.has(node)))
      .filter((group) => group.length > 0)
      .map((group) => ({
        steps: group.flatMap((node) => compileNode(node, model, catalog)),
        repeat: group.some(({ owner }) =>
          owner.reaches.some(
            (reach) =>
              reach.kind === 'through' &&
              group.some((other) => other.table.name === reach.table && other.owner.id === reach.owner),
          ),
        ),
      })),
  };
}

function isPerson({ owners }: PersonalTableModel): boolean {
  return owners.some(({ reaches }) => reaches.some(({ kind }) => kind === 'self'));
}

/** The nodes of these tables, and all over which rows of them are reached. */
function leadingTo(tables: readonly PersonalTableModel[], nodes: readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const add = (node: Node) => {
    if (found.has(node)) return;
    found.add(node);
    for (const reach of node.owner.reaches) {
      if (reach.kind !== 'through') continue;
      for (const other of nodes) if (other.table.name === reach.table && other.owner.id === reach.owner) add(other);
    }
  };
  for (const node of nodes) if (tables.includes(node.table)) add(node);
  return found;
}

type LedReach = Exclude<OwnerModel['reaches'][number], { kind: 'self' }>;

/** How the steps of a node differ from those of the collection. */
interface Otherwise {
  /** The conditions of a reach, over alias `t` and its own table; undefined leaves the reach out. */
  readonly when: (reach: LedReach) => readonly string[] | undefined;
  /** Whether the rows that they find are marked as grown. */
  readonly grown: boolean;
}

const AS_IT_STANDS: Otherwise = { when: (reach) => conditions(reach.when), grown: false };

/** That the row of a key, given in SQL, is not among the node's rows of the person, given in SQL, yet. */
export function isNew(
  { table, owner }: Node,
  catalog: Catalog,
  person: string,
  part: (part: KeyPart, i: number) => string,
): string {
  const same = keyOf(table, catalog).map((each, i) => `r.k${i + 1} = ${part(each, i)}`);
  return `NOT EXISTS (SELECT FROM ${rowsOf(table)} r WHERE r.person = ${person} AND r.owner = ${owner.index} AND ${same.join(' AND ')})`;
}

/** The steps that collect the rows of one node, from those of the nodes that it is reached through. Pure. */
export function compileNode(
  node: Node,
  model: DataMapModel,
  catalog: Catalog,
  { when, grown }: Otherwise = AS_IT_STANDS,
): CollectStep[] {
  const { table, owner } = node;
  const key = keyOf(table, catalog);
  const keyList = key.map((part) => part.expression).join(', ');
  const keyNames = key.map((_, i) => `k${i + 1}`).join(', ');
  return owner.reaches.flatMap((reach): CollectStep[] => {
    const allowed = reach.kind === 'self' ? undefined : when(reach);
    if (reach.kind === 'self' || allowed === undefined) return [];
    if (reach.kind === 'identifier') {
      const pairs = reach.identifier
        .map((pair) => ({
          pair,
          kind: model.map.identifiers[pair.is]?.kind ?? 'code',
          links: model.map.identifiers[pair.is]?.links === true,
        }))
        .sort((a, b) => Number(b.links) - Number(a.links));
      const values = pairs.map(({ pair }) => `${operand(table, catalog, 't', pair).sql}::text`);
      const first = pairs[0];
      if (first === undefined) return [];
      const where = [`${sqlKey(first.kind, values[0] ?? '')} = ANY ($1::text[])`, ...allowed];
      const keyText = key.map((part) => `${part.expression}::text`);
      const name = occurrencesOf(model).find(
        (place) => place.kind === 'name' && place.node.table === table && place.node.owner === owner,
      );
      const nameText = name === undefined ? 'NULL::text' : occurrenceText(name, catalog);
      return [
        {
          kind: 'identifier',
          node,
          sql: `SELECT ${[...keyText, nameText, ...values].join(', ')} FROM ${fromTable(table, catalog)} t WHERE ${where.join(' AND ')}`,
          identifiers: pairs.map(({ pair, kind }) => ({ id: pair.is, kind })),
          column: first.pair.column,
          options: spellingOf(model),
          grown,
        },
      ];
    }
    const parent = model.table(reach.table);
    const parentOwner = parent.owners.find((candidate) => candidate.id === reach.owner);
    const parentKey = keyOf(parent, catalog);
    const held = new Map(parentKey.map((part, i) => [part.column, `p.k${i + 1}`]));
    const needsParent = reach.on.some((pair) => !held.has(pair.to));
    const on = reach.on.map((pair) => {
      const to = operand(parent, catalog, 'u', { column: pair.to });
      const key = held.get(pair.to);
      return equal(operand(table, catalog, 't', pair), key === undefined ? to : { sql: key, type: to.type });
    });
    const joinParent = parentKey
      .map((part, i) => `${part.expression.replace(/^t\./, 'u.')} = p.k${i + 1}`)
      .join(' AND ');
    return [
      {
        kind: 'through',
        node,
        parent,
        sql: [
          `INSERT INTO ${rowsOf(table)} (person, owner, grown, ${keyNames})`,
          `SELECT DISTINCT p.person, ${owner.index}::smallint, ${grown}, ${keyList}`,
          `FROM ${rowsOf(parent)} p`,
          ...(needsParent ? [`JOIN ${fromTable(parent, catalog)} u ON ${joinParent}`] : []),
          `JOIN ${fromTable(table, catalog)} t ON ${[...on, ...allowed].join(' AND ')}`,
          `WHERE p.owner = ${parentOwner?.index ?? 0} AND ${isNew(node, catalog, 'p.person', (part) => part.expression)}`,
        ].join('\n'),
      },
    ];
  });
}
