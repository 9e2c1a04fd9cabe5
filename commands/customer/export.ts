import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count, textTable } from '../../src/cli/table.js';

export default class CustomerExport extends BaseCommand {
  static override summary = 'Export everything held about one person into a signed archive (Art. 15)';

  static override description =
    `Reads one consistent snapshot: all rows of the person, of their guest orders too. Secrets are withheld and other
people redacted, each listed with its reason. The archive holds a page to open first (index.html), the data as JSON and
CSV, and a signature that outside tools can check.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --verified "account login"',
    {
      description: 'See what would be read, without reading it:',
      command: '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --plan',
    },
    {
      description: 'What they can take to another provider (Art. 20):',
      command:
        '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --portable --verified "account login"',
    },
  ];

  static override flags = {
    ...personFlags,
    verified: Flags.string({
      description:
        'How the identity was checked: account login, known e-mail answered, contract number … (what was done, no data)',
      helpValue: 'HOW',
    }),
    portable: Flags.boolean({
      description:
        'Only what the right to data portability covers (Art. 20): provided or observed, on consent or a contract; with portable.jsonld in the vocabulary of schema.org',
    }),
    language: Flags.string({ description: 'Language that the page shows first', options: ['lv', 'en'], default: 'lv' }),
    plan: Flags.boolean({ description: 'Print what would be read and withheld, with its digest, and stop' }),
    'plan-digest': Flags.string({ description: 'Do exactly this plan; refuse if it has changed', helpValue: 'DIGEST' }),
  };

  async run() {
    const { flags } = await this.parse(CustomerExport);
    const query = await personQuery(flags);
    const { checkVerified, prepareExport, exportPrepared } = await import('../../src/customer/export-customer.js');
    const verified = flags.plan ? '' : checkVerified(flags.verified);
    return this.withContext(flags.workspace, async (context) => {
      const { PORTABLE } = await import('../../src/customer/portable/kind.js');
      const prepared = await prepareExport(context, query, chooseCandidate, flags.portable ? PORTABLE : undefined);
      if (flags.plan) {
        const { canonicalJson } = await import('../../src/foundation/canonical-json.js');
        const { plan, digest } = await prepared.store();
        this.print(canonicalJson(plan), digest);
        return { digest, plan };
      }
      const result = await exportPrepared(
        context,
        prepared,
        { verified, language: flags.language === 'en' ? 'en' : 'lv', planDigest: flags['plan-digest'] },
        ({ table, done, total }) => this.progress.show(table, done, total),
      );
      this.progress.stop();
      const held = result.tables.filter(({ rows }) => rows > 0);
      const rows = held.reduce((sum, table) => sum + table.rows, 0);
      this.print(
        ...textTable(
          ['TABLE', 'ROWS'],
          held.map((table) => [table.table, String(table.rows)]),
        ),
        '',
        `${count(rows, 'row')} from ${count(held.length, 'table')}; ${count(result.withheld.length, 'place')} withheld or redacted, listed in the archive.`,
        `Archive   ${result.archive}`,
        `SHA-256   ${result.sha256}`,
        `Audit     entry ${result.audit.sequence}, operation ${result.operation}`,
        '',
        `Check it: gdpr archive verify ${result.archive}`,
      );
      return result;
    });
  }
}
