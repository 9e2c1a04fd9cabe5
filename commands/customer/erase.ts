import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { confirmErase } from '../../src/cli/confirm-erase.js';
import { erasedLines, plannedLines } from '../../src/cli/erase-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class CustomerErase extends BaseCommand {
  static override summary = 'Erase what is held about one person, and prove it (Art. 17)';

  static override description =
    `Does with every row and column what the data map says: deletes, empties, replaces by a pseudonym or a coarser
value, or keeps until the day of a rule or while an order, an invoice or a dispute is open. What is about somebody else
too stays for them. All in one transaction; then the whole database is searched for what is left, and a signed
certificate with a letter about what is kept is written.

Exit code 5 when something of the person is found afterwards.`;

  static override examples = [
    {
      description: 'See what would go, change and stay, and until when:',
      command: '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --ground "17(1)(b)" --plan',
    },
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --ground "17(1)(b)" --verified "account login"',
  ];

  static override flags = {
    ...personFlags,
    ground: Flags.string({
      description: 'The point of Art. 17(1) on which it is erased: 17(1)(a) to 17(1)(f)',
      helpValue: 'POINT',
      required: true,
    }),
    verified: Flags.string({
      description:
        'How the identity was checked: account login, known e-mail answered, contract number … (what was done, no data)',
      helpValue: 'HOW',
    }),
    request: Flags.string({
      description: 'The request that this answers; its person and verified identity are taken from the register',
      helpValue: 'NUMBER',
    }),
    language: Flags.string({
      description: 'Language of the letter about what is kept',
      options: ['lv', 'en'],
      default: 'lv',
    }),
    plan: Flags.boolean({ description: 'Print what would be erased, changed and kept, with its digest, and stop' }),
    'plan-digest': Flags.string({ description: 'Do exactly this plan; refuse if it has changed', helpValue: 'DIGEST' }),
    yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
  };

  async run() {
    const { flags } = await this.parse(CustomerErase);
    const query = await personQuery(flags);
    const { prepareErase, readGround } = await import('../../src/customer/erase/erase-customer.js');
    const ground = readGround(flags.ground);
    return this.withContext(flags.workspace, async (context) => {
      const prepared = await prepareErase(context, query, ground, chooseCandidate, flags.request);
      const { tables, kept, unreadable } = prepared.rehearsal;
      if (flags.plan) {
        const { canonicalJson } = await import('../../src/foundation/canonical-json.js');
        const { plan, digest } = await prepared.store();
        this.print(...plannedLines(prepared.rehearsal), '', canonicalJson(plan), digest);
        return { digest, plan, tables, kept, unreadable };
      }
      const { orderOf, eraseCustomer } = await import('../../src/customer/erase/run.js');
      const order = orderOf(prepared, { ...flags, ground });
      await confirmErase(prepared, flags.yes);
      const result = await eraseCustomer(context, order, prepared.plan, (stage) =>
        this.progress.show(stage, ['erase', 'proof', 'certificate'].indexOf(stage), 3),
      );
      this.progress.stop();
      this.print(...erasedLines(result));
      if (!result.residue.clean) process.exitCode = EXIT.verification;
      return result;
    });
  }
}
