import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { waterfallLines } from '../../src/cli/waterfall-lines.js';

export default class MarketingAudience extends BaseCommand {
  static override summary = 'Make a send list: exactly the people who may be written to';
  static override description =
    `E-mail goes to those who consented, to customers under the soft opt-in where the campaign file declares what that asks
for, and to addresses of firms that are nobody's own; SMS only to those who consented. Everybody else is left out for one
stated reason, and the figures add up. The campaign file is campaign.yaml of the workspace unless another is named.

The list is a CSV; a signed archive holds its digest and the reasons, and nobody's data. Before sending, run: gdpr marketing
recheck.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --channel email --out friday.csv',
    '<%= config.bin %> <%= command.id %> --channel email --preset listmonk --out friday.csv',
    '<%= config.bin %> <%= command.id %> --channel sms --columns phone,name,token --out sms.csv --json',
  ];

  static override flags = {
    channel: Flags.option({
      description: 'How it is sent',
      options: ['email', 'sms'] as const,
      required: true,
    })(),
    out: Flags.string({ description: 'Where the list is to stand', helpValue: 'FILE', required: true }),
    campaign: Flags.string({ description: 'The campaign file', helpValue: 'FILE' }),
    preset: Flags.option({
      description: 'Columns as this program imports them',
      options: ['listmonk', 'mautic', 'mailchimp'] as const,
      exclusive: ['columns'],
    })(),
    columns: Flags.string({
      description:
        'Columns, comma-separated: email or phone, name, given-name, family-name, language, basis, consent, since, unsubscribe, token',
      helpValue: 'LIST',
    }),
  };

  async run() {
    const { flags } = await this.parse(MarketingAudience);
    const { channel, preset, columns } = flags;
    const { listColumns } = await import('../../src/marketing/columns.js');
    const { readCampaign } = await import('../../src/marketing/campaign.js');
    const { selectAudience } = await import('../../src/marketing/audience.js');
    const chosen = listColumns(channel, { preset, columns });
    const result = await this.withContext(flags.workspace, async (context) => {
      const campaign = await readCampaign(context.paths.root, flags.campaign);
      const settings = { channel, campaign, segment: null };
      return selectAudience(context, { settings, columns: chosen, out: resolve(flags.out) }, (stage, done, total) =>
        this.progress.show(stage, done, total),
      );
    });
    this.progress.stop();
    this.print(
      ...waterfallLines(result.total, result.waterfall, result.rows),
      '',
      `List       ${result.list}`,
      `SHA-256    ${result.sha256}`,
      `Archive    ${result.archive}`,
      `Expires    ${result.expires}; before sending run: gdpr marketing recheck ${flags.out}`,
      `Audit      entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    return result;
  }
}
