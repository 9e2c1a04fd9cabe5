/** What stays of erased people: that they were erased, keyed codes of what they were known by, and what is kept. */
export const sql = `
CREATE TABLE gdpr.tombstone (
  subject     text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  operation   text NOT NULL REFERENCES gdpr.operation,
  erased_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  ground      text NOT NULL,
  map_digest  text NOT NULL CHECK (map_digest ~ '^sha256:[0-9a-f]{64}$'),
  certificate text REFERENCES gdpr.operation,
  PRIMARY KEY (subject, operation)
);
CREATE INDEX tombstone_operation ON gdpr.tombstone (operation);
COMMENT ON TABLE gdpr.tombstone IS 'One row an erased person and erasure; the journal holds the same, so that a restored backup cannot undo it';
COMMENT ON COLUMN gdpr.tombstone.certificate IS 'The operation that proved and certified the erasure; NULL until it has';

CREATE TABLE gdpr.tombstone_identifier (
  subject     text NOT NULL,
  operation   text NOT NULL,
  kind        text NOT NULL,
  hmac        text NOT NULL,
  key_version text NOT NULL,
  PRIMARY KEY (subject, operation, hmac, key_version),
  FOREIGN KEY (subject, operation) REFERENCES gdpr.tombstone ON DELETE CASCADE
);
CREATE INDEX tombstone_identifier_hmac ON gdpr.tombstone_identifier (hmac, key_version);
COMMENT ON TABLE gdpr.tombstone_identifier IS 'Keyed HMACs of the identifiers by which an erased person asks again, and is met again';

CREATE TABLE gdpr.kept_row (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject    text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  operation  text NOT NULL REFERENCES gdpr.operation,
  table_name text NOT NULL,
  key        text NOT NULL,
  owner      text NOT NULL,
  columns    text[] NOT NULL CHECK (cardinality(columns) > 0),
  source     text NOT NULL CHECK (source IN ('rule', 'ground', 'hold')),
  reason     text NOT NULL,
  until      date
);
CREATE INDEX kept_row_subject ON gdpr.kept_row (subject);
COMMENT ON TABLE gdpr.kept_row IS 'What erasure kept, row by row: it may lead to nobody else any more';
COMMENT ON COLUMN gdpr.kept_row.key IS 'The parts of the key as a JSON list of texts';
COMMENT ON COLUMN gdpr.kept_row.reason IS 'The id of the retention rule or ground of the data map, or of the hold';
COMMENT ON COLUMN gdpr.kept_row.until IS 'The first day on which it may no longer be there; NULL while the reason has no day';
`;
