-- A file of consents for `gdpr consent import`, an event a customer (1M customers: 1M lines):
--   psql -qX -f consents-make.sql DATABASE > consents.csv
-- Four in five are a yes, the others a no; the wording is one of the bookshop's, registered or not.
COPY (
  SELECT lower(email) AS email, CASE WHEN id % 4 = 0 THEN 'sms' ELSE 'email' END AS channel,
    CASE WHEN id % 10 = 0 THEN 'withdrawn' WHEN id % 10 = 5 THEN 'objected' ELSE 'given' END AS what,
    to_char(timestamptz '2019-01-01 00:00:00+00' + (id % 2000) * interval '1 day' + (id % 86400) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
    CASE WHEN id % 3 = 0 THEN 'paper' ELSE 'web-form' END AS mechanism,
    CASE WHEN id % 4 = 0 THEN 'account-sms-lv' ELSE 'account-email-lv' END AS wording,
    'form-' || id AS evidence
  FROM shop.customers ORDER BY id
) TO STDOUT WITH (FORMAT csv, HEADER);
