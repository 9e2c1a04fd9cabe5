import type { Database, Session } from '../database/session.js';
import { timeText } from './append.js';
import { lockJournal } from './checkpoint-write.js';
import { appendJournal, type JournalRecord, readJournal } from './journal.js';

/** How the rows of a table of the tool become records: the members by which a record is told, and the query. */
interface Source {
  readonly type: string;
  readonly identity: readonly string[];
  /**
   * One column `record`, the members of each record as JSON text. Where it has `$1`, that takes the journaled values of
   * the one member of `identity`, so that large records are not made again.
   */
  readonly sql: string;
}

/** What takes back a consent: a yes that is lost with a backup is missed by nobody but the shop, a no by the person. */
const NO = "('expired', 'withdrawn', 'objected')";

/**
 * The disclosures of which the journal knows whom they were about. A processor gets the orders of the day every day: of
 * these it has how many people they were about, and the archives have who.
 */
const TOLD_OF = "g.kind <> 'processor'";

/** Whom holds, restrictions, objections, withdrawals, corrections, disclosures and requests are about, under former references, too. */
const PROTECTED = `(SELECT unnest(h.subjects) FROM gdpr.hold h UNION SELECT r.subject FROM gdpr.restriction r
  UNION SELECT o.subject FROM gdpr.objection o UNION SELECT c.subject FROM gdpr.rectification c
  UNION SELECT q.subject FROM gdpr.request q WHERE q.subject IS NOT NULL
  UNION SELECT n.subject FROM gdpr.consent_event n WHERE n.what IN ${NO}
  UNION SELECT d.subject FROM gdpr.disclosure_subject d JOIN gdpr.disclosure g ON g.number = d.disclosure WHERE ${TOLD_OF})`;

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
    type: 'withdrawal',
    identity: ['digest'],
    sql: `SELECT json_strip_nulls(json_build_object('digest', n.digest, 'subject', n.subject, 'purpose', n.purpose, 'channel', n.channel,
        'what', n.what, 'at', ${timeText('n.event_at')}, 'time', ${timeText('n.recorded_at')}, 'mechanism', n.mechanism,
        'source', n.source, 'party', n.party, 'by', n.recorded_by, 'operation', n.operation))::text AS record
      FROM gdpr.consent_event n WHERE n.what IN ${NO} ORDER BY n.id`,
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
    type: 'rectification',
    identity: ['operation'],
    sql: `SELECT json_strip_nulls(json_build_object('operation', c.operation, 'subject', c.subject, 'request', c.request,
        'time', ${timeText('c.rectified_at')}, 'by', c.rectified_by, 'keyVersion', c.key_version, 'fields', c.fields))::text AS record
      FROM gdpr.rectification c ORDER BY c.rectified_at, c.operation`,
  },
  {
    type: 'agreement',
    identity: ['number'],
    sql: `SELECT json_strip_nulls(json_build_object('number', a.number, 'recipient', a.recipient, 'name', a.name,
        'role', a.role, 'since', a.since, 'until', a.until, 'purposes', a.purposes, 'categories', a.categories,
        'columns', a.columns, 'country', a.country, 'safeguard', a.safeguard, 'subprocessors', a.subprocessors,
        'document', a.sha256, 'time', ${timeText('a.added_at')}, 'by', a.added_by, 'operation', a.operation))::text AS record
      FROM gdpr.agreement a ORDER BY a.added_at, a.number`,
  },
  {
    // Else what was ended would be in force again.
    type: 'agreement-end',
    identity: ['agreement'],
    sql: `SELECT json_build_object('agreement', a.number, 'ended', a.ended, 'reason', a.end_reason, 'by', a.ended_by,
        'operation', a.end_operation)::text AS record
      FROM gdpr.agreement a WHERE a.ended IS NOT NULL ORDER BY a.ended, a.number`,
  },
  {
    // Without the official's name and the words of the request, which the archive has under its digest.
    type: 'disclosure',
    identity: ['operation'],
    sql: `SELECT json_strip_nulls(json_build_object('disclosure', g.number, 'operation', g.operation, 'kind', g.kind,
        'recipient', g.recipient, 'recipientId', g.recipient_id, 'agreement', g.agreement, 'basis', g.basis,
        'case', g.case_number, 'requestNumber', g.request_number, 'requestDate', g.request_date,
        'received', g.received_on, 'deadline', g.deadline, 'document', g.document_digest, 'categories', g.categories,
        'unnamed', g.unnamed, 'gagUntil', g.gag_until, 'whyTold', g.why_told, 'hold', g.hold,
        'time', ${timeText('g.disclosed_at')}, 'by', g.disclosed_by, 'approvedBy', g.approved_by,
        'archive', g.archive_digest, 'records', g.records::text, 'first', g.first_number, 'last', g.last_number,
        'subjects', CASE WHEN ${TOLD_OF} THEN
          (SELECT coalesce(json_agg(json_build_array(d.subject, d.rows) ORDER BY d.subject), '[]')
           FROM gdpr.disclosure_subject d WHERE d.disclosure = g.number) ELSE '[]' END))::text AS record
      FROM gdpr.disclosure g WHERE g.operation <> ALL ($1::text[]) ORDER BY g.disclosed_at, g.number`,
  },
  {
    // Without who took it, and the receipt.
    type: 'disclosure-handover',
    identity: ['operation'],
    sql: `SELECT json_build_object('operation', h.operation, 'disclosure', h.disclosure, 'means', h.means,
        'time', ${timeText('h.at')}, 'by', h.by)::text AS record
      FROM gdpr.disclosure_handover h ORDER BY h.at, h.operation`,
  },
  {
    type: 'disclosure-notice',
    identity: ['disclosure', 'cause'],
    sql: `SELECT json_build_object('disclosure', n.disclosure, 'cause', n.cause, 'operation', n.operation,
        'time', ${timeText('n.written_at')})::text AS record
      FROM gdpr.disclosure_notice n ORDER BY n.written_at, n.disclosure, n.cause`,
  },
  {
    // Anew after each event, without the address for the answer; the last one counts.
    type: 'request',
    identity: ['number', 'events'],
    sql: `SELECT json_strip_nulls(json_build_object('number', q.number, 'kind', q.kind, 'state', q.state,
        'subject', q.subject, 'row', q.person_row, 'channel', q.channel, 'handler', q.handler, 'received', q.received,
        'verified', q.verified, 'asked', q.asked, 'askedInTime', q.asked_in_time, 'pausedDays', q.paused_days,
        'extended', q.extended, 'opened', ${timeText('q.opened_at')}, 'endedAt', ${timeText('q.ended_at')}, 'ended', q.ended,
        'events', (SELECT count(*) FROM gdpr.request_event e WHERE e.number = q.number)))::text AS record
      FROM gdpr.request q ORDER BY q.opened_at, q.number`,
  },
  {
    // What an operator wrote beside it may be about the person.
    type: 'request-event',
    identity: ['number', 'operation', 'what'],
    sql: `SELECT json_strip_nulls(json_build_object('number', e.number, 'what', e.what, 'day', e.day,
        'time', ${timeText('e.at')}, 'by', e.operator, 'operation', e.operation))::text AS record
      FROM gdpr.request_event e ORDER BY e.id`,
  },
];

