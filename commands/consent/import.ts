import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { fileProgress } from '../../src/cli/file-progress.js';
import { reasonLines } from '../../src/cli/reason-lines.js';
import { count } from '../../src/cli/table.js';
import type { ReasonLines } from '../../src/consent/import/tally.js';
import { EXIT, GdprError } from '../../src/foundation/errors.js';

export default class ConsentImport extends BaseCommand {
  static override summary = 'Bring consents and refusals from a CSV file into the ledger';

  static override description =
    `Each line says what one person said about one channel, and when; the time it was said decides, not the time of the
import, so that a late-imported yes never beats a newer no. The columns: id (a row as "customer find" prints it), email
or phone; channel; what; at; mechanism; and, where they are known, purpose, wording, evidence, guardian.

One transaction: unless --keep-good is given, a bad line keeps the whole file out, and whatever stops the import leaves
nothing of it behind. The same file again changes nothing. A yes lifts no objection and no suppressed address; it is
entered, and its line listed. Exit code 2 when a line is bad.`;

  static override examples = [
    {
      description: 'See what each line would do, and change nothing:',
      command: '<%= config.bin %> <%= command.id %> consents.csv --dry-run',
    },
    '<%= config.bin %> <%= command.id %> consents.csv',
    {
      description: 'Enter the good lines of a file that has others, too:',
      command: '<%= config.bin %> <%= command.id %> consents.csv --keep-good',
    },
  ];

  static override args = { file: Args.string({ description: 'CSV in UTF-8; - for standard input', required: true }) };

  static override flags = {
    'dry-run': Flags.boolean({ description: 'Only say what would become of each line' }),
    'keep-good': Flags.boolean({ description: 'Enter the good lines where others are bad, instead of none' }),
    'ignore-columns': Flags.boolean({ description: 'Pass over columns that are not known, instead of refusing them' }),
  };

  async run() {
    const { args, flags } = await this.parse(ConsentImport);
    const { importConsents, lookAtImport } = await import('../../src/consent/import/import.js');
    const settings = { file: args.file, keepGood: flags['keep-good'], ignoreColumns: flags['ignore-columns'] };
    const onProgress = await fileProgress(this.progress, args.file);
    const result = await this.withContext(flags.workspace, (context) =>
      (flags['dry-run'] ? lookAtImport : importConsents)(context, settings, onProgress),
    ).catch((error: unknown) => {
      this.progress.stop();
      if (error instanceof GdprError && !this.jsonEnabled())
        for (const line of reasonLines((error.details?.bad ?? []) as ReasonLines[])) this.logToStderr(line);
      throw error;
    });
    this.progress.stop();
    const { lines, entered, duplicates, bad, suppressed, objected, unproven } = result;
    this.print(
      ...reasonLines([
        ...bad.map(({ reason, lines: numbers }) => ({ reason: `bad: ${reason}`, lines: numbers })),
        { reason: 'a yes for a suppressed address, which stays suppressed', lines: suppressed },
        { reason: 'a yes of somebody who objects, which stays so', lines: objected },
        { reason: 'a yes without a registered wording, which proves nothing', lines: unproven },
      ]),
      `${count(lines, 'line')}: ${entered} ${flags['dry-run'] ? 'would be new' : 'new'}, ${duplicates} known before, ${lines - entered - duplicates} bad.`,
      ...(result.archive === undefined ? [] : [`Archive   ${result.archive}`, `SHA-256   ${result.sha256}`]),
      `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
      ...(flags['dry-run'] ? ['Nothing was changed.'] : []),
    );
    if (bad.length > 0) process.exitCode = EXIT.usage;
    return result;
  }
}
