/**
 * Agreements with those who are given data, and consents that name a party: an agreement is only added and ended once,
 * and what a party was given rests on what was said before.
 */
export const sql = `
CREATE TABLE gdpr.agreement (
  number        text PRIMARY KEY CHECK (number <> ''),
  recipient     text NOT NULL,
  name          text NOT NULL,
  role          text NOT NULL CHECK (role IN ('processor', 'controller')),
  since         date NOT NULL,
  until         date,
  purposes      text[] NOT NULL CHECK (cardinality(purposes) > 0),
  categories    text[] NOT NULL CHECK (cardinality(categories) > 0),
  columns       text[] CHECK (cardinality(columns) > 0),
  country       text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
  safeguard     text,
  subprocessors text[] NOT NULL DEFAULT '{}',
  sha256        text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  added_by      text NOT NULL,
  operation     text NOT NULL REFERENCES gdpr.operation,
  ended         date,
  end_reason    text,
  ended_by      text,
  end_operation text REFERENCES gdpr.operation,
  CHECK (until >= since),
  CHECK (num_nulls(ended, end_reason, ended_by, end_operation) IN (0, 4))
);
CREATE INDEX agreement_recipient ON gdpr.agreement (recipient);
COMMENT ON TABLE gdpr.agreement IS 'Agreements under which data is given, as they were made; another text is another agreement';
COMMENT ON COLUMN gdpr.agreement.recipient IS 'Id of the recipient in the data map';
COMMENT ON COLUMN gdpr.agreement.columns IS 'Headings of the manifest that it covers, in their order; NULL for all of its categories';
COMMENT ON COLUMN gdpr.agreement.until IS 'The last day on which it is in force; NULL while it has no end';
COMMENT ON COLUMN gdpr.agreement.sha256 IS 'Of the document';
COMMENT ON COLUMN gdpr.agreement.ended IS 'The last day on which it was in force after all';

CREATE TRIGGER settled_once BEFORE UPDATE ON gdpr.agreement FOR EACH ROW
  EXECUTE FUNCTION gdpr.settled_once('ended', 'end_reason', 'ended_by', 'end_operation');
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON gdpr.agreement
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.agreement ENABLE ALWAYS TRIGGER settled_once, ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE gdpr.wording DROP CONSTRAINT wording_channels_check,
  ADD CONSTRAINT wording_channels_check
    CHECK (cardinality(channels) > 0 AND channels <@ ARRAY['email', 'sms', 'phone', 'post', 'disclosure']);
ALTER TABLE gdpr.consent_event DROP CONSTRAINT consent_event_channel_check,
  ADD COLUMN party text CHECK (party <> ''),
  ADD COLUMN categories text[] CHECK (cardinality(categories) > 0),
  ADD CONSTRAINT consent_event_channel_check CHECK (channel IN ('email', 'sms', 'phone', 'post', 'disclosure')),
  ADD CONSTRAINT consent_event_party CHECK ((channel = 'disclosure') = (party IS NOT NULL)),
  ADD CONSTRAINT consent_event_categories CHECK (categories IS NULL OR party IS NOT NULL);
-- A consent may expire, or be lost with a backup, before the disclosure that rested on it.
ALTER TABLE gdpr.disclosure DROP CONSTRAINT disclosure_consent_event_fkey;
COMMENT ON COLUMN gdpr.disclosure.consent_event IS 'Id of the event in the ledger on which it rests, which may have expired since';
COMMENT ON COLUMN gdpr.consent_event.party IS 'Who may be given data, where that is what was said: an id of a recipient of the data map, or a name';
COMMENT ON COLUMN gdpr.consent_event.categories IS 'The categories that the party may be given; NULL of a no, which is about all of them';
`;
