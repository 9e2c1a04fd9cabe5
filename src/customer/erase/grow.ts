import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { collectedTables, stepRunner } from '../../datamap/collect.js';
import { type CollectStep, compileNode, type Person, rowsOf } from '../../datamap/collect-plan.js';
import { collectionOrder, type Node } from '../../datamap/graph.js';
import type { DataMapModel, OwnerModel, PersonalTableModel } from '../../datamap/model.js';
import type { Condition } from '../../datamap/schema.js';
import { column, conditions, fromTable, textLiteral } from '../../datamap/sql.js';
import type { ColumnStep } from './change.js';
import type { Dependency, Erasure } from './compile.js';
import { concerns, fateOf, free, newValue, sameRow } from './sql.js';

type Reach = OwnerModel['reaches'][number];

/** A step by which rows become the people's, or what hangs on rows that did. */
interface GrowStep {
  readonly step: CollectStep;
  /** Whether it starts from any row of theirs, not only from those that became theirs. */
  readonly starts: boolean;
}

/** How an erasure can make rows the people's: groups as in the collection, and the tables that can grow. */
export interface Growth {
  readonly groups: readonly (readonly GrowStep[])[];
  readonly tables: readonly PersonalTableModel[];
}

/**
 * Compiles how rows can become the people's by the erasure itself: a reach asks that a column be NULL (without a gift
 * the buyer is the recipient), and the erasure empties it. Pure.
 */
export function compileGrowth(erasure: Erasure, model: DataMapModel, catalog: Catalog): Growth {
  const reached = new Set<Node>();
  const groups = collectionOrder(model).map((group) => {
    // Within a group a later node can lead to an earlier one.
    for (let more = true; more; ) {
      more = false;
      for (const node of group) {
        if (reached.has(node) || !(canTurn(node, erasure) || hangsOn(node, reached))) continue;
        reached.add(node);
        more = true;
      }
    }
    return group.flatMap((node): GrowStep[] => [
      ...compileNode(node, model, catalog, {
        when: (reach) => turning(reach, node.table, erasure, model, catalog),
        grown: true,
      }).map((step) => ({ step, starts: true })),
      ...compileNode(node, model, catalog, {
        when: (reach) => (leadsFrom(reach, reached) ? conditions(reach.when) : undefined),
        grown: true,
      }).map((step) => ({ step, starts: false })),
    ]);
  });
  return {
    groups: groups.filter((group) => group.length > 0),
    tables: model.tables.filter((table) => [...reached].some((node) => node.table === table)),
  };
}

/**
 * Adds to the collected rows what the decided fates make the people's, in place of what an earlier round added. Rows
 * that lead to them count although they go, or lead to nobody afterwards: what a person had when the last other owner
 * was cut off is theirs.
 * @returns whether it is not what was added before
 */
export async function growRows(
  session: Session,
  { groups, tables }: Growth,
  { model, catalog }: { readonly model: DataMapModel; readonly catalog: Catalog },
  people: readonly Person[],
  round: number,
): Promise<boolean> {
  if (groups.length === 0) return false;
  const before = round === 0 ? undefined : await digestOf(session, tables);
  if (before !== undefined) for (const table of tables) await session.run(`DELETE FROM ${rowsOf(table)} WHERE grown`);
  const filled = await collectedTables(session, model);
  const grown = new Set<PersonalTableModel>();
  const run = stepRunner(session, catalog, people);
  for (const group of groups) {
    for (let found = 1; found > 0; ) {
      found = 0;
      for (const { step, starts } of group) {
        const from = starts ? filled : grown;
        if (step.kind === 'through' && !from.has(step.parent) && !grown.has(step.parent)) continue;
        const rows = await run(step);
        if (rows > 0) grown.add(step.node.table);
        found += rows;
      }
    }
  }
  return before === undefined ? grown.size > 0 : before !== (await digestOf(session, tables));
}

/** What the grown rows are, in one text. */
async function digestOf(session: Session, tables: readonly PersonalTableModel[]): Promise<string> {
  const each = tables.map(
    (table) =>
      `SELECT count(*)::text || ' ' || coalesce(bit_xor(hashtextextended(r::text, 0)), 0)::text AS digest FROM ${rowsOf(table)} r WHERE grown`,
  );
  const rows = await session.query<{ digest: string }>(each.join(' UNION ALL '));
  return rows.map(({ digest }) => digest).join(', ');
}

