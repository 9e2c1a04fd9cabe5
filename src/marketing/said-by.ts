import { JOIN_READ } from './addresses.js';
import { CANDIDATES } from './candidates.js';

/** What the looking up of the candidates has found. */
export interface Found {
  /** Whether an address was read that SQL could not tell. */
  readonly read: boolean;
  /** Whether anybody is known by a reference, or a row was erased. */
  readonly known: boolean;
}

interface Joined {
  /** Whether a segment narrows the list, which nobody who objected to profiling is in. */
  readonly profiling: boolean;
}

/** What the candidates `c` are joined with: what was found of nobody is not. */
export const joined = ({ profiling }: Joined, { read, known }: Found) => `${CANDIDATES} c
  ${read ? JOIN_READ : ''}
  ${known ? JOIN_KNOWN : ''}
  ${profiling ? 'LEFT JOIN pg_temp.audience_unprofiled i USING (n)' : ''}`;

const JOIN_KNOWN = `LEFT JOIN pg_temp.audience_standing s USING (n)
  LEFT JOIN gdpr.consent_event g ON g.digest = s.event
  LEFT JOIN pg_temp.audience_stopped x USING (n)
  LEFT JOIN pg_temp.audience_explicit e USING (n)
  LEFT JOIN pg_temp.audience_erased r USING (n)`;

/** When what they had agreed to was taken back, or ran out. */
const ENDED = "coalesce(greatest(s.withdrawn_at, s.expired_at), '-infinity')";
const GIVEN = `coalesce(s.given_at > ${ENDED}, false)`;
/** A yes of the shop's own columns is an event of its time: it beats what was withdrawn before it. */
const SHOP_PROVEN = 'c.shop_yes AND c.shop_wording IS NOT NULL AND c.shop_at <= transaction_timestamp()';

/** What each candidate's own row and references say, over {@link joined}. Of those of whom nothing is known, constants. */
export function saidBy({ profiling }: Joined, { known }: Found) {
  const insight = profiling ? 'i.n IS NOT NULL' : 'false';
  if (!known) {
    return {
      erased: 'false',
      objected: 'false',
      restricted: 'false',
      insight,
      explicit: 'false',
      guarded: 'false',
      withdrawn: 'false',
      stays: 'true',
      expired: 'false',
      unproven: 'false',
      unconfirmed: 'false',
      given: 'false',
      givenAt: 'NULL::timestamptz',
      ownAt: 'NULL::timestamptz',
      event: 'NULL::text',
      shopProven: SHOP_PROVEN,
    };
  }
  const shopProven = `${SHOP_PROVEN} AND c.shop_at > ${ENDED}`;
  return {
    erased: 'r.n IS NOT NULL',
    objected: 'coalesce(s.objected, false)',
    restricted: 'coalesce(x.restricted, false)',
    insight: `(coalesce(x.insight, false) OR ${insight})`,
    explicit: 'e.n IS NOT NULL',
    guarded: 'g.guardian IS NOT NULL',
    withdrawn: `(s.withdrawn_at IS NOT NULL AND NOT ${GIVEN} AND NOT (${shopProven}))`,
    stays: 's.withdrawn_at IS NULL',
    expired: 's.expired_at IS NOT NULL',
    unproven: 'coalesce(s.unproven, false)',
    unconfirmed: 'coalesce(s.unconfirmed, false)',
    given: GIVEN,
    givenAt: 's.given_at',
    ownAt: 's.own_at',
    event: 's.event',
    shopProven,
  };
}
