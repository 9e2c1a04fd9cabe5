import { foldSql, ROOTS, saidSql } from '../consent/fold-sql.js';
import type { Session } from '../database/session.js';
import { textLiteral } from '../datamap/sql.js';
import { addressSql, JOIN_READ, roleSql } from './addresses.js';
import { CANDIDATES, JUDGED } from './candidates.js';
import { type Codes, leaveOutSuppressed, lookUpUnprofiled } from './known.js';
import type { Left, Reason } from './reasons.js';

export interface JudgeRules {
  readonly purpose: string;
  readonly channel: 'email' | 'sms';
  /** In lower case. */
  readonly roleMailboxes: readonly string[];
  readonly ageOfConsent: number;
  readonly softOptIn: boolean;
  /** Whether a segment narrows the list, which nobody who objected to profiling is in. */
  readonly profiling: boolean;
  /** Ids of purposes of which the segment asks for explicit consent to one (Art. 9(2)(a)); none where it asks for nothing. */
  readonly explicitPurposes: readonly string[];
}

/** What the looking up of the candidates has found. */
export interface Found {
  /** Whether an address was read that SQL could not tell. */
  readonly read: boolean;
  /** Whether anybody is known by a reference, or a row was erased. */
  readonly known: boolean;
}

/**
 * Where the references of the candidates stand in the ledger. `other` references, of people with rows of their own
 * that these are not, may say no and never yes.
 */
const standing = (fold: string) => `
CREATE TEMPORARY TABLE audience_standing ON COMMIT DROP AS
SELECT k.n,
  bool_or(s.state = 'objected') AS objected,
  max(s.withdrawn_at) AS withdrawn_at,
  max(s.expired_at) AS expired_at,
  bool_or(s.state = 'unproven' AND NOT k.other) AS unproven,
  bool_or(s.state = 'unconfirmed' AND NOT k.other) AS unconfirmed,
  max(s.since) FILTER (WHERE s.state = 'given' AND NOT k.other) AS given_at,
  max(s.own_since) FILTER (WHERE s.state = 'given' AND NOT k.other) AS own_at,
  (array_agg(s.digest ORDER BY s.since DESC, s.digest) FILTER (WHERE s.state = 'given' AND NOT k.other))[1] AS event
FROM pg_temp.audience_known k JOIN (${fold}) s ON s.root = k.root
GROUP BY k.n`;

/** Whoever is restricted, and whoever objected to profiling, under any reference of theirs. */
const STOPPED = `
CREATE TEMPORARY TABLE audience_stopped ON COMMIT DROP AS
SELECT k.n, bool_or(x.what = 'restricted') AS restricted, bool_or(x.what = 'insight') AS insight
FROM pg_temp.audience_known k
JOIN (
  SELECT coalesce(r.root, s.subject) AS root, s.what
  FROM (SELECT subject, 'restricted' AS what FROM gdpr.restriction WHERE lifted_at IS NULL
        UNION ALL SELECT subject, 'insight' FROM gdpr.objection WHERE purpose = 'insight') s
  LEFT JOIN (${ROOTS}) r ON r.reference = s.subject
) x ON x.root = k.root
GROUP BY k.n`;

/** Who gave explicit consent to one of the purposes, on whatever channel. */
const explicit = (fold: string) => `
CREATE TEMPORARY TABLE audience_explicit ON COMMIT DROP AS
SELECT DISTINCT g.n FROM (
  SELECT k.n FROM pg_temp.audience_known k JOIN (${fold}) s ON s.root = k.root
  GROUP BY k.n, s.purpose, s.channel
  HAVING NOT bool_or(s.state = 'objected') AND max(s.since) FILTER (WHERE s.state = 'given' AND NOT k.other)
    > coalesce(greatest(max(s.withdrawn_at), max(s.expired_at)), '-infinity')
) g`;

