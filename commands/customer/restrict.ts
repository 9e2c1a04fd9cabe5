import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { disclosedLines } from '../../src/cli/disclosed-lines.js';
import { notifyLines } from '../../src/cli/notify-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { letterFlags, letterOrder, rightFlags } from '../../src/cli/right-flags.js';

export default class CustomerRestrict extends BaseCommand {
  static override summary = "Restrict the processing of a person's data: kept, but not used (Art. 18)";
  static override description =
    `From now on the data is stored and not used, but for what Art. 18(2) allows. Under 18(1)(b) and (c) it is not erased
either, unless the person asks. Prints the recipients that have to be told (Art. 19).`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --ground "18(1)(a)" --verified "account login"',
    '<%= config.bin %> <%= command.id %> --request R-2026-0001 --ground "18(1)(c)"',
  ];

  static override flags = {
    ...personFlags,
    ...rightFlags,
    ...letterFlags,
    ground: Flags.string({
      description: 'The point of Art. 18(1): 18(1)(a) to 18(1)(d)',
      helpValue: 'POINT',
      required: true,
    }),
  };

  async run() {
    const { flags } = await this.parse(CustomerRestrict);
    const { request, verified, ground } = flags;
    const query = await personQuery(flags);
    const { restrictCustomer } = await import('../../src/customer/restrict/restrict.js');
    const { disclosedBefore } = await import('../../src/disclosure/notify.js');
    const restricted = await this.withContext(flags.workspace, async (context) => {
      const asked = { query, request, verified, ground, letter: letterOrder(flags) };
      const done = await restrictCustomer(context, asked, chooseCandidate);
      return { ...done, disclosed: await disclosedBefore(context, done.operation) };
    });
    this.print(
      `Person      ${restricted.subject}`,
      `Restricted  since ${restricted.since} under Art. ${restricted.ground}`,
      ...(restricted.request === null ? [] : [`Request     ${restricted.request}`]),
      ...(restricted.letter === undefined ? [] : [`Letter      ${restricted.letter}`]),
      `Audit       entry ${restricted.audit.sequence}, operation ${restricted.operation}`,
      ...notifyLines('Tell these recipients (Art. 19):', restricted.notify),
      ...disclosedLines(restricted.disclosed, restricted.operation),
    );
    return restricted;
  }
}
