import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';
import { EXIT } from '../../src/foundation/errors.js';
import { REASON_TITLES } from '../../src/marketing/reasons.js';

export default class MarketingRecheck extends BaseCommand {
  static override summary = 'Find who has dropped out of a list, just before sending';
  static override description =
    `Everybody is judged anew by what the list was made with. Whoever withdrew, objected, was erased or restricted since
drops out; nobody is added. A list that has expired, or is not as it was made, is refused.

Exit code 3 when somebody has dropped out and no corrected list was asked for: the list must not be sent then.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> friday.csv --out friday-checked.csv',
    '<%= config.bin %> <%= command.id %> friday.csv --json',
  ];

  static override args = {
    list: Args.string({ description: 'The list as gdpr marketing audience wrote it', required: true }),
  };

  static override flags = {
    out: Flags.string({
      description: 'Where a corrected list is to stand, if somebody has dropped out',
      helpValue: 'FILE',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(MarketingRecheck);
    const { recheckList } = await import('../../src/marketing/recheck.js');
    const out = flags.out === undefined ? undefined : resolve(flags.out);
    const result = await this.withContext(flags.workspace, (context) =>
      recheckList(context, resolve(args.list), out, (stage, done, total) => this.progress.show(stage, done, total)),
    );
    this.progress.stop();
    const { checked, dropped, rows, list } = result;
    this.print(
      `Checked    ${count(checked, 'recipient')}`,
      ...dropped.map(
        (each) =>
          `Dropped    ${each.count}: ${each.reason === 'gone' ? 'nobody has the address any more' : REASON_TITLES[each.reason].en}`,
      ),
      `Remaining  ${rows}`,
      ...(list === null ? [] : [`List       ${list}`, `SHA-256    ${result.sha256}`]),
      `Archive    ${result.archive}`,
      `Expires    ${result.expires}`,
      `Audit      entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    if (rows < checked && list === null) {
      process.exitCode = EXIT.refused;
      this.print('', 'Do not send this list: have a corrected one made with --out FILE.');
    } else if (rows === checked) this.print('', 'The list may be sent as it is.');
    return result;
  }
}
