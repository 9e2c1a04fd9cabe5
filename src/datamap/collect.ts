import { quoteName, type Session } from '../database/session.js';
import { type IdentifierKind, type IdentifierOptions, sqlKey } from '../identity/kinds.js';
import type { Catalog } from './catalog.js';
import { collectionOrder, type Node } from './graph.js';
import { type IdentifierIndex, indexIdentifiers, type KnownIdentifier, matcher, spellingOf } from './match.js';
import type { DataMapModel, OwnerModel, PersonalTableModel } from './model.js';
import { occurrencesOf, occurrenceText } from './occurrences.js';
import { conditions, equal, fromTable, keyOf, operand } from './sql.js';

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

/** Rows of a table under a person's identifier that bear somebody else's name, and so were not collected. */
export interface Contradicted {
  readonly person: number;
  readonly table: string;
  readonly column: string;
  readonly rows: number;
}

/**
 * The temporary table that holds whose rows of a table were collected: (person, owner, k1 … kn, grown). Grown are rows
 * that an erasure itself makes theirs; the collection finds none.
 */
export function rowsOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_rows_${table.index}`);
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
  readonly create: readonly string[];
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
      const parts = key.map((part, i) => `k${i + 1} ${part.type}`).join(', ');
      const names = key.map((_, i) => `k${i + 1}`).join(', ');
      return `CREATE TEMPORARY TABLE ${rowsOf(table)} (person integer, owner smallint, ${parts}, grown boolean DEFAULT false, PRIMARY KEY (person, owner, ${names})) ON COMMIT DROP`;
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

/** Forgets what was collected before the transaction ends. */
export async function dropCollected(session: Session, { tables }: CollectPlan): Promise<void> {
  await session.run(`DROP TABLE ${tables.map(rowsOf).join(', ')}`);
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
          `WHERE p.owner = ${parentOwner?.index ?? 0}`,
          'ON CONFLICT DO NOTHING',
        ].join('\n'),
      },
    ];
  });
}

/**
 * Collects the rows of every person into the temporary tables, a statement a reach. `people[i]` becomes person `i`.
 * Runs inside the caller's transaction, whose snapshot it shares; the tables go with it. `takeOut` removes rows of a table
 * that are not to count, before others are reached through them, and says how many it removed.
 * @returns what was left out because it bears another name
 */
export async function collectRows(
  session: Session,
  plan: CollectPlan,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Person[],
  takeOut: (table: PersonalTableModel) => Promise<number> = async () => 0,
): Promise<Contradicted[]> {
  const contradicted = new Map<string, Contradicted>();
  await session.run(plan.create.join(';\n'));
  const filled = await insertKnownRows(session, model, catalog, people);
  for (const table of model.tables) await takeOut(table);
  const run = stepRunner(session, catalog, people, contradicted);
  for (const group of plan.groups) {
    let found: number;
    do {
      found = 0;
      for (const step of group.steps) {
        // Most people have rows in few tables: nothing is reached through one that holds none of theirs.
        if (step.kind === 'through' && !filled.has(step.parent)) continue;
        const inserted = await run(step);
        if (inserted > 0) filled.add(step.node.table);
        found += inserted - (await takeOut(step.node.table));
      }
    } while (group.repeat && found > 0);
    const tables = new Set(group.steps.map((step) => rowsOf(step.node.table)));
    if (tables.size > 0) await session.run(`ANALYZE ${[...tables].join(', ')}`);
  }
  return [...contradicted.values()];
}

/** What runs a step for these people and says how many rows it found that were not there. */
export function stepRunner(
  session: Session,
  catalog: Catalog,
  people: readonly Person[],
  contradicted = new Map<string, Contradicted>(),
): (step: CollectStep) => Promise<number> {
  const byIdentifier = indexIdentifiers(people);
  return (step) =>
    step.kind === 'through'
      ? session.run(step.sql)
      : collectByIdentifier(session, step, catalog, people, byIdentifier, contradicted);
}

/** @returns the tables that hold rows now */
async function insertKnownRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Person[],
): Promise<Set<PersonalTableModel>> {
  const rows = new Map<Node, { person: number; key: readonly string[] }[]>();
  const nodes = model.tables.flatMap((table) => table.owners.map((owner): Node => ({ table, owner })));
  const add = (person: number, row: RowKey, matches: (node: Node) => boolean) => {
    const node = nodes.find((candidate) => candidate.table.name === row.table && matches(candidate));
    if (node === undefined) throw new Error(`no owner of ${row.table} takes the row`);
    const list = rows.get(node);
    if (list === undefined) rows.set(node, [{ person, key: row.key }]);
    else list.push({ person, key: row.key });
  };
  people.forEach((person, i) => {
    for (const row of person.roots) add(i, row, ({ owner }) => owner.reaches.some((reach) => reach.kind === 'self'));
    for (const row of person.rows) add(i, row, ({ owner }) => owner.id === row.owner);
  });
  for (const [node, list] of rows) {
    await insertKeys(session, node, catalog, list);
    await session.run(`ANALYZE ${rowsOf(node.table)}`);
  }
  return new Set([...rows.keys()].map(({ table }) => table));
}

/** The tables of which rows were collected. */
export async function collectedTables(session: Session, model: DataMapModel): Promise<Set<PersonalTableModel>> {
  const rows = await session.query<{ n: number }>(
    model.tables
      .map((table) => `SELECT ${table.index} AS n WHERE EXISTS (SELECT FROM ${rowsOf(table)})`)
      .join(' UNION ALL '),
  );
  const filled = new Set(rows.map(({ n }) => n));
  return new Set(model.tables.filter(({ index }) => filled.has(index)));
}

async function insertKeys(
  session: Session,
  { table, owner }: Node,
  catalog: Catalog,
  rows: readonly { person: number; key: readonly string[] }[],
  grown = false,
): Promise<number> {
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`).join(', ');
  // Each part is cast on its own, since an array of arrays would be taken apart.
  const arrays = key.map((_, i) => `$${i + 2}::text[]`).join(', ');
  const parts = key.map((part, i) => `u.k${i + 1}::${part.type}`).join(', ');
  return session.run(
    `INSERT INTO ${rowsOf(table)} (person, owner, grown, ${names}) SELECT u.person, ${owner.index}::smallint, ${grown}, ${parts} FROM unnest($1::integer[], ${arrays}) u (person, ${names}) ON CONFLICT DO NOTHING`,
    [rows.map((row) => row.person), ...key.map((_, i) => rows.map((row) => row.key[i] ?? null))],
  );
}

