import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class DbRoles extends BaseCommand {
  static override summary = 'Print the SQL of database roles with the least that each needs';
  static override description =
    `Five roles, which people's logins are made members of: owner (migrates the tool's tables), operator, approver, auditor and
marketer. Nothing is run; look at the SQL and give it to psql. It can be run again, and has to be after every migration and
every change of the data map. From then on a second person's agreement takes a second database role.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> > roles.sql',
    '<%= config.bin %> <%= command.id %> --prefix privacy_ --audience marketing',
  ];

  static override flags = {
    prefix: Flags.string({
      description: 'What the names of the roles begin with',
      default: 'gdpr_',
      helpValue: 'PREFIX',
    }),
    audience: Flags.string({
      description:
        'A purpose of the data map whose data the marketer reads; can be given again (default: those that rest on consent)',
      multiple: true,
      helpValue: 'PURPOSE',
    }),
  };

  async run() {
    const { flags } = await this.parse(DbRoles);
    const { printRoles } = await import('../../src/roles/print-roles.js');
    const result = await this.withWorkspace(flags.workspace, (open) => printRoles(open, flags));
    this.print(result.sql.trimEnd());
    return result;
  }
}
