import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count, textTable } from '../../src/cli/table.js';
import type { ResidueResult } from '../../src/customer/residue/residue-customer.js';
import type { SweepResult } from '../../src/customer/residue/sweep.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class CustomerResidue extends BaseCommand {
  static override summary = 'Search the whole database for what is left of a person';

  static override description =
    `Every text, JSON, XML, array and bytes column of every table is searched, mapped or not, for the values given and
for those of the person's own rows while they have any: e-mails, phones in any spelling, personas kodi, names in
every case, order numbers; percent-encoded and escaped ones too. The ids of rows count in id columns and JSON keys.

Each place is "held" (the person is still a customer), "kept" under a rule, a "third-party"'s own, or "residue".
What is found is never printed, only where. Exit code 5 when there is residue.

With --sweep, all earlier erasures are proved again: whatever may be an e-mail, a phone, a personas kods or a number is
taken from every column and compared with the tombstones by keyed code. Names have no such code and are not met.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --phone 21234567 --name "Anna Bērziņa"',
    {
      description: 'Where others may see process arguments:',
      command: 'echo "email: anna.berzina@pasts.example" | <%= config.bin %> <%= command.id %> --person-file -',
    },
    '<%= config.bin %> <%= command.id %> --sweep',
  ];

  static override flags = {
    ...personFlags,
    sweep: Flags.boolean({
      description: 'Prove all earlier erasures again',
      exclusive: Object.keys(personFlags),
    }),
  };

  async run() {
    const { flags } = await this.parse(CustomerResidue);
    const show: Show = ({ table, done, total }) => this.progress.show(table, done, total);
    const result = flags.sweep ? await this.#sweep(flags.workspace, show) : await this.#one(flags, show);
    this.progress.stop();
    if (!result.residue.clean) process.exitCode = EXIT.verification;
    this.#report(result);
    return result;
  }

  async #one(flags: Parameters<typeof personQuery>[0] & { workspace?: string | undefined }, show: Show) {
    const query = await personQuery(flags);
    const { residueCustomer } = await import('../../src/customer/residue/residue-customer.js');
    return this.withContext(flags.workspace, (context) => residueCustomer(context, query, show));
  }

  async #sweep(workspace: string | undefined, show: Show) {
    const { sweepResidue } = await import('../../src/customer/residue/sweep.js');
    return this.withContext(workspace, (context) => sweepResidue(context, show));
  }

  #report(result: ResidueResult | SweepResult): void {
    const { residue, counts, searched, unsearched } = result;
    if ('erased' in result) this.print(`${count(result.erased, 'erased person', 'erased people')} in the tombstones`);
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
    } else this.print('Nothing is left but what has its reason.');
    for (const [rule, places] of rulesOf(residue.hits)) this.print(`kept under ${rule}: ${count(places, 'place')}`);
    if (counts.held > 0) this.print(`held, the person being a customer: ${count(counts.held, 'place')}`);
    if (counts['third-party'] > 0) this.print(`other people's own: ${count(counts['third-party'], 'place')}`);
    this.print(`searched: ${count(searched.tables, 'table')}, ${count(searched.rows, 'row')}`);
    for (const { table, column, reason } of unsearched)
      this.print(`not searched: ${table}${column === undefined ? '' : `.${column}`} (${reason})`);
  }
}

type Show = (progress: { table: string; done: number; total: number }) => void;

function rulesOf(hits: ResidueResult['residue']['hits']): Map<string, number> {
  const rules = new Map<string, number>();
  for (const hit of hits) {
    if (hit.class === 'kept') rules.set(hit.rule ?? '', (rules.get(hit.rule ?? '') ?? 0) + 1);
  }
  return rules;
}
