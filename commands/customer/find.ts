import { BaseCommand } from '../../src/cli/base-command.js';
import { keptTable } from '../../src/cli/kept-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count, textTable } from '../../src/cli/table.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class CustomerFind extends BaseCommand {
  static override summary = 'Find a person by what they tell you, among accounts and guests';

  static override description =
    `All identifiers that are given must match. Spelling does not matter: case and diacritics, spaces and country
codes of phone numbers, old seven-digit numbers. What is shown is masked.

Who was erased is found by what they were known by before, with what was kept of them and why.

Exit code 0 when exactly one person matches, erased or not; 4 when nobody or several do.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example',
    '<%= config.bin %> <%= command.id %> --name "Anna Berzina" --phone 21234567',
    {
      description: 'Where others may see process arguments:',
      command: 'echo "email: anna.berzina@pasts.example" | <%= config.bin %> <%= command.id %> --person-file -',
    },
  ];

  static override flags = personFlags;

  async run() {
    const { flags } = await this.parse(CustomerFind);
    const query = await personQuery(flags);
    const { findCustomer } = await import('../../src/customer/find-customer.js');
    const result = await this.withContext(flags.workspace, (context) => findCustomer(context, query));
    const { matches, erased = [] } = result;
    const people = new Set([...matches, ...erased].map(({ subject }) => subject));
    if (people.size !== 1) process.exitCode = EXIT.nobodyOrSeveral;
    if (matches.length === 0 && erased.length > 0) this.print('Nobody matches any more.');
    else if (matches.length === 0) this.print('Nobody matches. Try another identifier, or only one of them.');
    else {
      this.print(`${count(matches.length, 'person matches', 'people match')}:`, '');
      this.print(
        ...textTable(
          ['ID', 'KIND', 'NAME', 'E-MAIL', 'PHONE', 'ROWS'],
          matches.map((m) => [m.id, m.kind, m.name ?? '', m.email ?? '', m.phone ?? '', String(m.rows)]),
        ),
      );
      if (matches.length > 1)
        this.print('', 'Several people match. Compare with what the person told you, then name one with --id.');
    }
    for (const { subject, erased: at, kept } of erased) {
      this.print('', `${subject} was known by it, and was erased on ${at.slice(0, 10)}. Kept:`);
      this.print(...(kept.length === 0 ? ['nothing'] : keptTable(kept)));
    }
    return result;
  }
}