const MATCH_BATCH = 5000;

async function collectByIdentifier(
  session: Session,
  step: Extract<CollectStep, { kind: 'identifier' }>,
  catalog: Catalog,
  people: readonly Person[],
  index: IdentifierIndex,
  contradicted: Map<string, Contradicted>,
): Promise<number> {
  const match = matcher(step.identifiers, people, index, step.options);
  if (match === undefined) return 0;
  const keyLength = keyOf(step.node.table, catalog).length;
  // The narrowed rows are few and are read whole: a cursor would stay open across the insert.
  const matched: { person: number; key: string[] }[] = [];
  const others = new Map<number, number>();
  for await (const row of session.stream(step.sql, [match.searchKeys])) {
    const key = row.slice(0, keyLength) as string[];
    for (const found of match.peopleOf(row.slice(keyLength + 1), row[keyLength] ?? null)) {
      if (found.contradicted) others.set(found.person, (others.get(found.person) ?? 0) + 1);
      else matched.push({ person: found.person, key });
    }
  }
  const { table, owner } = step.node;
  for (const [person, rows] of others) {
    // A step may be repeated; what it leaves out is the same each time.
    contradicted.set(`${person} ${table.name} ${owner.id} ${step.column}`, {
      person,
      table: table.name,
      column: step.column,
      rows,
    });
  }
  let inserted = 0;
  for (let at = 0; at < matched.length; at += MATCH_BATCH) {
    inserted += await insertKeys(session, step.node, catalog, matched.slice(at, at + MATCH_BATCH), step.grown);
  }
  return inserted;
}
