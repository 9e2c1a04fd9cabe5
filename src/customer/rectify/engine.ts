import type { Session } from '../../database/session.js';
import { type Catalog, readCatalog } from '../../datamap/catalog.js';
import { collectRows } from '../../datamap/collect.js';
import { compileCollect, rowsOf } from '../../datamap/collect-plan.js';
import { assertNoDrift } from '../../datamap/drift.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { occurrencesOf, occurrenceText } from '../../datamap/occurrences.js';
import { fromTable } from '../../datamap/sql.js';
import { now } from '../../foundation/clock.js';
import { GdprError } from '../../foundation/errors.js';
import { type IdentifierKind, namesMayBeOne, parse, same } from '../../identity/kinds.js';
import type { Keys } from '../../keys/keys.js';
import { dayOf } from '../../request/day.js';
import { collectLocked } from '../erase/lock.js';
import { createKnown, findOthers } from '../erase/others.js';
import { sameRow } from '../erase/sql.js';
import { type FoundPerson, peopleOf } from '../people.js';
import type { PersonQuery } from '../resolve.js';
import { readTraits } from '../traits.js';
import {
  type Found,
  findCells,
  type HeldPlace,
  type OldValues,
  type PlaceEffect,
  toldHolds,
  type ValueDigest,
} from './cells.js';
import { type Correction, compileCorrection, type IdentifierChange } from './compile.js';
import type { Setting } from './settings.js';
import { countRows, type TableRows, writeCells } from './write.js';

/** Whose data is corrected, and how. */
export interface RectifyRequest {
  readonly model: DataMapModel;
  readonly person: FoundPerson;
  readonly settings: readonly Setting[];
  /** By what the operator named the person: these values are the old ones of their kinds. */
  readonly query: PersonQuery;
  readonly digest: ValueDigest;
}

/** What a correction comes to, or came to. */
export interface Rectified {
  readonly correction: Correction;
  readonly old: OldValues;
  readonly effects: readonly PlaceEffect[];
  /** Rows of each place of `correction.left` that hold the old value and keep it. */
  readonly left: readonly number[];
  /** Places where rows stay as they are for a hold that may be told of. */
  readonly held: readonly HeldPlace[];
  /** Documents in which the places cannot be found, because they are not JSON. */
  readonly unreadable: readonly { readonly table: string; readonly column: string; readonly rows: number }[];
  readonly tables: readonly TableRows[];
}

/** Keyed digests of values of one person, in a domain of their own. */
export function digestsOf(keys: Pick<Keys, 'hmac'>, subject: string): ValueDigest {
  return (field, value) =>
    value === null ? 'empty' : `hmac:${keys.hmac('rectified value', `${subject}\n${field}\n${value}`)}`;
}

/** What the correction would come to now, changing nothing; in the caller's REPEATABLE READ transaction. */
export async function rehearseRectify(session: Session, request: RectifyRequest): Promise<Rectified> {
  const { model, person } = request;
  const catalog = await checkedCatalog(session, model);
  await collectRows(session, compileCollect(model, catalog), model, catalog, [person]);
  const found = await prepare(session, catalog, request);
  const cells = await findCells(session, found);
  const tables = (await countRows(session, found)).filter(({ rows }) => rows > 0);
  return { correction: found.correction, old: found.old, ...cells, tables };
}

/**
 * Corrects, in the caller's READ COMMITTED transaction: collects and locks the person's rows, then writes.
 * @throws GdprError DRIFT, REFUSED, INPUT_INVALID, LOCKED; the caller's transaction is then rolled back
 */
export async function rectifyRows(session: Session, request: RectifyRequest): Promise<Rectified> {
  const { model, person } = request;
  const catalog = await checkedCatalog(session, model);
  await collectLocked(session, compileCollect(model, catalog), model, catalog, [person]);
  const found = await prepare(session, catalog, request);
  const cells = await findCells(session, found);
  const tables = await writeCells(session, found);
  return { correction: found.correction, old: found.old, ...cells, tables };
}

async function checkedCatalog(session: Session, model: DataMapModel): Promise<Catalog> {
  const catalog = await readCatalog(session);
  assertNoDrift(model, catalog);
  return catalog;
}

async function prepare(session: Session, catalog: Catalog, request: RectifyRequest): Promise<Found> {
  const { model, person, settings, digest } = request;
  const correction = compileCorrection(model, catalog, settings);
  const old = new Map<IdentifierChange, string>();
  for (const change of correction.identifiers) {
    old.set(change, await oldValue(session, catalog, request, change));
    await assertFree(session, catalog, request, change);
  }
  await createKnown(session, model, [person]);
  await findOthers(session, model, catalog);
  const today = dayOf(now(), model.map.timeZone);
  return { model, catalog, correction, old, digest, today, told: await toldHolds(session, today) };
}

