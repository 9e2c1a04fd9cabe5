import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';

export default class RequestShow extends BaseCommand {
  static override summary = 'Show one request and its story';
  static override description =
    `The reply address is masked; --reveal shows it, and the log notes that it did. It is removed when the request is closed
or refused.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> R-2026-0001',
    '<%= config.bin %> <%= command.id %> R-2026-0001 --reveal',
  ];

  static override args = { number: Args.string({ description: 'Number of the request', required: true }) };

  static override flags = {
    reveal: Flags.boolean({ description: 'Show the reply address in clear', default: false }),
  };

  async run() {
    const { args, flags } = await this.parse(RequestShow);
    const [{ showRequest }, { summaryLines, storyLines, workRows, WORK_HEAD }] = await Promise.all([
      import('../../src/request/look.js'),
      import('../../src/request/lines.js'),
    ]);
    const shown = await this.withContext(flags.workspace, (context) => showRequest(context, args.number, flags.reveal));
    const { timeZone } = shown;
    this.print(
      ...summaryLines(shown),
      `Reply to   ${shown.replyTo ?? (shown.state === 'open' ? 'not given' : 'removed')}`,
    );
    this.print('', ...storyLines(shown.story, timeZone));
    if (shown.done.length > 0) this.print('', ...textTable(WORK_HEAD, workRows(shown.done, timeZone)));
    return shown;
  }
}
