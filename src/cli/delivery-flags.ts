import * as Flags from '@oclif/core/flags';
import { GdprError } from '../foundation/errors.js';

/** How an archive is made ready for its way to somebody. */
export const deliveryFlags = {
  'encrypt-to': Flags.string({
    description: 'Public key of a recipient (may be given several times)',
    multiple: true,
    helpGroup: 'DELIVERY',
    helpValue: 'AGE1…',
  }),
  'for-customer': Flags.boolean({
    description: 'Write an HTML file that opens with a passphrase',
    helpGroup: 'DELIVERY',
  }),
};

/** @throws GdprError USAGE when a passphrase is to be shown where nobody sees it */
export function assertPassphraseSeen(forCustomer: boolean, json: boolean): void {
  if (!forCustomer || json || process.stderr.isTTY === true) return;
  throw new GdprError('USAGE', 'the passphrase is shown once, on a terminal, and there is none', {
    hint: 'run it at a terminal, or with --json',
  });
}

/** What the terminal shows of a passphrase, this once. */
export function passphraseText(passphrase: string): string {
  return `\nPassphrase, shown this once:\n\n    ${passphrase}\n\nTell it by telephone, digit by digit, or on paper; never in the message with the file.`;
}
