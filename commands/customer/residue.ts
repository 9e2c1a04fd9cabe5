import { BaseCommand } from '../../src/cli/base-command.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count, textTable } from '../../src/cli/table.js';
import type { ResidueResult } from '../../src/customer/residue/residue-customer.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class CustomerResidue extends BaseCommand {
  static override summary = 'Search the whole database for what is left of a person';

  static override description =
    `Every text, JSON, XML, array and bytes column of every table is searched, mapped or not, for the values given and
for those of the person's own rows while they have any: e-mails, phones in any spelling, personas kodi, names in
every case, order numbers; percent-encoded and escaped ones too. The ids of rows count in id columns and JSON keys.

Each place is "held" (the person is still a customer), "kept" under a rule, a "third-party"'s own, or "residue".
What is found is never printed, only where. Exit code 5 when there is residue.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --phone 21234567 --name "Anna Bērziņa"',
    {
      description: 'Where others may see process arguments:',
      command: 'echo "email: anna.berzina@pasts.example" | <%= config.bin %> <%= command.id %> --person-file -',
    },
  ];

  static override flags = personFlags;

  async run() {
    const { flags } = await this.parse(CustomerResidue);
    const query = await personQuery(flags);
    const { residueCustomer } = await import('../../src/customer/residue/residue-customer.js');
    const result = await this.withContext(flags.workspace, (context) =>
      residueCustomer(context, query, ({ table, done, total }) => this.progress.show(table, done, total)),
    );
    this.progress.stop();
    if (!result.residue.clean) process.exitCode = EXIT.verification;
    this.#report(result);
    return result;
  }

  #report({ residue, counts, searched, unsearched }: ResidueResult): void {
    const left = residue.hits.filter((hit) => hit.class === 'residue');
    if (left.length > 0) {
      this.print(`${count(counts.residue, 'place holds', 'places hold')} what nothing keeps:`, '');
      this.print(
        ...textTable(
          ['TABLE', 'COLUMN', 'PLACE', 'ROW', 'KIND'],
          left.map((hit) => [hit.table, hit.column, hit.place ?? '', hit.key, hit.kind]),
        ),
        '',
      );
    } else this.print('Nothing is left of the person but what has its reason.');
    for (const [rule, places] of rulesOf(residue.hits)) this.print(`kept under ${rule}: ${count(places, 'place')}`);
    if (counts.held > 0) this.print(`held, the person being a customer: ${count(counts.held, 'place')}`);
    if (counts['third-party'] > 0) this.print(`other people's own: ${count(counts['third-party'], 'place')}`);
    this.print(`searched: ${count(searched.tables, 'table')}, ${count(searched.rows, 'row')}`);
    for (const { table, column, reason } of unsearched)
      this.print(`not searched: ${table}${column === undefined ? '' : `.${column}`} (${reason})`);
  }
}

function rulesOf(hits: ResidueResult['residue']['hits']): Map<string, number> {
  const rules = new Map<string, number>();
  for (const hit of hits) {
    if (hit.class === 'kept') rules.set(hit.rule ?? '', (rules.get(hit.rule ?? '') ?? 0) + 1);
  }
  return rules;
}
