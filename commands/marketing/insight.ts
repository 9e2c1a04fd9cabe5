import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { insightLines } from '../../src/cli/insight-lines.js';
import { DIMENSIONS, LEAST } from '../../src/marketing/insight-result.js';

export default class MarketingInsight extends BaseCommand {
  static override summary = "Understand customers' wishes in figures that are about nobody";
  static override description =
    `Counts people by language, place, segment of gdpr.yaml or category of what they bought. A figure about fewer people than
--minimum is withheld, and so are others from which it could be computed. Nobody is counted who objected to profiling,
whose data are restricted or were erased; nor legal persons and accounts that are out of use.

Categories of what people bought may reveal beliefs (Art. 9): the table by category counts those who gave their explicit
consent to a purpose that it is held for, and is refused (exit code 3) where there is no such purpose.

The figures stand in a signed archive, which holds nobody's data.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --by language --by place --minimum 20',
    '<%= config.bin %> <%= command.id %> --segment this-year --by place --json',
  ];

  static override flags = {
    segment: Flags.string({ description: 'Only people of this segment of gdpr.yaml', helpValue: 'ID' }),
    by: Flags.option({
      description: 'What to count by; several may be named (default: language, place and segment, as far as described)',
      options: DIMENSIONS,
      multiple: true,
    })(),
    minimum: Flags.integer({
      description: 'The fewest people that a figure may be about',
      helpValue: 'N',
      min: LEAST,
      max: 1_000_000,
      default: 10,
    }),
  };

  async run() {
    const { flags } = await this.parse(MarketingInsight);
    const { insight } = await import('../../src/marketing/insight.js');
    const by = flags.by === undefined ? undefined : [...new Set(flags.by)];
    const options = { segment: flags.segment ?? null, by, minimum: flags.minimum };
    const result = await this.withContext(flags.workspace, (context) =>
      insight(context, options, (done, total) => this.progress.show('people', done, total)),
    );
    this.progress.stop();
    this.print(
      ...insightLines(result),
      `Archive    ${result.archive}`,
      `SHA-256    ${result.sha256}`,
      `Audit      entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    return result;
  }
}
