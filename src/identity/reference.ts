import type { Session } from '../database/session.js';
import { groupBy } from '../foundation/group.js';
import { randomId } from '../foundation/random-id.js';

/** Something by which the same person is met again: a normalised identifier, or the key of a row that is theirs. */
export interface Alias {
  readonly kind: string;
  readonly value: string;
}

/** What makes keyed hashes of aliases, and the version of its secret. */
export interface AliasHasher {
  readonly version: string;
  hmac(value: string): string;
}

/** Serialises the making of references, so that two processes never give one person two. */
const LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('gdpr subject', 0))";

/**
 * The reference of each person, made on first sight. `people[i]` lists the aliases of person `i`; where they lead to
 * several references, the oldest stands. Four statements, whatever the number of people.
 */
export async function referencesOf(
  session: Session,
  hasher: AliasHasher,
  people: readonly (readonly Alias[])[],
): Promise<string[]> {
  const hashed = people.map((aliases) =>
    aliases.map((alias) => ({ kind: alias.kind, hmac: hasher.hmac(`${alias.kind}\n${alias.value}`) })),
  );
  const all = hashed.flat();
  await session.run(LOCK);
  const known = await session.query<{ hmac: string; reference: string }>(
    `SELECT a.hmac, a.reference FROM gdpr.subject_alias a JOIN gdpr.subject s USING (reference)
     WHERE a.key_version = $1 AND a.hmac = ANY ($2::text[]) ORDER BY s.created_at, s.reference`,
    [hasher.version, all.map((alias) => alias.hmac)],
  );
  const referencesByHmac = groupBy(known, (row) => row.hmac);
  const rank = new Map([...new Set(known.map((row) => row.reference))].map((reference, i) => [reference, i]));
  const made: string[] = [];
  const result = hashed.map((aliases) => {
    const found = aliases
      .flatMap((alias) => referencesByHmac.get(alias.hmac)?.map((row) => row.reference) ?? [])
      .sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))[0];
    if (found !== undefined) return found;
    const reference = `subject:${randomId(26)}`;
    made.push(reference);
    return reference;
  });
  await session.run('INSERT INTO gdpr.subject (reference) SELECT unnest($1::text[])', [made]);
  const fresh = hashed.flatMap((aliases, i) =>
    aliases.filter((alias) => !referencesByHmac.has(alias.hmac)).map((alias) => ({ ...alias, reference: result[i] })),
  );
  await session.run(
    `INSERT INTO gdpr.subject_alias (hmac, key_version, kind, reference)
     SELECT u.hmac, $1, u.kind, u.reference FROM unnest($2::text[], $3::text[], $4::text[]) u (hmac, kind, reference)
     ON CONFLICT DO NOTHING`,
    [
      hasher.version,
      fresh.map((alias) => alias.hmac),
      fresh.map((alias) => alias.kind),
      fresh.map((alias) => alias.reference),
    ],
  );
  return result;
}
