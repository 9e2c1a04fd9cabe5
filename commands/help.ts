import * as Args from '@oclif/core/args';
import { BaseCommand } from '../src/cli/base-command.js';
import GdprHelp from '../src/cli/help.js';

export default class HelpCommand extends BaseCommand {
  static override summary = 'Show help for a command';
  static override examples = ['<%= config.bin %> <%= command.id %> customer export'];
  static override args = { command: Args.string({ description: 'The words of the command' }) };
  static override strict = false;
  static override enableJsonFlag = false;
  static override baseFlags = {} as (typeof BaseCommand)['baseFlags'];

  async run() {
    const { argv } = await this.parse(HelpCommand);
    await new GdprHelp(this.config).showHelp(argv.map(String));
  }
}
