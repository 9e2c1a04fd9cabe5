/**
 * What stands against an operation: holds, restrictions, objections and suppressed addresses. Rows are only added; a
 * hold is released and a restriction lifted once, by filling columns that were empty, and nothing else changes.
 */
export const sql = `
CREATE FUNCTION gdpr.settled_once() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $function$
BEGIN
  IF to_jsonb(OLD) ->> TG_ARGV[0] IS NULL AND to_jsonb(NEW) ->> TG_ARGV[0] IS NOT NULL
     AND to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '%.% is settled once: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$function$;
COMMENT ON FUNCTION gdpr.settled_once IS 'Lets an update fill the columns that are its arguments, the first of them once';

CREATE TABLE gdpr.subject_superseded (
  reference text PRIMARY KEY REFERENCES gdpr.subject ON DELETE CASCADE,
  by        text NOT NULL REFERENCES gdpr.subject ON DELETE CASCADE,
  CHECK (reference <> by)
);
CREATE INDEX subject_superseded_by ON gdpr.subject_superseded (by);
COMMENT ON TABLE gdpr.subject_superseded IS 'References of people who turned out to be known under an older one: what was noted under them still stands';

CREATE TABLE gdpr.hold (
  id                text PRIMARY KEY CHECK (id ~ '^hold-[a-z2-7]{10}$'),
  scope             text NOT NULL CHECK (scope IN ('person', 'order', 'rows')),
  subjects          text[] NOT NULL,
  reference         text NOT NULL,
  authority         text NOT NULL,
  until             date NOT NULL,
  gag_until         date,
  placed_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  placed_by         text NOT NULL,
  placed_role       text NOT NULL DEFAULT session_user,
  operation         text NOT NULL REFERENCES gdpr.operation,
  released_at       timestamptz,
  released_by       text,
  released_role     text,
  release_reason    text,
  release_operation text REFERENCES gdpr.operation,
  CHECK (scope <> 'person' OR cardinality(subjects) = 1),
  CHECK (num_nulls(released_at, released_by, released_role, release_reason, release_operation) IN (0, 5))
);
CREATE INDEX hold_subjects ON gdpr.hold USING gin (subjects);
COMMENT ON TABLE gdpr.hold IS 'Who or what may not be erased, by whose order and until when';
COMMENT ON COLUMN gdpr.hold.id IS 'Random, so that no gap in a series tells of a hold that may not be told of';
COMMENT ON COLUMN gdpr.hold.subjects IS 'Everybody whom it concerns';
COMMENT ON COLUMN gdpr.hold.until IS 'The last day on which it holds';
COMMENT ON COLUMN gdpr.hold.gag_until IS 'The last day on which nobody uninvolved may learn of it';

CREATE TABLE gdpr.hold_row (
  hold       text NOT NULL REFERENCES gdpr.hold,
  table_name text NOT NULL,
  key        jsonb NOT NULL CHECK (jsonb_typeof(key) = 'array'),
  PRIMARY KEY (hold, table_name, key)
);
CREATE INDEX hold_row_key ON gdpr.hold_row (table_name, key);
COMMENT ON COLUMN gdpr.hold_row.key IS 'The parts of the key as a JSON list of texts';

CREATE TABLE gdpr.restriction (
  operation      text PRIMARY KEY REFERENCES gdpr.operation,
  subject        text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  ground         text NOT NULL CHECK (ground IN ('18(1)(a)', '18(1)(b)', '18(1)(c)', '18(1)(d)')),
  request        text,
  since          date NOT NULL,
  placed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  placed_by      text NOT NULL,
  lifted_at      timestamptz,
  lifted_by      text,
  informed       date,
  lift_operation text REFERENCES gdpr.operation,
  CHECK (num_nulls(lifted_at, lifted_by, informed, lift_operation) IN (0, 4)),
  CHECK (informed >= since)
);
CREATE UNIQUE INDEX restriction_active ON gdpr.restriction (subject, ground) WHERE lifted_at IS NULL;
CREATE INDEX restriction_subject ON gdpr.restriction (subject);
COMMENT ON COLUMN gdpr.restriction.informed IS 'The day on which the person was told that it would be lifted (Art. 18(3))';

CREATE TABLE gdpr.objection (
  operation   text PRIMARY KEY REFERENCES gdpr.operation,
  subject     text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  purpose     text NOT NULL CHECK (purpose IN ('marketing', 'insight')),
  request     text,
  objected_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  noted_by    text NOT NULL
);
CREATE INDEX objection_subject ON gdpr.objection (subject);

CREATE TABLE gdpr.suppression (
  hmac          text NOT NULL,
  key_version   text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('email', 'phone')),
  channel       text NOT NULL CHECK (channel IN ('all', 'email', 'sms', 'phone', 'post', 'insight')),
  source        text NOT NULL CHECK (source IN ('erasure', 'objection', 'complaint')),
  subject       text CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  operation     text NOT NULL REFERENCES gdpr.operation,
  suppressed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (hmac, key_version, kind, channel, operation)
);
CREATE INDEX suppression_subject ON gdpr.suppression (subject);
COMMENT ON TABLE gdpr.suppression IS 'Keyed HMACs of addresses that nothing may be sent to; suppressed, not deleted, or they would come back';
COMMENT ON COLUMN gdpr.suppression.channel IS 'all: every way of sending; insight: no profile is made of who has the address';

CREATE TRIGGER settled_once BEFORE UPDATE ON gdpr.hold FOR EACH ROW EXECUTE FUNCTION
  gdpr.settled_once('released_at', 'released_by', 'released_role', 'release_reason', 'release_operation');
CREATE TRIGGER settled_once BEFORE UPDATE ON gdpr.restriction FOR EACH ROW EXECUTE FUNCTION
  gdpr.settled_once('lifted_at', 'lifted_by', 'informed', 'lift_operation');
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON gdpr.hold
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON gdpr.restriction
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.hold_row
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.objection
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.suppression
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.hold ENABLE ALWAYS TRIGGER settled_once, ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.restriction ENABLE ALWAYS TRIGGER settled_once, ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.hold_row ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.objection ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.suppression ENABLE ALWAYS TRIGGER append_only;
`;