function hangsOn({ owner }: Node, reached: ReadonlySet<Node>): boolean {
  return owner.reaches.some((reach) => leadsFrom(reach, reached));
}

function leadsFrom(reach: Reach, reached: ReadonlySet<Node>): boolean {
  return (
    reach.kind === 'through' &&
    [...reached].some(({ table, owner }) => table.name === reach.table && owner.id === reach.owner)
  );
}

function canTurn({ table, owner }: Node, erasure: Erasure): boolean {
  return owner.reaches.some(
    (reach) => reach.kind !== 'self' && (reach.when ?? []).some((condition) => turns(condition, table, erasure)),
  );
}

/** Whether the erasure can make the condition true. */
export function turns(condition: Condition, table: PersonalTableModel, erasure: Erasure): boolean {
  return changing(condition, table, erasure) !== undefined || cutting(condition, table, erasure).length > 0;
}

/** That the reach's conditions do not all hold in the row of alias `t` now, but will; undefined when they never will. */
export function turning(
  reach: Reach,
  table: PersonalTableModel,
  erasure: Erasure,
  model: DataMapModel,
  catalog: Catalog,
): string[] | undefined {
  const when = reach.kind === 'self' ? [] : (reach.when ?? []);
  if (!when.some((condition) => turns(condition, table, erasure))) return undefined;
  return [`(${conditions(when).join(' AND ')}) IS NOT TRUE`, ...will(when, table, erasure, model, catalog)];
}

/** That the conditions hold in the row of alias `t`, or will by the decided fates: as if it stayed, if it goes. */
export function will(
  when: readonly Condition[],
  table: PersonalTableModel,
  erasure: Erasure,
  model: DataMapModel,
  catalog: Catalog,
): string[] {
  return when.map((condition) => {
    const step = changing(condition, table, erasure);
    const ways = [
      ...conditions([condition]),
      ...(step === undefined ? [] : [isChanged(step, condition, table, model, catalog)]),
      ...cutting(condition, table, erasure).map((dependency) => isCut(dependency, condition.column, catalog)),
    ];
    return `(${ways.join(' OR ')})`;
  });
}

/** The change that can make the condition true, by what it puts into the column. */
function changing(condition: Condition, table: PersonalTableModel, erasure: Erasure): ColumnStep | undefined {
  const step = erasure.tables
    .find((each) => each.table === table)
    ?.columns.find((each) => each.column.name === condition.column);
  const kind = step?.change.kind;
  const empties = 'isNull' in condition && condition.isNull;
  const can = kind === 'generalise' || (empties ? kind === 'clear' : kind === 'text');
  return can ? step : undefined;
}

/** The keys that can be cut so that the condition becomes true. */
function cutting(condition: Condition, table: PersonalTableModel, { dependencies }: Erasure): Dependency[] {
  if (!('isNull' in condition && condition.isNull)) return [];
  return dependencies.filter(({ child, cut }) => child.table === table && cut.includes(condition.column));
}

function isChanged(
  step: ColumnStep,
  condition: Condition,
  table: PersonalTableModel,
  model: DataMapModel,
  catalog: Catalog,
): string {
  const value = `(${newValue(step, model.map.timeZone)})`;
  const then =
    'isNull' in condition
      ? `${value} IS ${condition.isNull ? '' : 'NOT '}NULL`
      : `${value}::text IN (${condition.in.map(textLiteral).join(', ')})`;
  return `(EXISTS (SELECT FROM ${fateOf(table)} f WHERE ${sameRow(table, catalog, 't', 'f')} AND ${concerns(step, table)} AND ${free(step)}) AND ${then})`;
}

function isCut({ key, child, parent }: Dependency, name: string, catalog: Catalog): string {
  const on = key.columns.map((each, i) => `${column('t', each)} = ${column('p', key.referencedColumns[i] ?? '')}`);
  return [
    `(EXISTS (SELECT FROM ${fromTable(parent.table, catalog)} p JOIN ${fateOf(parent.table)} f ON ${sameRow(parent.table, catalog, 'p', 'f')} WHERE f.gone AND ${on.join(' AND ')})`,
    `AND NOT EXISTS (SELECT FROM ${fateOf(child.table)} g WHERE ${sameRow(child.table, catalog, 't', 'g')} AND ${textLiteral(name)} = ANY (g.kept)))`,
  ].join(' ');
}
