import type { Session } from '../database/session.js';
import { type ConsentEvent, eventDigest } from './event.js';

/**
 * Adds events to the ledger, in one statement whatever their number; an event that is there already is left alone.
 * Runs in the caller's transaction.
 * @param digests of the events, where they were made already
 * @returns for each event whether it is new
 */
export async function appendEvents(
  session: Session,
  who: { readonly operation: string; readonly operator: string },
  events: readonly ConsentEvent[],
  digests: readonly string[] = events.map(eventDigest),
): Promise<boolean[]> {
  const added = await session.query<{ digest: string }>(
    `INSERT INTO gdpr.consent_event (subject, purpose, channel, what, event_at, mechanism, wording, evidence, guardian, source,
       digest, party, categories, recorded_by, operation)
     SELECT u.subject, u.purpose, u.channel, u.what, u.at, u.mechanism, u.wording, u.evidence, u.guardian, u.source, u.digest,
       u.party, CASE WHEN u.categories IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(u.categories::jsonb)) END, $14, $15
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]) u (subject, purpose, channel, what, at, mechanism,
       wording, evidence, guardian, source, digest, party, categories)
     ON CONFLICT (digest) DO NOTHING RETURNING digest`,
    [
      events.map(({ subject }) => subject),
      events.map(({ purpose }) => purpose),
      events.map(({ channel }) => channel),
      events.map(({ what }) => what),
      events.map(({ at }) => at),
      events.map(({ mechanism }) => mechanism),
      events.map(({ wording }) => wording),
      events.map(({ evidence }) => evidence),
      events.map(({ guardian }) => guardian),
      events.map(({ source }) => source),
      digests,
      events.map(({ party }) => party ?? null),
      events.map(({ categories }) => (categories === undefined ? null : JSON.stringify(categories))),
      who.operator,
      who.operation,
    ],
  );
  const fresh = new Set(added.map(({ digest }) => digest));
  // Of equal events in one call, the first is the new one.
  return digests.map((digest) => fresh.delete(digest));
}
