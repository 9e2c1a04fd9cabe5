import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class DisclosureHandover extends BaseCommand {
  static override summary = 'Record how a disclosure was handed over: to whom, how, against which receipt';

  static override examples = [
    '<%= config.bin %> <%= command.id %> disclosure-abcdefgh23 --to "the registry of the court" --how "by hand, on a disc" --receipt 2026/118',
  ];

  static override args = { disclosure: Args.string({ description: 'Number of the disclosure', required: true }) };

  static override flags = {
    to: Flags.string({ description: 'Who took it', helpValue: 'WHO', required: true }),
    how: Flags.string({ description: 'How it was handed over', helpValue: 'HOW', required: true }),
    receipt: Flags.string({ description: 'Number or place of the receipt', helpValue: 'REFERENCE' }),
  };

  async run() {
    const { args, flags } = await this.parse(DisclosureHandover);
    const { to, how, receipt } = flags;
    const { recordHandover } = await import('../../src/disclosure/look.js');
    const recorded = await this.withContext(flags.workspace, (context) =>
      recordHandover(context, { number: args.disclosure, to, means: how, receipt }),
    );
    this.print(
      `Disclosure  ${recorded.disclosure}`,
      ...recorded.handovers.map(({ at, to: who, means }) => `Handed over ${at} to ${who}, ${means}`),
      `Audit       entry ${recorded.audit.sequence}, operation ${recorded.operation}`,
    );
    return recorded;
  }
}
