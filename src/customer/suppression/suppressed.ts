import type { Session } from '../../database/session.js';
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
  const codes = addresses.flatMap((address, i) =>
    hashers.map((hasher) => ({ i, ...address, version: hasher.version, hmac: hasher.hmac(address) })),
  );
  const rows = await session.query<{ i: number }>(
    `SELECT DISTINCT u.i FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[]) u (i, kind, version, hmac, lifted)
     JOIN gdpr.suppression s ON s.hmac = u.hmac AND s.key_version = u.version AND s.kind = u.kind
     WHERE (s.channel = $6 OR (s.channel = 'all' AND $6 <> 'insight'))
       AND (u.lifted IS NULL OR s.suppressed_at >= u.lifted::timestamptz)`,
    [
      codes.map(({ i }) => i),
      codes.map(({ kind }) => kind),
      codes.map(({ version }) => version),
      codes.map(({ hmac }) => hmac),
      codes.map(({ liftedBy }) => liftedBy ?? null),
      channel,
    ],
  );
  const suppressed = new Set(rows.map(({ i }) => i));
  return addresses.map((_, i) => suppressed.has(i));
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
