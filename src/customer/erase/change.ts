import type { CatalogColumn, CatalogTable } from '../../datamap/catalog.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import type { ColumnEntry, JsonNode, KeepUntil } from '../../datamap/schema.js';
import { isText, type TokenFormat, tokenFormats } from './token.js';

/** A place of a JSON document with what happens to it. */
export interface JsonEdit {
  readonly path: readonly string[];
  readonly does: 'clear' | 'remove';
  /** Owners (bit mask) whose erasure changes it; undefined: nobody else may own the row. */
  readonly owners: number | undefined;
}

/** What erasure does to a column of a row that stays. */
export type Change =
  | { readonly kind: 'none' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'text'; readonly text: string }
  /** The formats that the column's type takes; once it is chosen, one. */
  | { readonly kind: 'token'; readonly formats: readonly TokenFormat[] }
  | { readonly kind: 'generalise'; readonly to: 'year' | 'month' | 'postcode-district' }
  | { readonly kind: 'json'; readonly edits: readonly JsonEdit[] }
  /** Goes with its row; nothing that is not NULL can take its place. */
  | { readonly kind: 'impossible' };

export interface ColumnStep {
  readonly column: ColumnModel;
  readonly live: CatalogColumn;
  readonly change: Change;
  /** The rule that keeps it until its day. */
  readonly keep: KeepUntil | undefined;
  /** Owners (bit mask) whose erasure changes it; undefined: only where nobody else owns the row. */
  readonly owners: number | undefined;
  /** A key by which the person is reached, cut in a row that stays for somebody else. */
  readonly link: boolean;
  /** Whether the map says no more than that it goes with its row. */
  readonly withRow: boolean;
  /** Why it cannot be done, as an operator reads it. */
  readonly problem: string | undefined;
}

type Word = NonNullable<ColumnEntry['erase']>;

/** What the map's words mean for one column of the live database. Pure. */
export function columnStep(
  column: ColumnModel,
  table: PersonalTableModel,
  liveTable: CatalogTable,
  model: DataMapModel,
): ColumnStep {
  const live = liveTable.columns.get(column.name);
  if (live === undefined) throw new Error(`no column ${column.name} in ${table.name}`);
  const word = column.entry.erase;
  const keeps = typeof word === 'object' && 'keep' in word;
  const keep = keeps ? table.entry.retention?.find(({ rule }) => rule === word.keep) : undefined;
  const then = keeps ? word.then : word;
  const base = {
    column,
    live,
    keep,
    owners: ownersOf(table, column.owner),
    link: isLink(column, table, live),
    withRow: then === 'with-row',
  };
  if (then === undefined) return { ...base, change: { kind: 'none' }, problem: 'it has no word for erasure' };
  if (live.generated) return { ...base, keep: undefined, change: { kind: 'none' }, problem: undefined };
  if (keeps && keep === undefined) {
    return {
      ...base,
      change: { kind: 'none' },
      problem: `it is kept under ${word.keep}, but the table has no clock for that rule under retention`,
    };
  }
  const change = changeOf(then, column, table, live, model);
  const problem =
    then === 'with-row' && table.entry.erase === 'columns' && !everyOwnerDeletes(table)
      ? 'it is to go with its row, but the row stays'
      : problemOf(change, column, live, liveTable);
  if (problem !== undefined && then === 'with-row' && table.entry.erase === 'delete')
    return { ...base, change: { kind: 'impossible' }, problem: undefined };
  return { ...base, change, problem };
}

/** The owners (bit mask) as whom a person has the column; undefined for what is not one owner's. */
function ownersOf(table: PersonalTableModel, owner: string): number | undefined {
  const index = table.owners.find(({ id }) => id === owner)?.index;
  return index === undefined ? undefined : 1 << index;
}

function everyOwnerDeletes(table: PersonalTableModel): boolean {
  return table.owners.every(({ id }) => table.entry.owners[id]?.erase === 'delete');
}

