import { EACH, type Session } from '../database/session.js';
import { randomId } from '../foundation/random-id.js';

/** Something by which the same person is met again: a normalised identifier, or the key of a row that is theirs. */
export interface Alias {
  readonly kind: string;
  readonly value: string;
}

/** What makes keyed hashes of aliases under the newest secret, and the version of that. */
export interface AliasHasher {
  readonly version: string;
  hmac(value: string): string;
  /** The hashes under every secret, the newest first: the newest one that is known decides whose an alias is. */
  hmacs(value: string): readonly string[];
}

const LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('gdpr subject', 0))";

/** Serialises the making of references until the transaction ends, so that two processes never give one person two. */
export async function lockReferences(session: Session): Promise<void> {
  await session.run(LOCK);
}

/**
 * The reference of each person, made on first sight. `people[i]` lists the aliases of person `i`; where they lead to
 * several references, the oldest stands. Where a person has rows of their own, these decide: an e-mail that was
 * another's before is theirs from now on, and the other keeps the reference. Five statements at most, whatever the
 * number of people.
 */
export async function referencesOf(
  session: Session,
  hasher: AliasHasher,
  people: readonly (readonly Alias[])[],
): Promise<string[]> {
  await lockReferences(session);
  const { references, note } = await meetPeople(
    session,
    hasher.version,
    people.map((aliases) => hashAliases(aliases, hasher)),
  );
  await note();
  return references;
}

/** People who were met by their aliases. */
export interface Met {
  /** The reference of each. */
  readonly references: string[];
  /** Those of them that were made now: nothing was ever noted under these. */
  readonly made: ReadonlySet<string>;
  /** Writes down what was not known, in the same transaction and before anything that refers to it. */
  note(): Promise<void>;
}

/**
 * As {@link referencesOf}, in two steps, so that its caller can go on while the database writes; after
 * {@link lockReferences}.
 */
export async function meetPeople(
  session: Session,
  version: string,
  hashed: readonly (readonly HashedAlias[])[],
): Promise<Met> {
  const known = await readKnown(session, hashed.flat());
  const rank = new Map([...new Set(known.map((row) => row.reference))].map((reference, i) => [reference, i]));
  const byHmac = new Map(known.map((row) => [row.hmac, row]));
  // Somebody who is listed twice is made one reference.
  const made = new Map<string, string>();
  const superseded = new Map<string, string>();
  const result = hashed.map((aliases) => {
    const led =
      known.length === 0 ? [] : chosen(aliases, byHmac).sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    const found = led[0];
    for (const other of led) if (found !== undefined && other !== found) superseded.set(other, found);
    if (found !== undefined) return found;
    const all = aliases
      .map(({ hmac }) => hmac)
      .sort()
      .join('\n');
    const reference = (all === '' ? undefined : made.get(all)) ?? `subject:${randomId(26)}`;
    made.set(all === '' ? reference : all, reference);
    return reference;
  });
  // Of an alias that several have, the last one's stands.
  const kept = new Map<string, { readonly kind: string; readonly reference: string }>();
  hashed.forEach((aliases, i) => {
    const reference = result[i] ?? '';
    const hasRow = aliases.some((alias) => alias.kind === 'row');
    for (const { kind, hmac } of aliases) {
      const before = byHmac.get(hmac);
      if (before === undefined || (hasRow && before.reference !== reference)) kept.set(hmac, { kind, reference });
    }
  });
  const note = async () => {
    if (kept.size > 0 || made.size > 0) {
      await session.run(
        `WITH made AS (INSERT INTO gdpr.subject (reference) SELECT unnest($5::text[]))
         INSERT INTO gdpr.subject_alias (hmac, key_version, kind, reference)
         SELECT u.hmac, $1, u.kind, u.reference FROM unnest($2::text[], $3::text[], $4::text[]) u (hmac, kind, reference)
         ON CONFLICT (hmac, key_version) DO UPDATE SET reference = excluded.reference`,
        [
          version,
          [...kept.keys()],
          [...kept.values()].map(({ kind }) => kind),
          [...kept.values()].map(({ reference }) => reference),
          [...made.values()],
        ],
      );
    }
    if (superseded.size > 0) {
      await session.run(
        `INSERT INTO gdpr.subject_superseded (reference, by) SELECT * FROM unnest($1::text[], $2::text[])
         ON CONFLICT DO NOTHING`,
        [[...superseded.keys()], [...superseded.values()]],
      );
    }
  };
  return { references: result, made: new Set(made.values()), note };
}

