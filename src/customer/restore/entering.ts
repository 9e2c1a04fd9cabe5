import type { Kind } from './records.js';

/** How the records of one type are told from the rows that are there, and entered; `r` are the records. */
export interface Entering {
  /** The records' members as a column list of `jsonb_to_recordset`. */
  readonly columns: string;
  /** Whether the database lacks the record. */
  readonly missing: string;
  readonly statements: readonly string[];
}

/** A record's own time, or now where it has none, as a timestamptz. */
export const TIME =
  'coalesce(r.time, to_char(clock_timestamp() AT TIME ZONE \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\'))::timestamptz';

export const ENTERING: Readonly<Record<Kind, Entering>> = {
  alias: {
    columns: 'subject text, kind text, "keyVersion" text, hmac text',
    missing: 'NOT EXISTS (SELECT FROM gdpr.subject_alias a WHERE a.hmac = r.hmac AND a.key_version = r."keyVersion")',
    statements: [
      'INSERT INTO gdpr.subject (reference) SELECT DISTINCT r.subject FROM r ON CONFLICT DO NOTHING',
      `INSERT INTO gdpr.subject_alias (hmac, key_version, kind, reference)
       SELECT r.hmac, r."keyVersion", r.kind, r.subject FROM r ON CONFLICT DO NOTHING`,
    ],
  },
  superseded: {
    columns: 'subject text, by text',
    missing: 'NOT EXISTS (SELECT FROM gdpr.subject_superseded s WHERE s.reference = r.subject)',
    statements: [
      `INSERT INTO gdpr.subject (reference) SELECT r.subject FROM r UNION SELECT r.by FROM r ON CONFLICT DO NOTHING`,
      'INSERT INTO gdpr.subject_superseded (reference, by) SELECT r.subject, r.by FROM r ON CONFLICT DO NOTHING',
    ],
  },
  hold: {
    columns: `id text, scope text, subjects jsonb, reference text, authority text, until date, "gagUntil" date, time text,
      by text, role text, operation text, rows jsonb`,
    missing: 'NOT EXISTS (SELECT FROM gdpr.hold h WHERE h.id = r.id)',
    statements: [
      `INSERT INTO gdpr.hold (id, scope, subjects, reference, authority, until, gag_until, placed_at, placed_by, placed_role, operation)
       SELECT r.id, r.scope, ARRAY(SELECT jsonb_array_elements_text(r.subjects)), r.reference, r.authority, r.until,
         r."gagUntil", ${TIME}, r.by, r.role, r.operation FROM r ON CONFLICT (id) DO NOTHING`,
      `INSERT INTO gdpr.hold_row (hold, table_name, key)
       SELECT r.id, e ->> 'table', e -> 'key' FROM r, jsonb_array_elements(r.rows) e ON CONFLICT DO NOTHING`,
    ],
  },
  'hold-released': {
    columns: 'id text, time text, by text, role text, reason text, operation text',
    missing: 'NOT EXISTS (SELECT FROM gdpr.hold h WHERE h.id = r.id AND h.released_at IS NOT NULL)',
    statements: [
      `UPDATE gdpr.hold h SET released_at = ${TIME}, released_by = r.by, released_role = r.role,
         release_reason = r.reason, release_operation = r.operation FROM r WHERE h.id = r.id AND h.released_at IS NULL`,
    ],
  },
  restriction: {
    columns: `operation text, subject text, ground text, request text, since date, time text, by text, lifted text,
      "liftedBy" text, informed date, "liftOperation" text`,
    missing: 'NOT EXISTS (SELECT FROM gdpr.restriction o WHERE o.operation = r.operation)',
    statements: [
      // Lifted at once where it was: a person has one active restriction a ground.
      `INSERT INTO gdpr.restriction (operation, subject, ground, request, since, placed_at, placed_by, lifted_at, lifted_by, informed, lift_operation)
       SELECT r.operation, r.subject, r.ground, r.request, r.since, ${TIME}, r.by, r.lifted::timestamptz, r."liftedBy",
         r.informed, r."liftOperation" FROM r ON CONFLICT (operation) DO NOTHING`,
    ],
  },
  'restriction-lifted': {
    columns: 'restriction text, time text, by text, informed date, operation text',
    missing:
      'NOT EXISTS (SELECT FROM gdpr.restriction o WHERE o.operation = r.restriction AND o.lifted_at IS NOT NULL)',
    statements: [
      `UPDATE gdpr.restriction o SET lifted_at = ${TIME}, lifted_by = r.by, informed = r.informed, lift_operation = r.operation
       FROM r WHERE o.operation = r.restriction AND o.lifted_at IS NULL`,
    ],
  },
  objection: {
    columns: 'operation text, subject text, purpose text, request text, time text, by text',
    missing: 'NOT EXISTS (SELECT FROM gdpr.objection o WHERE o.operation = r.operation)',
    statements: [
      `INSERT INTO gdpr.objection (operation, subject, purpose, request, objected_at, noted_by)
       SELECT r.operation, r.subject, r.purpose, r.request, ${TIME}, r.by FROM r ON CONFLICT (operation) DO NOTHING`,
    ],
  },
  withdrawal: {
    columns: `digest text, subject text, purpose text, channel text, what text, at timestamptz, time text, mechanism text,
      source text, party text, by text, operation text`,
    missing: 'NOT EXISTS (SELECT FROM gdpr.consent_event n WHERE n.digest = r.digest)',
    statements: [
      `INSERT INTO gdpr.consent_event (subject, purpose, channel, what, event_at, recorded_at, mechanism, source, party, recorded_by, operation, digest)
       SELECT r.subject, r.purpose, r.channel, r.what, r.at, ${TIME}, r.mechanism, r.source, r.party, r.by, r.operation, r.digest
       FROM r ORDER BY r.time ON CONFLICT (digest) DO NOTHING`,
    ],
  },
  suppression: {
    columns: `hmac text, "keyVersion" text, kind text, channel text, source text, subject text, operation text, time text`,
    missing: `NOT EXISTS (SELECT FROM gdpr.suppression s WHERE s.hmac = r.hmac AND s.key_version = r."keyVersion"
      AND s.kind = r.kind AND s.channel = r.channel AND s.operation = r.operation)`,
    statements: [
      `INSERT INTO gdpr.suppression (hmac, key_version, kind, channel, source, subject, operation, suppressed_at)
       SELECT r.hmac, r."keyVersion", r.kind, r.channel, r.source, r.subject, r.operation, ${TIME} FROM r ON CONFLICT DO NOTHING`,
    ],
  },
  rectification: {
    columns: 'operation text, subject text, request text, time text, by text, "keyVersion" text, fields jsonb',
    missing: 'NOT EXISTS (SELECT FROM gdpr.rectification c WHERE c.operation = r.operation)',
    statements: [
      `INSERT INTO gdpr.rectification (operation, subject, request, rectified_at, rectified_by, key_version, fields)
       SELECT r.operation, r.subject, r.request, ${TIME}, r.by, r."keyVersion", r.fields FROM r ON CONFLICT (operation) DO NOTHING`,
    ],
  },
  agreement: {
    columns: `number text, recipient text, name text, role text, since date, until date, purposes jsonb, categories jsonb,
      columns jsonb, country text, safeguard text, subprocessors jsonb, document text, time text, by text, operation text`,
    missing: 'NOT EXISTS (SELECT FROM gdpr.agreement a WHERE a.number = r.number)',
    statements: [
      `INSERT INTO gdpr.agreement (number, recipient, name, role, since, until, purposes, categories, columns, country,
         safeguard, subprocessors, sha256, added_at, added_by, operation)
       SELECT r.number, r.recipient, r.name, r.role, r.since, r.until, ARRAY(SELECT jsonb_array_elements_text(r.purposes)),
         ARRAY(SELECT jsonb_array_elements_text(r.categories)),
         CASE WHEN r.columns IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(r.columns)) END, r.country,
         r.safeguard, ARRAY(SELECT jsonb_array_elements_text(r.subprocessors)), r.document, ${TIME}, r.by, r.operation
       FROM r ON CONFLICT (number) DO NOTHING`,
    ],
  },
  'agreement-end': {
    columns: 'agreement text, ended date, reason text, by text, operation text',
    missing: 'NOT EXISTS (SELECT FROM gdpr.agreement a WHERE a.number = r.agreement AND a.ended IS NOT NULL)',
    statements: [
      `UPDATE gdpr.agreement a SET ended = r.ended, end_reason = r.reason, ended_by = r.by, end_operation = r.operation
       FROM r WHERE a.number = r.agreement AND a.ended IS NULL`,
    ],
  },
  disclosure: {
    columns: `disclosure text, operation text, kind text, recipient text, "recipientId" text, agreement text, basis text,
      "case" text, "requestNumber" text, "requestDate" date, received date, deadline date, document text, categories jsonb,
      unnamed boolean, "gagUntil" date, "whyTold" text, hold text, time text, by text, "approvedBy" text, archive text,
      records bigint, first text, last text, subjects jsonb`,
    missing: 'NOT EXISTS (SELECT FROM gdpr.disclosure d WHERE d.operation = r.operation)',
    statements: [
      `INSERT INTO gdpr.disclosure (number, operation, kind, recipient, recipient_id, agreement, basis, case_number,
         request_number, request_date, received_on, deadline, document_digest, categories, unnamed, gag_until, why_told, hold,
         disclosed_at, disclosed_by, approved_by, archive_digest, records, first_number, last_number)
       SELECT r.disclosure, r.operation, r.kind, r.recipient, r."recipientId", r.agreement, r.basis, r."case",
         r."requestNumber", r."requestDate", r.received, r.deadline, r.document,
         ARRAY(SELECT jsonb_array_elements_text(r.categories)), r.unnamed, r."gagUntil", r."whyTold", r.hold,
         ${TIME}, r.by, r."approvedBy", r.archive, r.records, r.first, r.last FROM r ON CONFLICT DO NOTHING`,
      `INSERT INTO gdpr.disclosure_subject (disclosure, subject, rows)
       SELECT r.disclosure, s ->> 0, (s ->> 1)::bigint FROM r, jsonb_array_elements(r.subjects) s ON CONFLICT DO NOTHING`,
    ],
  },
  'disclosure-handover': {
    columns: 'operation text, disclosure text, means text, time text, by text',
    missing: 'NOT EXISTS (SELECT FROM gdpr.disclosure_handover h WHERE h.operation = r.operation)',
    statements: [
      `INSERT INTO gdpr.disclosure_handover (operation, disclosure, at, recipient_person, means, by)
       SELECT r.operation, r.disclosure, ${TIME}, '[not in the journal]', r.means, r.by FROM r ON CONFLICT DO NOTHING`,
    ],
  },
  'disclosure-notice': {
    columns: 'disclosure text, cause text, operation text, time text',
    missing:
      'NOT EXISTS (SELECT FROM gdpr.disclosure_notice n WHERE n.disclosure = r.disclosure AND n.cause = r.cause)',
    statements: [
      `INSERT INTO gdpr.disclosure_notice (disclosure, cause, operation, written_at)
       SELECT r.disclosure, r.cause, r.operation, ${TIME} FROM r
       WHERE EXISTS (SELECT FROM gdpr.operation o WHERE o.id = r.cause) ON CONFLICT DO NOTHING`,
    ],
  },
  request: {
    columns: `number text, kind text, state text, subject text, "row" text, channel text, handler text, received date,
      verified text, asked date, "askedInTime" boolean, "pausedDays" integer, extended boolean, opened timestamptz,
      "endedAt" timestamptz, ended date, events integer`,
    missing: `NOT EXISTS (SELECT FROM gdpr.request q WHERE q.number = r.number
      AND (SELECT count(*) FROM gdpr.request_event e WHERE e.number = q.number) >= r.events)`,
    statements: [
      // No number is given twice.
      `INSERT INTO gdpr.request_number AS n (year, last)
       SELECT substr(r.number, 3, 4)::integer, max(substr(r.number, 8)::integer) FROM r GROUP BY 1
       ON CONFLICT (year) DO UPDATE SET last = greatest(n.last, excluded.last)`,
      `INSERT INTO gdpr.request AS q (number, kind, state, subject, person_row, channel, handler, received, verified, asked,
         asked_in_time, paused_days, extended, opened_at, ended_at, ended)
       SELECT r.number, r.kind, r.state, r.subject, r."row", r.channel, r.handler, r.received, r.verified, r.asked,
         r."askedInTime", r."pausedDays", r.extended, r.opened, r."endedAt", r.ended FROM r
       ON CONFLICT (number) DO UPDATE SET (state, subject, person_row, handler, verified, asked, asked_in_time, paused_days,
           extended, ended_at, ended, reply_to) =
         (excluded.state, excluded.subject, excluded.person_row, excluded.handler, excluded.verified, excluded.asked,
           excluded.asked_in_time, excluded.paused_days, excluded.extended, excluded.ended_at, excluded.ended,
           CASE WHEN excluded.state = 'open' THEN q.reply_to END)`,
    ],
  },
  'request-event': {
    columns: 'number text, what text, day date, time text, by text, operation text',
    missing: `NOT EXISTS (SELECT FROM gdpr.request_event e
      WHERE e.number = r.number AND e.operation = r.operation AND e.what = r.what)`,
    statements: [
      `INSERT INTO gdpr.request_event (number, what, day, at, operator, operation)
       SELECT r.number, r.what, r.day, ${TIME}, r.by, r.operation FROM r ORDER BY r.time`,
    ],
  },
  tombstone: {
    columns: 'subject text, operation text, time text, ground text, map text, identifiers jsonb',
    missing: 'NOT EXISTS (SELECT FROM gdpr.tombstone t WHERE t.subject = r.subject AND t.operation = r.operation)',
    statements: [
      // Its certificate was made under an operation that nobody knows any more; `recover` is to make no other one.
      `INSERT INTO gdpr.tombstone (subject, operation, erased_at, ground, map_digest, certificate)
       SELECT r.subject, r.operation, ${TIME}, r.ground, r.map, r.operation FROM r ON CONFLICT DO NOTHING`,
      `INSERT INTO gdpr.tombstone_identifier (subject, operation, kind, hmac, key_version)
       SELECT r.subject, r.operation, i ->> 'kind', i ->> 'hmac', i ->> 'keyVersion' FROM r, jsonb_array_elements(r.identifiers) i
       ON CONFLICT DO NOTHING`,
      'INSERT INTO gdpr.subject (reference) SELECT DISTINCT r.subject FROM r ON CONFLICT DO NOTHING',
      // The erased person asks again under what leads to what was kept.
      `INSERT INTO gdpr.subject_alias (hmac, key_version, kind, reference)
       SELECT DISTINCT ON (i ->> 'hmac', i ->> 'keyVersion') i ->> 'hmac', i ->> 'keyVersion', i ->> 'kind', r.subject
       FROM r, jsonb_array_elements(r.identifiers) i
       WHERE i ->> 'kind' IN ('row', 'email', 'personas-kods') OR i ->> 'kind' LIKE '% and name' ON CONFLICT DO NOTHING`,
    ],
  },
};
