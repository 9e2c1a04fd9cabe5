import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { holdLines } from '../../src/cli/hold-lines.js';
import { count } from '../../src/cli/table.js';

export default class HoldRelease extends BaseCommand {
  static override summary = 'Release a hold that another operator has placed';
  static override description =
    `The operators are told apart by their names (GDPR_OPERATOR, or the user of the system), which the database does not
enforce. Names the erased people of whom rows were kept under it: erase them again, and these rows go too.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> hold-abcdefgh23 --reason "case closed, letter of 2026-04-01"',
  ];

  static override args = { hold: Args.string({ description: 'Id of the hold', required: true }) };

  static override flags = {
    reason: Flags.string({
      description: 'Why it ends (no data of people)',
      required: true,
      helpValue: 'TEXT',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(HoldRelease);
    const { releaseHold } = await import('../../src/customer/hold/release.js');
    const released = await this.withContext(flags.workspace, (context) =>
      releaseHold(context, args.hold, flags.reason),
    );
    this.print(
      ...holdLines(released),
      `Two hands  by names, ${released.separation.enforced}`,
      ...released.waiting.map(({ subject, rows }) => `Waiting    ${count(rows, 'row')} of ${subject}, erased before`),
      `Audit      entry ${released.audit.sequence}, operation ${released.operation}`,
    );
    return released;
  }
}
