import type { Session } from '../../database/session.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import { IDENTIFIER_KINDS, parse } from '../../identity/kinds.js';
import type { Alias } from '../../identity/reference.js';
import type { Keys } from '../../keys/keys.js';
import { aliasesOf, type FoundPerson } from '../people.js';
import type { Traits } from '../traits.js';

/** A person who is erased, under their reference. */
export interface ErasedPerson {
  readonly subject: string;
  readonly person: FoundPerson;
  readonly traits: Traits;
}

/** The domain of the keyed codes; the same as of a subject's aliases, so that one code serves both. */
function aliasCode(keys: Pick<Keys, 'hmac'>, { kind, value }: Alias): string {
  return keys.hmac('subject alias', `${kind}\n${value}`);
}

/**
 * What an erased person was known by, normalised: their linking identifiers and rows, and the other e-mails, phones,
 * codes and numbers of their own rows. Names are left out, which are no one's alone.
 */
function knownBy({ person, traits }: ErasedPerson, model: DataMapModel): Alias[] {
  const spelling = spellingOf(model);
  const own = IDENTIFIER_KINDS.filter((kind) => kind !== 'name').flatMap((kind) =>
    (traits.get(kind) ?? []).flatMap((raw) => parse(kind, raw, spelling).map((value) => ({ kind, value }))),
  );
  const all = [...aliasesOf(person, model), ...own];
  return [...new Map(all.map((alias) => [`${alias.kind}\n${alias.value}`, alias])).values()];
}

/** Enters a tombstone for each person, with keyed codes of what they were known by; two statements for all of them. */
export async function enterTombstones(
  session: Session,
  model: DataMapModel,
  keys: Pick<Keys, 'hmac' | 'hmacVersion'>,
  { operation, ground }: { readonly operation: string; readonly ground: string },
  people: readonly ErasedPerson[],
): Promise<void> {
  await session.run(
    `INSERT INTO gdpr.tombstone (subject, operation, ground, map_digest)
     SELECT u.subject, $2, $3, $4 FROM unnest($1::text[]) u (subject)`,
    [people.map(({ subject }) => subject), operation, ground, model.digest],
  );
  const codes = people.flatMap((person) =>
    knownBy(person, model).map((alias) => ({
      subject: person.subject,
      kind: alias.kind,
      hmac: aliasCode(keys, alias),
    })),
  );
  await session.run(
    `INSERT INTO gdpr.tombstone_identifier (subject, operation, kind, hmac, key_version)
     SELECT u.subject, $1, u.kind, u.hmac, $2 FROM unnest($3::text[], $4::text[], $5::text[]) u (subject, kind, hmac)
     ON CONFLICT DO NOTHING`,
    [
      operation,
      keys.hmacVersion,
      codes.map(({ subject }) => subject),
      codes.map(({ kind }) => kind),
      codes.map(({ hmac }) => hmac),
    ],
  );
}
