import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { confirmReference } from '../../src/cli/confirm-reference.js';
import { disclosedLines } from '../../src/cli/disclosed-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { rectifiedLines, rectifyLines } from '../../src/cli/rectify-lines.js';
import { setFlags, settingsFrom } from '../../src/cli/set-flags.js';

export default class CustomerRectify extends BaseCommand {
  static override summary = 'Correct what is held about one person, everywhere (Art. 16)';

  static override description =
    `Sets an identifier wherever rows of the person hold its old value, in any spelling and inside JSON documents, or one
column of one row. What is somebody else's is not touched; documents that a rule keeps as they were issued are listed
with the law. All in one transaction, after which the person has the same reference and is found by the new value. A
signed archive says what was corrected, without the values, and which recipients are to be told (Art. 19).`;

  static override examples = [
    {
      description: 'See where a new e-mail address would be set:',
      command: '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --set-file new.yaml --plan',
    },
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --set email=anna.kalnina@pasts.example --verified "account login"',
  ];

  static override flags = {
    ...personFlags,
    ...setFlags,
    verified: Flags.string({
      description:
        'How the identity was checked: account login, known e-mail answered, contract number … (what was done, no data)',
      helpValue: 'HOW',
    }),
    request: Flags.string({
      description: 'The request that this answers; its person and verified identity are taken from the register',
      helpValue: 'NUMBER',
    }),
    language: Flags.string({ description: 'Language of the letter', options: ['lv', 'en'], default: 'lv' }),
    plan: Flags.boolean({ description: 'Print what would be corrected, with its digest, and stop' }),
    'plan-digest': Flags.string({ description: 'Do exactly this plan; refuse if it has changed', helpValue: 'DIGEST' }),
    yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
  };

  async run() {
    const { flags } = await this.parse(CustomerRectify);
    const settings = await settingsFrom(flags);
    const query = await personQuery(flags);
    const { prepareRectify } = await import('../../src/customer/rectify/rectify-customer.js');
    const { effectOf } = await import('../../src/customer/rectify/report.js');
    return this.withContext(flags.workspace, async (context) => {
      const prepared = await prepareRectify(context, query, settings, chooseCandidate, flags.request);
      const effect = effectOf(context.model, prepared.rehearsal);
      if (flags.plan) {
        const { canonicalJson } = await import('../../src/foundation/canonical-json.js');
        const { plan, digest } = await prepared.store();
        this.print(...rectifyLines(effect), '', canonicalJson(plan), digest);
        return { digest, plan, ...effect };
      }
      const { orderOf, rectifyCustomer } = await import('../../src/customer/rectify/run.js');
      const order = orderOf(prepared, flags);
      await confirmReference({
        does: 'correct',
        subject: prepared.match.subject,
        lines: rectifyLines(effect),
        yes: flags.yes,
      });
      const result = await rectifyCustomer(context, prepared, order);
      const { disclosedBefore } = await import('../../src/disclosure/notify.js');
      const disclosed = result.places.length === 0 ? [] : await disclosedBefore(context, result.operation);
      this.print(...rectifiedLines(result), ...disclosedLines(disclosed, result.operation));
      return { ...result, disclosed };
    });
  }
}
