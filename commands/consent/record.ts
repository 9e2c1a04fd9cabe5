import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { splitList } from '../../src/cli/lists.js';
import { notifyLines } from '../../src/cli/notify-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count } from '../../src/cli/table.js';
import { CHANNELS, MECHANISMS, SAID } from '../../src/consent/event.js';

export default class ConsentRecord extends BaseCommand {
  static override summary = 'Record that somebody consented, withdrew or objected';
  static override description =
    `Enters in the ledger what a person said and when. A withdrawal or an objection is about every channel unless some are
named, and needs no wording. A yes names its channels and the registered wording that the person was shown, so that it
proves something; below the age of consent it also names the authorisation of a parent or guardian (exit code 3
otherwise). With --party it is about giving that party data of these categories;
a withdrawal without --party and --channel takes back what parties may be given for the purpose, too. An objection does what "customer object" does as well.

What counts is when it was said, not when it was recorded. Recording the same again changes nothing.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --what withdrawn --mechanism phone',
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --what given --mechanism web-form --channel email --wording newsletter-lv',
    '<%= config.bin %> <%= command.id %> --person-file - --what objected --mechanism email --at 2026-03-04T09:15',
  ];

  static override flags = {
    ...personFlags,
    what: Flags.option({ description: 'What the person said', options: SAID, required: true })(),
    mechanism: Flags.option({ description: 'How they said it', options: MECHANISMS, required: true })(),
    channel: Flags.option({
      description: 'What it is about, several by repeating the flag (default for a no: every channel)',
      options: CHANNELS,
      multiple: true,
    })(),
    purpose: Flags.string({
      description: "A purpose of the data map (default: the map's purpose of sending offers)",
      helpValue: 'ID',
    }),
    at: Flags.string({
      description:
        'When it was said: a day or an instant, without an offset in the time zone of the data map (default: now). A day counts from its beginning for a yes, from its end for a no',
      helpValue: 'DAY|INSTANT',
    }),
    wording: Flags.string({ description: 'The registered wording that they were shown', helpValue: 'ID' }),
    evidence: Flags.string({
      description: 'Where the proof is: the number of a form, a record of the web server',
      helpValue: 'REFERENCE',
    }),
    party: Flags.string({
      description: 'Who may be given data: a recipient of the data map by its id, or a name (no names of people)',
      helpValue: 'PARTY',
      exclusive: ['channel'],
    }),
    categories: Flags.string({
      description: 'What the party may be given: categories of the data map, comma-separated',
      helpValue: 'LIST',
    }),
    guardian: Flags.string({
      description: 'Where the authorisation of a parent or guardian is',
      helpValue: 'REFERENCE',
    }),
  };

  async run() {
    const { flags } = await this.parse(ConsentRecord);
    const { what, mechanism, channel, purpose, at, wording, evidence, guardian, party, categories } = flags;
    const query = await personQuery(flags);
    const { recordConsent } = await import('../../src/consent/record.js');
    const said = {
      query,
      what,
      mechanism,
      channels: channel ?? [],
      purpose,
      at,
      wording,
      evidence,
      guardian,
      party,
      categories: splitList(categories),
    };
    const recorded = await this.withContext(flags.workspace, (context) =>
      recordConsent(context, said, chooseCandidate),
    );
    this.print(
      `Person      ${recorded.subject}`,
      `Said        ${recorded.what}, at ${recorded.at}`,
      `Purpose     ${recorded.purpose}`,
      ...(recorded.party === null ? [] : [`Party       ${recorded.party}`]),
      ...(recorded.categories === null ? [] : [`May be given ${recorded.categories.join(', ')}`]),
      ...recorded.channels.map(
        (each, i) =>
          `${i === 0 ? 'Now' : ''}`.padEnd(12) +
          `${each.channel.padEnd(5)}  ${each.state}${each.new ? '' : ' (was recorded before)'}`,
      ),
      ...recorded.parties.map((each, i) => `${i === 0 ? 'No more to' : ''}`.padEnd(12) + each),
      ...(recorded.suppressed === 0
        ? []
        : [`Suppressed  ${count(recorded.suppressed, 'address', 'addresses')} from now on`]),
      `Audit       entry ${recorded.audit.sequence}, operation ${recorded.operation}`,
      ...(recorded.notify.length === 0
        ? []
        : notifyLines('Pass it on to these recipients (Art. 19):', recorded.notify)),
    );
    return recorded;
  }
}
