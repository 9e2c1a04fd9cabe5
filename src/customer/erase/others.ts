import type { Session } from '../../database/session.js';
import {
  analyzeTemporary,
  emptyTemporary,
  indexTemporary,
  MANY_ROWS,
  makeTemporary,
  type TemporaryTable,
  temporary,
} from '../../database/temporary.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectedTables } from '../../datamap/collect.js';
import { type Person, rowsOf } from '../../datamap/collect-plan.js';
import { collectionOrder, type Node } from '../../datamap/graph.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel, OwnerModel, PersonalTableModel } from '../../datamap/model.js';
import type { Condition } from '../../datamap/schema.js';
import { conditions, equal, fromTable, keyOf, operand, textLiteral } from '../../datamap/sql.js';
import { searchKeys, sqlKey } from '../../identity/kinds.js';
import { keyColumns, keyNames, sameRow } from './sql.js';

/** The search keys of the identifiers that the people of the set have. */
const KNOWN = temporary('gdpr_known');

/** A column by which a row leads to another one or to a person, or a place in its JSON. */
interface Place {
  readonly column: string;
  readonly path?: readonly string[] | undefined;
}

/**
 * What will be left, in SQL: of the row of an alias, or of the columns by which it leads on as long as it is there; and
 * that the conditions of a reach hold in the row of alias `t`.
 */
export interface Left {
  row(table: PersonalTableModel, alias: string, places: readonly Place[]): string;
  places(table: PersonalTableModel, alias: string, places: readonly Place[]): string;
  when(table: PersonalTableModel, when: readonly Condition[] | undefined): string[];
}

const EVERYTHING: Left = { row: () => 'true', places: () => 'true', when: (_, when) => conditions(when) };

/** Makes the table of the set's own identifiers, by which a row's other owners are told from them. */
export async function createKnown(session: Session, model: DataMapModel, people: readonly Person[]): Promise<void> {
  await session.run(
    `CREATE TEMPORARY TABLE gdpr_known (identifier text, key text, PRIMARY KEY (identifier, key)) ON COMMIT DROP`,
  );
  const spelling = spellingOf(model);
  const keys = people.flatMap(({ identifiers }) =>
    identifiers.flatMap(({ identifier, value }) =>
      searchKeys(model.map.identifiers[identifier]?.kind ?? 'code', value, spelling).map((key) => ({
        identifier,
        key,
      })),
    ),
  );
  await session.run(
    `INSERT INTO ${KNOWN} SELECT u.identifier, u.key FROM unnest($1::text[], $2::text[]) u (identifier, key) ON CONFLICT DO NOTHING`,
    [keys.map(({ identifier }) => identifier), keys.map(({ key }) => key)],
  );
}

/** Rows that lead from the collected ones up to people: owner, k1 … kn, outside (whether somebody else is there). */
export function upOf(table: PersonalTableModel): string {
  return temporary(upName(table));
}

function upName(table: PersonalTableModel): string {
  return `gdpr_up_${table.index}`;
}

/**
 * Finds out which collected rows are somebody's outside the set, too: follows every reach from them up to the people
 * and identifiers at its end, then brings what is found there down again. A statement a reach, whatever the number of
 * people; rows that point to each other in a ring are followed until nothing new is found. Runs after `createKnown`; with
 * `left` it finds who will own them, where what leads to others goes with the erasure.
 */
export async function findOthers(
  session: Session,
  model: DataMapModel,
  catalog: Catalog,
  left: Left = EVERYTHING,
): Promise<void> {
  await makeTemporary(
    session,
    model.tables.map((table) => upTable(table, catalog)),
  );
  const filled = await collectedTables(session, model);
  for (const table of filled) await seed(session, table, catalog);
  await analyzeTemporary(session, [...filled].map(upName));
  const groups = collectionOrder(model);
  const follow = async (
    group: readonly Node[],
    statement: (step: Step) => string,
    from: (step: Step) => PersonalTableModel,
  ) => {
    const steps = group.flatMap((node) => stepsUp(node, model));
    const grown = new Set<PersonalTableModel>();
    for (let found = 1; found > 0; ) {
      found = 0;
      for (const step of steps) {
        if (!filled.has(from(step))) continue;
        const rows = await session.run(statement(step));
        if (rows > 0) {
          filled.add(step.parent);
          grown.add(step.parent);
        }
        // Within a group a later step can find what an earlier one starts from.
        if (steps.some((other) => other.node.table === step.parent || other.parent === step.node.table)) found += rows;
      }
    }
    return grown;
  };
  for (const group of [...groups].reverse()) {
    const grown = await follow(
      group,
      (step) => goUp(step, catalog, left),
      ({ node }) => node.table,
    );
    await analyzeTemporary(session, [...grown].map(upName));
  }
  for (const { table, owner } of groups.flat()) {
    const ends = endsOf(table, owner, model, catalog, left);
    if (ends.length === 0 || !filled.has(table)) continue;
    await session.run(
      `UPDATE ${upOf(table)} c SET outside = true FROM ${fromTable(table, catalog)} t WHERE c.owner = ${owner.index} AND ${sameRow(table, catalog, 't', 'c')} AND (${ends.join(' OR ')})`,
    );
  }
  for (const group of groups)
    await follow(
      group,
      (step) => comeDown(step, catalog, left),
      ({ parent }) => parent,
    );
}

