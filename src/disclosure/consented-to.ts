import { timeText } from '../audit/append.js';
import { foldSql, saidSql } from '../consent/fold-sql.js';
import { ledgerParties } from '../consent/party.js';
import type { Session } from '../database/session.js';

/** What somebody agreed that a party may be given, for one purpose, as it stands now. */
export interface PartyConsent {
  readonly subject: string;
  /** `gdpr.consent_event.id` of the yes that stands, or of what took it back. */
  readonly event: string;
  readonly purpose: string;
  readonly party: string;
  readonly state: string;
  /** UTC with microseconds. */
  readonly since: string;
  readonly categories: readonly string[];
}

/**
 * Where people stand on giving their data to one party before an instant, by their references (as `referencesOf` gives
 * them) and by purpose; in one statement, whatever their number. What is said at the instant itself or later is not
 * prior to the act and does not count as a yes; a no counts whenever it was said.
 * @param parties what the party is called: its id in the data map, or its name; what was said of it under any of these,
 *   however it was written, is about one party, which the result calls by the first
 */
export async function partyConsents(
  session: Session,
  subjects: readonly string[],
  parties: readonly string[],
  before: string,
): Promise<PartyConsent[]> {
  const rows = await session.query<Omit<PartyConsent, 'categories'> & { categories: string } & Record<string, unknown>>(
    `SELECT f.root AS subject, e.id::text AS event, f.purpose, f.party, f.state, ${timeText('f.since')} AS since,
       coalesce(array_to_json(e.categories), '[]')::text AS categories
     FROM (${foldSql(`SELECT x.root, x.subject, x.purpose, x.channel, x.what, x.event_at, x.wording, x.source, x.digest, $4::text AS party
       FROM (${saidSql('NULL::text')}) x WHERE x.party = ANY ($1::text[]) AND x.root = ANY ($2::text[])
       AND (x.what NOT IN ('given', 'renewed', 'confirmed') OR x.event_at < $3::timestamptz)`)}) f
     JOIN gdpr.consent_event e ON e.digest = f.digest ORDER BY f.root, f.purpose, f.party`,
    [await ledgerParties(session, parties), [...subjects], before, parties[0] ?? ''],
  );
  return rows.map(({ categories, ...row }) => ({ ...row, categories: JSON.parse(categories) as string[] }));
}
