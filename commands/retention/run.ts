import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { readConfirmations, readDuration, runLines } from '../../src/cli/retention-lines.js';

export default class RetentionRun extends BaseCommand {
  static override summary = 'Take what is due under the approved retention rules';
  static override description =
    `Deletes and changes what "retention plan" counts as eligible, in small batches beside the shop's work. Made for a timer: one
summary line, no question. It can be stopped or killed at any moment; run again, it goes on where it was, with the same
instant that decides what is due.

Exit codes: 0 done, or stopped by --max-duration, --max-rows or a signal; 3 the rules are not agreed on, a table would lose more
than retention.maxShare of gdpr.yaml, or this machine's clock is ahead; 6 the data map and the database differ, or rows that
no rule ever reaches; 7 another run goes on, or the database cannot be reached: try again.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --max-duration 2h --json',
    "<%= config.bin %> <%= command.id %> --confirm 'shop.sessions=48211'",
  ];

  static override flags = {
    'max-duration': Flags.string({
      description: 'Begin no further batch after this long, e.g. 90s, 45m or 2h',
      helpValue: 'TIME',
    }),
    'max-rows': Flags.integer({ description: 'Stop after so many rows', helpValue: 'N', min: 1 }),
    metrics: Flags.string({
      description: 'File for the figures that Prometheus reads, e.g. of the node exporter: DIR/gdpr.prom',
      helpValue: 'FILE',
    }),
    confirm: Flags.string({
      description: 'Confirm, once, that so many rows of a table may go though they are more than retention.maxShare',
      helpValue: 'TABLE=ROWS',
      multiple: true,
    }),
  };

  async run() {
    const { flags } = await this.parse(RetentionRun);
    const options = {
      maxDuration: readDuration(flags['max-duration']),
      maxRows: flags['max-rows'],
      confirm: readConfirmations(flags.confirm ?? []),
    };
    this.stopOnTermination();
    const [{ runRetention }, { withMetrics }] = await Promise.all([
      import('../../src/retention/run.js'),
      import('../../src/retention/metrics.js'),
    ]);
    const { record: _, ...result } = await withMetrics(
      flags.metrics,
      (onBroken) =>
        this.withContext(flags.workspace, (context) =>
          runRetention(context, options, (done, total) => this.progress.show('rows', done, total), onBroken),
        ),
      ({ record }) => record,
    );
    this.progress.stop();
    // A timer's mail is for what went wrong; `retention plan` tells of these each time.
    if (process.stderr.isTTY)
      for (const { ddl } of result.missingIndexes) this.warn(`an index is missing, and whole tables are read: ${ddl}`);
    this.print(...runLines(result));
    return result;
  }
}
