/** The register of requests. `reply_to` is the one value of a person in it, and goes when the request is answered. */
export const sql = `
CREATE TABLE gdpr.request_number (
  year integer PRIMARY KEY CHECK (year BETWEEN 2000 AND 9999),
  last integer NOT NULL CHECK (last > 0)
);
COMMENT ON TABLE gdpr.request_number IS 'The last number given in each year; never given again';

CREATE TABLE gdpr.request (
  number        text PRIMARY KEY CHECK (number ~ '^R-[0-9]{4}-[0-9]{4,9}$'),
  kind          text NOT NULL CHECK (kind IN ('access', 'portability', 'rectification', 'erasure', 'restriction', 'objection')),
  state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'refused')),
  subject       text CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  person_row    text,
  channel       text NOT NULL CHECK (channel IN ('email', 'post', 'phone', 'in-person', 'form')),
  reply_to      text,
  handler       text NOT NULL,
  received      date NOT NULL,
  verified      text,
  asked         date,
  asked_in_time boolean,
  paused_days   integer NOT NULL DEFAULT 0 CHECK (paused_days >= 0),
  extended      boolean NOT NULL DEFAULT false,
  opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at      timestamptz,
  ended         date,
  CHECK ((state = 'open') = (ended_at IS NULL)),
  CHECK ((ended_at IS NULL) = (ended IS NULL)),
  CHECK (state = 'open' OR (reply_to IS NULL AND asked IS NULL)),
  CHECK ((asked IS NULL) = (asked_in_time IS NULL)),
  CHECK (person_row IS NULL OR subject IS NOT NULL)
);
CREATE INDEX request_open ON gdpr.request (received) WHERE state = 'open';
CREATE INDEX request_subject ON gdpr.request (subject);
COMMENT ON COLUMN gdpr.request.subject IS 'NULL while nobody knows who asks';
COMMENT ON COLUMN gdpr.request.person_row IS 'Table and key by which --id finds the person again';
COMMENT ON COLUMN gdpr.request.reply_to IS 'Personal: where the answer goes; removed when the request is closed or refused';
COMMENT ON COLUMN gdpr.request.asked IS 'Since when an answer about the identity is awaited';
COMMENT ON COLUMN gdpr.request.paused_days IS 'Days that ended waits for identification took, where they stopped the clock';

CREATE TABLE gdpr.request_event (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number    text NOT NULL REFERENCES gdpr.request,
  at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  what      text NOT NULL CHECK (what IN ('opened', 'identified', 'verified', 'asked', 'answered', 'extended', 'refused', 'closed')),
  day       date,
  note      text,
  operator  text NOT NULL,
  operation text NOT NULL REFERENCES gdpr.operation
);
CREATE INDEX request_event_number ON gdpr.request_event (number);
COMMENT ON COLUMN gdpr.request_event.day IS 'The day that the event is about: received, asked, answered, the new date';
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.request_event
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.request_event ENABLE ALWAYS TRIGGER audit_append_only;

ALTER TABLE gdpr.operation ADD COLUMN request text;
CREATE INDEX operation_request ON gdpr.operation (request) WHERE request IS NOT NULL;
CREATE INDEX operation_subjects ON gdpr.operation USING gin (subjects);
COMMENT ON COLUMN gdpr.operation.request IS 'Number of the request that it serves';
`;