/** What each candidate's own row, address and references say. What was found of nobody is not joined. */
const rows = ({ softOptIn, channel, profiling }: JudgeRules, { read, known }: Found) => `
  SELECT c.n, c.place, c.legal, c.closed, c.born, c.in_segment, c.shop_no, c.shop_yes, c.shop_at, c.shop_wording, c.refused_at,
    c.ordered_at, c.ordered_wording, ${addressSql(channel, read)},
    ${
      known
        ? `r.n IS NOT NULL AS erased,
    coalesce(s.objected, false) AS objected, s.withdrawn_at, s.expired_at, coalesce(s.unproven, false) AS unproven,
    coalesce(s.unconfirmed, false) AS unconfirmed, s.given_at, s.own_at, s.event, g.guardian IS NOT NULL AS guarded,
    e.n IS NOT NULL AS explicit, coalesce(x.restricted, false) AS restricted, coalesce(x.insight, false)`
        : `false AS erased,
    false AS objected, NULL::timestamptz AS withdrawn_at, NULL::timestamptz AS expired_at, false AS unproven,
    false AS unconfirmed, NULL::timestamptz AS given_at, NULL::timestamptz AS own_at, NULL::text AS event, false AS guarded,
    false AS explicit, false AS restricted, false`
    } OR ${profiling ? 'i.n IS NOT NULL' : 'false'} AS insight,
    c.shop_yes AND c.shop_wording IS NOT NULL AND c.shop_at <= transaction_timestamp()
      AND c.shop_at > ${known ? ENDED : "'-infinity'"} AS shop_proven,
    ${known ? `coalesce(s.given_at > ${ENDED}, false)` : 'false'} AS given,
    ${softOptIn && channel === 'email'} AND c.ordered_at IS NOT NULL AS soft
  FROM ${CANDIDATES} c
  ${read ? JOIN_READ : ''}
  ${known ? JOIN_KNOWN : ''}
  ${profiling ? 'LEFT JOIN pg_temp.audience_unprofiled i USING (n)' : ''}`;

/** When what they had agreed to was taken back, or ran out. */
const ENDED = "coalesce(greatest(s.withdrawn_at, s.expired_at), '-infinity')";

const JOIN_KNOWN = `LEFT JOIN pg_temp.audience_standing s USING (n)
  LEFT JOIN gdpr.consent_event g ON g.digest = s.event
  LEFT JOIN pg_temp.audience_stopped x USING (n)
  LEFT JOIN pg_temp.audience_explicit e USING (n)
  LEFT JOIN pg_temp.audience_erased r USING (n)`;

/** A yes of the shop's own columns is an event of its time: it beats what was withdrawn before it. */
const WITHDRAWN = 'f.withdrawn_at IS NOT NULL AND NOT f.given AND NOT f.shop_proven';

/**
 * The one reason of each, but for those that take an address to be looked up or compared with others. A no under an
 * address counts for every row that has it: a person may stand in several tables, and an address may be several people's.
 *
 * OFFSET 0 keeps each level an expression of the one below; put into one another, they would be computed many times over.
 */
const judged = (rules: JudgeRules, found: Found) => `
CREATE TEMPORARY TABLE audience_judged ON COMMIT DROP AS
WITH address AS (
  SELECT x.form AS address, bool_or(shop_no) AS no, max(refused_at) AS refused_at, bool_or(withdrawn) AS withdrawn, bool_or(objected) AS objected,
    bool_or(restricted) AS restricted, bool_or(insight) AS insight, max(born) AS born
  FROM (
    SELECT unnest(f.forms) AS form, f.shop_no, f.refused_at, ${WITHDRAWN} AS withdrawn, f.objected, f.restricted, f.insight, f.born
    FROM (${rows(rules, found)}) f
    WHERE f.shop_no OR f.refused_at IS NOT NULL OR ${WITHDRAWN} OR f.objected OR f.restricted OR f.insight OR f.born IS NOT NULL
  ) x WHERE x.form IS NOT NULL GROUP BY x.form
),
fact AS (
  SELECT f.*, ${WITHDRAWN} AS withdrawn,
    CASE WHEN f.given THEN f.given_at WHEN f.shop_proven THEN f.shop_at END AS consented_at,
    CASE WHEN f.given OR f.shop_proven THEN 'consent'
         WHEN f.legal AND ${roleSql(rules.channel, 'f.address', rules.roleMailboxes)} AND f.withdrawn_at IS NULL THEN 'legal-person'
         WHEN f.soft AND f.withdrawn_at IS NULL THEN 'soft-opt-in' END AS basis
  FROM (${rows(rules, found)} OFFSET 0) f OFFSET 0
)
SELECT f.n, f.place, f.address, f.basis, f.own_at,
  CASE f.basis WHEN 'consent' THEN f.consented_at WHEN 'soft-opt-in' THEN f.ordered_at END AS since,
  CASE WHEN f.basis = 'consent' AND f.given THEN f.event
       WHEN f.basis = 'consent' THEN 'shop ' || f.shop_wording
       WHEN f.basis = 'soft-opt-in' THEN 'order ' || f.ordered_wording END AS consent,
  CASE
    WHEN NOT f.in_segment THEN 'outside-segment'
    WHEN ${rules.explicitPurposes.length > 0} AND NOT f.explicit THEN 'no-explicit-consent'
    WHEN ${rules.profiling} AND (coalesce(a.insight, false) OR f.insight) THEN 'profiling-objected'
    WHEN f.closed THEN 'closed'
    WHEN f.fault = 'no-address' THEN 'no-address'
    WHEN f.shop_no OR coalesce(a.no, false) OR f.basis IS DISTINCT FROM 'consent' AND greatest(f.refused_at, a.refused_at) IS NOT NULL
      OR f.consented_at < greatest(f.refused_at, a.refused_at) THEN 'shop-no'
    WHEN f.withdrawn OR coalesce(a.withdrawn, false) THEN 'withdrawn'
    WHEN f.basis IS NULL AND f.expired_at IS NOT NULL THEN 'expired'
    WHEN f.basis IS NULL AND (f.unproven OR f.shop_yes) THEN 'unproven'
    WHEN f.basis IS NULL AND f.unconfirmed THEN 'unconfirmed'
    WHEN f.basis IS NULL THEN 'no-consent'
    WHEN f.basis <> 'legal-person' AND greatest(f.born, a.born) IS NOT NULL AND NOT (f.given AND f.guarded)
      AND (greatest(f.born, a.born) + make_interval(years => ${rules.ageOfConsent}))::timestamp AT TIME ZONE current_setting('TimeZone')
        > CASE f.basis WHEN 'consent' THEN f.consented_at ELSE transaction_timestamp() END THEN 'below-age'
    WHEN f.objected OR coalesce(a.objected, false) THEN 'objected'
    WHEN f.restricted OR coalesce(a.restricted, false) THEN 'restricted'
    WHEN f.erased OR f.fault = 'erased' THEN 'erased'
    WHEN f.fault IS NOT NULL THEN f.fault
  END AS reason
FROM fact f LEFT JOIN address a USING (address)`;

