import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count } from '../../src/cli/table.js';

export default class ConsentProof extends BaseCommand {
  static override summary = 'Sign what one person consented to, with the wording that they saw';
  static override description =
    `A signed archive for whoever doubts it (Art. 7(1)): each event with its time, channel, mechanism and evidence, the
withdrawals, and each wording word for word with its SHA-256; as a page in Latvian and in English and as JSON.

The archive names the person: hand it over as you would their data.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example',
    '<%= config.bin %> <%= command.id %> --id shop.customers:17 --purpose marketing',
  ];

  static override flags = {
    ...personFlags,
    purpose: Flags.string({ description: 'Only this purpose of the data map (default: all)', helpValue: 'ID' }),
  };

  async run() {
    const { flags } = await this.parse(ConsentProof);
    const { purpose } = flags;
    const query = await personQuery(flags);
    const { proveConsent } = await import('../../src/consent/proof.js');
    const proof = await this.withContext(flags.workspace, (context) =>
      proveConsent(context, { query, purpose }, chooseCandidate),
    );
    this.print(
      `Person    ${proof.subject}`,
      `Holds     ${count(proof.events, 'event')}, ${count(proof.wordings.length, 'wording')}`,
      `Archive   ${proof.archive}`,
      `SHA-256   ${proof.sha256}`,
      `Audit     entry ${proof.audit.sequence}, operation ${proof.operation}`,
    );
    return proof;
  }
}