/**
 * Every reference by which each person is or was known: what was noted under another one, before two accounts were
 * seen to be one person's, is about them too. For what protects them: more than is needed does no harm. Makes none;
 * two statements.
 */
export async function knownReferences(
  session: Session,
  hasher: AliasHasher,
  people: readonly (readonly Alias[])[],
): Promise<string[][]> {
  const hashed = people.map((aliases) => hashAliases(aliases, hasher));
  const known = await readKnown(session, hashed.flat());
  const byHmac = new Map(known.map((row) => [row.hmac, row]));
  const led = hashed.map((aliases) => [...new Set(chosen(aliases, byHmac))]);
  const former = await session.query<{ reference: string; by: string }>(
    `WITH RECURSIVE former AS (
       SELECT s.reference, s.by FROM gdpr.subject_superseded s WHERE s.by = ANY ($1::text[])
       UNION SELECT s.reference, f.by FROM gdpr.subject_superseded s JOIN former f ON s.by = f.reference
     ) SELECT reference, by FROM former`,
    [led.flat()],
  );
  return led.map((mine) => [
    ...new Set([...mine, ...former.flatMap(({ reference, by }) => (mine.includes(by) ? [reference] : []))]),
  ]);
}

/** An alias by its keyed hashes: under the newest secret, and under each. */
export interface HashedAlias {
  readonly kind: string;
  readonly hmac: string;
  readonly hmacs: readonly string[];
}

export function hashAliases(aliases: readonly Alias[], hasher: AliasHasher): HashedAlias[] {
  return aliases.map(({ kind, value }) => {
    const hmacs = hasher.hmacs(`${kind}\n${value}`);
    return { kind, hmac: hmacs[0] ?? '', hmacs };
  });
}

function readKnown(session: Session, aliases: readonly HashedAlias[]): Promise<Known[]> {
  return session.query<Known>(
    `SELECT a.hmac, a.reference,
            EXISTS (SELECT FROM gdpr.subject_alias r WHERE r.reference = a.reference AND r.kind = 'row' ${EACH}) AS "hasRow"
     FROM (SELECT DISTINCT hmac FROM unnest($1::text[]) u (hmac)) u
     CROSS JOIN LATERAL (SELECT * FROM gdpr.subject_alias a WHERE a.hmac = u.hmac ${EACH}) a
     CROSS JOIN LATERAL (SELECT * FROM gdpr.subject s WHERE s.reference = a.reference ${EACH}) s
     ORDER BY s.created_at, s.reference`,
    [aliases.flatMap(({ hmacs }) => hmacs)],
  );
}

/**
 * Adds aliases to a reference that is known, so that the same person is met again by what they are called now; what
 * was another's before is theirs.
 */
export async function adoptAliases(
  session: Session,
  hasher: AliasHasher,
  reference: string,
  aliases: readonly Alias[],
): Promise<void> {
  await lockReferences(session);
  const hashed = new Map(
    aliases.map(({ kind, value }) => {
      const hmac = hasher.hmac(`${kind}\n${value}`);
      return [hmac, { kind, hmac }] as const;
    }),
  );
  await session.run(
    `INSERT INTO gdpr.subject_alias (hmac, key_version, kind, reference)
     SELECT u.hmac, $1, u.kind, $4 FROM unnest($2::text[], $3::text[]) u (hmac, kind)
     ON CONFLICT (hmac, key_version) DO UPDATE SET reference = excluded.reference`,
    [hasher.version, [...hashed.keys()], [...hashed.values()].map(({ kind }) => kind), reference],
  );
}

interface Known {
  readonly [key: string]: unknown;
  readonly hmac: string;
  readonly reference: string;
  /** Whether the reference belongs to somebody with rows of their own. */
  readonly hasRow: boolean;
}

/** The references that the aliases lead to and that can be this person's. */
function chosen(aliases: readonly HashedAlias[], byHmac: ReadonlyMap<string, Known>): string[] {
  const led = aliases.flatMap(({ kind, hmacs }) => {
    const hmac = hmacs.find((code) => byHmac.has(code));
    const known = hmac === undefined ? undefined : byHmac.get(hmac);
    return known === undefined ? [] : [{ ...known, kind }];
  });
  const byRow = led.filter((alias) => alias.kind === 'row');
  if (byRow.length > 0) return byRow.map(({ reference }) => reference);
  const hasRow = aliases.some((alias) => alias.kind === 'row');
  return led.filter((alias) => !hasRow || !alias.hasRow).map(({ reference }) => reference);
}
