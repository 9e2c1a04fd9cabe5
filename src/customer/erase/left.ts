import type { Catalog } from '../../datamap/catalog.js';
import type { PersonalTableModel } from '../../datamap/model.js';
import type { ColumnStep } from './change.js';
import type { Erasure } from './compile.js';
import type { Left } from './others.js';
import { concerns, fateOf, free, sameRow } from './sql.js';

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
  };
}

/** When the erasure takes what the column, or a place in its JSON, holds in a row with the fate `f`, or would if it stayed. */
function takenBy(step: ColumnStep, table: PersonalTableModel, path: readonly string[] | undefined): string[] {
  const { change } = step;
  if (change.kind === 'none' || change.kind === 'impossible') return [];
  if (change.kind !== 'json') return [`(${concerns(step, table)} AND ${free(step)})`];
  const edits = change.edits.filter((edit) => edit.path.every((part, i) => part === '*' || part === path?.[i]));
  return edits.map(({ owners }) => {
    const theirs = owners === undefined ? 'f.others = 0' : `f.owners & ${owners} <> 0`;
    return `(${theirs} AND ${free(step)})`;
  });
}
