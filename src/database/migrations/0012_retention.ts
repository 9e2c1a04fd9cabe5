/**
 * Retention: which rules two people agreed on, the runs under them, and what each run came to. Nothing here is about a
 * person but the references of those whose erasure a run finished. Who prepared and who agreed is filled in by the
 * database; an agreement stands until the rules change.
 */
export const sql = `
CREATE TABLE gdpr.retention_rule_set (
  digest        text PRIMARY KEY CHECK (digest ~ '^sha256:[0-9a-f]{64}$'),
  map_digest    text NOT NULL CHECK (map_digest ~ '^sha256:[0-9a-f]{64}$'),
  rules         text NOT NULL,
  prepared_by   text NOT NULL,
  prepared_role text NOT NULL,
  prepared_at   timestamptz NOT NULL,
  approved_by   text,
  approved_role text,
  approved_at   timestamptz,
  mode          text CHECK (mode IN ('roles', 'names')),
  operation     text NOT NULL REFERENCES gdpr.operation,
  approval      text REFERENCES gdpr.operation,
  CONSTRAINT rule_set_by_another_name CHECK (approved_by <> prepared_by),
  CONSTRAINT rule_set_mode CHECK ((mode = 'roles') = (approved_role <> prepared_role)),
  CHECK (num_nulls(approved_by, approved_role, approved_at, mode, approval) IN (0, 5))
);
COMMENT ON COLUMN gdpr.retention_rule_set.rules IS 'Canonical JSON (RFC 8785); digest is its SHA-256';
COMMENT ON COLUMN gdpr.retention_rule_set.map_digest IS 'The data map that the rules were taken from';
COMMENT ON COLUMN gdpr.retention_rule_set.mode IS 'roles: two database roles, which the database itself tells apart; names: one role and two names of operators, not enforced by the database';

CREATE FUNCTION gdpr.rule_set_enter() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  IF TG_OP = 'INSERT' THEN
    NEW.prepared_role := session_user;
    NEW.prepared_at := clock_timestamp();
    NEW.approved_by := NULL;
    NEW.approved_role := NULL;
    NEW.approved_at := NULL;
    NEW.mode := NULL;
    NEW.approval := NULL;
    RETURN NEW;
  END IF;
  NEW.approved_role := session_user;
  NEW.approved_at := clock_timestamp();
  NEW.mode := CASE WHEN NEW.approved_role = NEW.prepared_role THEN 'names' ELSE 'roles' END;
  IF OLD.approved_by IS NOT NULL OR NEW.approved_by IS NULL
     OR to_jsonb(NEW) - ARRAY['approved_by', 'approved_role', 'approved_at', 'mode', 'approval']
        <> to_jsonb(OLD) - ARRAY['approved_by', 'approved_role', 'approved_at', 'mode', 'approval']
     OR (NEW.mode = 'names' AND EXISTS (SELECT FROM pg_constraint
           WHERE conrelid = 'gdpr.approval'::regclass AND conname = 'approval_by_roles')) THEN
    RAISE EXCEPTION 'a rule set is agreed on once, by another person than prepared it'
      USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$function$;
CREATE TRIGGER rule_set_enter BEFORE INSERT OR UPDATE ON gdpr.retention_rule_set
  FOR EACH ROW EXECUTE FUNCTION gdpr.rule_set_enter();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON gdpr.retention_rule_set
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.retention_rule_set ENABLE ALWAYS TRIGGER rule_set_enter, ENABLE ALWAYS TRIGGER append_only;

CREATE TABLE gdpr.retention_run (
  operation  text PRIMARY KEY REFERENCES gdpr.operation,
  continues  text UNIQUE REFERENCES gdpr.retention_run,
  as_of      timestamptz NOT NULL,
  rule_set   text NOT NULL REFERENCES gdpr.retention_rule_set,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at   timestamptz,
  stopped    text CHECK (stopped IN ('done', 'duration', 'rows', 'signal')),
  cursor     jsonb,
  confirmed  jsonb,
  finished   text[] NOT NULL DEFAULT '{}',
  locked     bigint NOT NULL DEFAULT 0,
  CHECK (stopped IS NULL OR ended_at IS NOT NULL)
);
COMMENT ON COLUMN gdpr.retention_run.continues IS 'The run that was cut short, whose as_of and confirmations this one keeps';
COMMENT ON COLUMN gdpr.retention_run.as_of IS 'The instant that decides what is due';
COMMENT ON COLUMN gdpr.retention_run.stopped IS 'NULL while it goes on, and for good where it was killed or failed';
COMMENT ON COLUMN gdpr.retention_run.cursor IS 'How far it has come, in numbers; never a key';
COMMENT ON COLUMN gdpr.retention_run.confirmed IS 'Rows by table that it may take though they are more than the share allowed';
COMMENT ON COLUMN gdpr.retention_run.finished IS 'References of people of whom it took the last that an erasure had kept';
COMMENT ON COLUMN gdpr.retention_run.locked IS 'Rows that were due and stayed because somebody else held them';

CREATE TABLE gdpr.retention_figure (
  run        text NOT NULL REFERENCES gdpr.retention_run,
  rule       text NOT NULL,
  table_name text NOT NULL,
  month      date NOT NULL CHECK (extract(day FROM month) = 1),
  eligible   bigint NOT NULL DEFAULT 0,
  held       bigint NOT NULL DEFAULT 0,
  excepted   bigint NOT NULL DEFAULT 0,
  deleted    bigint NOT NULL DEFAULT 0,
  changed    bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (run, rule, table_name, month)
);
COMMENT ON TABLE gdpr.retention_figure IS 'What was due when a run began, and what it did, by the month in which rows fell due';

CREATE INDEX kept_row_row ON gdpr.kept_row (table_name, key);
`;
