import type { ExplainResult } from '../marketing/explain.js';
import { REASON_TITLES, type Reason } from '../marketing/reasons.js';
import { checkLine } from './mark.js';

/** What it says of a person that a reason does not apply. */
const PASSED: Readonly<Record<Reason, string>> = {
  'outside-segment': 'in the segment',
  'no-explicit-consent': 'the segment may be used for them',
  'profiling-objected': 'did not object to profiling',
  closed: 'the account is open',
  'no-address': 'has an address for this channel',
  'shop-no': "the shop's own records hold no refusal",
  withdrawn: 'did not withdraw consent',
  expired: 'no consent has expired',
  unproven: 'no yes without proof',
  unconfirmed: 'no yes that waits for its second step',
  'no-consent': 'something allows it',
  'below-age': 'not below the age of consent',
  objected: 'did not object to marketing',
  suppressed: 'the address is not suppressed',
  restricted: 'their data is not restricted',
  erased: 'was not erased',
  'invalid-address': 'the address is valid',
  'not-mobile': 'the number is a mobile one',
  duplicate: 'the first with this address',
};

const BASES = {
  consent: 'consent',
  'legal-person': "an address of a firm that is nobody's own",
  'soft-opt-in': 'an order under a checkout notice (soft opt-in)',
} as const;

/** The explanation of a person for the terminal: each row of theirs with what was asked of it. */
export function explainLines({ subject, channel, listed, rows, audit, operation }: ExplainResult): string[] {
  const parts = rows.flatMap(({ source, reason, steps, basis, consent, since }) => [
    '',
    `${source}: ${reason === null ? 'in the list' : 'left out'}`,
    ...steps.map(({ asked, passed }) => {
      const rests = asked === 'no-consent' && passed && basis !== null;
      const text = passed ? PASSED[asked] : REASON_TITLES[asked].en;
      const because = rests ? `: ${BASES[basis]}${since === null ? '' : ` of ${since.slice(0, 10)}`}` : '';
      const by = rests && consent !== null ? ` (${consent})` : '';
      return `  ${checkLine(passed, `${text}${because}${by}`)}`;
    }),
  ]);
  const none = ['', 'No row of theirs is one that could be sent anything.'];
  return [
    `Person   ${subject ?? 'not known by a reference yet'}`,
    `Channel  ${channel}`,
    `Listed   ${listed ? 'yes' : 'no'}`,
    ...(rows.length === 0 ? none : parts),
    '',
    `Audit    entry ${audit.sequence}, operation ${operation}`,
  ];
}
