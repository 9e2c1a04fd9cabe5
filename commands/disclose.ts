import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { chooseCandidate } from '../src/cli/choose-candidate.js';
import { splitList } from '../src/cli/lists.js';
import { partnerFlags } from '../src/cli/partner-flags.js';
import { consentedLines, processorLines } from '../src/cli/partner-lines.js';
import { personFlags, personQuery } from '../src/cli/person-flags.js';
import { GdprError } from '../src/foundation/errors.js';

const { order: _, ...person } = personFlags;

export default class Disclose extends BaseCommand {
  static override summary = 'Give data to a partner under an agreement, or to a party by consent';
  static override description =
    `With --processor the recipient of an agreement gets the list that the data map describes for it: under an agreement on
record, in force today, that covers the list's categories and purpose. With --consented a party gets one person's data of
the categories that the person agreed to before.

Every disclosure stands in the register (gdpr disclosure list), and the person is told of it in their next copy.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --processor OMN-2023/114 --out omniva.csv',
    '<%= config.bin %> <%= command.id %> --consented "SIA Lasitava" --email anna.berzina@pasts.example --categories identity,contact',
  ];

  static override flags = {
    ...partnerFlags,
    ...person,
    order: Flags.string({
      description: 'An order by its number; several times for several',
      helpValue: 'NUMBER',
      multiple: true,
    }),
    categories: Flags.string({ description: 'Categories of the data map, comma-separated', helpValue: 'LIST' }),
  };

  async run() {
    const { flags } = await this.parse(Disclose);
    if (flags.processor !== undefined && flags.consented === undefined) return this.#processor(flags.processor, flags);
    if (flags.consented !== undefined && flags.processor === undefined) return this.#consented(flags.consented, flags);
    throw new GdprError('USAGE', 'a disclosure is to one recipient: under an agreement, or by consent', {
      hint: 'name it: --processor AGREEMENT, or --consented PARTY',
    });
  }

  async #processor(
    agreement: string,
    {
      workspace,
      out,
      order = [],
    }: { workspace: string | undefined; out: string | undefined; order: string[] | undefined },
  ) {
    if (out === undefined) {
      throw new GdprError('USAGE', 'nobody says where the list is to stand', { hint: 'name a new file with --out' });
    }
    const { discloseToProcessor } = await import('../src/disclosure/processor.js');
    const given = await this.withContext(workspace, (context) =>
      discloseToProcessor(context, { agreement, orders: order, out: resolve(out) }, (stage, done, total) =>
        this.progress.show(stage, done, total),
      ),
    );
    this.progress.stop();
    this.print(...processorLines(given));
    return given;
  }

  async #consented(
    party: string,
    flags: Omit<Parameters<typeof personQuery>[0], 'order'> & {
      workspace: string | undefined;
      purpose: string | undefined;
      categories: string | undefined;
    },
  ) {
    const { categories, purpose } = flags;
    if (categories === undefined) {
      throw new GdprError('USAGE', 'nobody says what the party is to be given', { hint: 'name it with --categories' });
    }
    const query = await personQuery({ ...flags, order: undefined });
    const { discloseConsented } = await import('../src/disclosure/consented.js');
    const given = await this.withContext(flags.workspace, (context) =>
      discloseConsented(context, { query, party, categories: splitList(categories) ?? [], purpose }, chooseCandidate),
    );
    this.print(...consentedLines(given));
    return given;
  }
}
