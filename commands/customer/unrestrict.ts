import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { disclosedLines } from '../../src/cli/disclosed-lines.js';
import { notifyLines } from '../../src/cli/notify-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';

export default class CustomerUnrestrict extends BaseCommand {
  static override summary = 'Lift a restriction of which the person was told beforehand (Art. 18(3))';
  static override description =
    `First write the letter with --letter and send it; nothing is lifted yet. Then lift the restriction with --informed,
the day on which the person was told. Prints the recipients that have to be told (Art. 19).`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --letter letter.html',
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --informed 2026-03-12',
  ];

  static override flags = {
    ...personFlags,
    ground: Flags.string({ description: 'Only the restriction on this point of Art. 18(1)', helpValue: 'POINT' }),
    informed: Flags.string({
      description: 'Day on which the person was told (2026-03-01, or: today)',
      helpValue: 'DATE',
      exactlyOne: ['informed', 'letter'],
    }),
    letter: Flags.string({ description: 'Write the letter into this new file', helpValue: 'FILE' }),
    language: Flags.string({ description: 'Language of the letter', options: ['lv', 'en'], default: 'lv' }),
  };

  async run() {
    const { flags } = await this.parse(CustomerUnrestrict);
    const { ground, informed, letter } = flags;
    const query = await personQuery(flags);
    const { liftRestriction, writeLiftingLetter } = await import('../../src/customer/restrict/unrestrict.js');
    return this.withContext(flags.workspace, async (context) => {
      if (letter !== undefined) {
        const language = flags.language === 'en' ? ('en' as const) : ('lv' as const);
        const written = await writeLiftingLetter(
          context,
          { query, ground, language, to: resolve(letter) },
          chooseCandidate,
        );
        this.print(
          `Letter    ${written.file}`,
          `Audit     entry ${written.audit.sequence}, operation ${written.operation}`,
          '',
          'Send it; then lift the restriction with --informed and the day.',
        );
        return written;
      }
      const lifted = await liftRestriction(context, { query, ground, informed: informed ?? '' }, chooseCandidate);
      const { disclosedBefore } = await import('../../src/disclosure/notify.js');
      const disclosed = await disclosedBefore(context, lifted.operation);
      this.print(
        `Person    ${lifted.subject}`,
        `Lifted    ${lifted.grounds.map((each) => `Art. ${each}`).join(', ')}; told on ${lifted.informed}`,
        `Audit     entry ${lifted.audit.sequence}, operation ${lifted.operation}`,
        ...notifyLines('Tell these recipients (Art. 19):', lifted.notify),
        ...disclosedLines(disclosed, lifted.operation),
      );
      return { ...lifted, disclosed };
    });
  }
}
