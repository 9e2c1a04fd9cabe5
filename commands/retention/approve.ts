import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { agreedLines, confirmRules, ruleLines } from '../../src/cli/retention-lines.js';

export default class RetentionApprove extends BaseCommand {
  static override summary = 'Agree to the retention rules, as one of two people';
  static override description =
    `Shows the retention rules of the data map and their digest. The first person prepares them, a second one agrees; nobody can
be both (exit code 3). Nothing is taken under rules that two people have not agreed on. The agreement stands until the rules
change: periods, clocks, tables, columns, or what is done to them.

Every period needs its "confirmedBy" in the data map: who decided on it, and when.`;

  static override examples = [
    { description: 'Read them first:', command: '<%= config.bin %> <%= command.id %> --show' },
    '<%= config.bin %> <%= command.id %>',
  ];

  static override flags = {
    show: Flags.boolean({ description: 'Show the rules and stop' }),
    yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
  };

  async run() {
    const { flags } = await this.parse(RetentionApprove);
    const { agreeOnRules, pendingRuleSet } = await import('../../src/retention/approve.js');
    const { readRules } = await import('../../src/retention/show-rules.js');
    return this.withContext(flags.workspace, async (context) => {
      const shown = await readRules(context);
      if (flags.show) {
        this.print(...ruleLines(shown));
        return { ...shown, step: 'shown' as const };
      }
      const pending = await pendingRuleSet(context);
      if (pending.step === 'agreed') {
        this.print(...ruleLines(shown));
        return { ...shown, step: 'agreed' as const };
      }
      await confirmRules(shown, pending.step, flags.yes);
      if (flags.yes) this.print(...ruleLines(shown), '');
      const { step, operation, audit, stored } = await agreeOnRules(context, pending);
      this.print(...agreedLines({ step, operation, audit, stored }));
      const { preparedBy, preparedAt, approval } = stored;
      return { ...shown, preparedBy, preparedAt, approval, step, operation, audit };
    });
  }
}
