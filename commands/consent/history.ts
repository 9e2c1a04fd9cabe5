import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';

export default class ConsentHistory extends BaseCommand {
  static override summary = 'Tell everything that one person said, and what each of it did';
  static override description =
    `Every event of the ledger in the order in which it was said, with the time at which it was recorded, and where the
person stood before and after it; with objections and what the shop's own columns say.`;

  static override examples = ['<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example'];

  static override flags = { ...personFlags };

  async run() {
    const { flags } = await this.parse(ConsentHistory);
    const query = await personQuery(flags);
    const { consentHistory } = await import('../../src/consent/history.js');
    const told = await this.withContext(flags.workspace, (context) => consentHistory(context, query, chooseCandidate));
    this.print(`Person  ${told.subject}`, '');
    if (told.events.length === 0) this.print('Nothing was said.');
    for (const event of told.events) {
      const by = [event.mechanism ?? event.source, ...(event.place === null ? [] : [`in ${event.place}`])].join(' ');
      const proof = [
        ...(event.categories === null ? [] : [`categories ${event.categories.join(', ')}`]),
        ...(event.wording === null ? [] : [`wording ${event.wording}`]),
        ...(event.evidence === null ? [] : [`evidence ${event.evidence}`]),
        ...(event.guardian === null ? [] : [`guardian ${event.guardian}`]),
      ];
      this.print(
        `${event.at ?? 'at an unknown time'}  ${event.what}, ${event.party === null ? event.channel : `disclosure to ${event.party}`}, ${event.purpose}`,
        `  ${[by, ...proof].join('; ')}`,
        ...(event.recordedAt === null ? [] : [`  recorded ${event.recordedAt}`]),
        `  ${event.before === event.after ? `${event.after}, as before` : `${event.before} → ${event.after}`}`,
      );
    }
    this.print(
      '',
      ...told.standings.map(
        ({ channel, state, purpose, party }) =>
          `${(party === null ? channel : `to ${party}`).padEnd(6)}  ${state} (${purpose})`,
      ),
    );
    return told;
  }
}
