import type { Catalog, CatalogTable, ForeignKey } from '../../datamap/catalog.js';
import type { DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { canonicalName } from '../../datamap/names.js';
import { live } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { type ColumnStep, columnStep } from './change.js';
import { canBeShared } from './others.js';
import type { Going } from './sql.js';

/** What erasure does with the rows of one table. */
export interface TableErase extends Going {
  readonly table: PersonalTableModel;
  readonly live: CatalogTable;
  readonly columns: readonly ColumnStep[];
}

/** A foreign key to a table whose rows can go. */
export interface Dependency {
  readonly key: ForeignKey;
  readonly child: TableErase;
  readonly parent: TableErase;
  /** Columns that are set to NULL in a row that stays, so that the row it points to can go; empty when none can be. */
  readonly cut: readonly string[];
}

/** Everything that the map and the catalogue decide about an erasure; the rows decide the rest. */
export interface Erasure {
  readonly tables: readonly TableErase[];
  readonly dependencies: readonly Dependency[];
  /** Tables whose rows can go, those that point to others first; a ring of them goes in one statement. */
  readonly order: readonly (readonly TableErase[])[];
}

/** One column whose words for erasure cannot be followed. */
export interface EraseProblem {
  readonly table: string;
  readonly column: string;
  readonly message: string;
}

/**
 * Compiles the map's words for erasure against the live catalogue. Pure.
 * @throws GdprError DRIFT that names every column without a word, or with one that its constraints do not take
 */
export function compileErase(model: DataMapModel, catalog: Catalog): Erasure {
  const problems: EraseProblem[] = [];
  const tables = model.tables.map((table) => {
    const compiled = compileTable(table, model, catalog);
    problems.push(...problemsOf(compiled, model, catalog));
    return compiled;
  });
  refuse(problems);
  const dependencies = tables.flatMap((child) =>
    child.live.foreignKeys.flatMap((key): Dependency[] => {
      const parent = tables.find(({ table }) => table.name === key.references);
      if (parent === undefined || (parent.goesAlone | parent.goesAnyway) === 0) return [];
      return [{ key, child, parent, cut: cutOf(key, child) }];
    }),
  );
  return { tables, dependencies, order: deleteOrder(tables, dependencies) };
}

/** @throws GdprError DRIFT unless the list is empty */
export function refuse(problems: readonly EraseProblem[]): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, 10).map(({ table, column, message }) => `${table}.${column}: ${message}`);
  const more = problems.length > shown.length ? [`… and ${problems.length - shown.length} more`] : [];
  throw new GdprError(
    'DRIFT',
    ["the data map's words for erasure cannot be followed, so nothing was done:", ...shown, ...more].join('\n'),
    { hint: 'correct `erase` of these columns in the data map', details: { columns: problems } },
  );
}

function compileTable(table: PersonalTableModel, model: DataMapModel, catalog: Catalog): TableErase {
  const liveTable = live(table, catalog);
  // What a materialised view shows goes when it is read anew.
  if (liveTable.kind === 'view') return { table, live: liveTable, goesAlone: 0, goesAnyway: 0, columns: [] };
  let goesAlone = 0;
  let goesAnyway = 0;
  for (const { id, index } of table.owners) {
    const own = table.entry.owners[id]?.erase;
    if (own === 'delete') goesAnyway |= 1 << index;
    else if (own === undefined && table.entry.erase === 'delete') goesAlone |= 1 << index;
  }
  return {
    table,
    live: liveTable,
    goesAlone,
    goesAnyway,
    columns: table.columns.map((column) => {
      const step = columnStep(column, table, liveTable, model);
      const fixed = step.withRow && pointedTo(step, table, catalog) !== undefined;
      return fixed ? { ...step, change: { kind: 'impossible' } } : step;
    }),
  };
}