/** Forgets what `findOthers` found, so that it can look again. */
export async function forgetOthers(session: Session, model: DataMapModel): Promise<void> {
  await emptyTemporary(session, model.tables.map(upName));
}

/** Forgets what `createKnown` made. */
export async function forgetKnown(session: Session): Promise<void> {
  await session.run(`DROP TABLE ${KNOWN}`);
}

/** The owners (bit mask) as whom somebody outside the set owns the row whose key the alias holds. */
export function othersMask(table: PersonalTableModel, catalog: Catalog, alias = 'r'): string {
  return `coalesce((SELECT bit_or(1 << c.owner) FROM ${upOf(table)} c WHERE c.outside AND (${keyNames(table, catalog, 'c')}) = (${keyNames(table, catalog, alias)})), 0)`;
}

function upTable(table: PersonalTableModel, catalog: Catalog): TemporaryTable {
  const parts = keyOf(table, catalog).map((part, i) => `k${i + 1} ${part.type}`);
  return { name: upName(table), columns: ['owner integer', ...parts, 'outside boolean'] };
}

/** Enters every collected row, as whom anybody could own it. */
async function seed(session: Session, table: PersonalTableModel, catalog: Catalog): Promise<void> {
  const names = keyNames(table, catalog);
  const rows = await session.run(
    `INSERT INTO ${upOf(table)} (owner, ${names}, outside) SELECT o.owner, ${keyNames(table, catalog, 'r')}, false FROM (SELECT DISTINCT ${names} FROM ${rowsOf(table)}) r, generate_series(0, ${table.owners.length - 1}) o (owner)`,
  );
  if (rows >= MANY_ROWS) await indexTemporary(session, upName(table), [...keyColumns(table, catalog), 'owner']);
}

/** One reach from an owner of a table to an owner of another one. */
interface Step {
  readonly node: Node;
  readonly reach: Extract<OwnerModel['reaches'][number], { kind: 'through' }>;
  readonly parent: PersonalTableModel;
  readonly parentOwner: OwnerModel;
}

function stepsUp(node: Node, model: DataMapModel): Step[] {
  return node.owner.reaches.flatMap((reach): Step[] => {
    if (reach.kind !== 'through') return [];
    const parent = model.table(reach.table);
    const parentOwner = parent.owners.find(({ id }) => id === reach.owner);
    return parentOwner === undefined ? [] : [{ node, reach, parent, parentOwner }];
  });
}

/** The step's rows: `c` (on the way), its row `t`, and `u`, the row that it is reached through. */
function joined(
  { node: { table, owner }, reach, parent }: Step,
  catalog: Catalog,
  left: Left,
): { from: string; where: string } {
  const on = reach.on.map((pair) =>
    equal(operand(table, catalog, 't', pair), operand(parent, catalog, 'u', { column: pair.to })),
  );
  return {
    from: `${fromTable(table, catalog)} t JOIN ${fromTable(parent, catalog)} u ON ${[...on, ...left.when(table, reach.when)].join(' AND ')}`,
    where: [
      `c.owner = ${owner.index}`,
      sameRow(table, catalog, 't', 'c'),
      left.places(table, 't', reach.on),
      left.row(
        parent,
        'u',
        reach.on.map(({ to }) => ({ column: to })),
      ),
    ].join(' AND '),
  };
}

