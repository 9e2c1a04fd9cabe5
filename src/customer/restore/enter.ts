import { appendEntry } from '../../audit/append.js';
import { BREAK_ACTION } from '../../audit/claims.js';
import type { JournalRecord } from '../../audit/journal.js';
import type { Session } from '../../database/session.js';
import type { Context } from '../../workspace/open.js';
import { ENTERING, TIME } from './entering.js';
import { KINDS, type Kind, type Records } from './records.js';

const BATCH = 1000;

/** Which records the database lacks; a statement a thousand of a type. */
export async function missingRecords(session: Session, records: Records): Promise<Map<Kind, JournalRecord[]>> {
  const missing = new Map<Kind, JournalRecord[]>();
  for (const kind of KINDS) {
    const { columns, missing: condition } = ENTERING[kind];
    const lacking: JournalRecord[] = [];
    for (const batch of batches(records.get(kind) ?? [])) {
      const rows = await session.query<{ n: number }>(
        `SELECT r.n FROM jsonb_to_recordset($1::jsonb) AS r(n integer, ${columns}) WHERE ${condition} ORDER BY r.n`,
        [JSON.stringify(batch.map((record, n) => ({ ...record, n })))],
      );
      lacking.push(...rows.flatMap(({ n }) => batch[n] ?? []));
    }
    missing.set(kind, lacking);
  }
  return missing;
}

/**
 * Enters records as they were, each under its own operation, which gets a row and an outcome in the log again: who
 * did it then stands in the row, who brought it back in the entry.
 * @returns how many operations came back
 */
export async function enterRecords(
  session: Session,
  { operator, databaseRole }: Pick<Context, 'operator' | 'databaseRole'>,
  missing: ReadonlyMap<Kind, readonly JournalRecord[]>,
): Promise<number> {
  const operations = await enterOperations(session, operator, missing);
  const lifted = new Map((missing.get('restriction-lifted') ?? []).map((record) => [record.restriction, record]));
  for (const kind of KINDS) {
    const { columns, statements } = ENTERING[kind];
    const records = (missing.get(kind) ?? []).map((record) => {
      const lift = kind === 'restriction' ? lifted.get(record.operation) : undefined;
      if (lift === undefined) return record;
      return {
        ...record,
        lifted: lift.time,
        liftedBy: lift.by,
        informed: lift.informed,
        liftOperation: lift.operation,
      };
    });
    // What was lifted before anything new was placed on the same ground comes first.
    for (const batch of batches(records))
      for (const statement of statements)
        await session.run(`WITH r AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(${columns})) ${statement}`, [
          JSON.stringify(batch),
        ]);
  }
  for (const { id, subjects, request } of operations) {
    await appendEntry(session, {
      kind: 'outcome',
      action: BREAK_ACTION,
      operation: id,
      operator: { name: operator, databaseRole },
      subjects,
      ...(request !== null && { request }),
      result: 'done',
    });
  }
  return operations.length;
}

interface Returned {
  readonly id: string;
  readonly action: string;
  readonly operator: string;
  readonly time: string | null;
  readonly subjects: readonly string[];
  /** Number of the request that it served. */
  readonly request: string | null;
}

/** The operations that the records name and the database lacks. */
async function enterOperations(
  session: Session,
  operator: string,
  missing: ReadonlyMap<Kind, readonly JournalRecord[]>,
): Promise<Returned[]> {
  const named = new Map<string, Returned>();
  for (const [kind, records] of missing) {
    for (const record of records) {
      const { operation: id, by, time, request = kind === 'agreement' ? undefined : record.number } = record;
      if (typeof id !== 'string') continue;
      const known = named.get(id);
      named.set(id, {
        id,
        // A disclosure placed its hold, too.
        action: known === undefined || kind === 'disclosure' ? actionOf(kind, record) : known.action,
        operator: known?.operator ?? (typeof by === 'string' ? by : operator),
        time: known?.time ?? (typeof time === 'string' ? time : null),
        subjects: [...new Set([...(known?.subjects ?? []), ...subjectsOf(kind, record)])],
        request: known?.request ?? (typeof request === 'string' ? request : null),
      });
    }
  }
  const returned: Returned[] = [];
  for (const batch of batches([...named.values()])) {
    const rows = await session.query<{ id: string }>(
      `INSERT INTO gdpr.operation (id, action, state, operator, subjects, request, started_at, ended_at)
       SELECT r.id, r.action, 'done', r.operator, ARRAY(SELECT jsonb_array_elements_text(r.subjects)), r.request, ${TIME}, ${TIME}
       FROM jsonb_to_recordset($1::jsonb) AS r(id text, action text, operator text, time text, subjects jsonb, request text)
       ON CONFLICT (id) DO NOTHING RETURNING id`,
      [JSON.stringify(batch)],
    );
    const entered = new Set(rows.map(({ id }) => id));
    returned.push(...batch.filter(({ id }) => entered.has(id)));
  }
  return returned;
}

const EVENTS: Readonly<Record<string, string>> = {
  opened: 'request open',
  extended: 'request extend',
  refused: 'request refuse',
  closed: 'request close',
};

function actionOf(kind: Kind, { source, what, kind: disclosedTo }: JournalRecord): string {
  if (kind === 'withdrawal') {
    if (source === 'import') return 'consent import';
    return source === 'link' ? 'marketing unsubscribe' : 'consent record';
  }
  if (kind === 'hold') return 'hold place';
  if (kind === 'hold-released') return 'hold release';
  if (kind === 'restriction') return 'customer restrict';
  if (kind === 'restriction-lifted') return 'customer unrestrict';
  if (kind === 'rectification') return 'customer rectify';
  if (kind === 'agreement') return 'agreement add';
  if (kind === 'agreement-end') return 'agreement end';
  if (kind === 'disclosure') return `disclose ${String(disclosedTo)}`;
  if (kind === 'disclosure-handover') return 'disclosure handover';
  if (kind === 'disclosure-notice') return 'disclosure notify';
  if (kind === 'request-event') return EVENTS[String(what)] ?? 'request verify-identity';
  return kind === 'tombstone' || source === 'erasure' ? 'customer erase' : 'customer object';
}

/** Whom the operation names: nobody where a hold or a disclosure may not be told of. */
function subjectsOf(kind: Kind, { subject, subjects, gagUntil }: JournalRecord): string[] {
  if (kind === 'hold') return gagUntil === undefined && Array.isArray(subjects) ? (subjects as string[]) : [];
  if (kind === 'disclosure')
    return gagUntil === undefined && Array.isArray(subjects)
      ? subjects.map((pair) => String((pair as string[])[0]))
      : [];
  return typeof subject === 'string' ? [subject] : [];
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += BATCH) yield items.slice(from, from + BATCH);
}
