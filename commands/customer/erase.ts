import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { confirmErase, confirmEraseMany } from '../../src/cli/confirm-erase.js';
import { disclosedLines } from '../../src/cli/disclosed-lines.js';
import { erasedLines, plannedLines } from '../../src/cli/erase-lines.js';
import { leftLines } from '../../src/cli/left-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count } from '../../src/cli/table.js';
import type { EraseStage, ErasureResult, OnEraseStage } from '../../src/customer/erase/run.js';
import { EXIT } from '../../src/foundation/errors.js';
import type { Context } from '../../src/workspace/open.js';

export default class CustomerErase extends BaseCommand {
  static override summary = 'Erase what is held about one person, and prove it (Art. 17)';

  static override description =
    `Does with every row and column what the data map says: deletes, empties, replaces by a pseudonym or a coarser
value, or keeps until the day of a rule or while an order, an invoice or a dispute is open. What is about somebody else
too stays for them. All in one transaction; then the whole database is searched for what is left, and a signed
certificate with a letter about what is kept is written.

Several people (--from) are erased together, in one transaction and with one certificate, once a second person has
agreed to the plan. Who cannot be erased is left out, with the reason; the exit code is then that of the first of them.

Exit code 5 when something of the person is found afterwards.`;

  static override examples = [
    {
      description: 'See what would go, change and stay, and until when:',
      command: '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --ground "17(1)(b)" --plan',
    },
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --ground "17(1)(b)" --verified "account login"',
    {
      description:
        'Several people: the plan, which somebody else agrees to with "gdpr approve", and then exactly that:',
      command: '<%= config.bin %> <%= command.id %> --from requests.csv --ground "17(1)(b)" --plan',
    },
    '<%= config.bin %> <%= command.id %> --from requests.csv --ground "17(1)(b)" --plan-digest DIGEST --yes',
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
    from: Flags.string({
      description:
        'Several people, a line each: CSV with the columns request, email, phone, order, personas-kods, id, verified, language; or numbers of requests; - for standard input',
      helpGroup: 'SEVERAL PEOPLE',
      helpValue: 'FILE',
      exclusive: [...Object.keys(personFlags), 'request'],
    }),
    yes: Flags.boolean({ description: 'Do not ask; needed where nobody sits at the terminal' }),
  };

  async run() {
    const { flags } = await this.parse(CustomerErase);
    const { prepareErase, readGround } = await import('../../src/customer/erase/erase-customer.js');
    const ground = readGround(flags.ground);
    if (flags.from !== undefined) return this.#many(flags.from, { ...flags, ground });
    const query = await personQuery(flags);
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
      return this.#finished(context, await eraseCustomer(context, order, prepared.plan, this.#onStage));
    });
  }

  async #many(file: string, flags: ManyFlags) {
    const { readPeople } = await import('../../src/customer/people-file.js');
    const { eraseMany, linesOf, prepareEraseMany } = await import('../../src/customer/erase/erase-many.js');
    const language = flags.language === 'en' ? 'en' : 'lv';
    const people = await readPeople(file, 'erasure', { verified: flags.verified, language });
    return this.withContext(flags.workspace, async (context) => {
      const prepared = await prepareEraseMany(context, people, flags.ground, this.#onStage);
      this.progress.stop();
      const planned = linesOf(prepared, 'planned');
      const left = planned.flatMap((line) => (line.state === 'refused' ? [line] : []));
      process.exitCode = left[0]?.exit ?? EXIT.done;
      this.print(...leftLines(left));
      if (flags.plan) {
        const { canonicalJson } = await import('../../src/foundation/canonical-json.js');
        const { tables, kept, unreadable } = prepared.rehearsal;
        const { plan, digest } = await prepared.store();
        this.print(...plannedLines(prepared.rehearsal), '', canonicalJson(plan), digest);
        return { digest, plan, tables, kept, unreadable, people: planned };
      }
      await confirmEraseMany(prepared, flags.yes);
      const order = { ground: flags.ground, planDigest: flags['plan-digest'] };
      const result = await eraseMany(context, prepared, order, this.#onStage);
      this.progress.stop();
      this.print(`${count(result.erased, 'person', 'people')} erased, ${result.refused} left out.`, '');
      return this.#finished(context, result);
    });
  }

  readonly #onStage: OnEraseStage = (stage, search) => {
    const stages = PLANNING.includes(stage) ? PLANNING : ERASING;
    if (search === undefined) this.progress.show(stage, stages.indexOf(stage), stages.length);
    else this.progress.show(`${stage}: ${search.table}`, search.done, search.total);
  };

  async #finished<T extends ErasureResult>(context: Context, result: T) {
    const { disclosedBefore } = await import('../../src/disclosure/notify.js');
    const disclosed = await disclosedBefore(context, result.operation);
    this.progress.stop();
    this.print(...erasedLines(result), ...disclosedLines(disclosed, result.operation));
    if (!result.residue.clean) process.exitCode = EXIT.verification;
    return { ...result, disclosed };
  }
}

const PLANNING: readonly EraseStage[] = ['find', 'plan'];
const ERASING: readonly EraseStage[] = ['erase', 'proof', 'certificate'];

interface ManyFlags {
  readonly workspace?: string | undefined;
  readonly ground: string;
  readonly verified?: string | undefined;
  readonly language: string;
  readonly plan: boolean;
  readonly 'plan-digest'?: string | undefined;
  readonly yes: boolean;
}
