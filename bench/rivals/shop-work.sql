-- What the shop does all day, for pgbench: a visit, a look at one's orders, a login.
\set customer random(1000, 9000)
BEGIN;
INSERT INTO shop.sessions (token, customer_id, ip, started_at, last_seen_at)
VALUES (md5(random()::text || clock_timestamp()::text), :customer, '192.0.2.7', now(), now());
SELECT id, status, total FROM shop.orders WHERE customer_id = :customer ORDER BY placed_at DESC LIMIT 10;
UPDATE shop.customers SET last_login_at = now() WHERE id = :customer;
COMMIT;
