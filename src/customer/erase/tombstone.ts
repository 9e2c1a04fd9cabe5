import type { Session } from '../../database/session.js';
import { spellingOf } from '../../datamap/match.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { Language } from '../../documents/page-model.js';
import { IDENTIFIER_KINDS, parse } from '../../identity/kinds.js';
import type { Alias } from '../../identity/reference.js';
import type { Keys } from '../../keys/keys.js';
import { aliasesOf, type FoundPerson } from '../people.js';
import type { Traits } from '../traits.js';

/** Somebody whose data is erased, under their reference, and how that came about. */
export interface Erasable {
  readonly person: FoundPerson;
  readonly subject: string;
  /** How the person's identity was checked. */
  readonly verified?: string | undefined;
  /** Number of the request in the register that it answers. */
  readonly number?: string | undefined;
  /** Of the letter about what is kept. */
  readonly language: Language;
}

/** A person who is erased, and what their own rows called them. */
export interface ErasedPerson extends Erasable {
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
function knownBy({ person, traits }: Pick<ErasedPerson, 'person' | 'traits'>, model: DataMapModel): Alias[] {
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
    `INSERT INTO gdpr.tombstone (subject, operation, ground, map_digest, language, request, verified)
     SELECT u.subject, $1, $2, $3, u.language, u.request, u.verified
     FROM unnest($4::text[], $5::text[], $6::text[], $7::text[]) u (subject, language, request, verified)`,
    [
      operation,
      ground,
      model.digest,
      people.map(({ subject }) => subject),
      people.map(({ language }) => language),
      people.map(({ number }) => number ?? null),
      people.map(({ verified }) => verified ?? null),
    ],
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
