import { BaseCommand } from '../../src/cli/base-command.js';

export default class DbIndexes extends BaseCommand {
  static override summary = 'Print the SQL of the indexes that finding a person fast asks for';
  static override description =
    `For every statement that finds, exports or erases one person, by the data map as it is: the keys of identifiers and the
columns that rows are reached by. What is there already, under whatever name, is not printed again. Nothing is run; look
at the SQL and give it to psql as the owner of the tables. The shop can go on writing meanwhile. Run it again after
every change of the data map and after every update.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> > indexes.sql',
    '<%= config.bin %> <%= command.id %> | psql "$DATABASE_URL"',
  ];

  async run() {
    const { flags } = await this.parse(DbIndexes);
    const { printIndexes } = await import('../../src/customer/indexes/print-indexes.js');
    const result = await this.withWorkspace(flags.workspace, printIndexes);
    this.print(result.sql.trimEnd());
    return result;
  }
}
