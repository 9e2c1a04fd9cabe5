import { BaseCommand } from '../../src/cli/base-command.js';

export default class AuditCheckpoint extends BaseCommand {
  static override summary = 'Sign the present state of the audit log and keep it in the journal';
  static override description =
    `Operations do this by themselves. What is printed is a signed note (C2SP tlog-checkpoint): send it to somebody you
trust, and a log that is rewritten later can be told from the one you signed.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> > checkpoint.txt',
  ];

  async run() {
    const { flags } = await this.parse(AuditCheckpoint);
    const { checkpointLog } = await import('../../src/audit/checkpoint-write.js');
    const { size, note } = await this.withContext(flags.workspace, ({ database, keys, paths }) =>
      checkpointLog(database, { key: keys.checkpointKey(), journalPath: paths.journal }),
    );
    this.print(note.trimEnd());
    return { size, note };
  }
}
