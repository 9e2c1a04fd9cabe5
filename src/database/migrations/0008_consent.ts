/**
 * The consent ledger: wordings as people saw them, and events that are only ever added. Selections for marketing are
 * noted by their digest, so that a list is known again before it is sent.
 */
export const sql = `
CREATE TABLE gdpr.wording (
  id            text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9.-]{0,63}$'),
  purpose       text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('consent', 'soft-opt-in')),
  channels      text[] NOT NULL CHECK (cardinality(channels) > 0 AND channels <@ ARRAY['email', 'sms', 'phone', 'post']),
  language      text NOT NULL CHECK (language ~ '^[a-z]{2}$'),
  text          text NOT NULL CHECK (text <> ''),
  sha256        text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  double_opt_in boolean NOT NULL DEFAULT false,
  shown_from    timestamptz NOT NULL,
  shown_until   timestamptz,
  added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  added_by      text NOT NULL,
  operation     text NOT NULL REFERENCES gdpr.operation,
  CHECK (shown_until > shown_from),
  CHECK (kind <> 'soft-opt-in' OR (channels = ARRAY['email'] AND NOT double_opt_in))
);
COMMENT ON TABLE gdpr.wording IS 'What people were asked, word for word; another text is another wording';
COMMENT ON COLUMN gdpr.wording.kind IS 'soft-opt-in: the notice at the checkout with a box to refuse offers, for e-mail only';
COMMENT ON COLUMN gdpr.wording.sha256 IS 'Of the text in UTF-8';
COMMENT ON COLUMN gdpr.wording.shown_until IS 'The first instant at which it was shown no more; NULL while it is shown';

CREATE TABLE gdpr.consent_event (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  subject     text NOT NULL CHECK (subject ~ '^subject:[a-z2-7]{26}$'),
  purpose     text NOT NULL,
  channel     text NOT NULL CHECK (channel IN ('email', 'sms', 'phone', 'post')),
  what        text NOT NULL CHECK (what IN ('given', 'renewed', 'confirmed', 'expired', 'withdrawn', 'objected')),
  event_at    timestamptz NOT NULL CHECK (isfinite(event_at)),
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  mechanism   text NOT NULL CHECK (mechanism IN ('web-form', 'checkout', 'paper', 'phone', 'email', 'in-person',
    'unsubscribe-link', 'bounce', 'complaint', 'rule')),
  wording     text REFERENCES gdpr.wording,
  evidence    text,
  guardian    text,
  source      text NOT NULL CHECK (source IN ('person', 'import', 'link')),
  recorded_by text NOT NULL,
  operation   text NOT NULL REFERENCES gdpr.operation,
  digest      text NOT NULL UNIQUE CHECK (digest ~ '^sha256:[0-9a-f]{64}$')
);
CREATE INDEX consent_event_subject ON gdpr.consent_event (subject, purpose, channel);
CREATE INDEX consent_event_operation ON gdpr.consent_event (operation);
COMMENT ON TABLE gdpr.consent_event IS 'What people said, in the order in which they said it (event_at), whenever it was written down (recorded_at)';
COMMENT ON COLUMN gdpr.consent_event.guardian IS 'Reference of the authorisation by the holder of parental responsibility (Art. 8)';
COMMENT ON COLUMN gdpr.consent_event.source IS 'person: said to the shop and recorded one by one; import: from a file; link: by an unsubscribe link, bounce or complaint';
COMMENT ON COLUMN gdpr.consent_event.digest IS 'Of what was said: the same event comes in once';

CREATE TABLE gdpr.audience_list (
  operation  text PRIMARY KEY REFERENCES gdpr.operation,
  sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  purpose    text NOT NULL,
  channel    text NOT NULL CHECK (channel IN ('email', 'sms')),
  settings   jsonb NOT NULL,
  rows       bigint NOT NULL CHECK (rows >= 0),
  total      bigint NOT NULL CHECK (total >= rows),
  snapshot   timestamptz NOT NULL,
  expires    timestamptz NOT NULL CHECK (expires > snapshot),
  corrects   text REFERENCES gdpr.audience_list
);
CREATE INDEX audience_list_sha256 ON gdpr.audience_list (sha256);
COMMENT ON TABLE gdpr.audience_list IS 'The lists that were handed out, by the SHA-256 of the file; not who stands in them';
COMMENT ON COLUMN gdpr.audience_list.settings IS 'What the list was made with: campaign, segment, columns';
COMMENT ON COLUMN gdpr.audience_list.corrects IS 'The operation of the list that this one corrects';

CREATE TRIGGER settled_once BEFORE UPDATE ON gdpr.wording FOR EACH ROW EXECUTE FUNCTION gdpr.settled_once('shown_until');
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON gdpr.wording
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.consent_event
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gdpr.audience_list
  FOR EACH STATEMENT EXECUTE FUNCTION gdpr.audit_append_only();
ALTER TABLE gdpr.wording ENABLE ALWAYS TRIGGER settled_once, ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.consent_event ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE gdpr.audience_list ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE gdpr.suppression DROP CONSTRAINT suppression_source_check,
  ADD CONSTRAINT suppression_source_check CHECK (source IN ('erasure', 'objection', 'complaint', 'unsubscribe', 'bounce'));
`;
