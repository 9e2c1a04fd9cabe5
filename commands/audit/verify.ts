import { BaseCommand } from '../../src/cli/base-command.js';
import { checkLine } from '../../src/cli/mark.js';
import { count } from '../../src/cli/table.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class AuditVerify extends BaseCommand {
  static override summary = 'Check that no entry of the audit log was changed, removed or cut off';
  static override description =
    `Rebuilds the Merkle tree over all entries and compares it with every signed checkpoint, in the database and in the
journal outside it.

Exit code 0 when the log is whole, 5 when it is not; the entries concerned are named.`;

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run() {
    const { flags } = await this.parse(AuditVerify);
    const { verifyAuditLog } = await import('../../src/operation/log.js');
    const result = await this.withWorkspace(flags.workspace, verifyAuditLog);
    if (!result.valid) process.exitCode = EXIT.verification;
    this.print(...result.checks.map((check) => checkLine(check.ok, check.title, check.detail)));
    if (result.problems.length > 0)
      this.print(
        '',
        ...result.problems.map(
          ({ sequence, problem }) => `${sequence === null ? 'log' : `entry ${sequence}`}: ${problem}`,
        ),
      );
    this.print(
      '',
      result.valid
        ? `The log is whole: ${count(result.size, 'entry', 'entries')}, root ${result.root}`
        : 'The log is NOT whole. Keep the database as it is and find out who could write to it.',
    );
    return result;
  }
}