/** A nullable key that belongs to no owner, by which some owners are reached and others are not. */
function isLink(column: ColumnModel, table: PersonalTableModel, live: CatalogColumn): boolean {
  return (
    column.owner === 'shared' &&
    column.entry.erase === 'with-row' &&
    !live.notNull &&
    !live.generated &&
    linkOwners(column.name, table) !== 0
  );
}

/** The owners (bit mask) whom the column leads to. */
export function linkOwners(column: string, table: PersonalTableModel): number {
  const leads = table.owners.filter(({ reaches }) =>
    reaches.some((reach) => reach.kind === 'through' && reach.on.some((pair) => pair.column === column)),
  );
  return leads.reduce((bits, { index }) => bits | (1 << index), 0);
}

function changeOf(
  word: Exclude<Word, { keep: string }> | 'clear' | 'pseudonym' | 'with-row' | 'leave',
  column: ColumnModel,
  table: PersonalTableModel,
  live: CatalogColumn,
  model: DataMapModel,
): Change {
  const { entry, owner } = column;
  const kind = entry.identifier === undefined ? undefined : model.map.identifiers[entry.identifier]?.kind;
  if (typeof word === 'object') {
    return 'text' in word ? { kind: 'text', text: word.text } : { kind: 'generalise', to: word.generalise };
  }
  switch (word) {
    case 'clear':
      return { kind: 'clear' };
    case 'pseudonym':
      return { kind: 'token', formats: tokenFormats(live, kind) };
    case 'leave':
      return entry.json === undefined ? { kind: 'none' } : jsonChange(entry.json, owner, table);
    case 'with-row': {
      if (ownersOf(table, owner) === undefined)
        return isLink(column, table, live) ? { kind: 'clear' } : { kind: 'none' };
      if (!live.notNull) return { kind: 'clear' };
      if (entry.json !== undefined) return { kind: 'text', text: '{}' };
      const formats = tokenFormats(live, kind);
      return formats.length === 0 || !isText(live.baseType) ? { kind: 'impossible' } : { kind: 'token', formats };
    }
  }
}

function jsonChange(nodes: readonly JsonNode[], owner: string, table: PersonalTableModel): Change {
  const edits = nodes.flatMap((node): JsonEdit[] =>
    node.erase === undefined || node.erase === 'leave'
      ? []
      : [{ path: node.path, does: node.erase, owners: ownersOf(table, node.owner ?? owner) }],
  );
  return edits.length === 0 ? { kind: 'none' } : { kind: 'json', edits };
}

/** What of the column's own constraints the change would break; others are tried out on the live database. */
function problemOf(change: Change, column: ColumnModel, live: CatalogColumn, table: CatalogTable): string | undefined {
  if (column.entry.erase === 'leave' && column.entry.json !== undefined) {
    const missing = column.entry.json.find((node) => node.erase === undefined);
    if (missing !== undefined) return `its place ${missing.path.join('.')} has no word for erasure`;
  }
  if (change.kind === 'none' || change.kind === 'impossible' || change.kind === 'json') return undefined;
  const alone = table.uniques.some((unique) => unique.length === 1 && unique[0] === column.name);
  if (change.kind === 'clear') return live.notNull ? 'it is to be cleared, but it is NOT NULL' : undefined;
  if (table.foreignKeys.some((key) => key.columns.includes(column.name)))
    return 'it is a key of another table: it can be cleared, left or kept, and nothing else';
  if (change.kind === 'token')
    return change.formats.length === 0 ? `no pseudonym fits its type, ${live.type}` : undefined;
  if (alone) return 'it is unique, and two erased people would get the same value';
  if (change.kind === 'generalise') {
    const dates = ['date', 'timestamp without time zone', 'timestamp with time zone'];
    const takes = isText(live.baseType) || (change.to !== 'postcode-district' && dates.includes(live.baseType));
    return takes ? undefined : `nothing of the type ${live.type} can be generalised to its ${change.to}`;
  }
  return undefined;
}
