import { BaseCommand } from '../../src/cli/base-command.js';
import { planLines } from '../../src/cli/retention-lines.js';

export default class RetentionPlan extends BaseCommand {
  static override summary = 'Say what retention would take now, and what keeps the rest';
  static override description =
    `Counts, rule by rule, what is due and free to go (eligible), due and kept by a hold (held) or by another ground such as an
open order, a restriction or an open access request (excepted), not due yet, and done. Changes nothing.

Rows whose clock never begins are listed as uncovered, unless the data map states why they wait: no rule would ever reach
them. A run is refused (exit code 6) until there are none.`;

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run() {
    const { flags } = await this.parse(RetentionPlan);
    const { planRetention } = await import('../../src/retention/plan.js');
    const plan = await this.withContext(flags.workspace, (context) => planRetention(context));
    this.print(...planLines(plan));
    return plan;
  }
}
