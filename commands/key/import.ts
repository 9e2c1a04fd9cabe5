import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import { existingPassphrase } from '../../src/cli/prompt.js';
import { passphraseFromEnvironment } from '../../src/keys/passphrase.js';

export default class KeyImport extends BaseCommand {
  static override summary = 'Bring the keys of this installation from their copy';
  static override description =
    `Refused when the database was used with other keys, or when keys are already here. The copy's passphrase is asked for, or
GDPR_COPY_PASSPHRASE; GDPR_KEY_PASSPHRASE puts the keys on this machine under a passphrase too.`;

  static override examples = ['<%= config.bin %> <%= command.id %> /media/usb/bookshop-keys.age'];
  static override args = { file: Args.string({ description: 'The copy (.age)', required: true }) };

  async run() {
    const { args, flags } = await this.parse(KeyImport);
    const { bringKeys } = await import('../../src/workspace/keys.js');
    const copyPassphrase = await existingPassphrase('GDPR_COPY_PASSPHRASE', 'the copy');
    const passphrase = await passphraseFromEnvironment(process.env);
    const ids = await bringKeys(this.surroundings(flags.workspace), {
      from: resolve(args.file),
      copyPassphrase,
      passphrase,
    });
    this.print(`The keys are in place. Certificate SHA-256 ${ids.signing}`);
    return { ids };
  }
}
