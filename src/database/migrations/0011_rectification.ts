/**
 * Which fields of whom were corrected, by keyed digests alone: the journal has the same, so that after a restored backup
 * it is known whose corrections are to be made again. From here on nobody takes a tombstone away, either.
 */
export const sql = `
CREATE TABLE gdpr.rectification (
  operation    text PRIMARY KEY REFERENCES gdpr.operation,
  subject      text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  request      text,
  rectified_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  rectified_by text NOT NULL,
  key_version  text NOT NULL,
  fields       jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'array')
);
CREATE INDEX rectification_subject ON gdpr.rectification (subject);
COMMENT ON TABLE gdpr.rectification IS 'One row a correction: the fields, and keyed digests of what stood there and stands there now';
COMMENT ON COLUMN gdpr.rectification.fields IS 'A list of objects: field, table, columns, path, rows, was, is';
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.rectification
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.rectification ENABLE ALWAYS TRIGGER audit_append_only;

CREATE TRIGGER audit_append_only BEFORE DELETE OR TRUNCATE ON gdpr.tombstone
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.tombstone ENABLE ALWAYS TRIGGER audit_append_only;
CREATE FUNCTION gdpr.changes_only() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $function$
BEGIN
  IF to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '%.% is evidence: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$function$;
COMMENT ON FUNCTION gdpr.changes_only IS 'Lets an update change the columns that are its arguments, and no other';
CREATE TRIGGER changes_only BEFORE UPDATE ON gdpr.tombstone
  FOR EACH ROW EXECUTE FUNCTION gdpr.changes_only('certificate');
ALTER TABLE gdpr.tombstone ENABLE ALWAYS TRIGGER changes_only;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.tombstone_identifier
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.tombstone_identifier ENABLE ALWAYS TRIGGER audit_append_only;
`;
