import { readCatalog } from '../datamap/catalog.js';
import { type Drift, findDrift } from '../datamap/drift.js';
import type { OpenWorkspace } from './open.js';

export interface DataMapCheck {
  readonly digest: string;
  readonly tables: number;
  readonly personal: number;
  readonly columns: number;
  readonly drift: readonly Drift[];
}

/** Every difference between the map and the live database. */
export async function checkDataMap({ database, model }: OpenWorkspace): Promise<DataMapCheck> {
  const catalog = await database.transaction('repeatable read', readCatalog);
  const columns = [
    ...model.tables.map((table) => table.columns.length),
    ...model.impersonal.map((table) => table.entry.columns.length),
  ];
  return {
    digest: model.digest,
    tables: model.tables.length + model.impersonal.length,
    personal: model.tables.length,
    columns: columns.reduce((sum, n) => sum + n, 0),
    drift: findDrift(model, catalog),
  };
}
