import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { approvedLines, confirmApproval, storedPlanLines } from '../src/cli/approve-lines.js';
import { BaseCommand } from '../src/cli/base-command.js';

export default class Approve extends BaseCommand {
  static override summary = 'Agree, as a second person, to a plan that somebody else prepared';
  static override description =
    `Shows the whole plan and records the agreement: valid for seven days, used once, and not by whoever agreed. Nobody can agree
to their own plan. Where "gdpr db roles" was applied, the database itself tells the two people apart by their roles;
elsewhere their names under GDPR_OPERATOR must differ, and every record says so.`;

  static override examples = [
    {
      description: 'Read it first:',
      command:
        '<%= config.bin %> <%= command.id %> sha256:3b1c3f4e5d6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e --show',
    },
    '<%= config.bin %> <%= command.id %> sha256:3b1c3f4e5d6a7b8c9d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e',
  ];

  static override args = {
    digest: Args.string({ description: 'The digest that --plan printed', required: true }),
  };

  static override flags = {
    show: Flags.boolean({ description: 'Show the plan and stop' }),
    yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
  };

  async run() {
    const { args, flags } = await this.parse(Approve);
    const { approvePlan, readDigest, readPlan } = await import('../src/operation/approve.js');
    const digest = readDigest(args.digest);
    return this.withContext(flags.workspace, async (context) => {
      const stored = await readPlan(context, digest);
      if (flags.show) {
        this.print(...storedPlanLines(stored));
        return stored;
      }
      await confirmApproval(stored, flags.yes);
      if (flags.yes) this.print(...storedPlanLines(stored), '');
      const approval = await approvePlan(context, stored);
      this.print(...approvedLines(approval));
      return { ...stored, approval };
    });
  }
}
