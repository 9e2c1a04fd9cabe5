import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { fileProgress } from '../../src/cli/file-progress.js';
import { reasonLines } from '../../src/cli/reason-lines.js';
import { count } from '../../src/cli/table.js';
import { EXIT, GdprError } from '../../src/foundation/errors.js';
import type { ReturnedKind } from '../../src/marketing/returned.js';

const KINDS: readonly ReturnedKind[] = ['tokens', 'bounces', 'complaints'];
const shared = (own: ReturnedKind) => ({
  exclusive: KINDS.filter((kind) => kind !== own),
  helpGroup: 'FILE',
  helpValue: 'FILE',
});

export default class MarketingUnsubscribe extends BaseCommand {
  static override summary = 'Take unsubscriptions, bounces and complaints back into the ledger';

  static override description =
    `A token withdraws from the channel of the list that it came with; a hard bounce takes the e-mail address out of use;
a complaint is an objection to all sending. Each suppresses the address, at once and for later imports, too. The same
file again changes nothing. Lines that are no good do not hold up the others: exit code 5 when tokens were not made
here, 2 when a line is not understood; the good ones are taken back all the same.`;

  static override examples = [
    {
      description: 'Tokens that the unsubscribe page collected, one a line or in a CSV column "token":',
      command: '<%= config.bin %> <%= command.id %> --tokens unsubscribed.txt',
    },
    'tail -n 50 unsubscribed.txt | <%= config.bin %> <%= command.id %> --tokens -',
    '<%= config.bin %> <%= command.id %> --bounces bounces.csv --ignore-columns',
  ];

  static override flags = {
    tokens: Flags.string({
      description: 'Unsubscribe tokens, one a line, or CSV with the columns token and at; - for standard input',
      ...shared('tokens'),
    }),
    bounces: Flags.string({
      description: 'Undeliverable mail: CSV with the columns email, type (hard or soft; hard if left out) and at',
      ...shared('bounces'),
    }),
    complaints: Flags.string({
      description: 'Mail reported as unwanted: CSV with the columns email and at',
      ...shared('complaints'),
    }),
    'ignore-columns': Flags.boolean({ description: 'Pass over columns that are not known, instead of refusing them' }),
  };

  async run() {
    const { flags } = await this.parse(MarketingUnsubscribe);
    const kind = KINDS.find((each) => flags[each] !== undefined);
    const file = kind === undefined ? undefined : flags[kind];
    if (kind === undefined || file === undefined) {
      throw new GdprError('USAGE', 'no file is named', { hint: 'name one: --tokens, --bounces or --complaints' });
    }
    const { takeBackReturned } = await import('../../src/marketing/unsubscribe.js');
    const onProgress = await fileProgress(this.progress, file);
    const result = await this.withContext(flags.workspace, (context) =>
      takeBackReturned(context, { kind, file, ignoreColumns: flags['ignore-columns'] }, onProgress),
    );
    this.progress.stop();
    const { lines, taken, known, foreign, soft, bad } = result;
    this.print(
      ...reasonLines([
        ...bad.map(({ reason, lines: numbers }) => ({ reason: `bad: ${reason}`, lines: numbers })),
        { reason: 'a token that was not made here, or was altered', lines: foreign },
      ]),
      `${count(lines, 'line')}: ${taken} taken back, ${known} known before${soft === 0 ? '' : `, ${count(soft, 'soft bounce')} passed over`}.`,
      `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    if (bad.length > 0) process.exitCode = EXIT.usage;
    else if (foreign.length > 0) process.exitCode = EXIT.verification;
    return result;
  }
}
