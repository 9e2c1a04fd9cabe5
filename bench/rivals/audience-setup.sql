-- What a shop that does it by hand keeps beside its own tables, by plain e-mail address (the tool keeps keyed codes instead).
CREATE SCHEMA IF NOT EXISTS rival;
CREATE TABLE rival.wording (id text PRIMARY KEY, kind text, language text, shown_from timestamptz, shown_until timestamptz);
INSERT INTO rival.wording SELECT id, kind, language, shown_from, shown_until FROM gdpr.wording;
CREATE TABLE rival.consent (email text, channel text, what text, at timestamptz, wording text);  -- the ledger
CREATE INDEX ON rival.consent (email);
CREATE TABLE rival.suppressed (email text PRIMARY KEY, at timestamptz);
CREATE TABLE rival.restricted (email text PRIMARY KEY);
CREATE TABLE rival.objected (email text PRIMARY KEY);
CREATE TABLE rival.erased (email text PRIMARY KEY);
ANALYZE rival.wording; ANALYZE rival.consent;