/** The reasons that count after that of a suppressed address, which is looked up last. */
const AFTER_SUPPRESSED = ['restricted', 'erased'] satisfies Reason[];

/** An address is listed once: on the best basis, and of the rows of one basis for the one in the first source. */
const UNIQUE = `
UPDATE ${JUDGED} j SET reason = 'duplicate' FROM (
  SELECT l.n, row_number() OVER (PARTITION BY l.address COLLATE "C"
    ORDER BY array_position(ARRAY['consent', 'legal-person', 'soft-opt-in'], l.basis), l.place, l.n) AS nth
  FROM ${JUDGED} l WHERE l.reason IS NULL
) d WHERE d.n = j.n AND d.nth > 1`;

/** Judges every candidate that was looked up, in a handful of statements whatever their number. */
export async function judge(session: Session, codes: Codes, found: Found, rules: JudgeRules): Promise<void> {
  const said = (purpose: string, channels: string) => `SELECT x.* FROM (${saidSql(purpose)}) x
    WHERE x.party IS NULL AND x.purpose = ${purpose} AND ${channels} AND (x.what NOT IN ('given', 'renewed', 'confirmed') OR x.event_at <= transaction_timestamp())
      AND x.root IN (SELECT root FROM pg_temp.audience_known)`;
  await session.run(standing(foldSql(said(textLiteral(rules.purpose), `x.channel = ${textLiteral(rules.channel)}`))));
  const explicitly = rules.explicitPurposes.map((purpose) => `(${foldSql(said(textLiteral(purpose), 'true'))})`);
  await session.run(explicit(explicitly.join(' UNION ALL ') || foldSql(said("''", 'false'))));
  await session.run(STOPPED);
  if (rules.profiling) await lookUpUnprofiled(session, codes, rules.channel);
  for (const table of ['standing', 'stopped', 'explicit', 'erased', 'unprofiled'])
    await session.run(`ANALYZE pg_temp.audience_${table}`);
  await session.run(judged(rules, found));
  await session.run('ANALYZE pg_temp.audience_judged');
  await leaveOutSuppressed(session, codes, rules.channel, AFTER_SUPPRESSED);
  await session.run(UNIQUE);
}

/** How many are in the list, and how many were left out for each reason; the sum is everybody who was looked at. */
export async function waterfallOf(
  session: Session,
  order: readonly Reason[],
): Promise<{ rows: number; total: number; waterfall: Left[] }> {
  const counts = await session.query<{ reason: Reason | null; count: string }>(
    `SELECT reason, count(*)::text AS count FROM ${JUDGED} GROUP BY reason`,
  );
  const of = (reason: Reason | null) => Number(counts.find((each) => each.reason === reason)?.count ?? 0);
  const waterfall = order.map((reason) => ({ reason, count: of(reason) })).filter(({ count }) => count > 0);
  const total = counts.reduce((sum, { count }) => sum + Number(count), 0);
  return { rows: of(null), total, waterfall };
}
