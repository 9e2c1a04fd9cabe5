-- What a shop that does it by hand keeps beside its own tables, by plain e-mail address (the tool keeps keyed codes instead).
-- Temporary, so that the map knows nothing of them: run in the same session, just before rival-audience.sql.

CREATE TEMPORARY TABLE rival_wording (id text PRIMARY KEY, kind text, language text, shown_from timestamptz, shown_until timestamptz);
INSERT INTO rival_wording SELECT id, kind, language, shown_from, shown_until FROM gdpr.wording;
CREATE TEMPORARY TABLE rival_consent (email text, channel text, what text, at timestamptz, wording text);  -- the ledger
CREATE INDEX ON rival_consent (email);
CREATE TEMPORARY TABLE rival_suppressed (email text PRIMARY KEY, at timestamptz);
CREATE TEMPORARY TABLE rival_restricted (email text PRIMARY KEY);
CREATE TEMPORARY TABLE rival_objected (email text PRIMARY KEY);
CREATE TEMPORARY TABLE rival_erased (email text PRIMARY KEY);
ANALYZE rival_wording; ANALYZE rival_consent;
