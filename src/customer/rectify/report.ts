import type { DataMapModel } from '../../datamap/model.js';
import type { ValueDigest } from './cells.js';
import type { Rectified } from './engine.js';
import { placeJson } from './plan.js';

/** A place that was corrected, as results and archives tell of it. */
export interface ChangedPlace {
  readonly table: string;
  readonly columns: readonly string[];
  readonly path?: readonly string[];
  /** What was named to be corrected: an identifier of the map, or TABLE.COLUMN. */
  readonly field: string;
  readonly rows: number;
}

/** A place that keeps its old value, because a document stays as it was issued. */
export interface LeftAsIs {
  readonly table: string;
  readonly columns: readonly string[];
  readonly path?: readonly string[];
  readonly field: string;
  readonly rows: number;
  readonly rule: string;
  readonly law: string;
}

/** A place where rows keep the old value while a hold lasts. */
export interface HeldAsIs {
  readonly table: string;
  readonly columns: readonly string[];
  readonly path?: readonly string[];
  readonly field: string;
  readonly rows: number;
  readonly hold: string;
  readonly authority: string;
  /** The last day of the hold, ISO 8601. */
  readonly until: string;
}

/** A recipient who is to be told of the correction (Art. 19). */
export interface Told {
  readonly recipient: string;
  readonly name: string;
  readonly role: string;
  readonly fields: readonly string[];
}

/** Places where something changes. */
function changedPlaces({ effects }: Rectified): ChangedPlace[] {
  return effects
    .filter(({ rows }) => rows > 0)
    .map(({ change: { place, field }, rows }) => ({ table: place.table.name, ...placeJson(place), field, rows }));
}

/** The same with keyed digests of what stood there and of what stands there now. */
export function changedWithDigests(rectified: Rectified, digest: ValueDigest) {
  const changed = rectified.effects.filter(({ rows }) => rows > 0);
  return changedPlaces(rectified).map((place, i) => {
    const values = changed[i]?.change.values ?? [];
    const text = values.every((value) => value === null) ? null : values.join(' ');
    return { ...place, was: [...(changed[i]?.was ?? [])].sort(), is: digest(place.field, text) };
  });
}

/** Places that hold the old value and keep it, with the law. */
function leftPlaces(model: DataMapModel, { correction, left }: Rectified): LeftAsIs[] {
  return correction.left.flatMap(({ place, of, rule }, i): LeftAsIs[] => {
    const rows = left[i] ?? 0;
    if (rows === 0) return [];
    const law = model.map.retention[rule]?.law ?? '';
    return [{ table: place.table.name, ...placeJson(place), field: of.field, rows, rule, law }];
  });
}

/** Recipients of the map who get data of a changed column's category for one of its purposes. Pure. */
function recipientsToTell(model: DataMapModel, { effects }: Rectified): Told[] {
  const changed = effects.filter(({ rows }) => rows > 0);
  return Object.entries(model.map.recipients).flatMap(([id, { name, role, categories, purposes }]): Told[] => {
    const fields = changed.flatMap(({ change: { place } }) =>
      place.columns.flatMap(({ model: column }) => {
        const node = column.entry.json?.find(({ path }) => path === place.path);
        const category = node?.category ?? column.entry.category;
        const gets = categories.includes(category) && column.entry.purposes.some((each) => purposes.includes(each));
        return gets ? [`${place.table.written}.${column.name}`] : [];
      }),
    );
    return fields.length === 0 ? [] : [{ recipient: id, name, role, fields: [...new Set(fields)].sort() }];
  });
}

/** Everything that is told of a correction, before or after it, without any value. */
export function effectOf(model: DataMapModel, rectified: Rectified) {
  const { tables, unreadable } = rectified;
  return {
    tables,
    places: changedPlaces(rectified),
    left: leftPlaces(model, rectified),
    held: rectified.held.map(
      ({ place, field, hold, authority, until, rows }): HeldAsIs => ({
        table: place.table.name,
        ...placeJson(place),
        field,
        rows,
        hold,
        authority,
        until,
      }),
    ),
    unreadable,
    recipients: recipientsToTell(model, rectified),
  };
}
