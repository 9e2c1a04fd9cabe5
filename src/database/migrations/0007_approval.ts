/**
 * A second person's agreement to a stored plan. Who prepared it, who agrees, when and until when is filled in by the
 * database, so that no client can say otherwise; the only change that a row ever takes is to be used, once and in time.
 *
 * `gdpr db roles` adds the constraint `approval_by_roles CHECK (mode = 'roles')`: from then on two database roles are
 * needed, not two names.
 */
export const sql = `
CREATE TABLE gdpr.approval (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest        text NOT NULL REFERENCES gdpr.plan,
  mode          text NOT NULL CHECK (mode IN ('roles', 'names')),
  preparer      text NOT NULL,
  preparer_role text NOT NULL,
  approver      text NOT NULL,
  approver_role text NOT NULL,
  operation     text NOT NULL REFERENCES gdpr.operation,
  approved_at   timestamptz NOT NULL,
  valid_until   timestamptz NOT NULL,
  used_by       text REFERENCES gdpr.operation,
  used_at       timestamptz,
  CONSTRAINT approval_by_another_name CHECK (approver <> preparer),
  CONSTRAINT approval_mode CHECK ((mode = 'roles') = (approver_role <> preparer_role)),
  CHECK ((used_by IS NULL) = (used_at IS NULL))
);
CREATE INDEX approval_digest ON gdpr.approval (digest);
COMMENT ON COLUMN gdpr.approval.mode IS 'roles: two database roles, which the database itself tells apart; names: one role and two names of operators, not enforced by the database';
COMMENT ON COLUMN gdpr.approval.operation IS 'The operation that recorded it';
COMMENT ON COLUMN gdpr.approval.used_by IS 'The operation that was done on it; NULL until one was';

CREATE FUNCTION gdpr.approval_enter() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  SELECT p.preparer, p.preparer_role INTO NEW.preparer, NEW.preparer_role FROM gdpr.plan p WHERE p.digest = NEW.digest;
  NEW.approver_role := session_user;
  NEW.mode := CASE WHEN NEW.approver_role = NEW.preparer_role THEN 'names' ELSE 'roles' END;
  NEW.approved_at := clock_timestamp();
  NEW.valid_until := NEW.approved_at + interval '168 hours';
  NEW.used_by := NULL;
  NEW.used_at := NULL;
  PERFORM pg_advisory_xact_lock(hashtextextended('gdpr approval ' || NEW.digest, 0));
  IF EXISTS (SELECT FROM gdpr.approval a
             WHERE a.digest = NEW.digest AND a.used_by IS NULL AND a.valid_until > NEW.approved_at) THEN
    RAISE EXCEPTION 'the plan is agreed on already'
      USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$function$;

CREATE FUNCTION gdpr.approval_use() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  using_it record;
BEGIN
  NEW.used_at := clock_timestamp();
  SELECT o.operator, o.plan_digest INTO using_it FROM gdpr.operation o WHERE o.id = NEW.used_by;
  IF OLD.used_by IS NOT NULL OR NEW.used_by IS NULL
     OR to_jsonb(NEW) - ARRAY['used_by', 'used_at'] <> to_jsonb(OLD) - ARRAY['used_by', 'used_at']
     OR NEW.used_at >= OLD.valid_until
     OR using_it.plan_digest IS DISTINCT FROM OLD.digest
     OR using_it.operator = OLD.approver
     OR (OLD.mode = 'roles' AND session_user = OLD.approver_role) THEN
    RAISE EXCEPTION 'an agreement is used once, in time, for its own plan and by another person'
      USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$function$;

CREATE TRIGGER approval_enter BEFORE INSERT ON gdpr.approval FOR EACH ROW EXECUTE FUNCTION gdpr.approval_enter();
ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER approval_enter;
CREATE TRIGGER approval_use BEFORE UPDATE ON gdpr.approval FOR EACH ROW EXECUTE FUNCTION gdpr.approval_use();
ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER approval_use;
CREATE TRIGGER audit_append_only BEFORE DELETE OR TRUNCATE ON gdpr.approval
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.approval ENABLE ALWAYS TRIGGER audit_append_only;

CREATE FUNCTION gdpr.certify_tombstones(erasure text, certifying text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
  UPDATE gdpr.tombstone t SET certificate = certifying
  WHERE t.operation = erasure
    AND NOT EXISTS (SELECT FROM gdpr.operation o WHERE o.id = t.certificate AND o.state = 'done');
$function$;
REVOKE EXECUTE ON FUNCTION gdpr.certify_tombstones FROM PUBLIC;
COMMENT ON FUNCTION gdpr.certify_tombstones IS 'The one change that a tombstone takes: which operation certified the erasure, until one has';
`;