function goUp(step: Step, catalog: Catalog, left: Left): string {
  const { node, parent, parentOwner } = step;
  const { from, where } = joined(step, catalog, left);
  const key = keyOf(parent, catalog).map((part) => part.expression.replace(/^t\./, 'u.'));
  const isThere = `SELECT FROM ${upOf(parent)} p WHERE p.owner = ${parentOwner.index} AND ${sameRow(parent, catalog, 'u', 'p')}`;
  return [
    `INSERT INTO ${upOf(parent)} (owner, ${keyNames(parent, catalog)}, outside)`,
    `SELECT DISTINCT ${parentOwner.index}, ${key.join(', ')}, false FROM ${upOf(node.table)} c, ${from}`,
    `WHERE ${where} AND NOT EXISTS (${isThere})`,
  ].join('\n');
}

function comeDown(step: Step, catalog: Catalog, left: Left): string {
  const { node, parent, parentOwner } = step;
  const { from, where } = joined(step, catalog, left);
  return `UPDATE ${upOf(node.table)} c SET outside = true FROM ${from} JOIN ${upOf(parent)} p ON p.outside AND p.owner = ${parentOwner.index} AND ${sameRow(parent, catalog, 'u', 'p')} WHERE NOT c.outside AND ${where}`;
}

/** How a row of alias `t` ends at somebody outside: it is a person itself, or bears an identifier of somebody else. */
function endsOf(
  table: PersonalTableModel,
  owner: OwnerModel,
  model: DataMapModel,
  catalog: Catalog,
  left: Left,
): string[] {
  const collected = `EXISTS (SELECT FROM ${rowsOf(table)} r WHERE r.owner = ${owner.index} AND ${sameRow(table, catalog, 't', 'r')})`;
  return owner.reaches.flatMap((reach): string[] => {
    if (reach.kind === 'through') return [];
    if (reach.kind === 'self') return [`NOT ${collected}`];
    const pair = reach.identifier.find(({ is }) => model.map.identifiers[is]?.links === true);
    if (pair === undefined) return [];
    const value = `${operand(table, catalog, 't', pair).sql}::text`;
    const key = sqlKey(model.map.identifiers[pair.is]?.kind ?? 'code', value);
    const ours = `${collected} AND EXISTS (SELECT FROM ${KNOWN} k WHERE k.identifier = ${textLiteral(pair.is)} AND k.key = ${key})`;
    const parts = [
      `btrim(${value}) <> ''`,
      ...left.when(table, reach.when),
      `NOT (${ours})`,
      left.places(table, 't', [pair]),
    ];
    return [`(${parts.join(' AND ')})`];
  });
}

/**
 * Whether a row of the table can be somebody else's too: it has several owners, or one who is reached in ways that
 * do not shut each other out, here or in a table on the way.
 */
export function canBeShared(table: PersonalTableModel, model: DataMapModel): boolean {
  return table.owners.length > 1 || table.owners.some((owner) => isPlural(owner, model, new Set()));
}

function isPlural(owner: OwnerModel, model: DataMapModel, passed: Set<OwnerModel>): boolean {
  if (passed.has(owner)) return false;
  passed.add(owner);
  const { reaches } = owner;
  if (reaches.some((a, i) => reaches.slice(i + 1).some((b) => !exclusive(a, b) && !exclusive(b, a)))) return true;
  return reaches.some((reach) => {
    if (reach.kind !== 'through') return false;
    const parent = model.table(reach.table);
    const parentOwner = parent.owners.find(({ id }) => id === reach.owner);
    return parentOwner !== undefined && isPlural(parentOwner, model, passed);
  });
}

type AnyReach = OwnerModel['reaches'][number];

/** Whether one reach demands that a column is NULL which the other needs, or both demand different values of one. */
function exclusive(a: AnyReach, b: AnyReach): boolean {
  if (a.kind === 'self' || b.kind === 'self') return false;
  const needed = b.kind === 'through' ? b.on : b.identifier;
  return (a.when ?? []).some((condition) => {
    if ('isNull' in condition) {
      if (!condition.isNull) return false;
      return (
        needed.some((pair) => pair.column === condition.column && pair.path === undefined) ||
        (b.when ?? []).some((other) => other.column === condition.column && (!('isNull' in other) || !other.isNull))
      );
    }
    return (b.when ?? []).some(
      (other) =>
        other.column === condition.column && 'in' in other && !other.in.some((value) => condition.in.includes(value)),
    );
  });
}
