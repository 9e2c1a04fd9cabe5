import { type JournalRecord, readJournal } from '../../audit/journal.js';
import { GdprError } from '../../foundation/errors.js';
import type { Keys } from '../../keys/keys.js';

/** A tombstone as the journal has it. */
export interface TombstoneRecord {
  readonly subject: string;
  readonly operation: string;
  readonly time: string;
  readonly ground: string;
  readonly map: string;
  readonly identifiers: readonly { readonly kind: string; readonly keyVersion: string; readonly hmac: string }[];
}

/**
 * What a restored backup may lack, by the types of the journal's records, in the order in which they are entered: what
 * was lifted comes before what was placed on the same ground later, since one a ground can be active.
 */
export const KINDS = [
  'alias',
  'superseded',
  'hold',
  'hold-released',
  'restriction-lifted',
  'restriction',
  // Before objections: one that the ledger recorded is of the same operation.
  'objection',
  'withdrawal',
  'suppression',
  'rectification',
  'agreement',
  'agreement-end',
  // After holds, which they name.
  'disclosure',
  'disclosure-handover',
  'disclosure-notice',
  'request',
  'request-event',
  'tombstone',
] as const;
export type Kind = (typeof KINDS)[number];

/** The journal's records by type, in their order. */
export type Records = ReadonlyMap<Kind, readonly JournalRecord[]>;

/**
 * Reads from the journal what a restored backup may lack.
 * @throws GdprError as `readJournal`; KEY_MISSING when a tombstone was made under a secret that the workspace
 * has not, so that nobody could tell whose data came back
 */
export async function readRecords(path: string, keys: Pick<Keys, 'hmacVersions'>): Promise<Records> {
  const records = new Map<Kind, JournalRecord[]>(KINDS.map((kind) => [kind, []]));
  for await (const { record } of readJournal(path)) records.get(record.type as Kind)?.push(record);
  // A request is journaled anew after each of its events.
  const requests = new Map((records.get('request') ?? []).map((record) => [record.number, record]));
  records.set('request', [...requests.values()]);
  const foreign = tombstonesOf(records)
    .flatMap(({ identifiers }) => identifiers)
    .find(({ keyVersion }) => !keys.hmacVersions.includes(keyVersion));
  if (foreign === undefined) return records;
  throw new GdprError('KEY_MISSING', `people were erased under the key ${foreign.keyVersion}, which is not here`, {
    hint: 'bring it from its copy: gdpr key import FILE; without it, nobody can tell whose data the backup brought back',
  });
}

export function tombstonesOf(records: Records): readonly TombstoneRecord[] {
  return (records.get('tombstone') ?? []) as unknown as readonly TombstoneRecord[];
}
