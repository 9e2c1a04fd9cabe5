import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { agreementLines } from '../../src/cli/agreement-lines.js';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class AgreementEnd extends BaseCommand {
  static override summary = 'End an agreement before its last day';
  static override description =
    `From the day after, nothing is given under it. It stays on record with what was given before.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> DPD-2022/3305 --on 2026-06-30 --reason "the board changed the courier"',
  ];

  static override args = { number: Args.string({ description: 'Number of the agreement', required: true }) };

  static override flags = {
    on: Flags.string({ description: 'Its last day after all (2026-03-01)', helpValue: 'DATE', required: true }),
    reason: Flags.string({ description: 'Why it ends (no data of people)', helpValue: 'TEXT', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(AgreementEnd);
    const { on, reason } = flags;
    const { endAgreement } = await import('../../src/disclosure/agreements.js');
    const ended = await this.withContext(flags.workspace, (context) =>
      endAgreement(context, { number: args.number, on, reason }),
    );
    this.print(...agreementLines(ended), `Audit       entry ${ended.audit.sequence}, operation ${ended.operation}`);
    return ended;
  }
}
