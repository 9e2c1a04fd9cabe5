import { timeText } from '../audit/append.js';
import { EACH, type Session } from '../database/session.js';
import type { ConsentChannel } from './event.js';
import type { ConsentState } from './fold.js';
import { foldSql } from './fold-sql.js';

/** The references in `$1`, each with those that it has taken the place of. */
const KNOWN = `WITH RECURSIVE known (reference, root) AS (
    SELECT u.reference, u.reference FROM unnest($1::text[]) u (reference)
    UNION SELECT s.reference, k.root
    FROM known k CROSS JOIN LATERAL (SELECT s.reference FROM gdpr.subject_superseded s WHERE s.by = k.reference ${EACH}) s
  )`;

/** As `saidSql`, of these people alone: it begins with them, so that the ledger's size does not matter. */
const SAID_OF = `${KNOWN}
  SELECT k.root, e.subject, e.purpose, e.channel, e.what, e.event_at, e.wording, e.source, e.digest, e.party
  FROM known k CROSS JOIN LATERAL (SELECT * FROM gdpr.consent_event e WHERE e.subject = k.reference ${EACH}) e WHERE e.party IS NULL
  UNION ALL
  SELECT k.root, o.subject, $2, c.channel, 'objected', o.objected_at, NULL, 'person', o.operation, NULL
  FROM known k CROSS JOIN LATERAL (SELECT * FROM gdpr.objection o WHERE o.subject = k.reference ${EACH}) o, unnest(ARRAY['email', 'sms', 'phone', 'post']) c (channel)
  WHERE o.purpose = 'marketing'`;

export interface StandingNow {
  readonly state: ConsentState;
  /** When the person themselves last said yes, UTC with microseconds; null if never. */
  readonly ownYes: string | null;
  /** What came in by link, bounce or complaint, as `mechanism evidence`. */
  readonly links: ReadonlySet<string>;
}

export function standingKey(subject: string, purpose: string, channel: ConsentChannel): string {
  return `${subject} ${channel} ${purpose}`;
}

/**
 * Those of the references under which an objection was ever noted, in the ledger or outside it: nobody else's standing
 * is `objected`. Far less work than {@link standingsOf}.
 */
export async function everObjected(session: Session, subjects: readonly string[]): Promise<string[]> {
  if (subjects.length === 0) return [];
  const rows = await session.query<{ root: string }>(
    `${KNOWN}
     SELECT DISTINCT k.root FROM known k
     WHERE EXISTS (SELECT FROM gdpr.consent_event e WHERE e.subject = k.reference AND e.what = 'objected' ${EACH})
       OR EXISTS (SELECT FROM gdpr.objection o WHERE o.subject = k.reference ${EACH})`,
    [[...new Set(subjects)]],
  );
  return rows.map(({ root }) => root);
}

/**
 * Where people stand now, by {@link standingKey}; who said nothing is not in it. Two statements, whatever their number.
 * @param subjects references as `referencesOf` gives them
 * @param marketing id of the marketing purpose, which objections are about
 */
export async function standingsOf(
  session: Session,
  subjects: readonly string[],
  marketing: string,
): Promise<ReadonlyMap<string, StandingNow>> {
  const distinct = [...new Set(subjects)];
  if (distinct.length === 0) return new Map();
  const states = await session.query<{ root: string; purpose: string; channel: ConsentChannel; state: ConsentState }>(
    `SELECT f.root, f.purpose, f.channel, f.state FROM (${foldSql(SAID_OF)}) f`,
    [distinct, marketing],
  );
  const told = await session.query<{
    root: string;
    purpose: string;
    channel: ConsentChannel;
    own: string | null;
    links: string;
  }>(
    `${KNOWN}
     SELECT k.root, e.purpose, e.channel,
            ${timeText("max(e.event_at) FILTER (WHERE e.source = 'person' AND e.what IN ('given', 'renewed'))")} AS own,
            coalesce(json_agg(DISTINCT concat_ws(' ', e.mechanism, e.evidence)) FILTER (WHERE e.source = 'link'), '[]')::text AS links
     FROM known k CROSS JOIN LATERAL (SELECT * FROM gdpr.consent_event e WHERE e.subject = k.reference ${EACH}) e
     WHERE e.source <> 'import' AND e.party IS NULL GROUP BY k.root, e.purpose, e.channel`,
    [distinct],
  );
  const more = new Map(told.map((row) => [standingKey(row.root, row.purpose, row.channel), row]));
  return new Map(
    states.map(({ root, purpose, channel, state }) => {
      const key = standingKey(root, purpose, channel);
      const { own = null, links = '[]' } = more.get(key) ?? {};
      return [key, { state, ownYes: own, links: new Set(JSON.parse(links) as string[]) }];
    }),
  );
}
