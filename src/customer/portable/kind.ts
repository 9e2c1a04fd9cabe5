import { notPortable } from '../../datamap/portable.js';
import { compileReads } from '../../datamap/read.js';
import type { ExportKind } from '../kind.js';
import { linkedDocument } from './linked-document.js';
import { compileLinked } from './linked-read.js';

const NAME = 'portable.jsonld';
const TITLE = {
  lv: 'Jūs un Jūsu pasūtījumi schema.org vārdnīcā (JSON-LD)',
  en: 'You and your orders in the vocabulary of schema.org (JSON-LD)',
};

/**
 * The right to data portability (Art. 20): what the person provided or what arose as they used the service, held on
 * consent or a contract, in formats for programs.
 */
export const PORTABLE: ExportKind = {
  ground: 'Art. 20',
  request: 'portability',
  word: 'portable',
  reads: (model, catalog) => compileReads(model, catalog, (column) => notPortable(model, column)),
  more:
    (session, { model, surroundings }, catalog, person, traits) =>
    async (archive) => {
      const read = compileLinked(model, catalog);
      if (read === undefined) return [];
      const rows = session.stream(read.sql, [person]);
      const { signal } = surroundings;
      await archive.add(NAME, 'application/ld+json', linkedDocument(read, rows, { model, traits, signal }));
      return [{ name: NAME, title: TITLE }];
    },
};
