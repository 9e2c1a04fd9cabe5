import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class RequestRefuse extends BaseCommand {
  static override summary = 'Note that a request was refused, and on what ground (Art. 12(4), (5))';
  static override description =
    `Send the letter first: the reply address is removed here. The letter gives the reasons and names the right to complain to
the supervisory authority and to go to court; it costs the person nothing. You must be able to prove the ground. A second
request is not abusive because it is the second.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> R-2026-0001 --reason "Art. 12(5)(b): the same question weekly, answered each time"',
  ];

  static override args = { number: Args.string({ description: 'Number of the request', required: true }) };

  static override flags = {
    reason: Flags.string({ description: 'The ground (no data of people)', required: true, helpValue: 'TEXT' }),
  };

  async run() {
    const { args, flags } = await this.parse(RequestRefuse);
    const [{ refuseRequest }, { endLines }] = await Promise.all([
      import('../../src/request/end.js'),
      import('../../src/request/lines.js'),
    ]);
    const refused = await this.withContext(flags.workspace, (context) =>
      refuseRequest(context, args.number, flags.reason),
    );
    this.print(...endLines(refused), `Audit      entry ${refused.audit.sequence}, operation ${refused.operation}`);
    return refused;
  }
}