/** How a command names a value of each kind. */
const NAMED: Readonly<Partial<Record<IdentifierKind, keyof PersonQuery>>> = {
  email: 'email',
  phone: 'phone',
  name: 'name',
  'personas-kods': 'personasKods',
};

/**
 * The value that is wrong: the one by which the person was named, else the only one in the rows that are the person.
 * @throws GdprError INPUT_INVALID when they hold none, or several
 */
async function oldValue(
  session: Session,
  catalog: Catalog,
  { model, person, query }: RectifyRequest,
  change: IdentifierChange,
): Promise<string> {
  const named = NAMED[change.kind];
  const given = named === undefined ? undefined : query[named];
  if (given !== undefined) return given;
  const own = await ownValues(session, catalog, model, change.identifier);
  const values =
    own.length > 0 ? own : ((await readTraits(session, model, catalog, [person]))[0]?.get(change.kind) ?? []);
  const spelling = spellingOf(model);
  const distinct = values.filter(
    (value, i) => !values.slice(0, i).some((earlier) => same(change.kind, earlier, value, spelling)),
  );
  const [only, ...more] = distinct;
  if (only !== undefined && more.length === 0) return only;
  const flag = named === 'personasKods' ? 'personas-kods' : named;
  throw new GdprError(
    'INPUT_INVALID',
    only === undefined
      ? `the person's rows hold no ${change.field} that could be corrected`
      : `the person's rows hold ${distinct.length} different values of ${change.field}`,
    {
      hint:
        only === undefined
          ? 'set the column instead: --set TABLE.COLUMN=VALUE'
          : `name the wrong one with --${flag} beside who it is, or set the column: --set TABLE.COLUMN=VALUE`,
    },
  );
}

/** Values of an identifier in the collected rows that are the person, as stored. */
async function ownValues(
  session: Session,
  catalog: Catalog,
  model: DataMapModel,
  identifier: string,
): Promise<string[]> {
  const values: string[] = [];
  for (const place of occurrencesOf(model)) {
    const { table, owner } = place.node;
    if (place.identifier !== identifier || !owner.reaches.some(({ kind }) => kind === 'self')) continue;
    const generated = place.places.some(({ column }) => catalog.get(table.name)?.columns.get(column)?.generated);
    if (generated) continue;
    const text = occurrenceText(place, catalog);
    const sql = `SELECT DISTINCT ${text} FROM ${rowsOf(table)} r JOIN ${fromTable(table, catalog)} t ON ${sameRow(table, catalog, 't', 'r')} WHERE r.owner = ${owner.index}`;
    for await (const [value] of session.stream(sql)) if (value != null && value.trim() !== '') values.push(value);
  }
  return values;
}

/**
 * That a new linking identifier leads to nobody else: two people under one e-mail could no longer be told apart. Guest
 * orders that bear one of the person's names are the person's own.
 * @throws GdprError REFUSED without telling whose it is
 */
async function assertFree(
  session: Session,
  catalog: Catalog,
  { model, person }: RectifyRequest,
  { identifier, kind, links, value, field }: IdentifierChange,
): Promise<void> {
  if (!links) return;
  if (value === null) {
    if (person.roots.length > 0) return;
    throw new GdprError('REFUSED', `without the ${field} nothing would lead to the person's rows any more`, {
      hint: 'a person who is to be forgotten is erased: gdpr customer erase',
    });
  }
  const roots = new Set(person.roots.map((row) => JSON.stringify([row.table, row.key])));
  const known = new Set(person.identifiers.map((each) => `${each.identifier}\n${each.value}`));
  for (const form of parse(kind, value, spellingOf(model))) {
    if (known.has(`${identifier}\n${form}`)) continue;
    const anchor = { kind: 'identifier' as const, identifier, value: form, name: undefined };
    const { of } = await peopleOf(session, model, catalog, [anchor]);
    const taken = of(anchor).some((other) => {
      if (other.roots.some((row) => roots.has(JSON.stringify([row.table, row.key])))) return false;
      if (other.roots.length > 0) return true;
      return other.names.some((name) => !person.names.some((own) => namesMayBeOne(own, name)));
    });
    if (taken) {
      throw new GdprError('REFUSED', `the new ${field} is somebody else's already; nothing was changed`, {
        hint: 'check the value with the person; if they have two accounts, join them in the shop first',
      });
    }
  }
}
