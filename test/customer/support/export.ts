import type { ExportResult } from '../../../src/customer/export.js';
import { exportPrepared, prepareExport } from '../../../src/customer/export-customer.js';
import type { PersonQuery } from '../../../src/customer/resolve.js';
import type { Context } from '../../../src/workspace/open.js';
import { type ReadArchive, readArchive } from './archive.js';

export interface Exported {
  readonly result: ExportResult;
  readonly archive: ReadArchive;
}

/** Nobody is there to be asked which of several people is meant. */
export const nobodyToAsk = async (): Promise<undefined> => undefined;

/** Runs an export as the command does, and reads the produced archive with nothing of the program. */
export async function exportPerson(context: Context, query: PersonQuery): Promise<Exported> {
  const prepared = await prepareExport(context, query, nobodyToAsk);
  const options = { verified: 'account login', language: 'lv' as const };
  const result = await exportPrepared(context, prepared, options, () => {});
  return { result, archive: await readArchive(result.archive) };
}
