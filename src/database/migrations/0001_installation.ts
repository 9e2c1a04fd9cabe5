export const sql = `
CREATE SCHEMA IF NOT EXISTS gdpr;
COMMENT ON SCHEMA gdpr IS 'What the gdpr command keeps: operations, audit log, references of persons';

CREATE TABLE gdpr.installation (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  id text NOT NULL CHECK (id ~ '^[a-z2-7]{26}$'),
  keys jsonb,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN gdpr.installation.id IS 'The workspace that this database belongs to holds the same id';
COMMENT ON COLUMN gdpr.installation.keys IS 'Ids of the keys in use: signing, checkpoint, hmac; another key is refused';

CREATE TABLE gdpr.subject (
  reference text PRIMARY KEY CHECK (reference ~ '^subject:[a-z2-7]{26}$'),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE gdpr.subject IS 'One random reference a person; removing the row cuts the link to every log';

CREATE TABLE gdpr.subject_alias (
  hmac text NOT NULL,
  key_version text NOT NULL,
  kind text NOT NULL,
  reference text NOT NULL REFERENCES gdpr.subject ON DELETE CASCADE,
  PRIMARY KEY (hmac, key_version)
);
CREATE INDEX subject_alias_reference ON gdpr.subject_alias (reference);
COMMENT ON TABLE gdpr.subject_alias IS 'Keyed HMACs of the identifiers and rows by which the same person is met again';

CREATE TABLE gdpr.operation (
  id text PRIMARY KEY CHECK (id ~ '^[0-9]{8}-[a-z2-7]{16}$'),
  action text NOT NULL,
  state text NOT NULL CHECK (state IN ('started', 'done', 'refused', 'failed', 'abandoned')),
  operator text NOT NULL,
  subjects text[] NOT NULL,
  plan_digest text,
  archive text,
  archive_sha256 text,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  CHECK ((state = 'started') = (ended_at IS NULL)),
  CONSTRAINT operation_archive_name CHECK (archive ~ ('^[a-z]+(-[a-z]+)*-' || id || '[.]asice$'))
);
CREATE INDEX operation_started ON gdpr.operation (started_at) WHERE state = 'started';
COMMENT ON COLUMN gdpr.operation.archive IS 'File name in the archives folder of the workspace; never holds personal data';

CREATE TABLE gdpr.plan (
  digest text PRIMARY KEY CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  action text NOT NULL,
  plan text NOT NULL,
  preparer text NOT NULL,
  preparer_role text NOT NULL DEFAULT session_user,
  prepared_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN gdpr.plan.plan IS 'Canonical JSON (RFC 8785); digest is its SHA-256';

CREATE FUNCTION gdpr.json_or_null(document text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog AS $$
BEGIN
  RETURN document::jsonb;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character OR numeric_value_out_of_range
            OR program_limit_exceeded THEN
  RETURN NULL;
END $$;
COMMENT ON FUNCTION gdpr.json_or_null IS 'JSON kept in a text column, or NULL where the text is not JSON';
`;