function problemsOf(erase: TableErase, model: DataMapModel, catalog: Catalog): EraseProblem[] {
  return erase.columns.flatMap((step): EraseProblem[] => {
    const message =
      step.problem ??
      cannotStay(step, erase, model) ??
      pointedTo(step, erase.table, catalog) ??
      namesKept(step, erase, model);
    return message === undefined ? [] : [{ table: erase.table.name, column: step.column.name, message }];
  });
}

/** Why a row that is somebody else's too could not stay; undefined where none can be, or the column does not mind. */
export function cannotStay(
  step: ColumnStep,
  { table, goesAnyway }: TableErase,
  model: DataMapModel,
): string | undefined {
  const stays = step.owners !== undefined && (step.owners & ~goesAnyway) !== 0;
  if (step.change.kind !== 'impossible' || !stays || !canBeShared(table, model)) return undefined;
  return `it goes with its row, but a row that is somebody else's too stays, and nothing takes the place of its value (${step.live.type}, NOT NULL); give it a word of its own, or the owner \`erase: delete\``;
}

/** Kept rows are found again by their key, which must not change under them. */
function namesKept({ change, column }: ColumnStep, { table, live: { key }, columns }: TableErase, model: DataMapModel) {
  if (change.kind === 'none' || change.kind === 'impossible' || !key.includes(column.name)) return undefined;
  const covered = Object.values(model.map.keptGrounds ?? {}).some(({ rows }) =>
    rows.some(({ covers }) => covers.some((cover) => canonicalName(cover.table) === table.name)),
  );
  return covered || columns.some(({ keep }) => keep !== undefined)
    ? 'it is part of the key by which rows that are kept are found again, so it cannot change'
    : undefined;
}

/** A key that other tables point to can take another value only where the database passes it on to them. */
function pointedTo(step: ColumnStep, table: PersonalTableModel, catalog: Catalog): string | undefined {
  if (step.change.kind === 'none' || step.change.kind === 'impossible' || step.change.kind === 'json') return undefined;
  for (const other of catalog.values()) {
    const key = other.foreignKeys.find(
      ({ references, referencedColumns, onUpdate }) =>
        references === table.name && referencedColumns.includes(step.column.name) && onUpdate !== 'cascade',
    );
    if (key !== undefined) return `${other.name} points to it by its key ${key.name}, so it cannot change`;
  }
  return undefined;
}

/** What of a key can be set to NULL by the map's own words, or because the schema says so itself. */
function cutOf(key: ForeignKey, { columns, live: liveTable }: TableErase): string[] {
  return columns
    .filter(({ column, live: { notNull, generated } }) => {
      if (!key.columns.includes(column.name) || notNull || generated || liveTable.key.includes(column.name))
        return false;
      const { erase } = column.entry;
      return erase === 'clear' || erase === 'with-row' || key.onDelete === 'set null';
    })
    .map(({ column }) => column.name);
}

/** Tarjan's components over "is pointed to by": whoever points comes before what it points to. */
function deleteOrder(tables: readonly TableErase[], dependencies: readonly Dependency[]): TableErase[][] {
  const going = tables.filter(({ goesAlone, goesAnyway }) => (goesAlone | goesAnyway) !== 0);
  const groups: TableErase[][] = [];
  const seen = new Map<TableErase, { index: number; low: number; open: boolean }>();
  const stack: TableErase[] = [];
  const visit = (table: TableErase): { index: number; low: number; open: boolean } => {
    const mine = { index: seen.size, low: seen.size, open: true };
    seen.set(table, mine);
    stack.push(table);
    for (const { child, parent } of dependencies) {
      if (parent !== table || !going.includes(child)) continue;
      const known = seen.get(child);
      if (known === undefined) mine.low = Math.min(mine.low, visit(child).low);
      else if (known.open) mine.low = Math.min(mine.low, known.index);
    }
    if (mine.low === mine.index) {
      const group = stack.splice(stack.indexOf(table));
      for (const member of group) {
        const state = seen.get(member);
        if (state !== undefined) state.open = false;
      }
      groups.push(group);
    }
    return mine;
  };
  for (const table of going) if (!seen.has(table)) visit(table);
  return groups;
}
