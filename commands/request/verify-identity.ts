import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';

export default class RequestVerifyIdentity extends BaseCommand {
  static override summary = 'Note how the identity behind a request was checked, or that it was asked for';

  static override description =
    `Ask for no more than is needed: a login, an answer from the e-mail address that is held, the number of an order.
Never for a copy of a passport or identity card. What was shown is not noted, only how it was checked.

Asked for within five working days of receipt, the information stops the clock from --asked to --answered. Asked for
later, it does not. The day of receipt stays what it was.

A request that was opened with --unknown gets its person here: --email and so on.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> R-2026-0001 --how "account login"',
    '<%= config.bin %> <%= command.id %> R-2026-0001 --asked 2026-03-06',
    '<%= config.bin %> <%= command.id %> R-2026-0001 --answered --how "known e-mail answered" --email anna.berzina@pasts.example',
  ];

  static override args = { number: Args.string({ description: 'Number of the request', required: true }) };

  static override flags = {
    ...personFlags,
    how: Flags.string({
      description: 'How it was checked: account login, known e-mail answered … (what was done, no data)',
      helpValue: 'HOW',
    }),
    asked: Flags.string({
      description: 'Identification information was asked for, today or on this day',
      helpValue: '[DATE]',
    }),
    answered: Flags.string({ description: 'It came, today or on this day', helpValue: '[DATE]' }),
  };

  async run() {
    const { args, flags } = await this.parse(RequestVerifyIdentity, withToday(this.argv));
    const { how, asked, answered } = flags;
    const query = await personQuery(flags);
    const { verifyIdentity } = await import('../../src/request/identity.js');
    const noted = await this.withContext(flags.workspace, (context) =>
      verifyIdentity(context, args.number, { how, asked, answered, query }, chooseCandidate),
    );
    const { summaryLines } = await import('../../src/request/lines.js');
    this.print(...summaryLines(noted), `Audit      entry ${noted.audit.sequence}, operation ${noted.operation}`);
    if (asked !== undefined && !noted.suspended)
      this.print('', 'Asked for too late to stop the clock: the day stays the same.');
    if (noted.alsoOpen.length > 0)
      this.print('', `Also open for ${noted.kind} by this person: ${noted.alsoOpen.join(', ')}`);
    return noted;
  }
}

/** oclif has no flag whose value may be left out. */
function withToday(argv: readonly string[]): string[] {
  return argv.flatMap((word, i) =>
    ['--asked', '--answered'].includes(word) && !/^(\d{4}-|today$)/.test(argv[i + 1] ?? '') ? [word, 'today'] : [word],
  );
}
