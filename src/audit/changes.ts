import type { Database, Session } from '../database/session.js';
import { timeText } from './append.js';
import { lockJournal } from './checkpoint-write.js';
import { appendJournal, type JournalRecord, readJournal } from './journal.js';

/** How the rows of a table of the tool become records: the members by which a record is told, and the query. */
interface Source {
  readonly type: string;
  readonly identity: readonly string[];
  /** One column `record`, the members of each record as JSON text. */
  readonly sql: string;
}

/** The events that a backup must not undo; a yes that is lost with it is asked for again. */
const TAKEN_BACK = "e.what IN ('expired', 'withdrawn', 'objected')";

/** Whom holds, restrictions, objections and withdrawals are about, under former references, too. */
const PROTECTED = `(SELECT unnest(h.subjects) FROM gdpr.hold h UNION SELECT r.subject FROM gdpr.restriction r
  UNION SELECT o.subject FROM gdpr.objection o UNION SELECT e.subject FROM gdpr.consent_event e WHERE ${TAKEN_BACK})`;

const SOURCES: readonly Source[] = [
  {
    // A reference that is newer than a backup would mean nobody after it was restored.
    type: 'alias',
    identity: ['subject', 'keyVersion', 'hmac'],
    sql: `SELECT json_build_object('subject', a.reference, 'kind', a.kind, 'keyVersion', a.key_version, 'hmac', a.hmac)::text AS record
      FROM gdpr.subject_alias a WHERE a.reference IN ${PROTECTED}
        OR a.reference IN (SELECT s.by FROM gdpr.subject_superseded s WHERE s.reference IN ${PROTECTED})
      ORDER BY a.reference, a.key_version, a.hmac`,
  },
  {
    type: 'superseded',
    identity: ['subject'],
    sql: `SELECT json_build_object('subject', s.reference, 'by', s.by)::text AS record
      FROM gdpr.subject_superseded s WHERE s.reference IN ${PROTECTED} ORDER BY s.reference`,
  },
  {
    type: 'hold',
    identity: ['id'],
    sql: `SELECT json_strip_nulls(json_build_object('id', h.id, 'scope', h.scope, 'subjects', h.subjects,
        'reference', h.reference, 'authority', h.authority, 'until', h.until, 'gagUntil', h.gag_until,
        'time', ${timeText('h.placed_at')}, 'by', h.placed_by, 'role', h.placed_role, 'operation', h.operation,
        'rows', (SELECT coalesce(json_agg(json_build_object('table', r.table_name, 'key', r.key) ORDER BY r.table_name, r.key), '[]')
          FROM gdpr.hold_row r WHERE r.hold = h.id)))::text AS record
      FROM gdpr.hold h ORDER BY h.placed_at, h.id`,
  },
  {
    type: 'hold-released',
    identity: ['id'],
    sql: `SELECT json_build_object('id', h.id, 'time', ${timeText('h.released_at')}, 'by', h.released_by,
        'role', h.released_role, 'reason', h.release_reason, 'operation', h.release_operation)::text AS record
      FROM gdpr.hold h WHERE h.released_at IS NOT NULL ORDER BY h.released_at, h.id`,
  },
  {
    type: 'restriction',
    identity: ['operation'],
    sql: `SELECT json_strip_nulls(json_build_object('operation', r.operation, 'subject', r.subject, 'ground', r.ground,
        'request', r.request, 'since', r.since, 'time', ${timeText('r.placed_at')}, 'by', r.placed_by))::text AS record
      FROM gdpr.restriction r ORDER BY r.placed_at, r.operation`,
  },
  {
    type: 'restriction-lifted',
    identity: ['restriction'],
    sql: `SELECT json_build_object('restriction', r.operation, 'time', ${timeText('r.lifted_at')}, 'by', r.lifted_by,
        'informed', r.informed, 'operation', r.lift_operation)::text AS record
      FROM gdpr.restriction r WHERE r.lifted_at IS NOT NULL ORDER BY r.lifted_at, r.operation`,
  },
  {
    type: 'objection',
    identity: ['operation'],
    sql: `SELECT json_strip_nulls(json_build_object('operation', o.operation, 'subject', o.subject, 'purpose', o.purpose,
        'request', o.request, 'time', ${timeText('o.objected_at')}, 'by', o.noted_by))::text AS record
      FROM gdpr.objection o ORDER BY o.objected_at, o.operation`,
  },
  {
    type: 'suppression',
    identity: ['operation', 'channel', 'kind', 'keyVersion', 'hmac'],
    sql: `SELECT json_strip_nulls(json_build_object('hmac', s.hmac, 'keyVersion', s.key_version, 'kind', s.kind,
        'channel', s.channel, 'source', s.source, 'subject', s.subject, 'operation', s.operation,
        'time', ${timeText('s.suppressed_at')}))::text AS record
      FROM gdpr.suppression s ORDER BY s.suppressed_at, s.hmac, s.channel`,
  },
  {
    // Neither evidence nor authorisation: they are words of people, and a no needs none.
    type: 'consent',
    identity: ['digest'],
    sql: `SELECT json_build_object('digest', e.digest, 'subject', e.subject, 'purpose', e.purpose, 'channel', e.channel,
        'what', e.what, 'said', ${timeText('e.event_at')}, 'time', ${timeText('e.recorded_at')}, 'mechanism', e.mechanism,
        'source', e.source, 'by', e.recorded_by, 'operation', e.operation)::text AS record
      FROM gdpr.consent_event e WHERE ${TAKEN_BACK} ORDER BY e.id`,
  },
];

const BATCH = 1000;

/**
 * Appends to the journal the holds, restrictions, objections, suppressed addresses and withdrawals that the database has
 * and it has not, fsynced before this returns, so that a restored backup cannot undo them unseen. Called after the change is
 * committed and before it is reported; what a crash in between leaves out, the next call makes up for.
 * @returns how many were appended
 * @throws GdprError FILE_UNAVAILABLE, VERIFICATION_FAILED when the journal is damaged
 */
export async function journalChanges(database: Pick<Database, 'transaction'>, path: string): Promise<number> {
  return database.transaction('read committed', async (session) => {
    await lockJournal(session, path);
    const known = await journaled(path);
    let appended = 0;
    for (const source of SOURCES) {
      for await (const records of freshRecords(session, source, known)) {
        await appendJournal(path, ...records);
        appended += records.length;
      }
    }
    return appended;
  });
}

async function journaled(path: string): Promise<Set<string>> {
  const sources = new Map(SOURCES.map((source) => [source.type, source]));
  const known = new Set<string>();
  for await (const { record } of readJournal(path)) {
    const source = sources.get(record.type);
    if (source !== undefined) known.add(idOf(source, record));
  }
  return known;
}

function idOf({ type, identity }: Source, record: JournalRecord): string {
  return JSON.stringify([type, ...identity.map((member) => record[member])]);
}

async function* freshRecords(
  session: Session,
  source: Source,
  known: ReadonlySet<string>,
): AsyncGenerator<JournalRecord[]> {
  let records: JournalRecord[] = [];
  for await (const [text] of session.stream(source.sql)) {
    const record = { ...(JSON.parse(text ?? '{}') as object), type: source.type };
    if (known.has(idOf(source, record))) continue;
    records.push(record);
    if (records.length < BATCH) continue;
    yield records;
    records = [];
  }
  if (records.length > 0) yield records;
}
