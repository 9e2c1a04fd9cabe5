import * as Flags from '@oclif/core/flags';
import { GdprError } from '../foundation/errors.js';

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

/** What each of these two takes beside the flags of its own. */
const TAKES = {
  processor: ['processor', 'out', 'order', 'encrypt-to'],
  consented: [
    'consented',
    'purpose',
    'categories',
    'email',
    'phone',
    'name',
    'id',
    'personas-kods',
    'person-file',
    'encrypt-to',
    'for-customer',
  ],
} as const;
/** Flags that have a value where none was typed, or concern every command. */
const ALWAYS = new Set(['workspace', 'json', 'language', 'hold']);

/**
 * That no flag is given which would be left unheeded.
 * @param mode undefined for a court or an authority
 * @throws GdprError USAGE
 */
export function assertPartnerFlags(
  mode: keyof typeof TAKES | undefined,
  flags: Readonly<Record<string, unknown>>,
): void {
  const takes: readonly string[] = mode === undefined ? [] : TAKES[mode];
  const given = Object.keys(flags).filter((flag) => flags[flag] !== undefined && flags[flag] !== false);
  const foreign =
    mode === undefined
      ? given.find((flag) => flag === 'out' || flag === 'purpose')
      : given.find((flag) => !ALWAYS.has(flag) && !takes.includes(flag));
  if (foreign === undefined) return;
  throw new GdprError(
    'USAGE',
    `--${foreign} says nothing about a disclosure ${mode === undefined ? 'to a court or an authority' : `with --${mode}`}`,
    {
      hint: mode === undefined ? 'leave it out' : `it takes: ${takes.map((flag) => `--${flag}`).join(', ')}`,
    },
  );
}
