-- The send list for e-mail, by hand, in one query: psql -qX -v soft=false -f audience-setup.sql -f audience.sql DATABASE > friday.csv
-- (soft=true where the campaign declares what the soft opt-in asks for). Setup: audience-setup.sql.
COPY (
WITH ledger AS (
  SELECT email, max(at) FILTER (WHERE what IN ('given', 'renewed') AND wording IS NOT NULL) AS given_at,
    max(at) FILTER (WHERE what IN ('withdrawn', 'expired')) AS ended_at,
    max(at) FILTER (WHERE what = 'withdrawn') AS withdrawn_at,
    bool_or(what = 'objected') AS objected
  FROM rival_consent WHERE channel = 'email' GROUP BY email
),
people AS (
  SELECT 0 AS place, c.id::text AS key, lower(c.email) AS email, c.display_name AS name, c.language::text AS language,
    c.kind = 'legal' AS legal, c.deleted_at IS NOT NULL AS closed, c.birth_date AS born, false AS no,
    CASE WHEN c.newsletter_opt_in THEN c.newsletter_opt_in_at END AS yes_at,
    CASE WHEN c.newsletter_opt_in THEN (SELECT w.id FROM rival_wording w WHERE w.id IN ('account-email-lv', 'account-email-en')
       AND c.newsletter_opt_in_at >= w.shown_from AND (w.shown_until IS NULL OR c.newsletter_opt_in_at < w.shown_until)
       ORDER BY w.language = c.language DESC, w.id LIMIT 1) END AS wording,
    o.refused_at, o.ordered_at
  FROM shop.customers c LEFT JOIN (
    SELECT customer_id, max(placed_at) FILTER (WHERE no_offers) AS refused_at,
      max(placed_at) FILTER (WHERE status = 'completed' AND placed_at >= '2019-01-01 00:00 Europe/Riga') AS ordered_at
    FROM shop.orders WHERE customer_id IS NOT NULL GROUP BY customer_id) o ON o.customer_id = c.id
  UNION ALL
  SELECT 1, id::text, lower(guest_email), guest_name, NULL, false, false, NULL, false, NULL, NULL,
    CASE WHEN no_offers THEN placed_at END, CASE WHEN status = 'completed' AND placed_at >= '2019-01-01 00:00 Europe/Riga' THEN placed_at END
  FROM shop.orders WHERE customer_id IS NULL
  UNION ALL
  SELECT 2, email, lower(email), name, language::text, false, false, NULL, unsubscribed_at IS NOT NULL,
    CASE WHEN source IN ('footer', 'checkout') THEN confirmed_at END,
    CASE WHEN source IN ('footer', 'checkout') THEN (SELECT w.id FROM rival_wording w WHERE w.id IN ('newsletter-lv', 'newsletter-en')
       AND s.confirmed_at >= w.shown_from AND (w.shown_until IS NULL OR s.confirmed_at < w.shown_until)
       ORDER BY w.language = s.language DESC, w.id LIMIT 1) END, NULL, NULL
  FROM shop.newsletter_subscriptions s
),
said AS (
  SELECT p.*, l.objected, l.withdrawn_at,
    CASE WHEN l.given_at > coalesce(l.ended_at, '-infinity') THEN l.given_at
         WHEN p.wording IS NOT NULL AND p.yes_at <= now() AND p.yes_at > coalesce(l.ended_at, '-infinity') THEN p.yes_at END AS consented_at
  FROM people p LEFT JOIN ledger l ON l.email = p.email
),
address AS (
  SELECT email, bool_or(no) AS no, max(refused_at) AS refused_at, max(born) AS born, bool_or(objected) AS objected,
    bool_or(withdrawn_at IS NOT NULL AND consented_at IS NULL) AS withdrawn
  FROM said GROUP BY email
),
based AS (
  SELECT s.*, CASE WHEN s.consented_at IS NOT NULL THEN 'consent'
       WHEN s.legal AND s.withdrawn_at IS NULL AND split_part(s.email, '@', 1) IN ('birojs', 'biblioteka', 'gramatvediba', 'hello', 'info',
         'kontakti', 'office', 'pasts', 'rekini', 'sales', 'skola', 'veikals') THEN 'legal-person'
       WHEN :soft AND s.ordered_at IS NOT NULL AND s.withdrawn_at IS NULL THEN 'soft-opt-in' END AS basis
  FROM said s WHERE NOT s.closed
)
SELECT DISTINCT ON (b.email COLLATE "C") b.email, b.name, b.language, b.basis, b.wording AS consent,
  CASE b.basis WHEN 'consent' THEN b.consented_at WHEN 'soft-opt-in' THEN b.ordered_at END AS since
FROM based b JOIN address a ON a.email = b.email
WHERE b.basis IS NOT NULL AND NOT a.no AND NOT a.withdrawn AND a.objected IS NOT TRUE
  AND (a.refused_at IS NULL OR b.basis = 'consent' AND b.consented_at >= a.refused_at)
  AND (b.basis = 'legal-person' OR a.born IS NULL
       OR a.born + interval '13 years' <= CASE b.basis WHEN 'consent' THEN b.consented_at ELSE now() END)
  AND b.email ~ '^[a-z0-9][a-z0-9._%+-]*@[a-z0-9.-]+[.][a-z0-9]+$' AND b.email !~ '[.](invalid|test|localhost)$'
  AND NOT EXISTS (SELECT FROM rival_suppressed x WHERE x.email = b.email)
  AND NOT EXISTS (SELECT FROM rival_restricted x WHERE x.email = b.email)
  AND NOT EXISTS (SELECT FROM rival_objected x WHERE x.email = b.email)
  AND NOT EXISTS (SELECT FROM rival_erased x WHERE x.email = b.email)
ORDER BY b.email COLLATE "C", array_position(ARRAY['consent', 'legal-person', 'soft-opt-in'], b.basis), b.place, b.key
) TO STDOUT WITH (FORMAT csv, HEADER);
