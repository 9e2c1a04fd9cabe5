import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { count, textTable } from '../../src/cli/table.js';
import type { HoldView } from '../../src/customer/hold/hold.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class HoldList extends BaseCommand {
  static override summary = 'List holds and the days on which they end';
  static override description =
    `With --due made for a timer: a line for each hold that ends soon or has ended and was not released, and nothing when
there is none. Exit code 3 when there is one, 0 when there is none.

Holds that may not be told of are left out, unless --with-gagged asks for them; that it did is logged.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --due --within 14 --with-gagged',
  ];

  static override flags = {
    all: Flags.boolean({ description: 'Those that ended or were released, too', exclusive: ['due'] }),
    due: Flags.boolean({ description: 'Only those that end soon, or have ended and were not released' }),
    within: Flags.integer({
      description: 'How many days ahead is soon (default: 7)',
      helpValue: 'DAYS',
      min: 0,
      max: 366,
      dependsOn: ['due'],
    }),
    'with-gagged': Flags.boolean({ description: 'Those that may not be told of, too' }),
  };

  async run() {
    const { flags } = await this.parse(HoldList);
    const within = flags.due ? (flags.within ?? 7) : undefined;
    const { listHolds } = await import('../../src/customer/hold/look.js');
    const listed = await this.withContext(flags.workspace, (context) =>
      listHolds(context, { all: flags.all, within, gagged: flags['with-gagged'] }),
    );
    const { holds } = listed;
    if (within !== undefined) {
      if (holds.length > 0) process.exitCode = EXIT.refused;
      for (const hold of holds) this.print(lineOf(hold));
    } else if (holds.length === 0) this.print(flags.all ? 'No holds.' : 'No holds in force.');
    else {
      const rows = holds.map((hold) => [
        hold.hold,
        hold.scope,
        hold.until,
        hold.gagged ? `${hold.state}, untold` : hold.state,
        hold.authority,
        hold.reference,
      ]);
      this.print(...textTable(['ID', 'ON', 'UNTIL', 'STATE', 'BY ORDER OF', 'REFERENCE'], rows));
    }
    return listed;
  }
}

function lineOf({ hold, scope, until, daysLeft, gagged }: HoldView): string {
  const left = daysLeft ?? 0;
  const when =
    left < 0 ? `ENDED ${count(-left, 'day')} ago` : left === 0 ? 'ends TODAY' : `ends in ${count(left, 'day')}`;
  return `${hold}  ${scope.padEnd(6)}  ${until}  ${when}${gagged ? ', untold' : ''}`;
}
