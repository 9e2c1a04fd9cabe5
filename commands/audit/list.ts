import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';

export default class AuditList extends BaseCommand {
  static override summary = 'List entries of the audit log';
  static override description = 'What was done, when and by whom. People appear by their reference only.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --action "customer export" --since 2026-01-01',
    '<%= config.bin %> <%= command.id %> --subject subject:abcdefghijklmnopqrstuvwxyz --json',
  ];

  static override flags = {
    action: Flags.string({ description: 'Only this command', helpValue: 'WORDS' }),
    operation: Flags.string({ description: 'Only this operation', helpValue: 'ID' }),
    subject: Flags.string({ description: 'Only this person', helpValue: 'REFERENCE' }),
    since: Flags.string({ description: 'From this day or instant on (ISO 8601)', helpValue: 'TIME' }),
    until: Flags.string({ description: 'Before this day or instant (ISO 8601)', helpValue: 'TIME' }),
    last: Flags.integer({ description: 'Only the last entries', helpValue: 'N', min: 1, max: 100000, default: 1000 }),
  };

  async run() {
    const { flags } = await this.parse(AuditList);
    const { action, operation, subject, since, until, last } = flags;
    const { listEntries } = await import('../../src/operation/log.js');
    const entries = await this.withWorkspace(flags.workspace, (open) =>
      listEntries(open, { action, operation, subject, since, until }, last),
    );
    if (entries.length === 0) this.print('No entries.');
    else {
      this.print(
        ...textTable(
          ['NO', 'TIME (UTC)', 'ACTION', 'WHAT', 'OPERATOR', 'PERSON'],
          entries.map((e) => [
            String(e.sequence),
            e.time.slice(0, 16).replace('T', ' '),
            e.action,
            e.result ?? e.kind,
            e.operator.name,
            e.subjects.map((s) => s.slice(0, 16)).join(' '),
          ]),
        ),
      );
    }
    return { entries };
  }
}
