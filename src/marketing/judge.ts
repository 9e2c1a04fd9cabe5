import { foldSql, ROOTS, saidSql } from '../consent/fold-sql.js';
import type { Session } from '../database/session.js';
import { textLiteral } from '../datamap/sql.js';
import { addressSql, roleSql } from './addresses.js';
import { type CarriedText, JUDGED } from './candidates.js';
import { type Codes, leaveOutSuppressed, lookUpUnprofiled } from './known.js';
import type { Left, Reason } from './reasons.js';
import { type Found, joined, saidBy } from './said-by.js';

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
  /** What the judged carry on for the list. */
  readonly listed: readonly CarriedText[];
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

/**
 * What stands against an address. A no under an address counts for every row that has it: a person may stand in several
 * tables, and an address may be several people's. Where a text can be read in several ways, it counts under each of them.
 */
function againstAddresses(rules: JudgeRules, found: Found): string {
  const { withdrawn, objected, restricted, insight } = saidBy(rules, found);
  const said = Object.entries({ withdrawn, objected, restricted, insight }).filter(([, sql]) => sql !== 'false');
  const forms = found.read ? 'unnest(coalesce(d.forms, ARRAY[c.form]))' : 'c.form';
  return `
  SELECT x.form AS address, bool_or(x.shop_no) AS no, max(x.refused_at) AS refused_at, max(x.born) AS born
    ${said.map(([name]) => `, bool_or(x.${name}) AS ${name}`).join('')}
  FROM (
    SELECT ${forms} AS form, c.shop_no, c.refused_at, c.born ${said.map(([name, sql]) => `, ${sql} AS ${name}`).join('')}
    FROM ${joined(rules, found)}
    WHERE ${['c.shop_no', 'c.refused_at IS NOT NULL', 'c.born IS NOT NULL', ...said.map(([, sql]) => sql)].join(' OR ')}
  ) x WHERE x.form IS NOT NULL GROUP BY x.form`;
}

/**
 * The one reason of each, but for those that take an address to be looked up or compared with others.
 *
 * OFFSET 0 keeps what is computed of a row from being put into the reasons, where it would be computed many times over.
 */
function judged(rules: JudgeRules, found: Found): string {
  const { channel, roleMailboxes, softOptIn, explicitPurposes, profiling, ageOfConsent, listed } = rules;
  const said = saidBy(rules, found);
  const { address, fault } = addressSql(channel, found.read);
  const soft = `${softOptIn && channel === 'email'} AND c.ordered_at IS NOT NULL`;
  const asked: (readonly [reason: Reason, when: string])[] = [
    ['outside-segment', 'NOT f.in_segment'],
    ...(explicitPurposes.length > 0 ? [['no-explicit-consent', 'NOT f.explicit'] as const] : []),
    ...(profiling ? [['profiling-objected', 'f.insight OR coalesce(a.insight, false)'] as const] : []),
    ['closed', 'f.closed'],
    ['no-address', "f.fault = 'no-address'"],
    [
      'shop-no',
      `f.shop_no OR coalesce(a.no, false) OR f.basis IS DISTINCT FROM 'consent' AND greatest(f.refused_at, a.refused_at) IS NOT NULL
        OR f.consented_at < greatest(f.refused_at, a.refused_at)`,
    ],
    ...(found.known
      ? [
          ['withdrawn', 'f.withdrawn OR coalesce(a.withdrawn, false)'] as const,
          ['expired', 'f.basis IS NULL AND f.expired'] as const,
        ]
      : []),
    ['unproven', 'f.basis IS NULL AND (f.unproven OR f.shop_yes)'],
    ['unconfirmed', 'f.basis IS NULL AND f.unconfirmed'],
    ['no-consent', 'f.basis IS NULL'],
    [
      'below-age',
      `f.basis <> 'legal-person' AND greatest(f.born, a.born) IS NOT NULL AND NOT (f.given AND f.guarded)
        AND (greatest(f.born, a.born) + make_interval(years => ${ageOfConsent}))::timestamp AT TIME ZONE current_setting('TimeZone')
          > CASE f.basis WHEN 'consent' THEN f.consented_at ELSE transaction_timestamp() END`,
    ],
    ...(found.known
      ? [
          ['objected', 'f.objected OR coalesce(a.objected, false)'] as const,
          ['restricted', 'f.restricted OR coalesce(a.restricted, false)'] as const,
        ]
      : []),
    ['erased', "f.erased OR f.fault = 'erased'"],
  ];
  return `
CREATE TEMPORARY TABLE audience_judged ON COMMIT DROP AS
WITH against AS (${againstAddresses(rules, found)}),
fact AS (
  SELECT c.n, c.place, c.key, ${listed.map((name) => `c.${name}, `).join('')}c.in_segment, c.closed, c.shop_no, c.shop_yes, c.refused_at, c.born,
    c.shop_wording, c.ordered_at, c.ordered_wording, ${address} AS address, ${fault} AS fault,
    ${said.erased} AS erased, ${said.objected} AS objected, ${said.restricted} AS restricted, ${said.insight} AS insight,
    ${said.explicit} AS explicit, ${said.guarded} AS guarded, ${said.withdrawn} AS withdrawn, ${said.expired} AS expired,
    ${said.unproven} AS unproven, ${said.unconfirmed} AS unconfirmed, ${said.given} AS given, ${said.ownAt} AS own_at, ${said.event} AS event,
    CASE WHEN ${said.given} THEN ${said.givenAt} WHEN ${said.shopProven} THEN c.shop_at END AS consented_at,
    CASE WHEN ${said.given} OR ${said.shopProven} THEN 'consent'
         WHEN c.legal AND ${said.stays} AND ${roleSql(channel, address, roleMailboxes)} THEN 'legal-person'
         WHEN ${soft} AND ${said.stays} THEN 'soft-opt-in' END AS basis
  FROM ${joined(rules, found)} OFFSET 0
)
SELECT f.n, f.place, f.key, f.address, ${listed.map((name) => `f.${name}, `).join('')}f.basis, f.own_at,
  CASE f.basis WHEN 'consent' THEN f.consented_at WHEN 'soft-opt-in' THEN f.ordered_at END AS since,
  CASE WHEN f.basis = 'consent' AND f.given THEN f.event
       WHEN f.basis = 'consent' THEN 'shop ' || f.shop_wording
       WHEN f.basis = 'soft-opt-in' THEN 'order ' || f.ordered_wording END AS consent,
  CASE
    ${asked.map(([reason, when]) => `WHEN ${when} THEN '${reason}'`).join('\n    ')}
    WHEN f.fault IS NOT NULL THEN f.fault
  END AS reason
FROM fact f LEFT JOIN against a USING (address)`;
}

