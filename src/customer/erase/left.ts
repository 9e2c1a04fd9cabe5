import type { Catalog } from '../../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { conditions, fromTable } from '../../datamap/sql.js';
import type { ColumnStep } from './change.js';
import type { Erasure } from './compile.js';
import { turning, turns, will } from './grow.js';
import { type Left, upOf } from './others.js';
import { areOf, concerns, fateOf, free, sameRow } from './sql.js';

/** What the decided fates leave. */
export function leftBy(erasure: Erasure, catalog: Catalog): Left {
  const erased = new Map(erasure.tables.map((each) => [each.table, each]));
  const unless = (table: PersonalTableModel, alias: string, fates: readonly string[]) =>
    fates.length === 0
      ? 'true'
      : `NOT EXISTS (SELECT FROM ${fateOf(table)} f WHERE ${sameRow(table, catalog, alias, 'f')} AND (${fates.join(' OR ')}))`;
  const taken = (table: PersonalTableModel, places: Parameters<Left['row']>[2]) =>
    places.flatMap(({ column: name, path }) => {
      const step = erased.get(table)?.columns.find((each) => each.column.name === name);
      return step === undefined ? [] : takenBy(step, table, path);
    });
  return {
    row: (table, alias, places) => unless(table, alias, ['f.gone', ...taken(table, places)]),
    places: (table, alias, places) => unless(table, alias, taken(table, places)),
    when: (_, when) => conditions(when),
  };
}

/** What the decided fates leave, and by which conditions that they make true a row that stays then leads on. */
export function leftAndTurned(erasure: Erasure, model: DataMapModel, catalog: Catalog): Left {
  const left = leftBy(erasure, catalog);
  return {
    ...left,
    when: (table, when = []) => {
      const now = conditions(when);
      if (!when.some((condition) => turns(condition, table, erasure))) return now;
      const then = [left.row(table, 't', []), ...will(when, table, erasure, model, catalog)];
      return [`((${now.join(' AND ')}) OR (${then.join(' AND ')}))`];
    },
  };
}

/** Whether the decided fates make a condition true by which a row that stays leads on; undefined where none can. */
export function anyTurned(erasure: Erasure, model: DataMapModel, catalog: Catalog): string | undefined {
  const left = leftBy(erasure, catalog);
  const turned = model.tables.flatMap((table) =>
    table.owners.flatMap((owner) =>
      owner.reaches.flatMap((reach) => {
        const then = turning(reach, table, erasure, model, catalog);
        if (then === undefined || reach.kind === 'self') return [];
        const places = reach.kind === 'through' ? reach.on : reach.identifier;
        const where = [`c.owner = ${owner.index}`, left.row(table, 't', places), ...then];
        return [
          `EXISTS (SELECT FROM ${upOf(table)} c JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'c')} WHERE ${where.join(' AND ')})`,
        ];
      }),
    ),
  );
  return turned.length === 0 ? undefined : turned.join(' OR ');
}

/** When the erasure takes what the column, or a place in its JSON, holds in a row with the fate `f`, or would if it stayed. */
function takenBy(step: ColumnStep, table: PersonalTableModel, path: readonly string[] | undefined): string[] {
  const { change } = step;
  if (change.kind === 'none' || change.kind === 'impossible') return [];
  if (change.kind !== 'json') return [`(${concerns(step, table)} AND ${free(step)})`];
  const edits = change.edits.filter((edit) => edit.path.every((part, i) => part === '*' || part === path?.[i]));
  return edits.map(({ owners }) => `(${areOf(owners)} AND ${free(step)})`);
}
