import * as Errors from '@oclif/core/errors';
import { CommandHelp, Help } from '@oclif/core/help';
import { refuseUnknown } from './command-not-found.js';

/** Lets the terminal's width decide where the lines of a description end; paragraphs stay apart. */
class FlowingCommandHelp extends CommandHelp {
  protected override description(): string | undefined {
    const { summary = '', description = '' } = this.command;
    const paragraphs = [summary, ...description.split(/\n{2,}/).map((paragraph) => paragraph.replaceAll('\n', ' '))];
    return this.wrap(paragraphs.filter((paragraph) => paragraph !== '').join('\n\n'));
  }
}

/** Help that does not repeat words which name no command: they may be a person's. */
export default class GdprHelp extends Help {
  protected override CommandHelpClass = FlowingCommandHelp;

  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (error) {
      // The only error of its own is that the words name nothing.
      if (!(error instanceof Errors.CLIError)) throw error;
      const words = argv.filter((word) => !word.startsWith('-')).flatMap((word) => word.split(':'));
      refuseUnknown(this.config, words, argv.includes('--json'));
    }
  }
}
