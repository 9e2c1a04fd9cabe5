import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class DisclosureNotify extends BaseCommand {
  static override summary = 'Write to those who had the data of its correction, erasure, restriction';
  static override description =
    `Art. 19: for one operation, a letter in Latvian and in English to each recipient to whom the person's data was disclosed
before, as a signed archive; noted in the register, so that nobody is told twice. The register knows no names: who is meant
is filled in by hand, and of a disclosure that may not be told of there is no letter.`;

  static override examples = ['<%= config.bin %> <%= command.id %> 20260301-abcdefghijklmnop'];

  static override args = {
    operation: Args.string({ description: 'The correction, erasure or restriction', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(DisclosureNotify);
    const { notifyRecipients } = await import('../../src/disclosure/notify.js');
    const notified = await this.withContext(flags.workspace, (context) => notifyRecipients(context, args.operation));
    this.print(
      ...notified.letters.map(({ recipient, files }) => `Letter      to ${recipient}: ${files.join(', ')}`),
      `Archive     ${notified.archive}`,
      `SHA-256     ${notified.sha256}`,
      `Audit       entry ${notified.audit.sequence}, operation ${notified.operation}`,
    );
    return notified;
  }
}
