import type { DataMapModel } from '../datamap/model.js';
import { GdprError } from '../foundation/errors.js';

/**
 * The purpose that is meant: the one that was named, else the map's purpose of sending offers.
 * @throws GdprError MAP_INVALID when none was named and the map has no part on marketing; NOT_FOUND
 */
export function purposeOf({ map }: Pick<DataMapModel, 'map'>, named: string | undefined): string {
  const purpose = named ?? map.marketing?.purpose;
  if (purpose === undefined) {
    throw new GdprError('MAP_INVALID', 'the data map has no part "marketing" that would name a purpose', {
      hint: 'name one with --purpose, or describe marketing in the data map (docs/data-map.md)',
    });
  }
  if (Object.hasOwn(map.purposes, purpose)) return purpose;
  throw new GdprError('NOT_FOUND', 'the data map has no such purpose', {
    hint: `its purposes are: ${Object.keys(map.purposes).join(', ')}`,
  });
}
