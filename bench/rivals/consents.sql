-- By hand: psql -qX -f consents.sql DATABASE, in the folder where consents.csv stands.
-- A ledger of one's own, with the keys that gdpr.consent_event has: an event once, and by person.
CREATE TEMPORARY TABLE rival_staging (email text, channel text, what text, at timestamptz, mechanism text, wording text, evidence text);
CREATE TEMPORARY TABLE rival_ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint, email text NOT NULL,
  purpose text NOT NULL, channel text NOT NULL CHECK (channel IN ('email', 'sms', 'phone', 'post')),
  what text NOT NULL CHECK (what IN ('given', 'renewed', 'confirmed', 'expired', 'withdrawn', 'objected')),
  at timestamptz NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(), mechanism text NOT NULL, wording text, evidence text,
  UNIQUE (email, purpose, channel, what, at, mechanism, evidence));
CREATE INDEX ON rival_ledger (customer, purpose, channel);
\copy rival_staging FROM 'consents.csv' WITH (FORMAT csv, HEADER)
INSERT INTO rival_ledger (customer, email, purpose, channel, what, at, mechanism, wording, evidence)
SELECT c.id, lower(s.email), 'marketing', s.channel, s.what, s.at, s.mechanism, s.wording, s.evidence
FROM rival_staging s LEFT JOIN shop.customers c ON lower(c.email) = lower(s.email) WHERE s.at <= now()
ON CONFLICT DO NOTHING;
