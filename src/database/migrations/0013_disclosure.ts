/**
 * The register of disclosures: to whom data was given, on what basis, about whom, and what became of it. What was given
 * cannot be taken back, so rows are only added.
 */
export const sql = `
CREATE TABLE gdpr.disclosure (
  number          text PRIMARY KEY CHECK (number ~ '^disclosure-[a-z2-7]{10}$'),
  operation       text NOT NULL UNIQUE REFERENCES gdpr.operation,
  kind            text NOT NULL CHECK (kind IN ('court', 'authority', 'processor', 'consented')),
  recipient       text NOT NULL CHECK (recipient <> ''),
  recipient_id    text,
  agreement       text,
  consent_event   bigint REFERENCES gdpr.consent_event,
  basis           text NOT NULL CHECK (basis <> ''),
  case_number     text,
  official        text,
  request_number  text,
  request_date    date,
  received_on     date,
  deadline        date,
  document_digest text CHECK (document_digest ~ '^[0-9a-f]{64}$'),
  asked           text,
  categories      text[] NOT NULL,
  unnamed         boolean NOT NULL DEFAULT false,
  gag_until       date,
  why_told        text,
  hold            text REFERENCES gdpr.hold,
  disclosed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  disclosed_by    text NOT NULL,
  approved_by     text,
  archive_digest  text NOT NULL CHECK (archive_digest ~ '^[0-9a-f]{64}$'),
  records         bigint NOT NULL CHECK (records >= 0),
  first_number    text,
  last_number     text,
  CHECK (kind NOT IN ('court', 'authority')
    OR num_nulls(request_number, request_date, received_on, document_digest, approved_by) = 0),
  CHECK (kind <> 'court' OR case_number IS NOT NULL),
  CHECK (kind <> 'processor' OR agreement IS NOT NULL),
  CHECK (received_on >= request_date AND deadline >= request_date)
);
COMMENT ON TABLE gdpr.disclosure IS 'What was given to whom, on what basis; one row a disclosure';
COMMENT ON COLUMN gdpr.disclosure.number IS 'Random, so that no gap in a series tells of a disclosure that may not be told of';
COMMENT ON COLUMN gdpr.disclosure.recipient_id IS 'The recipient as the data map or the register of agreements calls it';
COMMENT ON COLUMN gdpr.disclosure.document_digest IS 'SHA-256 of the order; the document itself is in the archive';
COMMENT ON COLUMN gdpr.disclosure.unnamed IS 'Whether the law forbids to name the body to the person';
COMMENT ON COLUMN gdpr.disclosure.gag_until IS 'The last day on which nobody uninvolved may learn of it';
COMMENT ON COLUMN gdpr.disclosure.why_told IS 'Why the person is told, or is not told yet';
COMMENT ON COLUMN gdpr.disclosure.archive_digest IS 'SHA-256 of the signed archive of what was given';

CREATE TABLE gdpr.disclosure_subject (
  disclosure text NOT NULL REFERENCES gdpr.disclosure,
  subject    text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  rows       bigint NOT NULL CHECK (rows >= 0),
  PRIMARY KEY (disclosure, subject)
);
CREATE INDEX disclosure_subject_subject ON gdpr.disclosure_subject (subject);
COMMENT ON TABLE gdpr.disclosure_subject IS 'Whom a disclosure was about, and how many records of each were given';

CREATE TABLE gdpr.disclosure_handover (
  operation        text PRIMARY KEY REFERENCES gdpr.operation,
  disclosure       text NOT NULL REFERENCES gdpr.disclosure,
  at               timestamptz NOT NULL DEFAULT clock_timestamp(),
  recipient_person text NOT NULL CHECK (recipient_person <> ''),
  means            text NOT NULL CHECK (means <> ''),
  receipt          text,
  by               text NOT NULL
);
CREATE INDEX disclosure_handover_disclosure ON gdpr.disclosure_handover (disclosure);
COMMENT ON TABLE gdpr.disclosure_handover IS 'Who took a set from whom, how, and the receipt';

CREATE TABLE gdpr.disclosure_notice (
  disclosure text NOT NULL REFERENCES gdpr.disclosure,
  cause      text NOT NULL REFERENCES gdpr.operation,
  operation  text NOT NULL REFERENCES gdpr.operation,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (disclosure, cause)
);
COMMENT ON TABLE gdpr.disclosure_notice IS 'Letters to recipients about a correction, an erasure or a restriction (Art. 19)';
COMMENT ON COLUMN gdpr.disclosure_notice.cause IS 'The operation of which the recipient was told';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.disclosure
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.disclosure_subject
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.disclosure_handover
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.disclosure_notice
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.disclosure ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.disclosure_subject ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.disclosure_handover ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.disclosure_notice ENABLE ALWAYS TRIGGER append_only;
`;
