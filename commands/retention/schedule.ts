import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { FORMATS } from '../../src/retention/schedule/schedule.js';

export default class RetentionSchedule extends BaseCommand {
  static override summary = 'Print a timer for the retention run of this workspace';
  static override description =
    `A crontab line, a systemd service and timer, and a Kubernetes CronJob, with the paths of this installation, its operator and
time zone, and the names of the variables that must be set; never their values. Nothing is installed, and neither the
database nor a key is opened.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --format cron --at 02:30',
    '<%= config.bin %> <%= command.id %> --format kubernetes --image registry.example/privatums:1 | kubectl apply -f -',
  ];

  static override flags = {
    format: Flags.option({
      description: 'What to print; several may be named (default: all)',
      options: FORMATS,
      multiple: true,
    })(),
    at: Flags.string({ description: "When, in the data map's time zone", default: '03:00', helpValue: 'HH:MM' }),
    'max-duration': Flags.string({
      description: 'After which time a run ends, to go on the next night: 2h, 90m',
      default: '2h',
      helpValue: 'TIME',
    }),
    metrics: Flags.string({ description: 'File for the figures that Prometheus reads', helpValue: 'FILE' }),
    'environment-file': Flags.string({
      description: 'File that will hold the variables, for cron and systemd',
      default: '/etc/gdpr/retention.env',
      helpValue: 'FILE',
    }),
    image: Flags.string({ description: 'Image of the Kubernetes job (default: privatums:VERSION)', helpValue: 'NAME' }),
  };

  async run() {
    const { flags } = await this.parse(RetentionSchedule);
    const { schedule } = await import('../../src/retention/schedule/schedule.js');
    const result = await schedule(this.surroundings(flags.workspace), {
      formats: flags.format ?? FORMATS,
      at: flags.at,
      maxDuration: flags['max-duration'],
      metrics: flags.metrics,
      environmentFile: flags['environment-file'],
      image: flags.image ?? `${this.config.name}:${this.config.version}`,
      root: this.config.root,
    });
    if (result.skipped !== null)
      this.print(
        `# On ${result.skipped} the clocks of ${result.timeZone} skip ${result.at}: a timer may leave that night out, and the next run takes what it left.`,
      );
    const parts = [result.cron, result.service, result.timer, result.kubernetes];
    this.print(
      parts
        .flatMap((part) => part ?? [])
        .join('\n')
        .trimEnd(),
    );
    return result;
  }
}
