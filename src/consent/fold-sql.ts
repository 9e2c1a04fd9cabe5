import { SAID } from './event.js';

const RANK = `array_position(ARRAY[${SAID.map((what) => `'${what}'`).join(', ')}], e.what)`;

/**
 * Every reference that another one has taken the place of, with the one that stands for the person now: a query with
 * the columns `reference` and `root`.
 */
export const ROOTS = `
  WITH RECURSIVE chain (reference, root) AS (
    SELECT s.reference, s.by FROM gdpr.subject_superseded s
    UNION SELECT c.reference, s.by FROM chain c JOIN gdpr.subject_superseded s ON s.reference = c.root
  )
  SELECT c.reference, c.root FROM chain c WHERE NOT EXISTS (SELECT FROM gdpr.subject_superseded s WHERE s.reference = c.root)`;

/**
 * What was said: the events of the ledger, and objections noted by `customer object`, which are about all channels.
 * A query with the columns that {@link foldSql} asks for.
 * @param purpose the parameter that binds the id of the marketing purpose, e.g. `$1`
 */
export function saidSql(purpose: string): string {
  return `
  SELECT coalesce(r.root, s.subject) AS root, s.*
  FROM (
    SELECT e.subject, e.purpose, e.channel, e.what, e.event_at, e.wording, e.source, e.digest, e.party FROM gdpr.consent_event e
    UNION ALL
    SELECT o.subject, ${purpose}, c.channel, 'objected', o.objected_at, NULL, 'person', o.operation, NULL
    FROM gdpr.objection o, unnest(ARRAY['email', 'sms', 'phone', 'post']) c (channel) WHERE o.purpose = 'marketing'
  ) s LEFT JOIN (${ROOTS}) r ON r.reference = s.subject`;
}

/**
 * Where people stand, one row a person, purpose, channel and party: `root`, `purpose`, `channel`, `party`, `state`, `since`
 * (timestamptz), `wording`, `source`, `digest`, `own_since` (the latest of the
 * yeses that stand and were the person's own words), `withdrawn_at`, `expired_at` (the latest of each, whatever was said since:
 * a yes without proof follows a no and does not take it back). It says of each what `foldConsent` says of one.
 * @param said a query as {@link saidSql} gives it, limited as the caller likes
 */
export function foldSql(said: string): string {
  return `
WITH numbered AS (
  SELECT e.*, e.what IN ('given', 'renewed') AS yes,
         row_number() OVER (PARTITION BY e.root, e.purpose, e.channel, e.party ORDER BY e.event_at, ${RANK}, e.digest COLLATE "C") AS n
  FROM (${said}) e
),
stopped AS (
  SELECT o.*, max(o.n) FILTER (WHERE o.what IN ('expired', 'withdrawn', 'objected')) OVER person AS stop,
         max(o.n) FILTER (WHERE o.what = 'objected') OVER person AS objected,
         max(o.n) FILTER (WHERE o.what = 'confirmed') OVER person AS confirmed,
         max(o.event_at) FILTER (WHERE o.what = 'withdrawn') OVER person AS withdrawn_at,
         max(o.event_at) FILTER (WHERE o.what = 'expired') OVER person AS expired_at
  FROM numbered o WINDOW person AS (PARTITION BY o.root, o.purpose, o.channel, o.party)
),
lifted AS (
  SELECT o.*, min(o.n) FILTER (WHERE o.n > o.objected AND o.yes AND o.source = 'person') OVER person AS lifted
  FROM stopped o WINDOW person AS (PARTITION BY o.root, o.purpose, o.channel, o.party)
),
judged AS (
  SELECT o.*, CASE WHEN w.id IS NULL THEN 1 WHEN w.double_opt_in AND coalesce(o.confirmed < o.n, true) THEN 2 ELSE 3 END AS quality
  FROM lifted o LEFT JOIN gdpr.wording w
    ON o.yes AND w.id = o.wording AND w.kind = 'consent' AND w.purpose = o.purpose AND o.channel = ANY (w.channels)
       AND o.event_at >= w.shown_from AND (w.shown_until IS NULL OR o.event_at < w.shown_until)
)
SELECT DISTINCT ON (j.root, j.purpose, j.channel, j.party) j.root, j.purpose, j.channel, j.party,
       CASE WHEN j.yes THEN (ARRAY['unproven', 'unconfirmed', 'given'])[j.quality] ELSE j.what END AS state,
       j.event_at AS since, j.wording, j.source, j.digest, j.withdrawn_at, j.expired_at,
       max(j.event_at) FILTER (WHERE j.yes AND j.quality = 3 AND j.source = 'person') OVER (PARTITION BY j.root, j.purpose, j.channel, j.party) AS own_since
FROM judged j
WHERE CASE WHEN j.objected IS NOT NULL AND j.lifted IS NULL THEN j.n = j.objected
           WHEN j.yes THEN j.n > coalesce(j.stop, 0) AND j.n >= coalesce(j.lifted, 0)
           ELSE j.n = j.stop END
ORDER BY j.root, j.purpose, j.channel, j.party, j.yes DESC, j.quality DESC, j.n DESC`;
}
