/**
 * Evidence has an end, too: one function of the owner takes from the log, the consent ledger and the tombstones what is
 * older than the controller keeps it, and leaves a row that tells of it. Triggers go on refusing everything else.
 *
 * An entry of the log loses its text and its references; its leaf hash stays, so that the tree and all checkpoints do.
 */
export const sql = `
CREATE TABLE gdpr.expiry (
  operation  text PRIMARY KEY REFERENCES gdpr.operation DEFERRABLE INITIALLY DEFERRED,
  before     timestamptz NOT NULL,
  entries    bigint,
  through    bigint,
  consents   bigint,
  tombstones bigint,
  expired_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expired_by text NOT NULL DEFAULT session_user,
  at_work_in xid8 DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE gdpr.expiry IS 'What was taken from the evidence because it had been kept long enough';
COMMENT ON COLUMN gdpr.expiry.through IS 'The highest sequence of an entry without its text, this time or before';
COMMENT ON COLUMN gdpr.expiry.at_work_in IS 'The transaction in which the function is at work; NULL once it has ended';

CREATE OR REPLACE FUNCTION gdpr.audit_append_only() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $function$
BEGIN
  -- The arguments of the trigger are what the expiry of evidence may do.
  IF TG_OP = ANY (TG_ARGV)
     AND EXISTS (SELECT FROM gdpr.expiry WHERE at_work_in = pg_current_xact_id_if_assigned()) THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
END
$function$;

CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only('UPDATE');
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only('DELETE');
CREATE OR REPLACE TRIGGER audit_append_only BEFORE DELETE OR TRUNCATE ON gdpr.tombstone
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only('DELETE');
CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.tombstone_identifier
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only('DELETE');
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON gdpr.expiry
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER changes_only BEFORE UPDATE ON gdpr.expiry
  FOR EACH ROW EXECUTE FUNCTION gdpr.changes_only('entries', 'through', 'consents', 'tombstones', 'at_work_in');
ALTER TABLE gdpr.audit_entry ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE gdpr.consent_event ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.tombstone ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE gdpr.tombstone_identifier ENABLE ALWAYS TRIGGER audit_append_only;
ALTER TABLE gdpr.expiry ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER changes_only;

CREATE FUNCTION gdpr.expire_evidence(of_operation text, older_than timestamptz) RETURNS gdpr.expiry
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $function$
DECLARE
  result gdpr.expiry;
BEGIN
  IF older_than >= statement_timestamp() THEN
    RAISE EXCEPTION 'only what is past expires' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO gdpr.expiry (operation, before) VALUES (of_operation, older_than);

  -- Both entries of an operation go together. What the journal tells of, and what tells of an expiry, stays; so does
  -- what no signed checkpoint covers yet, or an operation that has not ended still needs.
  WITH old AS (
    SELECT e.operation FROM gdpr.audit_entry e
    WHERE e.action NOT IN ('audit expire', 'restore replay')
      AND NOT EXISTS (SELECT FROM gdpr.operation o WHERE o.id = e.operation AND o.state = 'started')
      AND NOT EXISTS (SELECT FROM gdpr.tombstone t WHERE t.operation = e.operation AND t.certificate IS NULL)
    GROUP BY e.operation
    HAVING max(e.time) < older_than AND bool_or(e.entry <> '')
      AND max(e.sequence) <= (SELECT max(c.size) FROM gdpr.audit_checkpoint c)
  ), emptied AS (
    UPDATE gdpr.audit_entry e SET entry = '', subjects = '{}' FROM old WHERE e.operation = old.operation
    RETURNING e.sequence
  ), forgotten AS (
    UPDATE gdpr.operation o SET subjects = '{}' FROM old WHERE o.id = old.operation
  )
  SELECT count(*), greatest(max(sequence), (SELECT max(x.through) FROM gdpr.expiry x))
  INTO result.entries, result.through FROM emptied;

  -- A person's last word stays, and with it whatever a later no has not taken back, and what somebody was given data by.
  DELETE FROM gdpr.consent_event e
  WHERE e.event_at < older_than AND e.recorded_at < older_than
    AND EXISTS (
      SELECT FROM gdpr.consent_event l
      WHERE (l.subject, l.purpose, l.channel) = (e.subject, e.purpose, e.channel)
        AND l.party IS NOT DISTINCT FROM e.party AND l.what IN ('withdrawn', 'objected') AND l.event_at > e.event_at
        AND l.event_at < older_than AND l.recorded_at < older_than
    )
    AND NOT EXISTS (SELECT FROM gdpr.disclosure d WHERE d.consent_event = e.id);
  GET DIAGNOSTICS result.consents = ROW_COUNT;

  -- Whom something was kept of is still met by what they were known by.
  DELETE FROM gdpr.tombstone t
  WHERE t.erased_at < older_than AND t.certificate IS NOT NULL
    AND NOT EXISTS (SELECT FROM gdpr.kept_row k WHERE k.subject = t.subject);
  GET DIAGNOSTICS result.tombstones = ROW_COUNT;

  UPDATE gdpr.expiry x
  SET entries = result.entries, through = result.through, consents = result.consents, tombstones = result.tombstones,
    at_work_in = NULL
  WHERE x.operation = of_operation
  RETURNING x.* INTO result;
  RETURN result;
END
$function$;
COMMENT ON FUNCTION gdpr.expire_evidence IS 'Takes from the evidence what is older; only the owner may call it';
REVOKE ALL ON FUNCTION gdpr.expire_evidence FROM PUBLIC;
`;
