import * as Flags from '@oclif/core/flags';

/** How a command is told of the request that it answers. */
export const rightFlags = {
  request: Flags.string({
    description: 'The request that this answers; its person and verified identity are taken from the register',
    helpValue: 'NUMBER',
  }),
  verified: Flags.string({
    description:
      'How the identity was checked: account login, known e-mail answered, contract number … (what was done, no data)',
    helpValue: 'HOW',
  }),
};
