import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { explainLines } from '../../src/cli/explain-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { waterfallLines } from '../../src/cli/waterfall-lines.js';
import { isEmptyQuery } from '../../src/customer/resolve.js';
import { GdprError } from '../../src/foundation/errors.js';

type ExplainFlags = Parameters<typeof personQuery>[0] & {
  readonly workspace: string | undefined;
  readonly channel: 'email' | 'sms';
  readonly campaign: string | undefined;
  readonly segment: string | undefined;
};

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
    '<%= config.bin %> <%= command.id %> --channel email --explain --email anna.berzina@pasts.example',
    '<%= config.bin %> <%= command.id %> --channel sms --columns phone,name,token --out sms.csv --json',
  ];

  static override flags = {
    channel: Flags.option({
      description: 'How it is sent',
      options: ['email', 'sms'] as const,
      required: true,
    })(),
    out: Flags.string({ description: 'Where the list is to stand', helpValue: 'FILE' }),
    explain: Flags.boolean({
      description: 'Make no list, but tell why one person is in it or out of it',
      exclusive: ['out', 'preset', 'columns'],
    }),
    ...personFlags,
    campaign: Flags.string({ description: 'The campaign file', helpValue: 'FILE' }),
    segment: Flags.string({ description: 'Only people of this segment of gdpr.yaml', helpValue: 'ID' }),
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
    const { channel, preset, columns, out } = flags;
    if (flags.explain) return this.explain(flags);
    if (out === undefined) {
      throw new GdprError('USAGE', 'nobody says where the list is to stand', {
        hint: 'name a file with --out, or ask about one person with --explain',
      });
    }
    if (!isEmptyQuery(await personQuery(flags))) {
      throw new GdprError('USAGE', 'a list is made of everybody, and a person is named', {
        hint: 'ask about the person with --explain',
      });
    }
    const { listColumns } = await import('../../src/marketing/columns.js');
    const { readCampaign } = await import('../../src/marketing/campaign.js');
    const { selectAudience } = await import('../../src/marketing/audience.js');
    const chosen = listColumns(channel, { preset, columns });
    const result = await this.withContext(flags.workspace, async (context) => {
      const campaign = await readCampaign(context.paths.root, flags.campaign);
      const settings = { channel, campaign, segment: flags.segment ?? null };
      return selectAudience(context, { settings, columns: chosen, out: resolve(out) }, (stage, done, total) =>
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
      `Expires    ${result.expires}`,
      `Before sending run: gdpr marketing recheck ${out}`,
      `Audit      entry ${result.audit.sequence}, operation ${result.operation}`,
    );
    return result;
  }

  private async explain(flags: ExplainFlags) {
    const { channel } = flags;
    const query = await personQuery(flags);
    const { readCampaign } = await import('../../src/marketing/campaign.js');
    const { explainAudience } = await import('../../src/marketing/explain.js');
    const result = await this.withContext(flags.workspace, async (context) => {
      const campaign = await readCampaign(context.paths.root, flags.campaign);
      return explainAudience(context, { channel, campaign, segment: flags.segment ?? null }, query, chooseCandidate);
    });
    this.print(...explainLines(result));
    return result;
  }
}
