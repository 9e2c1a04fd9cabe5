import type { TableErase } from '../customer/erase/compile.js';
import { sameRow } from '../customer/erase/sql.js';
import type { Session } from '../database/session.js';
import { fromTable, keyOf } from '../datamap/sql.js';
import { compileDue } from './due.js';
import { type Guard, guardOf, pointedTo, type Standing } from './guards.js';
import { type Ruling, surveyOf } from './ruling.js';
import { covering, groundsOf, type Unit } from './units.js';

/** Which rows of alias `alias` of a table are about to go, or to lose these columns, by the survey. */
function leavesOf({ units, catalog }: Ruling, within: readonly Unit[] = []) {
  return (child: TableErase, cut: readonly string[], alias: string) => {
    const mine = units.filter(
      ({ erase, does, steps }) =>
        erase.table === child.table &&
        (does === 'delete' ||
          (cut.length > 0 &&
            cut.every((name) => steps.some(({ column, change }) => column.name === name && change.kind === 'clear')))),
    );
    if (mine.length === 0) return undefined;
    const same = keyOf(child.table, catalog).map(
      ({ expression }, i) => `g.k${i + 1} = ${expression.replace(/^t\./, `${alias}.`)}`,
    );
    const first = mine.some((unit) => within.includes(unit)) ? ' AND g.leaves' : '';
    return `EXISTS (SELECT FROM ${surveyOf(child.table)} g WHERE g.unit IN (${mine.map(({ index }) => index).join(', ')}) AND NOT g.held AND NOT g.excepted${first} AND ${same.join(' AND ')})`;
  };
}

/** Rows in a ring, each of which waits for the next, cannot go one after the other, nor can what they point to. */
export async function exceptRings(
  session: Session,
  group: readonly Unit[],
  ruling: Ruling,
  standing: Standing,
): Promise<number> {
  const { catalog } = ruling;
  const guard = (child: TableErase, cut: readonly string[]) => guardOfChild(child, cut, ruling, standing);
  for (let changed = 1; changed > 0; ) {
    changed = 0;
    for (const unit of group) {
      const { table } = unit.erase;
      const pointed = pointedTo(unit, ruling.erasure.dependencies, guard, catalog, leavesOf(ruling, group));
      changed += await session.run(
        `UPDATE ${surveyOf(table)} s SET leaves = true FROM ${fromTable(table, catalog)} t
         WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND NOT s.leaves AND ${sameRow(table, catalog, 't', 's')} AND NOT ${pointed}`,
      );
    }
  }
  let rings = 0;
  for (const { erase, index } of group)
    rings += await session.run(
      `UPDATE ${surveyOf(erase.table)} s SET excepted = true WHERE s.unit = ${index} AND NOT s.held AND NOT s.excepted AND NOT s.leaves`,
    );
  return rings;
}

/** Rows that others point to which stay are kept by these, until nothing changes any more. */
export async function exceptPointedTo(session: Session, ruling: Ruling, standing: Standing): Promise<void> {
  const { units, catalog, erasure } = ruling;
  const deletions = units.filter(({ does }) => does === 'delete');
  const guard = (child: TableErase, cut: readonly string[]) => guardOfChild(child, cut, ruling, standing);
  let asked = new Set(deletions);
  while (asked.size > 0) {
    const again = new Set<Unit>();
    for (const unit of deletions) {
      if (!asked.has(unit)) continue;
      asked.delete(unit);
      const { table } = unit.erase;
      let changed = 0;
      // One by one, since rows that any of several tables point to are looked up row by row.
      for (const dependency of erasure.dependencies) {
        const pointed = pointedTo(unit, [dependency], guard, catalog, leavesOf(ruling));
        if (pointed === 'false') continue;
        changed += await session.run(
          `UPDATE ${surveyOf(table)} s SET excepted = true FROM ${fromTable(table, catalog)} t
           WHERE s.unit = ${unit.index} AND NOT s.held AND NOT s.excepted AND ${sameRow(table, catalog, 't', 's')} AND ${pointed}`,
        );
      }
      if (changed === 0) continue;
      // Only what these rows point to can have to stay because of them.
      const parents = new Set(
        erasure.dependencies.flatMap(({ child, parent }) => (child.table === table ? [parent.table] : [])),
      );
      for (const other of deletions) if (parents.has(other.erase.table)) (asked.has(other) ? asked : again).add(other);
    }
    asked = again;
  }
}

/** Whether rows that go can point to rows of their own table, or in a ring of tables. */
export function pointsWithin({ erase }: Pick<Unit, 'erase'>, { erasure }: Pick<Ruling, 'erasure'>): boolean {
  const group = erasure.order.find((tables) => tables.includes(erase)) ?? [];
  return (
    group.length > 1 ||
    erasure.dependencies.some(
      ({ child, parent, cut }) => child.table === erase.table && parent.table === erase.table && cut.length === 0,
    )
  );
}

/** What keeps these columns of rows that point to others. */
export function guardOfChild(
  child: TableErase,
  columns: readonly string[],
  { model, catalog, asOf, cuts }: Ruling,
  standing: Standing,
): Guard {
  const steps = child.columns.filter(({ column }) => columns.includes(column.name));
  const guard = guardOf({ erase: child, grounds: groundsOf(child, steps, model) }, model, catalog, standing, asOf);
  const rules = (child.table.entry.retention ?? []).map((keep) => compileDue(child.table, keep, model, catalog, cuts));
  const keeping = [...new Set(steps.flatMap((step) => covering(step, rules)))];
  if (keeping.length === 0) return guard;
  // A clock that asks for all rows of a person is not certain here: such a key waits for its own change, or its row's end.
  const undue = keeping.some(({ person }) => person) ? 'true' : `NOT (${keeping.map(({ due }) => due).join(' AND ')})`;
  return { ...guard, excepted: guard.excepted === 'false' ? undue : `(${guard.excepted} OR ${undue})` };
}
