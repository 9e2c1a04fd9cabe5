import { EACH, type Session } from '../../database/session.js';
import { GdprError } from '../../foundation/errors.js';
import type { Address } from './addresses.js';
import type { AddressHasher, Channel } from './suppress.js';

/** An address that something is to be sent to, or that is to be imported. */
export interface Wanted extends Address {
  /** When the person themselves last consented to it, UTC with microseconds; nobody else's word lifts a suppression. */
  readonly liftedBy?: string | undefined;
}

/**
 * Which of the addresses (`addresses[i]`, normalised) are suppressed on a channel, in two statements whatever their
 * number. A suppression yields only to a consent that the person gave later. `hashers` are `addressHashers`, those of
 * every version of the secret that the workspace holds, so that codes of an older one still count.
 * @throws GdprError KEY_MISSING when there are codes of a version that is not among them, which could not be compared
 */
export async function isSuppressed(
  session: Session,
  hashers: readonly AddressHasher[],
  addresses: readonly Wanted[],
  channel: Channel,
): Promise<boolean[]> {
  await assertComparable(session, hashers);
  const suppressed = await suppressedAmong(
    session,
    addresses.flatMap((address, i) =>
      codesOf(hashers, address).map((code) => ({ code, i, liftedBy: address.liftedBy })),
    ),
    channel,
  );
  return addresses.map((_, i) => suppressed.has(i));
}

/** The code of an address under one version of the secret. */
export interface AddressCode {
  readonly kind: Address['kind'];
  readonly version: string;
  readonly hmac: string;
}

/** An address by its codes, under each version of the secret. */
export function codesOf(hashers: readonly AddressHasher[], address: Address): AddressCode[] {
  return hashers.map((hasher) => ({ kind: address.kind, version: hasher.version, hmac: hasher.hmac(address) }));
}

/** Which numbers `i` have a suppressed code; for a caller that has made sure with {@link assertComparable}. */
export async function suppressedAmong(
  session: Session,
  wanted: readonly { readonly i: number; readonly code: AddressCode; readonly liftedBy: string | undefined }[],
  channel: Channel,
): Promise<ReadonlySet<number>> {
  if (wanted.length === 0) return new Set();
  const rows = await session.query<{ i: number }>(
    `SELECT DISTINCT u.i FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[]) u (i, kind, version, hmac, lifted)
     CROSS JOIN LATERAL (SELECT * FROM gdpr.suppression s WHERE s.hmac = u.hmac AND s.key_version = u.version AND s.kind = u.kind ${EACH}) s
     WHERE (s.channel = $6 OR (s.channel = 'all' AND $6 <> 'insight'))
       AND (u.lifted IS NULL OR s.suppressed_at >= u.lifted::timestamptz)`,
    [
      wanted.map(({ i }) => i),
      wanted.map(({ code }) => code.kind),
      wanted.map(({ code }) => code.version),
      wanted.map(({ code }) => code.hmac),
      wanted.map(({ liftedBy }) => liftedBy ?? null),
      channel,
    ],
  );
  return new Set(rows.map(({ i }) => i));
}

/** @throws GdprError KEY_MISSING when there are codes of a version that is not among the hashers' */
export async function assertComparable(session: Session, hashers: readonly AddressHasher[]): Promise<void> {
  const [row] = await session.query<{ version: string }>(
    'SELECT key_version AS version FROM gdpr.suppression WHERE key_version <> ALL ($1::text[]) LIMIT 1',
    [hashers.map(({ version }) => version)],
  );
  if (row === undefined) return;
  throw new GdprError('KEY_MISSING', `addresses were suppressed under the key ${row.version}, which is not here`, {
    hint: 'bring it from its copy: gdpr key import FILE; without it, nobody can tell to whom nothing may be sent',
  });
}
