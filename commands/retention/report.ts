import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';

export default class RetentionReport extends BaseCommand {
  static override summary = 'Write a signed report of a retention run';
  static override description =
    `What was due and what went, by rule, table and the month in which it fell due, under which law and by whose agreement; no
personal data. A page with charts and the figures as JSON stand in a signed archive. Every run writes one at its end; this
writes it again, also of a run that was cut short.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 20261123-abcdefghijklmnop --json',
  ];

  static override args = {
    operation: Args.string({ description: 'The operation of the run (default: the last one)' }),
  };

  async run() {
    const { args, flags } = await this.parse(RetentionReport);
    const { retentionReport } = await import('../../src/retention/report.js');
    const result = await this.withContext(flags.workspace, (context) => retentionReport(context, args.operation));
    this.print(
      ...textTable(
        ['RULE', 'FREE TO GO', 'HELD', 'WAITING', 'DELETED', 'CHANGED'],
        result.rules.map(({ rule, eligible, held, excepted, deleted, changed }) => [
          rule,
          ...[eligible, held, excepted, deleted, changed].map(String),
        ]),
      ),
      '',
      `Run        ${result.run}, ${result.stopped ?? 'cut short'}`,
      `Archive    ${result.archive}`,
      `SHA-256    ${result.sha256}`,
      `Audit      entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    return result;
  }
}
