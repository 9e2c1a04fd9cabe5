import * as Flags from '@oclif/core/flags';

const PARTNERS = 'UNDER AN AGREEMENT, OR ON CONSENT';

/** How data is given to a partner: under an agreement, or because the person consented. */
export const partnerFlags = {
  processor: Flags.string({
    description: 'Give the recipient of this agreement the list that the data map describes for it',
    helpGroup: PARTNERS,
    helpValue: 'AGREEMENT',
  }),
  out: Flags.string({
    description: 'Where the list is to stand (with --processor)',
    helpGroup: PARTNERS,
    helpValue: 'FILE',
    dependsOn: ['processor'],
  }),
  consented: Flags.string({
    description: 'Give this party what the person consented to: a recipient of the data map by its id, or a name',
    helpGroup: PARTNERS,
    helpValue: 'PARTY',
  }),
  purpose: Flags.string({
    description: 'For which purpose of the data map (with --consented; default: that of the consent)',
    helpGroup: PARTNERS,
    helpValue: 'ID',
    dependsOn: ['consented'],
  }),
};
