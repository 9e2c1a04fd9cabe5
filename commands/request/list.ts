import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';
import { GdprError } from '../../src/foundation/errors.js';

export default class RequestList extends BaseCommand {
  static override summary = 'List requests and the days by which they must be answered';
  static override description =
    `Holds no personal data. --ics writes the due days of the open requests as a calendar file, for a calendar program to
read again and again.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --json',
    '<%= config.bin %> <%= command.id %> --ics deadlines.ics',
  ];

  static override flags = {
    open: Flags.boolean({
      description: 'Only those that are not answered yet (this is the default)',
      exclusive: ['all'],
    }),
    all: Flags.boolean({ description: 'Those that were closed or refused, too' }),
    ics: Flags.string({
      description: 'Write the open ones as a calendar (iCalendar; -: to standard output, and nothing else)',
      helpValue: 'FILE',
    }),
  };

  async run() {
    const { flags } = await this.parse(RequestList);
    if (flags.ics === '-' && this.jsonEnabled()) {
      throw new GdprError('USAGE', '--json and --ics - both write to standard output', {
        hint: 'name a file for the calendar',
      });
    }
    const { listRequests } = await import('../../src/request/look.js');
    return this.withContext(flags.workspace, async (context) => {
      const listed = await listRequests(context, flags.all ? 'all' : 'open');
      if (flags.ics !== undefined) {
        const { calendarOf } = await import('../../src/request/calendar-file.js');
        const calendar = await calendarOf(context, listed.requests);
        if (flags.ics === '-') {
          process.stdout.write(calendar);
          return listed;
        }
        const { writeDurably } = await import('../../src/foundation/durable.js');
        await writeDurably(resolve(flags.ics), calendar);
      }
      if (listed.requests.length === 0) this.print(flags.all ? 'No requests.' : 'No open requests.');
      else {
        const rows = listed.requests.map((r) => [
          r.request,
          r.kind,
          r.received,
          r.due,
          r.daysLeft === null ? '' : String(r.daysLeft),
          r.waitingSince === null ? r.state : 'waiting',
          r.handler,
        ]);
        this.print(...textTable(['NUMBER', 'KIND', 'RECEIVED', 'DUE', 'DAYS', 'STATE', 'HANDLER'], rows));
      }
      return listed;
    });
  }
}
