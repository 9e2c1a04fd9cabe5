import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { confirmExpiry } from '../../src/cli/confirm-expiry.js';

export default class AuditExpire extends BaseCommand {
  static override summary = 'Let evidence go that was kept longer than you decided';

  static override description =
    `Takes what is older than \`evidence.keep\` of gdpr.yaml: texts and references of the audit log's entries, whose leaf
hashes stay so that the log can be verified; consent events that a later no has taken back; tombstones of people of whom
nothing is kept. A tombstone guards against a restored backup: keep evidence longer than your oldest backup. The log
tells of it. Works as the owner of schema gdpr; there is no other way to take evidence away.`;

  static override examples = [
    { description: 'See how much would go:', command: '<%= config.bin %> <%= command.id %> --plan' },
    '<%= config.bin %> <%= command.id %>',
  ];

  static override flags = {
    plan: Flags.boolean({ description: 'Print how much would go, and stop', exclusive: ['yes'] }),
    yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
  };

  async run() {
    const { flags } = await this.parse(AuditExpire);
    const { expireEvidence, planExpiry } = await import('../../src/operation/expire-evidence.js');
    return this.withContext(flags.workspace, async (context) => {
      const planned = await planExpiry(context);
      const lines = (each: typeof planned) => [
        `Older than   ${each.before}`,
        `Audit log    ${each.entries} entries lose their text`,
        `Consents     ${each.consents} events that were taken back`,
        `Tombstones   ${each.tombstones}`,
      ];
      if (flags.plan) {
        this.print(...lines(planned), 'Nothing was changed.');
        return planned;
      }
      await confirmExpiry(lines(planned), flags.yes);
      const expired = await expireEvidence(context);
      this.print(...lines(expired), `Operation    ${expired.operation}, audit entry ${expired.audit.sequence}`);
      return expired;
    });
  }
}