/** The reasons that count after that of a suppressed address, which is looked up last. */
const AFTER_SUPPRESSED = ['restricted', 'erased'] satisfies Reason[];

/**
 * The order of those in the list who have one address `j`, which is listed once: on the best basis, and of the rows of one
 * basis for the one in the first source.
 */
export const FIRST = "array_position(ARRAY['consent', 'legal-person', 'soft-opt-in'], j.basis), j.place, j.n";

/** Gives the reason to those of the candidates whose address is listed for another row. Only who asks about them needs it. */
export async function nameDuplicates(session: Session, numbers: readonly string[]): Promise<void> {
  await session.run(
    `UPDATE ${JUDGED} u SET reason = 'duplicate' FROM (
       SELECT j.n, row_number() OVER (PARTITION BY j.address COLLATE "C" ORDER BY ${FIRST}) AS nth
       FROM ${JUDGED} j WHERE j.reason IS NULL AND j.address IN (SELECT m.address FROM ${JUDGED} m WHERE m.n = ANY ($1::bigint[]))
     ) d WHERE d.n = u.n AND d.nth > 1`,
    [numbers],
  );
}

/** Judges every candidate that was looked up, in a handful of statements whatever their number. */
export async function judge(session: Session, codes: Codes, found: Found, rules: JudgeRules): Promise<void> {
  if (found.known) {
    const said = (purpose: string, channels: string) => `SELECT x.* FROM (${saidSql(purpose)}) x
    WHERE x.party IS NULL AND x.purpose = ${purpose} AND ${channels} AND (x.what NOT IN ('given', 'renewed', 'confirmed') OR x.event_at <= transaction_timestamp())
      AND x.root IN (SELECT root FROM pg_temp.audience_known)`;
    await session.run(standing(foldSql(said(textLiteral(rules.purpose), `x.channel = ${textLiteral(rules.channel)}`))));
    const explicitly = rules.explicitPurposes.map((purpose) => `(${foldSql(said(textLiteral(purpose), 'true'))})`);
    await session.run(explicit(explicitly.join(' UNION ALL ') || foldSql(said("''", 'false'))));
    await session.run(STOPPED);
    for (const table of ['standing', 'stopped', 'explicit', 'erased'])
      await session.run(`ANALYZE pg_temp.audience_${table}`);
  }
  if (rules.profiling) {
    await lookUpUnprofiled(session, codes, rules.channel);
    await session.run('ANALYZE pg_temp.audience_unprofiled');
  }
  await session.run(judged(rules, found));
  await leaveOutSuppressed(session, codes, rules.channel, AFTER_SUPPRESSED);
}

/** How many were left out for each reason, and how many were not: of an address that several rows have, each of them. */
export async function countReasons(session: Session): Promise<ReadonlyMap<Reason | null, number>> {
  const counts = await session.query<{ reason: Reason | null; count: string }>(
    `SELECT reason, count(*)::text AS count FROM ${JUDGED} GROUP BY reason`,
  );
  return new Map(counts.map(({ reason, count }) => [reason, Number(count)]));
}

/** Why everybody else is not among the `rows` of the list; the sum is everybody who was looked at. */
export function waterfallOf(
  counts: ReadonlyMap<Reason | null, number>,
  rows: number,
  order: readonly Reason[],
): { rows: number; total: number; waterfall: Left[] } {
  const of = (reason: Reason) => (reason === 'duplicate' ? (counts.get(null) ?? 0) - rows : (counts.get(reason) ?? 0));
  const waterfall = order.map((reason) => ({ reason, count: of(reason) })).filter(({ count }) => count > 0);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { rows, total, waterfall };
}
