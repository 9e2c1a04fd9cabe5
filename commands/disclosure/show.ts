import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

export default class DisclosureShow extends BaseCommand {
  static override summary = 'Show one disclosure: to whom, on what basis, what, and how it was handed over';
  static override description =
    `A disclosure that may not be told of is shown with --with-gagged only; that it was is logged.`;

  static override examples = ['<%= config.bin %> <%= command.id %> disclosure-abcdefgh23'];

  static override args = { disclosure: Args.string({ description: 'Number of the disclosure', required: true }) };

  static override flags = {
    'with-gagged': Flags.boolean({ description: 'Also if it may not be told of' }),
  };

  async run() {
    const { args, flags } = await this.parse(DisclosureShow);
    const { showDisclosure } = await import('../../src/disclosure/look.js');
    const shown = await this.withContext(flags.workspace, (context) =>
      showDisclosure(context, { number: args.disclosure, gagged: flags['with-gagged'] }),
    );
    const line = (label: string, value: string | null) => (value === null ? [] : [`${label.padEnd(12)}${value}`]);
    const request = [shown.requestNumber, shown.requestDate].filter((part) => part !== null).join(' of ');
    this.print(
      ...line('Disclosure', `${shown.disclosure}${shown.gagged ? `, untold until ${shown.gagUntil}` : ''}`),
      ...line('To', `${shown.recipient} (${shown.kind}${shown.unnamed ? ', not to be named' : ''})`),
      ...line('Given', `${shown.disclosed} by ${shown.disclosedBy}`),
      ...line('Agreed', shown.approvedBy),
      ...line('Basis', shown.basis),
      ...line('Agreement', shown.agreement),
      ...line('Consent', shown.consentEvent === null ? null : `event ${shown.consentEvent}`),
      ...line('Case', shown.caseNumber),
      ...line('Official', shown.official),
      ...line('Request', request === '' ? null : request),
      ...line('Asked', shown.asked),
      ...line('Categories', shown.categories.join(', ')),
      ...line('Records', `${shown.records} about ${shown.people} people`),
      ...line('Numbers', shown.numbers === null ? null : `${shown.numbers.first} to ${shown.numbers.last}`),
      ...line('Hold', shown.hold),
      ...line('SHA-256', shown.archiveDigest),
      ...shown.handovers.map(
        ({ at, to, means, receipt }) =>
          `${'Handed over'.padEnd(12)}${at} to ${to}, ${means}${receipt === null ? '' : `, receipt ${receipt}`}`,
      ),
      ...shown.notices.map(
        ({ cause, operation }) => `${'Told'.padEnd(12)}of operation ${cause}, by operation ${operation}`,
      ),
    );
    return shown;
  }
}
