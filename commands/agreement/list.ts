import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';

export default class AgreementList extends BaseCommand {
  static override summary = 'List the agreements under which data is given';
  static override description =
    `Also says where the register and the data map differ, under which nothing is given, and which recipients of the map
have no agreement in force.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --all --recipient omniva',
  ];

  static override flags = {
    all: Flags.boolean({ description: 'Those that have ended, too' }),
    recipient: Flags.string({ description: 'Only of this recipient of the data map', helpValue: 'ID' }),
  };

  async run() {
    const { flags } = await this.parse(AgreementList);
    const { all, recipient } = flags;
    const { listAgreements } = await import('../../src/disclosure/agreements.js');
    const listed = await this.withContext(flags.workspace, (context) => listAgreements(context, { all, recipient }));
    const { agreements, without } = listed;
    if (agreements.length === 0) this.print(all ? 'No agreements on record.' : 'No agreements in force.');
    else {
      const rows = agreements.map((each) => [
        each.agreement,
        each.recipient,
        each.role,
        each.state,
        each.from,
        each.ended ?? each.until ?? '',
      ]);
      this.print(...textTable(['NUMBER', 'RECIPIENT', 'AS', 'STATE', 'FROM', 'UNTIL'], rows));
    }
    const differing = agreements.filter(({ disagreements }) => disagreements.length > 0);
    if (differing.length > 0) this.print('', 'The data map says otherwise, so that nothing is given under:');
    for (const { agreement, disagreements } of differing) this.print(`  ${agreement}: ${disagreements.join('; ')}`);
    if (without.length > 0) this.print('', `Without an agreement in force: ${without.join(', ')}`);
    return listed;
  }
}
