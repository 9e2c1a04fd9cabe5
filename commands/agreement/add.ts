import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { agreementLines } from '../../src/cli/agreement-lines.js';
import { BaseCommand } from '../../src/cli/base-command.js';
import { splitList } from '../../src/cli/lists.js';

export default class AgreementAdd extends BaseCommand {
  static override summary = 'Put an agreement with a recipient of data on record';
  static override description =
    `The recipient, its role and its country are those of the data map, which has to name the same agreement; what the
agreement covers may be less than the map gives the recipient, and not more. Of the document its SHA-256 is kept.

An agreement is never changed, but that it ends: another text is another agreement, with a number of its own.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> OMN-2023/114 --recipient omniva --from 2023-05-01 --document omniva.pdf',
    '<%= config.bin %> <%= command.id %> BP-2019/03 --recipient accountant --from 2019-01-01 --until 2026-12-31 --categories identity,payment --document bp.pdf --subprocessor "SIA Arhivs"',
  ];

  static override args = { number: Args.string({ description: 'Number of the agreement', required: true }) };

  static override flags = {
    recipient: Flags.string({ description: 'Id of the recipient in the data map', helpValue: 'ID', required: true }),
    from: Flags.string({ description: 'Its first day (2026-03-01)', helpValue: 'DATE', required: true }),
    until: Flags.string({ description: 'Its last day (default: it has no end)', helpValue: 'DATE' }),
    purposes: Flags.string({
      description: 'Purposes of the data map that it covers (default: all that the map gives data for)',
      helpValue: 'LIST',
    }),
    categories: Flags.string({
      description: 'Categories of the data map that it covers (default: all that the map gives)',
      helpValue: 'LIST',
    }),
    columns: Flags.string({
      description: 'The columns of the list that it covers, by their headings in the map (default: all)',
      helpValue: 'LIST',
    }),
    safeguard: Flags.string({
      description: 'What safeguards the transfer (Art. 46); needed outside the EEA',
      helpValue: 'TEXT',
    }),
    subprocessor: Flags.string({
      description: 'A sub-processor that it allows; may be repeated',
      helpValue: 'NAME',
      multiple: true,
    }),
    document: Flags.string({ description: 'The signed document', helpValue: 'FILE', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(AgreementAdd);
    const { recipient, from, until, purposes, categories, columns, safeguard, subprocessor = [], document } = flags;
    const { addAgreement } = await import('../../src/disclosure/agreements.js');
    const added = await this.withContext(flags.workspace, (context) =>
      addAgreement(context, {
        number: args.number,
        recipient,
        from,
        until,
        purposes: splitList(purposes),
        categories: splitList(categories),
        columns: splitList(columns),
        safeguard,
        subprocessors: subprocessor,
        document,
      }),
    );
    this.print(...agreementLines(added), `Audit       entry ${added.audit.sequence}, operation ${added.operation}`);
    return added;
  }
}
