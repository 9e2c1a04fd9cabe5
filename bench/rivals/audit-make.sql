-- Fills the audit log with :pairs operations of two entries each (500000 pairs: a million entries), set-based:
--   psql -qX -v pairs=500000 -f audit-make.sql DATABASE
-- then, in the workspace, any command that ends an operation signs a checkpoint over them, e.g.
--   gdpr customer find --email nobody@pasts.example      (exit code 4 is right)
-- and `gdpr audit verify` checks them. The entries are as src/audit/entry.ts writes them: RFC 8785, leaf = SHA-256(0x00 || entry).
BEGIN;
SELECT coalesce(max(sequence), 0) AS base FROM gdpr.audit_entry \gset
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, '20260101-' || translate(substr(md5('op' || n), 1, 16), '0189', 'wxyz') AS operation,
  'subject:' || translate(substr(md5('subject' || n % 100000), 1, 26), '0189', 'wxyz') AS subject,
  timestamptz '2020-01-01 00:00:00+00' + n * interval '6 minutes' + (n % 999983) * interval '1 microsecond' AS began
FROM generate_series(1, :pairs) n;
INSERT INTO gdpr.operation (id, action, state, operator, subjects, ended_at)
SELECT operation, 'customer export', 'done', 'bench', ARRAY[subject], began + interval '2 seconds' FROM made;
INSERT INTO gdpr.audit_entry (sequence, time, kind, action, operation, result, subjects, entry, leaf_hash)
SELECT sequence, at, kind, 'customer export', operation, CASE WHEN kind = 'outcome' THEN 'done' END, ARRAY[subject], entry,
  sha256('\x00'::bytea || convert_to(entry, 'UTF8'))
FROM (
  SELECT m.*, e.kind, :base + 2 * m.n - 2 + e.nth AS sequence, m.began + e.nth * interval '1 second' AS at,
    '{"action":"customer export",' || e.counts || '"kind":"' || e.kind || '","operation":"' || m.operation
      || '","operator":{"databaseRole":"' || current_user || '","name":"bench"},' || e.result || '"sequence":' || (:base + 2 * m.n - 2 + e.nth)
      || ',"subjects":["' || m.subject || '"],"time":"'
      || to_char((m.began + e.nth * interval '1 second') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"}' AS entry
  FROM made m CROSS JOIN (VALUES (1, 'intent', '', ''), (2, 'outcome', '"counts":{"rows":12,"tables":9},', '"result":"done",')) e (nth, kind, counts, result)
) x ORDER BY sequence;
COMMIT;
ANALYZE gdpr.audit_entry; ANALYZE gdpr.operation;
