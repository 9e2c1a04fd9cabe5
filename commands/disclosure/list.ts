import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { textTable } from '../../src/cli/table.js';

export default class DisclosureList extends BaseCommand {
  static override summary = 'List to whom data was given, of a person, to a recipient, or all';
  static override description =
    `Disclosures that may not be told of are left out, unless --with-gagged asks for them; that it did is logged.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example',
    '<%= config.bin %> <%= command.id %> --recipient omniva',
  ];

  static override flags = {
    ...personFlags,
    recipient: Flags.string({
      description: 'Only to this recipient: its name, or its id in the data map',
      helpValue: 'NAME',
    }),
    'with-gagged': Flags.boolean({ description: 'Those that may not be told of, too' }),
  };

  async run() {
    const { flags } = await this.parse(DisclosureList);
    const query = await personQuery(flags);
    const { listDisclosures } = await import('../../src/disclosure/look.js');
    const asked = { query, recipient: flags.recipient, gagged: flags['with-gagged'] };
    const listed = await this.withContext(flags.workspace, (context) =>
      listDisclosures(context, asked, chooseCandidate),
    );
    const { disclosures } = listed;
    if (disclosures.length === 0) this.print('No disclosures.');
    else {
      const rows = disclosures.map((each) => [
        each.disclosure,
        each.disclosed.slice(0, 10),
        each.gagged ? `${each.kind}, untold` : each.kind,
        each.recipient,
        each.people,
        each.records,
      ]);
      this.print(...textTable(['NUMBER', 'ON', 'KIND', 'TO', 'PEOPLE', 'RECORDS'], rows));
    }
    return listed;
  }
}
