import type { ArchiveWriter } from '../archive/write.js';
import type { Session } from '../database/session.js';
import type { Catalog } from '../datamap/catalog.js';
import type { DataMapModel } from '../datamap/model.js';
import { compileReads, type TableRead } from '../datamap/read.js';
import type { PageModel } from '../documents/page-model.js';
import type { Context } from '../workspace/open.js';
import { ownReads } from './own/own.js';
import type { Traits } from './traits.js';

/** What tells one right to a copy from another. */
export interface ExportKind {
  readonly ground: 'Art. 15' | 'Art. 20';
  /** The kind of request that it answers. */
  readonly request: 'access' | 'portability';
  /** The first word of the archive's name. */
  readonly word: string;
  reads(model: DataMapModel, catalog: Catalog, subjects: readonly string[]): TableRead[];
  /** What writes the files of the kind's own about a person by their number in the collection. */
  more?(
    session: Session,
    context: Context,
    catalog: Catalog,
    person: number,
    traits: Traits,
  ): (archive: ArchiveWriter) => Promise<PageModel['files']>;
}

/** The right of access: everything, what the tool itself holds included. */
export const ACCESS: ExportKind = {
  ground: 'Art. 15',
  request: 'access',
  word: 'export',
  reads: (model, catalog, subjects) => [...compileReads(model, catalog), ...ownReads(model, subjects)],
};
