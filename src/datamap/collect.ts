import type { Session } from '../database/session.js';
import { analyzeTemporary, emptyTemporary, indexTemporary, MANY_ROWS, makeTemporary } from '../database/temporary.js';
import type { Catalog } from './catalog.js';
import {
  type CollectPlan,
  type CollectStep,
  isNew,
  type Person,
  type RowKey,
  rowsName,
  rowsOf,
} from './collect-plan.js';
import type { Node } from './graph.js';
import { type IdentifierIndex, indexIdentifiers, matcher } from './match.js';
import type { DataMapModel, PersonalTableModel } from './model.js';
import { keyOf } from './sql.js';

/** Rows of a table under a person's identifier that bear somebody else's name, and so were not collected. */
export interface Contradicted {
  readonly person: number;
  readonly table: string;
  readonly column: string;
  readonly rows: number;
}

/** Forgets what was collected before the transaction ends, so that it can be collected anew, or of other people. */
export async function forgetCollected(session: Session, { tables }: CollectPlan): Promise<void> {
  await emptyTemporary(session, tables.map(rowsName));
}

/**
 * Collects the rows of every person into the temporary tables, a statement a reach. `people[i]` becomes person `i`.
 * Runs inside the caller's transaction, whose snapshot it shares; their rows go with it. `takeOut` removes rows of a table
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
  await makeTemporary(session, plan.create);
  const counts = await insertKnownRows(session, model, catalog, people);
  for (const table of model.tables) await takeOut(table);
  const run = stepRunner(session, catalog, people, contradicted);
  for (const group of plan.groups) {
    let found: number;
    do {
      found = 0;
      for (const step of group.steps) {
        // Most people have rows in few tables: nothing is reached through one that holds none of theirs.
        if (step.kind === 'through' && !counts.has(step.parent)) continue;
        const inserted = await run(step);
        const { table } = step.node;
        if (inserted > 0) counts.set(table, (counts.get(table) ?? 0) + inserted);
        found += inserted - (await takeOut(table));
      }
    } while (group.repeat && found > 0);
    const tables = [...new Set(group.steps.map((step) => step.node.table))].filter((table) => counts.has(table));
    for (const table of tables) await settleRows(session, table, catalog, counts.get(table) ?? 0);
  }
  return [...contradicted.values()];
}

/** Readies collected rows for the statements that read them. */
async function settleRows(session: Session, table: PersonalTableModel, catalog: Catalog, rows: number): Promise<void> {
  const names = keyOf(table, catalog).map((_, i) => `k${i + 1}`);
  if (rows >= MANY_ROWS) await indexTemporary(session, rowsName(table), ['person', 'owner', ...names]);
  await analyzeTemporary(session, [rowsName(table)]);
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

/** @returns the tables that hold rows now, and how many */
async function insertKnownRows(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  people: readonly Person[],
): Promise<Map<PersonalTableModel, number>> {
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
  const counts = new Map<PersonalTableModel, number>();
  for (const [node, list] of rows) {
    const count = (counts.get(node.table) ?? 0) + (await insertKeys(session, node, catalog, list));
    counts.set(node.table, count);
    await settleRows(session, node.table, catalog, count);
  }
  return counts;
}

/** The tables of which rows were collected. */
export function collectedTables(session: Session, model: DataMapModel): Promise<Set<PersonalTableModel>> {
  return tablesWithRows(session, model.tables, rowsOf);
}

/** Those of the tables for which the temporary table that `of` names holds any row. */
export async function tablesWithRows(
  session: Session,
  tables: readonly PersonalTableModel[],
  of: (table: PersonalTableModel) => string,
): Promise<Set<PersonalTableModel>> {
  if (tables.length === 0) return new Set();
  const rows = await session.query<{ n: number }>(
    tables.map((table) => `SELECT ${table.index} AS n WHERE EXISTS (SELECT FROM ${of(table)})`).join(' UNION ALL '),
  );
  const filled = new Set(rows.map(({ n }) => n));
  return new Set(tables.filter(({ index }) => filled.has(index)));
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
  const parts = key.map((part, i) => `u.k${i + 1}::${part.type}`);
  return session.run(
    [
      `INSERT INTO ${rowsOf(table)} (person, owner, grown, ${names})`,
      `SELECT DISTINCT u.person, ${owner.index}::smallint, ${grown}, ${parts.join(', ')}`,
      `FROM unnest($1::integer[], ${arrays}) u (person, ${names}) WHERE ${isNew({ table, owner }, catalog, 'u.person', (_, i) => parts[i] ?? '')}`,
    ].join('\n'),
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
