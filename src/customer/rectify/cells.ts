import { inPieces } from '../../database/pieces.js';
import { quoteName, type Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { rowsOf } from '../../datamap/collect-plan.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel, PersonalTableModel } from '../../datamap/model.js';
import { column, fromTable, keyOf, textLiteral } from '../../datamap/sql.js';
import { GdprError } from '../../foundation/errors.js';
import { groupBy } from '../../foundation/group.js';
import { same } from '../../identity/kinds.js';
import { editJson } from '../erase/json-edit.js';
import { othersMask } from '../erase/others.js';
import { keyNames, sameRow } from '../erase/sql.js';
import { holdsOn } from '../hold/kept.js';
import type { Correction, IdentifierChange, Place, PlaceChange } from './compile.js';

/** Makes the keyed digest of a value of a field; an empty one has a digest of its own. */
export type ValueDigest = (field: string, value: string | null) => string;

/** What the correction does, or did, at one place: how many rows, and keyed digests of what stood there. */
export interface PlaceEffect {
  readonly change: PlaceChange;
  rows: number;
  readonly was: Set<string>;
}

/** A place where rows keep the old value for a hold that may be told of. */
export interface HeldPlace {
  readonly place: Place;
  readonly field: string;
  readonly hold: string;
  readonly authority: string;
  /** The last day of the hold, ISO 8601. */
  readonly until: string;
  rows: number;
}

/** The old value of each identifier, by the identifier; a spelling of it is looked for. */
export type OldValues = ReadonlyMap<IdentifierChange, string>;

/** New values of a table's cells: k1 … kn, col, value (text, NULL empties the cell). */
export function settingsOf(table: PersonalTableModel): string {
  return quoteName('pg_temp', `gdpr_set_${table.index}`);
}

export interface Found {
  readonly model: DataMapModel;
  readonly catalog: Catalog;
  readonly correction: Correction;
  readonly old: OldValues;
  readonly digest: ValueDigest;
  /** The day by which a hold is in force, ISO 8601. */
  readonly today: string;
  /** The holds in force that may be told of, by their ids. */
  readonly told: ReadonlyMap<string, { readonly authority: string; readonly until: string }>;
}

/** The holds of `Found.told`: a person's row under another one stays too, without a word. */
export async function toldHolds(session: Session, today: string): Promise<Found['told']> {
  const rows = await session.query<{ id: string; authority: string; until: string }>(
    `SELECT id, authority, until::text AS until FROM gdpr.hold
     WHERE released_at IS NULL AND until >= $1::date AND NOT coalesce(gag_until >= $1::date, false)`,
    [today],
  );
  return new Map(rows.map(({ id, ...hold }) => [id, hold]));
}

/**
 * Finds the cells that change among the collected rows and puts their new values into temporary tables, a statement a
 * place of the map; runs after `collectRows` and `findOthers` in the caller's transaction.
 * @returns what happens at each place that changes anything, the rows of the places that are left, and of those that a
 *   hold keeps
 * @throws GdprError INPUT_INVALID when a column is named of which the person has no row, or several; REFUSED when that
 *   row is somebody else's too, or on hold
 */
export async function findCells(
  session: Session,
  found: Found,
): Promise<{
  effects: PlaceEffect[];
  left: number[];
  held: HeldPlace[];
  unreadable: { table: string; column: string; rows: number }[];
}> {
  const { catalog, correction } = found;
  const held = new HeldPlaces(found);
  const effects = new Map<PlaceChange, PlaceEffect>(
    correction.changes.map((change) => [change, { change, rows: 0, was: new Set<string>() }]),
  );
  const effectOf = (change: PlaceChange) => effects.get(change) as PlaceEffect;
  const unreadable: { table: string; column: string; rows: number }[] = [];
  for (const [table, changes] of groupBy(correction.changes, ({ place }) => place.table)) {
    const key = keyOf(table, catalog);
    const parts = key.map((part, i) => `k${i + 1} ${part.type}`).join(', ');
    await session.run(
      `CREATE TEMPORARY TABLE gdpr_set_${table.index} (${parts}, col text, value text, PRIMARY KEY (${keyNames(table, catalog)}, col)) ON COMMIT DROP`,
    );
    for (const change of changes.filter(({ place }) => place.path === undefined)) {
      await findValues(session, found, change, effectOf(change), held);
    }
    const documents = changes.filter(({ place }) => place.path !== undefined);
    for (const [, edits] of groupBy(documents, ({ place }) => place.columns[0]?.model.name)) {
      const [first] = edits;
      if (first === undefined) continue;
      const rows = await findDocuments(session, found, first.place, edits.map(effectOf), held);
      if (rows > 0) unreadable.push({ table: table.name, column: first.place.columns[0]?.model.name ?? '', rows });
    }
    await session.run(`ANALYZE ${settingsOf(table)}`);
  }
  const left: number[] = [];
  for (const { place, of } of correction.left) {
    let rows = 0;
    for await (const [, ...cells] of session.stream(readPlace(place, found))) {
      if (holds(found, of, cells.slice(0, place.columns.length))) rows += 1;
    }
    left.push(rows);
  }
  return { effects: [...effects.values()], left, held: held.list(), unreadable };
}

/** Counts rows that stay as they are, by place and hold. */
class HeldPlaces {
  readonly #places = new Map<string, HeldPlace>();

  constructor(private readonly found: Found) {}

  /** @returns the holds of the row that may be told of */
  add({ place, field }: PlaceChange, holds: readonly string[]): string[] {
    const told = holds.filter((hold) => this.found.told.has(hold));
    for (const hold of told) {
      const id = JSON.stringify([
        place.table.name,
        place.columns.map(({ model }) => model.name),
        place.path,
        field,
        hold,
      ]);
      const { authority, until } = this.found.told.get(hold) ?? { authority: '', until: '' };
      const known = this.#places.get(id) ?? { place, field, hold, authority, until, rows: 0 };
      known.rows += 1;
      this.#places.set(id, known);
    }
    return told;
  }

  list(): HeldPlace[] {
    return [...this.#places.values()];
  }
}

/**
 * Rows of a place: whether somebody else has it too, its cells as text, the parts of the key and the holds that it is
 * under as JSON lists.
 */
function readPlace({ table, owner, columns }: Place, { catalog, model, today }: Found): string {
  const cells = columns.map(({ model }, i) => `${column('t', model.name)}::text AS c${i}`);
  const key = keyOf(table, catalog).map((_, i) => `r.k${i + 1}::text`);
  return [
    `SELECT ${othersMask(table, catalog)} & ${1 << owner} <> 0 AS shared, ${cells.join(', ')}, array_to_json(ARRAY[${key.join(', ')}])::text AS key,`,
    `  array_to_json(${holdsOn(table, model, catalog, textLiteral(today))})::text AS holds`,
    `FROM (SELECT DISTINCT ${keyNames(table, catalog)} FROM ${rowsOf(table)} WHERE owner = ${owner}) r`,
    `JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'r')}`,
  ].join('\n');
}

/** Whether the cells, read as one text, hold the old value of the identifier in any spelling. */
function holds({ model, old }: Found, of: IdentifierChange, cells: readonly (string | null)[]): boolean {
  const value = old.get(of);
  const text = cells.filter((cell) => cell !== null).join(' ');
  return value !== undefined && same(of.kind, value, text, spellingOf(model));
}

interface Cell {
  readonly key: readonly string[];
  readonly col: string;
  readonly value: string | null;
}

async function findValues(
  session: Session,
  found: Found,
  change: PlaceChange,
  effect: PlaceEffect,
  held: HeldPlaces,
): Promise<void> {
  const { place, of, values, row, field } = change;
  const { catalog, digest } = found;
  let named = 0;
  await inPieces<Record<string, unknown>>(session, readPlace(place, found), async (rows) => {
    const cells: Cell[] = [];
    for (const each of rows) {
      const key = JSON.parse(String(each.key)) as string[];
      const under = JSON.parse(String(each.holds)) as string[];
      const was = place.columns.map((_, i) => (each[`c${i}`] ?? null) as string | null);
      if (of === undefined) {
        if (row !== undefined && JSON.stringify(row.key) !== JSON.stringify(key)) continue;
        if (under.length > 0) {
          const told = held.add(change, under);
          if (told.length > 0) throw heldCell(field, told);
          continue;
        }
        named += 1;
        if (each.shared === true) throw sharedCell(field);
      } else if (!holds(found, of, was) || (each.shared === true && !of.links)) continue;
      const differing = place.columns.flatMap(({ model }, i) =>
        was[i] === values[i] ? [] : [{ key, col: model.name, value: values[i] ?? null }],
      );
      if (differing.length === 0) continue;
      if (under.length > 0) {
        held.add(change, under);
        continue;
      }
      cells.push(...differing);
      effect.rows += 1;
      effect.was.add(digest(field, was.every((cell) => cell === null) ? null : was.join(' ')));
    }
    await insertCells(session, place.table, catalog, cells);
  });
  if (of === undefined && named !== 1) {
    throw new GdprError(
      'INPUT_INVALID',
      named === 0 ? `the person has no such row for ${field}` : `the person has ${named} rows with ${field}`,
      { hint: 'name the row: TABLE:KEY.COLUMN, with the key as gdpr customer find and the export show it' },
    );
  }
}

function heldCell(field: string, holds: readonly string[]): GdprError {
  return new GdprError('REFUSED', `${field} stands in a row that may not be changed at present: ${holds.join(', ')}`, {
    hint: 'see: gdpr hold list',
  });
}

function sharedCell(field: string): GdprError {
  return new GdprError('REFUSED', `${field} stands in a row that is somebody else's in the same way`, {
    hint: 'correct it in the shop, where it can be seen whose it is',
  });
}

/** @returns how many documents cannot be read as JSON */
async function findDocuments(
  session: Session,
  found: Found,
  place: Place,
  effects: readonly PlaceEffect[],
  held: HeldPlaces,
): Promise<number> {
  const { table, columns } = place;
  const { catalog } = found;
  const [first] = columns;
  if (first === undefined) return 0;
  const key = keyOf(table, catalog).map((_, i) => `r.k${i + 1}::text`);
  const sql = [
    `SELECT r.owners, ${othersMask(table, catalog)} AS others, ${column('t', first.model.name)}::text AS text, array_to_json(ARRAY[${key.join(', ')}])::text AS key,`,
    `  array_to_json(${holdsOn(table, found.model, catalog, textLiteral(found.today))})::text AS holds`,
    `FROM (SELECT ${keyNames(table, catalog)}, bit_or(1 << owner) AS owners FROM ${rowsOf(table)} GROUP BY ${keyNames(table, catalog)}) r`,
    `JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'r')}`,
    `WHERE ${column('t', first.model.name)} IS NOT NULL`,
  ].join('\n');
  let unreadable = 0;
  type Row = { owners: number; others: number; text: string; key: string; holds: string };
  await inPieces<Row>(session, sql, async (rows) => {
    const cells: Cell[] = [];
    for (const { owners, others, text, key: parts, holds: list } of rows) {
      const under = JSON.parse(list) as string[];
      let document: string | undefined = text;
      for (const effect of effects) {
        const bit = 1 << effect.change.place.owner;
        if ((owners & bit) === 0 || ((others & bit) !== 0 && effect.change.of?.links !== true)) continue;
        if (under.length === 0) document = document === undefined ? undefined : edited(found, document, effect);
        else {
          const would = edited(found, text, { ...effect, was: new Set() });
          if (would !== undefined && would !== text) held.add(effect.change, under);
        }
      }
      if (document === undefined) unreadable += 1;
      else if (document !== text)
        cells.push({ key: JSON.parse(parts) as string[], col: first.model.name, value: document });
    }
    await insertCells(session, table, catalog, cells);
  });
  return unreadable;
}

function edited(found: Found, document: string, effect: PlaceEffect): string | undefined {
  const { place, of, values, field } = effect.change;
  const value = values[0] ?? null;
  let count = 0;
  const does = (written: string): string => {
    const stored: unknown = JSON.parse(written);
    if (of === undefined || (typeof stored !== 'string' && typeof stored !== 'number')) return written;
    if (!holds(found, of, [String(stored)]) || stored === value) return written;
    count += 1;
    effect.was.add(found.digest(field, String(stored)));
    return JSON.stringify(value);
  };
  const text = editJson(document, [{ path: place.path ?? [], does }]);
  if (count > 0) effect.rows += 1;
  return text;
}

async function insertCells(
  session: Session,
  table: PersonalTableModel,
  catalog: Catalog,
  cells: readonly Cell[],
): Promise<void> {
  if (cells.length === 0) return;
  const key = keyOf(table, catalog);
  const names = key.map((_, i) => `k${i + 1}`);
  await session.run(
    `INSERT INTO ${settingsOf(table)} SELECT ${key.map((part, i) => `u.${names[i]}::${part.type}`).join(', ')}, u.col, u.value FROM unnest($1::text[], $2::text[], ${key.map((_, i) => `$${i + 3}::text[]`).join(', ')}) u (col, value, ${names.join(', ')})`,
    [
      cells.map(({ col }) => col),
      cells.map(({ value }) => value),
      ...key.map((_, i) => cells.map((cell) => cell.key[i] ?? null)),
    ],
  );
}

/** The new value of a column in the row of aliases `t`, where one is set. */
export function newCell(table: PersonalTableModel, catalog: Catalog, name: string): string {
  return `FROM ${settingsOf(table)} d WHERE d.col = ${textLiteral(name)} AND ${sameRow(table, catalog, 't', 'd')}`;
}
