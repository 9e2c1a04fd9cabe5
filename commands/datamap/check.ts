import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class DatamapCheck extends BaseCommand {
  static override summary = 'Compare the data map with the live database';
  static override description =
    `Reads datamap.yaml (errors give file, line and path) and the catalogue of the database: every table and column must be
described, every table must lead to a person or say why it does not, every key to a personal table must be explained.

Exit code 0 when both agree, 6 when they differ; nothing else runs until they agree.`;

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run() {
    const { flags } = await this.parse(DatamapCheck);
    const { checkDataMap } = await import('../../src/workspace/check-data-map.js');
    const result = await this.withWorkspace(flags.workspace, checkDataMap);
    for (const { table, column, message } of result.drift)
      this.print(`${table}${column === undefined ? '' : `.${column}`}: ${message}`);
    if (result.drift.length > 0) {
      process.exitCode = EXIT.drift;
      this.print('', `${count(result.drift.length, 'difference')}. Mend the map; until then every operation refuses.`);
    } else {
      this.print(
        `The map and the database agree: ${count(result.tables, 'table')} (${result.personal} personal), ${count(result.columns, 'column')}.`,
        `Map digest ${result.digest}`,
      );
    }
    return result;
  }
}
