import { BREAK_ACTION } from '../../audit/claims.js';
import type { JournalRecord } from '../../audit/journal.js';
import type { Session } from '../../database/session.js';
import type { Catalog } from '../../datamap/catalog.js';
import { groupBy } from '../../foundation/group.js';
import type { Day } from '../../request/day.js';
import { deskOf } from '../../request/register.js';
import { type StoredRequest, viewOf } from '../../request/request.js';
import type { Context } from '../../workspace/open.js';
import { describe } from '../find.js';
import { cameBack } from './came-back.js';
import type { Records } from './records.js';

/** A person whose data was corrected after the backup: it says again what was wrong, and is to be corrected again. */
export interface ToRectify {
  readonly subject: string;
  /** What `--id` takes; null when the backup holds nobody who was known by the same. */
  readonly id: string | null;
  /** Identifiers of the map, or TABLE.COLUMN. */
  readonly fields: readonly string[];
  /** When it was last corrected, UTC with microseconds. */
  readonly rectified: string;
}

/** A request that came, or went on, after the backup; the address for the answer and what was written are not known. */
export interface ToLookAt extends Pick<StoredRequest, 'kind' | 'state' | 'subject'> {
  readonly request: string;
  readonly received: Day;
  readonly due: Day;
}

/** What nobody but an operator can do again. */
export interface ToRedo {
  readonly rectifications: readonly ToRectify[];
  readonly requests: readonly ToLookAt[];
}

/**
 * What of the journal's records is left to the operator: the corrections among `operations` of people who were not
 * erased since, and the requests among them; two statements and a search for the people.
 */
export async function toRedo(
  session: Session,
  context: Pick<Context, 'model' | 'keys'>,
  catalog: Catalog,
  records: Records,
  operations: ReadonlySet<unknown>,
): Promise<ToRedo> {
  const erased = new Map<unknown, string>();
  for (const { subject, time } of records.get('tombstone') ?? [])
    if (String(time) > (erased.get(subject) ?? '')) erased.set(subject, String(time));
  const corrected = (records.get('rectification') ?? []).filter(
    ({ operation, subject, time }) => operations.has(operation) && String(time) > (erased.get(subject) ?? ''),
  );
  const ids = await namesOf(session, context, catalog, records, new Set(corrected.map(({ subject }) => subject)));
  const people = groupBy(corrected, ({ subject }) => String(subject));
  const numbers = new Set(
    (records.get('request-event') ?? []).flatMap(({ operation, number }) =>
      operations.has(operation) ? [number] : [],
    ),
  );
  const { today, holidays } = await deskOf(context);
  return {
    rectifications: [...people].map(([subject, corrections]) => ({
      subject,
      id: ids.get(subject) ?? null,
      fields: [...new Set(corrections.flatMap(fieldsOf))].sort(),
      rectified:
        corrections
          .map(({ time }) => String(time))
          .sort()
          .at(-1) ?? '',
    })),
    requests: (records.get('request') ?? [])
      .filter(({ number }) => numbers.has(number))
      .map((record) => {
        const { request, kind, state, subject, received, due } = viewOf(storedRequest(record), today, holidays);
        return { request, kind, state, subject, received, due };
      })
      .sort((a, b) => (a.request < b.request ? -1 : 1)),
  };
}

/** The operations that were entered again since the log goes on after `size` entries. */
export async function enteredAgain(session: Session, size: number): Promise<Set<string>> {
  const rows = await session.query<{ operation: string }>(
    "SELECT operation FROM gdpr.audit_entry WHERE action = $1 AND kind = 'outcome' AND sequence > $2::bigint",
    [BREAK_ACTION, size],
  );
  return new Set(rows.map(({ operation }) => operation));
}

/** By which row each of these people is named to a command, where the backup has them. */
async function namesOf(
  session: Session,
  { model, keys }: Pick<Context, 'model' | 'keys'>,
  catalog: Catalog,
  records: Records,
  subjects: ReadonlySet<unknown>,
): Promise<Map<string, string>> {
  const codes = new Map<string, Set<string>>();
  for (const { subject, hmac } of records.get('alias') ?? [])
    if (subjects.has(subject)) codes.set(String(hmac), new Set([String(subject)]));
  const back = await cameBack(session, model, catalog, keys, codes);
  const described = await describe(
    session,
    model,
    catalog,
    back.map(({ person }) => person),
  );
  return new Map(back.flatMap(({ subject }, i) => (described[i]?.id ? [[subject, described[i].id] as const] : [])));
}

function fieldsOf({ fields }: JournalRecord): string[] {
  return Array.isArray(fields) ? (fields as { field?: unknown }[]).map(({ field }) => String(field)) : [];
}

/** A journaled request as the register has it. */
function storedRequest(record: JournalRecord): StoredRequest {
  const absent = { subject: null, row: null, verified: null, asked: null, askedInTime: null, ended: null };
  return { ...absent, ...record } as unknown as StoredRequest;
}
