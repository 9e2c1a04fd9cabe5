import type { Address } from '../customer/suppression/addresses.js';
import { type IdentifierOptions, parse } from '../identity/kinds.js';
import { isMobile } from '../identity/phone.js';
import type { AudienceChannel } from './candidates.js';

/** What is done with an address before anything is asked about the person: read it, or say why it cannot be used. */
type ReadAddress =
  | { readonly address: Address }
  | { readonly fault: 'no-address' | 'invalid-address' | 'not-mobile' | 'erased' };

/** RFC 2606; our own pseudonyms of erased people end so. */
const NOWHERE = /(?:^|[@.])(?:invalid|test|localhost)$/;
/** A spreadsheet would take a cell that begins so for a formula, and an address cannot be defused. */
const FORMULA = /^[=+\-@]/;
/** RFC 5321 4.5.3.1, and a domain with a dot whose labels are not empty. */
const SENDABLE = /^[^@]{1,64}@(?=.{1,255}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;
const UNSENDABLE_LOCAL = /^\.|\.\.|\.@|["(),:;[\]\\]/;

/** An address as it can be written to, or why it cannot. A text that may stand for several phones is no address. */
export function readAddress(
  raw: string | null,
  { channel, spelling }: { readonly channel: AudienceChannel; readonly spelling: IdentifierOptions },
): ReadAddress {
  if (raw === null || raw.trim() === '') return { fault: 'no-address' };
  if (channel === 'email') {
    const [value, ...others] = parse('email', raw, spelling);
    if (value === undefined || others.length > 0) return { fault: 'invalid-address' };
    if (value.endsWith('@erased.invalid')) return { fault: 'erased' };
    if (NOWHERE.test(value) || FORMULA.test(value) || UNSENDABLE_LOCAL.test(value) || !SENDABLE.test(value))
      return { fault: 'invalid-address' };
    return { address: { kind: 'email', value } };
  }
  const numbers = parse('phone', raw, spelling);
  const mobiles = numbers.filter(isMobile);
  if (numbers.length === 1 && mobiles.length === 1) return { address: { kind: 'phone', value: numbers[0] as string } };
  return { fault: numbers.length === 1 ? 'not-mobile' : 'invalid-address' };
}

/** {@link readAddress} of the form that SQL has found (`sqlPlainEmail`, `sqlPlainPhone`): the fault, or NULL. */
export function faultSql(channel: AudienceChannel, form: string): string {
  return channel === 'email'
    ? // Asked of everybody: one look at the end, and a second one at very few.
      `CASE WHEN right(${form}, 4) IN ('alid', 'test', 'host') THEN
       CASE WHEN right(${form}, 15) = '@erased.invalid' THEN 'erased'
         WHEN right(${form}, 8) = '.invalid' OR right(${form}, 5) = '.test' OR right(${form}, 10) = '.localhost' THEN 'invalid-address' END END`
    : `CASE WHEN left(${form}, 5) <> '+3712' THEN 'not-mobile' END`;
}
