import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';

export default class RequestClose extends BaseCommand {
  static override summary = 'Close a request that was answered; print what was done';
  static override description =
    `Lists the operations that concerned the person since the request came in. The reply address is removed: send the answer
first.`;

  static override examples = ['<%= config.bin %> <%= command.id %> R-2026-0001'];

  static override args = { number: Args.string({ description: 'Number of the request', required: true }) };

  async run() {
    const { args, flags } = await this.parse(RequestClose);
    const [{ closeRequest }, { endLines, workRows, WORK_HEAD }] = await Promise.all([
      import('../../src/request/end.js'),
      import('../../src/request/lines.js'),
    ]);
    const { closed, timeZone } = await this.withContext(flags.workspace, async (context) => ({
      closed: await closeRequest(context, args.number),
      timeZone: context.model.map.timeZone,
    }));
    this.print(...endLines(closed));
    if (closed.warning !== undefined) this.print(`Warning    ${closed.warning}`);
    this.print(`Audit      entry ${closed.audit.sequence}, operation ${closed.operation}`, '');
    if (closed.done.length > 0) this.print(...textTable(WORK_HEAD, workRows(closed.done, timeZone)));
    else this.print('The log holds no operation about this person since the request came in.');
    return closed;
  }
}
