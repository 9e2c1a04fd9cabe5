import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { notifyLines } from '../../src/cli/notify-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { letterFlags, letterOrder, rightFlags } from '../../src/cli/right-flags.js';
import { count } from '../../src/cli/table.js';

export default class CustomerObject extends BaseCommand {
  static override summary = 'Note an objection to marketing or to profiling, on all channels (Art. 21)';
  static override description =
    `Takes effect at once. The person's e-mail addresses and phone numbers are suppressed under keyed codes, so that the
objection outlives their rows and an import does not bring them back. Prints the recipients to pass it on to.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --to marketing',
    '<%= config.bin %> <%= command.id %> --request R-2026-0001 --to insight',
  ];

  static override flags = {
    ...personFlags,
    ...rightFlags,
    ...letterFlags,
    to: Flags.option({
      description: 'marketing: being sent offers; insight: being profiled',
      options: ['marketing', 'insight'] as const,
      required: true,
    })(),
  };

  async run() {
    const { flags } = await this.parse(CustomerObject);
    const { request, verified, to } = flags;
    const query = await personQuery(flags);
    const { objectCustomer } = await import('../../src/customer/object.js');
    const objected = await this.withContext(flags.workspace, (context) =>
      objectCustomer(context, { query, request, verified, to, letter: letterOrder(flags) }, chooseCandidate),
    );
    const { email, phone } = objected.suppressed;
    this.print(
      `Person      ${objected.subject}`,
      `Objects to  ${objected.to}, from now on`,
      `Suppressed  ${count(email, 'e-mail address', 'e-mail addresses')}, ${count(phone, 'phone number')}`,
      ...(objected.request === null ? [] : [`Request     ${objected.request}`]),
      ...(objected.letter === undefined ? [] : [`Letter      ${objected.letter}`]),
      `Audit       entry ${objected.audit.sequence}, operation ${objected.operation}`,
      ...notifyLines('Pass it on to these recipients (Art. 19):', objected.notify),
    );
    return objected;
  }
}
