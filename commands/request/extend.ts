import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class RequestExtend extends BaseCommand {
  static override summary = 'Extend a deadline by two further months, with a reason (Art. 12(3))';
  static override description =
    `Once, and only inside the first month. It is allowed where requests are complex or many, and only if the person is told of
it and of the reasons inside the first month. This command does not tell them.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> R-2026-0001 --reason "old orders are on paper in an archive"',
  ];

  static override args = { number: Args.string({ description: 'Number of the request', required: true }) };

  static override flags = {
    reason: Flags.string({
      description: 'Why it takes longer, as you tell the person (no data of people)',
      required: true,
      helpValue: 'TEXT',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(RequestExtend);
    const { extendRequest } = await import('../../src/request/extend.js');
    const extended = await this.withContext(flags.workspace, (context) =>
      extendRequest(context, args.number, flags.reason),
    );
    this.print(
      `Request   ${extended.request} (${extended.kind})`,
      `Due       ${extended.due}${extended.latest === extended.due ? '' : ` (at the very latest ${extended.latest})`}`,
      `Audit     entry ${extended.audit.sequence}, operation ${extended.operation}`,
      '',
      `Tell the person, with the reasons, by ${extended.tellBy};`,
      'without that the extension does not hold.',
    );
    return extended;
  }
}
