import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { newPassphrase } from '../../src/cli/prompt.js';

export default class KeyRotate extends BaseCommand {
  static override summary = 'Make a new secret for pseudonyms; the former ones stay';
  static override description =
    `From now on codes of people and addresses are made with the new secret. The former ones stay among the keys, so that
whoever was erased, has objected or is on hold is met by the codes made before, and keeps one reference. The keys that
sign archives and the audit log stay as they are.

The copy is not optional: no earlier copy holds the new secret. It is encrypted with a passphrase of its own (asked
for, or GDPR_COPY_PASSPHRASE). Nothing else may run meanwhile; a run that was interrupted is repeated. Bring the copy to
every other machine that holds the keys. Works as the owner of schema gdpr.`;

  static override examples = ['<%= config.bin %> <%= command.id %> --copy /media/usb/bookshop-keys-2.age'];

  static override flags = {
    copy: Flags.string({ description: 'Where to write the encrypted copy (.age)', required: true, helpValue: 'FILE' }),
  };

  async run() {
    const { flags } = await this.parse(KeyRotate);
    const passphrase = await newPassphrase('GDPR_COPY_PASSPHRASE', 'the copy');
    const { rotateKeys } = await import('../../src/operation/rotate-keys.js');
    const rotated = await rotateKeys(this.surroundings(flags.workspace), { to: resolve(flags.copy), passphrase });
    this.print(
      `Secret     ${rotated.hmacVersion}; the former ones stay beside it`,
      `Copy       ${rotated.copy.path}`,
      `SHA-256    ${rotated.copy.sha256}`,
      `Operation  ${rotated.operation}, audit entry ${rotated.audit.sequence}`,
    );
    return rotated;
  }
}
