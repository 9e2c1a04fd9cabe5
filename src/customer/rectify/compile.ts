import type { Catalog, CatalogColumn } from '../../datamap/catalog.js';
import type { RowKey } from '../../datamap/collect-plan.js';
import { spellingOf } from '../../datamap/match.js';
import type { ColumnModel, DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { canonicalName } from '../../datamap/names.js';
import { live } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { type IdentifierKind, parse } from '../../identity/kinds.js';
import { rowName } from '../resolve.js';
import type { Setting } from './settings.js';

/** An identifier that is corrected wherever the person's own rows hold the old value. */
export interface IdentifierChange {
  readonly field: string;
  readonly identifier: string;
  readonly kind: IdentifierKind;
  readonly links: boolean;
  readonly value: string | null;
}

/** Where a value stands: one column, the columns of a name in parts, or places inside a JSON document. */
export interface Place {
  readonly table: PersonalTableModel;
  /** The owner whose datum it is, by position. */
  readonly owner: number;
  readonly columns: readonly { readonly model: ColumnModel; readonly live: CatalogColumn }[];
  readonly path?: readonly string[];
}

/** What is set at a place: `values[i]` goes into column `i`. */
export interface PlaceChange {
  readonly place: Place;
  readonly field: string;
  readonly values: readonly (string | null)[];
  /** Only where this identifier's old value stands; undefined: in every row, or in the one that is named. */
  readonly of?: IdentifierChange;
  readonly row?: RowKey;
}

/** A place that is left as it is because a rule of the map keeps it. */
export interface LeftPlace {
  readonly place: Place;
  readonly of: IdentifierChange;
  readonly rule: string;
}

/** Everything that the map and the catalogue decide about a correction; the rows decide the rest. */
export interface Correction {
  readonly identifiers: readonly IdentifierChange[];
  readonly changes: readonly PlaceChange[];
  readonly left: readonly LeftPlace[];
}

/** Codes name a thing (an order, a card), not a person, and are no datum that a person corrects everywhere. */
const SETTABLE = new Set<IdentifierKind>(['email', 'phone', 'name', 'personas-kods']);

/**
 * Finds out what the fields are and where they stand. Pure.
 * @throws GdprError INPUT_INVALID for a field that is nowhere, a value that is none of its kind, or two settings of
 *   one column; REFUSED for a column that correction does not reach
 */
export function compileCorrection(model: DataMapModel, catalog: Catalog, settings: readonly Setting[]): Correction {
  const identifiers: IdentifierChange[] = [];
  const columns: PlaceChange[] = [];
  for (const { field, value } of settings) {
    const found = Object.hasOwn(model.map.identifiers, field) ? model.map.identifiers[field] : undefined;
    if (found !== undefined && SETTABLE.has(found.kind)) {
      assertKind(model, found.kind, value);
      identifiers.push({ field, identifier: field, kind: found.kind, links: found.links, value });
    } else columns.push(columnChange(model, catalog, field, value));
  }
  const changes: PlaceChange[] = [];
  const left: LeftPlace[] = [];
  for (const change of identifiers) {
    for (const place of placesOf(model, catalog, change)) {
      const rule = place.columns.map(({ model: column }) => keptUnder(column)).find((kept) => kept !== undefined);
      if (rule !== undefined) left.push({ place, of: change, rule });
      else changes.push({ place, field: change.field, values: valuesAt(place, change), of: change });
    }
  }
  const all = [...changes, ...columns];
  assertOnce(all);
  return { identifiers, changes: all, left };
}

/** The rule under which a column is kept, whose documents are not written anew. */
function keptUnder({ entry: { erase } }: ColumnModel): string | undefined {
  return typeof erase === 'object' && 'keep' in erase ? erase.keep : undefined;
}

/** @throws GdprError INPUT_INVALID without repeating the value */
function assertKind(model: DataMapModel, kind: IdentifierKind, value: string | null): void {
  if (value === null || parse(kind, value, spellingOf(model)).length > 0) return;
  throw new GdprError('INPUT_INVALID', `the new value cannot be read as ${kind}`, {
    hint: 'check it for typing errors',
  });
}

/** Every place that holds the identifier; what the database computes, and what it shows of other tables, follows. */
function placesOf(model: DataMapModel, catalog: Catalog, { identifier, kind }: IdentifierChange): Place[] {
  return model.tables.flatMap((table) => {
    const liveTable = live(table, catalog);
    if (liveTable.kind === 'view') return [];
    const parts = new Map<number, Place>();
    return table.columns.flatMap((column): Place[] => {
      const liveColumn = liveTable.columns.get(column.name);
      if (liveColumn === undefined || liveColumn.generated) return [];
      const own = { model: column, live: liveColumn };
      const documents = (column.entry.json ?? []).flatMap((node): Place[] => {
        const owner = ownerOf(table, node.owner ?? column.owner);
        const names = kind === 'name' && node.namesSomeone === true && node.identifier === undefined;
        if (owner === undefined || !(names || node.identifier === identifier)) return [];
        return [{ table, owner, columns: [own], path: node.path }];
      });
      const owner = ownerOf(table, column.owner);
      const names = kind === 'name' && column.entry.namesSomeone === true && column.entry.identifier === undefined;
      if (owner === undefined || !(names || column.entry.identifier === identifier)) return documents;
      if (column.entry.part !== true) return [{ table, owner, columns: [own] }, ...documents];
      const first = parts.get(owner);
      const place = { table, owner, columns: [...(first?.columns ?? []), own] };
      if (first === undefined) {
        parts.set(owner, place);
        return [place, ...documents];
      }
      Object.assign(first, place);
      return documents;
    });
  });
}

function ownerOf(table: PersonalTableModel, owner: string): number | undefined {
  return table.owners.find(({ id }) => id === owner)?.index;
}

/** A name in parts takes as many words as it has columns. @throws GdprError INPUT_INVALID when it has others */
function valuesAt({ columns, table }: Place, { value, field }: IdentifierChange): (string | null)[] {
  if (columns.length === 1 || value === null) return columns.map(() => value);
  const words = value.split(/\s+/);
  if (words.length === columns.length) return words;
  const names = columns.map(({ model }) => `${table.written}.${model.name}`);
  throw new GdprError('INPUT_INVALID', `it does not show how the ${field} falls into ${names.join(' and ')}`, {
    hint: 'set each of these columns by its own name, e.g. --set TABLE.COLUMN=VALUE',
  });
}

const FIELDS = 'name an identifier of the data map, a column of the person, TABLE.COLUMN or TABLE:KEY.COLUMN';

function columnChange(model: DataMapModel, catalog: Catalog, field: string, value: string | null): PlaceChange {
  const { table, name, row } = columnNamed(model, catalog, field);
  const column = table.columns.find((each) => each.name === name);
  const liveColumn = live(table, catalog).columns.get(name);
  const called = `${table.written}.${name}`;
  if (column === undefined || liveColumn === undefined) {
    throw new GdprError('INPUT_INVALID', `${table.written} has no such column in the data map`, { hint: FIELDS });
  }
  const owner = ownerOf(table, column.owner);
  const { entry } = column;
  const refuse = (why: string, hint: string) => {
    throw new GdprError('REFUSED', `${called} ${why}`, { hint });
  };
  if (owner === undefined)
    return refuse("is not the person's own datum", 'correct what the map gives an owner of the table');
  const rule = keptUnder(column);
  if (rule !== undefined) {
    const law = model.map.retention[rule]?.law ?? rule;
    return refuse(`is kept under ${rule} (${law})`, 'Art. 16 does not rewrite such a document; issue a correcting one');
  }
  if (live(table, catalog).kind === 'view' || liveColumn.generated)
    return refuse('is computed by the database', 'correct what it is computed from');
  if (entry.secret !== undefined) return refuse('is a secret of the account', 'have the person set it anew');
  if (entry.json !== undefined)
    return refuse('is a document with places of several people', 'correct the identifiers that stand in it');
  if (
    live(table, catalog).key.includes(name) ||
    live(table, catalog).foreignKeys.some((key) => key.columns.includes(name))
  )
    return refuse('is a key', 'correct what it points to');
  const identifier = entry.identifier === undefined ? undefined : model.map.identifiers[entry.identifier];
  if (identifier?.links === true)
    return refuse('is what the person is found by', `correct it in every place: --set ${entry.identifier}=…`);
  if (identifier !== undefined && entry.part !== true) assertKind(model, identifier.kind, value);
  const place = { table, owner, columns: [{ model: column, live: liveColumn }] };
  return { place, field: called, values: [value], ...(row !== undefined && { row }) };
}

/** The table, column and row that a field names. @throws GdprError INPUT_INVALID */
function columnNamed(model: DataMapModel, catalog: Catalog, field: string) {
  for (const table of model.tables) {
    for (const written of new Set([table.name, table.written])) {
      if (field.startsWith(`${written}.`)) return { table, name: field.slice(written.length + 1), row: undefined };
      if (!field.startsWith(`${written}:`)) continue;
      const named = table.columns.find(({ name }) => field.endsWith(`.${name}`));
      if (named === undefined) break;
      const key = field.slice(written.length + 1, -named.name.length - 1);
      const row = { table: table.name, key: rowName(model, catalog, `${table.name}:${key}`).key };
      return { table, name: named.name, row };
    }
  }
  const persons = Object.values(model.map.persons).map(({ table }) => canonicalName(table));
  const own = model.tables.filter(
    ({ name, columns }) => persons.includes(name) && columns.some((column) => column.name === field),
  );
  const [table] = own;
  if (table === undefined) {
    throw new GdprError('INPUT_INVALID', 'a field is no identifier and no column of the data map', { hint: FIELDS });
  }
  if (own.length > 1) {
    throw new GdprError('INPUT_INVALID', 'a field is a column of several kinds of people', {
      hint: `write it with its table: ${own.map(({ written }) => `${written}.${field}`).join(' or ')}`,
    });
  }
  return { table, name: field, row: undefined };
}

/** @throws GdprError INPUT_INVALID when two settings are about one column */
function assertOnce(changes: readonly PlaceChange[]): void {
  const seen = new Set<string>();
  for (const { place, row } of changes) {
    for (const { model } of place.columns) {
      const id = JSON.stringify([place.table.name, model.name, place.path ?? null, row?.key ?? null]);
      const whole = JSON.stringify([place.table.name, model.name, null, null]);
      if (seen.has(id) || (row !== undefined && seen.has(whole))) {
        throw new GdprError('INPUT_INVALID', `two settings are about ${place.table.written}.${model.name}`, {
          hint: 'set the identifier or the column, in separate runs if both are needed',
        });
      }
      seen.add(id);
    }
  }
}
