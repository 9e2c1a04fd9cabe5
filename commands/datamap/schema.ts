import { BaseCommand } from '../../src/cli/base-command.js';

export default class DatamapSchema extends BaseCommand {
  static override summary = 'Print the JSON Schema of the data map';
  static override description =
    `An editor that knows it completes and checks the map. The first line of datamap.yaml points to it:

# yaml-language-server: $schema=datamap.schema.json`;

  static override examples = ['<%= config.bin %> <%= command.id %> > datamap.schema.json'];

  async run() {
    await this.parse(DatamapSchema);
    const { dataMapJsonSchema } = await import('../../src/datamap/json-schema.js');
    const schema = dataMapJsonSchema();
    this.print(JSON.stringify(schema, undefined, 2));
    return schema;
  }
}
