import type { DataMapModel } from '../../datamap/model.js';
import { digestOf, type Json } from '../../foundation/canonical-json.js';
import type { Plan } from '../plan.js';
import type { ValueDigest } from './cells.js';
import type { Correction, Place } from './compile.js';

export const GROUND = 'Art. 16';

/**
 * What a correction will do: the places of the map and keyed digests of the new values, which bind the plan's digest
 * to them without showing them; no counts and no times.
 */
export function planRectify(model: DataMapModel, correction: Correction, digest: ValueDigest, subject: string): Plan {
  const plan: Json = {
    operation: 'customer rectify',
    ground: GROUND,
    people: [subject],
    map: model.digest,
    steps: correction.changes.map(({ place, field, values, of, row }) => ({
      rectify: place.table.name,
      ...placeJson(place),
      ...(of !== undefined && { whereOld: of.identifier }),
      ...(row !== undefined && { row: digest(`${field} row`, JSON.stringify(row.key)) }),
      to: values.map((value) => (value === null ? null : digest(field, value))),
    })),
    left: correction.left.map(({ place, rule }) => ({ table: place.table.name, ...placeJson(place), keptUnder: rule })),
  };
  return { plan, digest: digestOf(plan) };
}

/** The columns of a place, and the path inside the document. */
export function placeJson({ columns, path }: Place): { columns: string[]; path?: string[] } {
  return { columns: columns.map(({ model }) => model.name), ...(path !== undefined && { path: [...path] }) };
}
