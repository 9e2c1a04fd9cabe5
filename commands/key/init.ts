import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { newPassphrase } from '../../src/cli/prompt.js';
import { passphraseFromEnvironment } from '../../src/keys/passphrase.js';

export default class KeyInit extends BaseCommand {
  static override summary = "Make this installation's keys, and a copy to keep elsewhere";
  static override description =
    `Makes the key and self-made certificate that sign archives, the key that signs the audit log, and the secret that
pseudonymises. They lie in .gdpr/keys, readable by you alone; GDPR_KEY_PASSPHRASE puts them under a passphrase too.

The copy is not optional: whoever loses the secret loses the list of people who must never be written to again. It is
encrypted with a passphrase of its own (asked for, or GDPR_COPY_PASSPHRASE); keep both on another machine or on paper.`;

  static override examples = ['<%= config.bin %> <%= command.id %> --copy /media/usb/bookshop-keys.age'];

  static override flags = {
    copy: Flags.string({ description: 'Where to write the encrypted copy (.age)', required: true, helpValue: 'FILE' }),
    organization: Flags.string({
      description: "Organisation named in the certificate (default: the map's controller)",
      helpValue: 'NAME',
    }),
  };

  async run() {
    const { flags } = await this.parse(KeyInit);
    const copyPassphrase = await newPassphrase('GDPR_COPY_PASSPHRASE', 'the copy');
    const { makeKeys } = await import('../../src/workspace/keys.js');
    const passphrase = await passphraseFromEnvironment(process.env);
    const made = await makeKeys(this.surroundings(flags.workspace), {
      organization: flags.organization,
      passphrase,
      copy: { to: resolve(flags.copy), passphrase: copyPassphrase },
    });
    this.print(
      `Copy         ${made.copy}`,
      `Certificate  SHA-256 ${made.ids.signing}`,
      `Audit key    ${made.ids.checkpoint}`,
      '',
      'The certificate is self-made: it proves that an archive was not changed, not who you are. Give its SHA-256 to those',
      'who verify your archives. docs/keys.md tells how to use an e-seal of your organisation instead.',
    );
    return made;
  }
}
