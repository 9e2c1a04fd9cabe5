import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import { askPassphrase, newPassphrase } from '../../src/cli/prompt.js';

export default class KeyExport extends BaseCommand {
  static override summary = 'Write an encrypted copy of the keys, for another machine or a safe';
  static override description =
    'The copy is an age file under a passphrase of its own (asked for, or GDPR_COPY_PASSPHRASE).';
  static override examples = ['<%= config.bin %> <%= command.id %> /media/usb/bookshop-keys.age'];
  static override args = {
    file: Args.string({ description: 'The copy (.age); an existing file is never overwritten', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(KeyExport);
    const { locateWorkspace } = await import('../../src/workspace/open.js');
    const { describeKeys } = await import('../../src/keys/keys.js');
    const { exportKeys } = await import('../../src/keys/copy.js');
    const { paths } = await locateWorkspace(this.surroundings(flags.workspace));
    const passphrase = (await describeKeys(paths.keys)).passphrase ? await askPassphrase() : undefined;
    const copy = await exportKeys(paths.keys, {
      passphrase,
      copyPassphrase: await newPassphrase('GDPR_COPY_PASSPHRASE', 'the copy'),
      to: resolve(args.file),
    });
    this.print(`Copy     ${copy.path}`, `SHA-256  ${copy.sha256}`);
    return copy;
  }
}
