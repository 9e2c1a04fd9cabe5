import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import type { LetterOrder } from '../customer/right-letter.js';

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

/** The letter that tells the person of it. */
export const letterFlags = {
  letter: Flags.string({
    description: 'Write the letter that tells the person of it into this new file',
    helpValue: 'FILE',
  }),
  language: Flags.string({ description: 'Language of the letter', options: ['lv', 'en'], default: 'lv' }),
};

export function letterOrder(flags: {
  readonly letter?: string | undefined;
  readonly language: string;
}): LetterOrder | undefined {
  if (flags.letter === undefined) return undefined;
  return { to: resolve(flags.letter), language: flags.language === 'en' ? 'en' : 'lv' };
}
