import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';

export default class DbMigrate extends BaseCommand {
  static override summary = "Create or update the tool's own tables, in schema gdpr";
  static override description =
    `The shop's tables are never touched. The first run ties this workspace and the database together; a database that belongs to
another workspace is refused.`;

  static override examples = ['<%= config.bin %> <%= command.id %>'];

  async run() {
    const { flags } = await this.parse(DbMigrate);
    const { migrateWorkspace } = await import('../../src/workspace/migrate-workspace.js');
    const result = await migrateWorkspace(this.surroundings(flags.workspace));
    this.print(
      result.migrations.length === 0
        ? 'The tables are up to date.'
        : `${count(result.migrations.length, 'migration')} run: ${result.migrations.join(', ')}.`,
    );
    return result;
  }
}