const BATCH = 1000;

/**
 * Appends to the journal the holds, restrictions, objections, withdrawals, suppressed addresses, corrections, disclosures
 * and requests that the database has and it has not, fsynced before this returns, so that a restored backup cannot undo them unseen. Called after the change is
 * committed and before it is reported; what a crash in between leaves out, the next call makes up for.
 * @returns how many were appended
 * @throws GdprError FILE_UNAVAILABLE, VERIFICATION_FAILED when the journal is damaged
 */
export async function journalChanges(database: Pick<Database, 'transaction'>, path: string): Promise<number> {
  return database.transaction('read committed', async (session) => {
    await lockJournal(session, path);
    const known = await journaled(path);
    let appended = 0;
    // The next records are read while those before them reach the disk.
    let writing: Promise<void> = Promise.resolve();
    try {
      for (const source of SOURCES) {
        for await (const records of freshRecords(session, source, known)) {
          await writing;
          writing = appendJournal(path, ...records);
          // Told by the next `await`.
          writing.catch(() => {});
          appended += records.length;
        }
      }
    } finally {
      await writing;
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

/** The journaled values of a source's one identifying member. */
function knownOf({ type }: Source, known: ReadonlySet<string>): string[] {
  return [...known].flatMap((id) => {
    const [of, member] = JSON.parse(id) as string[];
    return of === type && member !== undefined ? [member] : [];
  });
}

async function* freshRecords(
  session: Session,
  source: Source,
  known: ReadonlySet<string>,
): AsyncGenerator<JournalRecord[]> {
  let records: JournalRecord[] = [];
  const values = source.sql.includes('$1') ? [knownOf(source, known)] : [];
  for await (const [text] of session.stream(source.sql, values)) {
    const record = Object.assign(JSON.parse(text ?? '{}') as object, { type: source.type });
    if (known.size > 0 && known.has(idOf(source, record))) continue;
    records.push(record);
    if (records.length < BATCH) continue;
    yield records;
    records = [];
  }
  if (records.length > 0) yield records;
}
