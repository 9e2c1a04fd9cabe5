import type { Session } from '../../database/session.js';
import type { DataMapModel } from '../../datamap/model.js';
import type { Keys } from '../../keys/keys.js';
import type { FoundPerson } from '../people.js';
import type { Traits } from '../traits.js';
import { type Address, addressesOf } from './addresses.js';

/** The ways of reaching somebody; `insight` is no way of sending but the making of a profile. */
export type Channel = 'email' | 'sms' | 'phone' | 'post' | 'insight';

/** Why addresses are suppressed, and for what; `all` means every way of sending. */
export interface Suppression {
  readonly operation: string;
  readonly source: 'erasure' | 'objection' | 'complaint' | 'unsubscribe' | 'bounce';
  readonly channel: Channel | 'all';
  /** Since when, where that was before now; an instant with its zone. */
  readonly at?: string;
}

/** Makes keyed codes of addresses; the version tells its secret from a later one. */
export interface AddressHasher {
  readonly version: string;
  hmac(address: Address): string;
}

/** The codes under the newest secret of a workspace, under which addresses are suppressed. */
export function addressHasher(keys: Pick<Keys, 'hmac' | 'hmacVersion'>): AddressHasher {
  return { version: keys.hmacVersion, hmac: ({ kind, value }) => keys.hmac('suppression', `${kind}\n${value}`) };
}

/** The codes under every secret of a workspace, so that addresses that were suppressed under an older one still count. */
export function addressHashers(keys: Pick<Keys, 'hmac' | 'hmacVersions'>): AddressHasher[] {
  return keys.hmacVersions.map((version) => ({
    version,
    hmac: ({ kind, value }) => keys.hmac('suppression', `${kind}\n${value}`, version),
  }));
}

/** A keyed code of an address, and whose it is. */
export interface SuppressedCode {
  readonly kind: Address['kind'];
  readonly hmac: string;
  readonly version: string;
  readonly subject: string | null;
}

/** Suppresses addresses, each for the person whose it is, in one statement; in the transaction of what suppresses. */
export async function suppress(
  session: Session,
  keys: Pick<Keys, 'hmac' | 'hmacVersion'>,
  suppression: Suppression,
  addresses: readonly (Address & { readonly subject: string | null })[],
): Promise<void> {
  const { version, hmac } = addressHasher(keys);
  const codes = addresses.map((address) => ({ ...address, hmac: hmac(address), version }));
  await suppressCodes(session, suppression, codes);
}

/** The same where an address is known by its code alone. */
export async function suppressCodes(
  session: Session,
  { operation, source, channel, at }: Suppression,
  codes: readonly SuppressedCode[],
): Promise<void> {
  await session.run(
    `INSERT INTO gdpr.suppression (hmac, key_version, kind, channel, source, subject, operation, suppressed_at)
     SELECT u.hmac, u.version, u.kind, $1, $2, u.subject, $3, coalesce($8::timestamptz, clock_timestamp())
     FROM unnest($4::text[], $5::text[], $6::text[], $7::text[]) u (hmac, version, kind, subject)
     ON CONFLICT DO NOTHING`,
    [
      channel,
      source,
      operation,
      codes.map(({ hmac }) => hmac),
      codes.map(({ version }) => version),
      codes.map(({ kind }) => kind),
      codes.map(({ subject }) => subject),
      at ?? null,
    ],
  );
}

/**
 * Suppresses the addresses of erased people, in the erasure's own transaction: without them an import would bring the
 * people back onto a mailing list.
 */
export async function suppressErased(
  session: Session,
  model: DataMapModel,
  keys: Pick<Keys, 'hmac' | 'hmacVersion'>,
  operation: string,
  people: readonly { readonly subject: string; readonly person: FoundPerson; readonly traits: Traits }[],
): Promise<void> {
  const addresses = people.flatMap((each) =>
    addressesOf(model, each).map((address) => ({ ...address, subject: each.subject })),
  );
  await suppress(session, keys, { operation, source: 'erasure', channel: 'all' }, addresses);
}
