import { z } from 'zod';
import type { DataMapModel } from '../datamap/model.js';
import type { AccessModel, Enclosure, NegativeModel } from '../documents/letters/letter.js';
import type { Text, WithheldReason } from '../documents/page-model.js';
import { WITHHELD_REASON } from '../documents/texts.js';
import { GdprError } from '../foundation/errors.js';
import { groupBy } from '../foundation/group.js';
import type { Answer } from './answer.js';

/** How the archive goes to the person. */
export interface Sending {
  readonly form: Enclosure['form'];
  readonly sentBy: Enclosure['sentBy'] | undefined;
  readonly codeBy: Enclosure['sentBy'] | undefined;
}

/** What every letter about a request begins with. */
type Base = Pick<AccessModel, 'language' | 'date' | 'request' | 'controller' | 'supervisor'>;

const copy = z.object({
  snapshot: z.string(),
  tables: z.array(z.object({ rows: z.number() })),
  withheld: z.array(z.object({ reason: z.enum(Object.keys(WITHHELD_REASON) as WithheldReason[]) })),
});

/**
 * The cover letter of an export, from what its archive holds.
 * @throws GdprError USAGE when it is not said how the file or its code goes, VERIFICATION_FAILED
 */
export function accessModel(base: Base, answer: Answer, sending: Sending, timeZone: string): AccessModel {
  const { snapshot, tables, withheld } = manifest(copy, answer);
  const held = tables.filter(({ rows }) => rows > 0);
  return {
    ...base,
    snapshotAt: snapshot,
    timeZone,
    records: held.reduce((sum, { rows }) => sum + rows, 0),
    groups: held.length,
    withheld: [...groupBy(withheld, ({ reason }) => reason)].map(([reason, places]) => ({
      reason,
      fields: places.length,
    })),
    archive: { file: answer.file, sha256: answer.sha256 },
    enclosure: enclosureOf(answer, sending),
    certificate: answer.certificate,
  };
}

/** The file is named as `gdpr archive encrypt` names it. */
function enclosureOf({ file }: Answer, { form, sentBy, codeBy }: Sending): Enclosure {
  if (sentBy === undefined) throw missing('how the file goes to the person', '--sent-by');
  if (form === 'archive') return { form, file, sentBy };
  if (form === 'age') return { form, file: `${file}.age`, sentBy };
  if (codeBy === undefined) throw missing('how the code goes to the person', '--code-by');
  return { form, file: file.replace(/\.asice$/, '.html'), sentBy, codeBy };
}

function missing(what: string, flag: string): GdprError {
  return new GdprError('USAGE', `${what} is missing`, { hint: `say it with ${flag}` });
}

/** The kinds of identifiers by which a person can be named to a search. */
const IDENTIFIERS = {
  email: { lv: 'E-pasta adrese', en: 'E-mail address' },
  phone: { lv: 'Tālruņa numurs', en: 'Phone number' },
  'order-number': { lv: 'Pasūtījuma numurs', en: 'Order number' },
  name: { lv: 'Vārds un uzvārds', en: 'Name' },
  'personas-kods': { lv: 'Personas kods', en: 'Personal identity code (personas kods)' },
  id: { lv: 'Ieraksta numurs mūsu datubāzē', en: 'Number of a record in our database' },
} as const satisfies Record<string, Text>;

const nothing = z.object({
  snapshot: z.string(),
  tables: z.array(z.string()),
  searched: z.array(z.object({ identifier: z.enum(Object.keys(IDENTIFIERS) as (keyof typeof IDENTIFIERS)[]) })),
});

/** The negative answer's letter, from what its archive says was searched. @throws GdprError VERIFICATION_FAILED */
export function negativeModel(base: Base, answer: Answer, { map, tables }: DataMapModel): NegativeModel {
  const { snapshot, tables: names, searched } = manifest(nothing, answer);
  return {
    ...base,
    search: {
      at: snapshot,
      timeZone: map.timeZone,
      tables: names.length,
      groups: tables.filter(({ name }) => names.includes(name)).map(({ entry }) => entry.title),
      identifiers: searched.map(({ identifier }) => ({ kind: IDENTIFIERS[identifier] })),
    },
  };
}

function manifest<T>(shape: z.ZodType<T>, { file, manifest: found }: Answer): T {
  const read = shape.safeParse(found);
  if (read.success) return read.data;
  throw new GdprError('VERIFICATION_FAILED', `the manifest of ${file} does not say what the letter needs`, {
    hint: 'it may be of another version of this program; write the answer again',
  });
}
