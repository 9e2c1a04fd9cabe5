-- Batched deletes by hand of password resets and visits that are due, each batch of 5,000 committed:
-- psql -qX -v ON_ERROR_STOP=1 -f retention.sql DATABASE
\o /dev/null
-- Rows that a crash of the server brings back are due again; the run does not wait for the disk either.
SET synchronous_commit = off;
SELECT $$DELETE FROM shop.password_resets WHERE ctid IN (
  SELECT ctid FROM shop.password_resets WHERE requested_at < date_trunc('day', now() - interval '30 days') LIMIT 5000)$$
FROM generate_series(1, (SELECT ceil(count(*) / 5000.0)::int FROM shop.password_resets
  WHERE requested_at < date_trunc('day', now() - interval '30 days')))
\gexec
SELECT $$DELETE FROM shop.sessions WHERE ctid IN (
  SELECT ctid FROM shop.sessions s WHERE last_seen_at < date_trunc('day', now() - interval '1 year')
    AND NOT EXISTS (SELECT FROM shop.page_views v WHERE v.session_id = s.id)
    AND NOT EXISTS (SELECT FROM shop.carts c WHERE c.session_id = s.id) LIMIT 5000)$$
FROM generate_series(1, (SELECT ceil(count(*) / 5000.0)::int FROM shop.sessions
  WHERE last_seen_at < date_trunc('day', now() - interval '1 year')))
\gexec
