import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';
import { EXIT } from '../../src/foundation/errors.js';
import type { RequestView } from '../../src/request/request.js';

export default class RequestDue extends BaseCommand {
  static override summary = 'Tell which requests are overdue or must be answered soon';
  static override description = `Made for a timer: a line for each such request, and nothing when there is none.

Exit code 3 when a request is overdue or near its day, 0 when none is.`;

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --within 14'];

  static override flags = {
    within: Flags.integer({ description: 'How many days ahead', helpValue: 'DAYS', min: 0, max: 366, default: 7 }),
  };

  async run() {
    const { flags } = await this.parse(RequestDue);
    const { within } = flags;
    const { dueRequests } = await import('../../src/request/look.js');
    const due = await this.withContext(flags.workspace, (context) => dueRequests(context, within));
    if (due.requests.length > 0) process.exitCode = EXIT.refused;
    for (const request of due.requests) this.print(lineOf(request));
    return { within, ...due };
  }
}

function lineOf({ request, kind, due, daysLeft, waitingSince }: RequestView): string {
  const left = daysLeft ?? 0;
  const when =
    left < 0 ? `OVERDUE by ${count(-left, 'day')}` : left === 0 ? 'due TODAY' : `due in ${count(left, 'day')}`;
  return `${request}  ${kind.padEnd(13)}  ${due}  ${when}${waitingSince === null ? '' : ', identification awaited'}`;
}
