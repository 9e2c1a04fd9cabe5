import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../../src/cli/base-command.js';
import { readStdinBytes } from '../../../src/cli/person-flags.js';
import { SUBJECTS } from '../../../src/consent/event.js';

export default class ConsentWordingAdd extends BaseCommand {
  static override summary = 'Register what people are asked, word for word';
  static override description =
    `A registered wording is never changed: another text is another wording, which takes the place of the old one with
--replaces. A yes counts only if the wording that it names was registered as shown at that time.

The text is kept as it is in the file, but for a byte-order mark and the last line's end.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> newsletter-lv --kind consent --channel email --language lv --text-file newsletter-lv.txt --from 2024-01-01',
    '<%= config.bin %> <%= command.id %> newsletter-lv-2 --kind consent --channel email --language lv --text-file new.txt --from 2026-05-01T12:00 --replaces newsletter-lv',
    '<%= config.bin %> <%= command.id %> checkout-lv --kind soft-opt-in --language lv --text-file checkout-lv.txt --from 2020-01-01',
  ];

  static override args = {
    id: Args.string({ description: 'A new id: small letters, digits, dots and hyphens', required: true }),
  };

  static override flags = {
    kind: Flags.option({
      description: 'consent: a question; soft-opt-in: the notice at the checkout with a box to refuse offers',
      options: ['consent', 'soft-opt-in'] as const,
      required: true,
    })(),
    channel: Flags.option({
      description: 'What it asks about; may be repeated (a soft opt-in: email; data for a named party: disclosure)',
      options: SUBJECTS,
      multiple: true,
    })(),
    language: Flags.string({ description: 'Its language', helpValue: 'CODE', required: true }),
    'text-file': Flags.string({
      description: 'The text, in UTF-8 (- for standard input)',
      helpValue: 'FILE',
      required: true,
    }),
    from: Flags.string({
      description: 'Since when it was shown; a day counts from its beginning, in the time zone of the data map',
      helpValue: 'DAY|INSTANT',
      required: true,
    }),
    until: Flags.string({ description: 'From when on it was shown no more', helpValue: 'DAY|INSTANT' }),
    purpose: Flags.string({
      description: "A purpose of the data map (default: the map's purpose of sending offers)",
      helpValue: 'ID',
    }),
    'double-opt-in': Flags.boolean({ description: 'A yes counts only once it was confirmed' }),
    replaces: Flags.string({ description: 'The wording that ends when this one begins', helpValue: 'ID' }),
  };

  async run() {
    const { args, flags } = await this.parse(ConsentWordingAdd);
    const {
      kind,
      language,
      from,
      until,
      purpose,
      replaces,
      'double-opt-in': doubleOptIn = false,
      'text-file': file,
    } = flags;
    const { GdprError } = await import('../../../src/foundation/errors.js');
    const channels = flags.channel ?? (kind === 'soft-opt-in' ? (['email'] as const) : []);
    if (channels.length === 0) {
      throw new GdprError('USAGE', 'a question asks about channels: name them with --channel', {
        hint: `one or several of: ${SUBJECTS.join(', ')}`,
      });
    }
    const { readFile } = await import('node:fs/promises');
    const { asFileError } = await import('../../../src/foundation/durable.js');
    const text = file === '-' ? await readStdinBytes() : await asFileError(file, () => readFile(file));
    const { addWording } = await import('../../../src/consent/add-wording.js');
    const wording = { id: args.id, kind, channels, language, text, from, until, purpose, doubleOptIn, replaces };
    const added = await this.withContext(flags.workspace, (context) => addWording(context, wording));
    this.print(
      `Wording   ${added.id} (${added.kind}${added.doubleOptIn ? ', to be confirmed' : ''}), ${added.channels.join(', ')}`,
      `Purpose   ${added.purpose}`,
      `Shown     from ${added.shownFrom}${added.shownUntil === null ? '' : ` until ${added.shownUntil}`}`,
      `SHA-256   ${added.sha256}`,
      ...(added.replaced === null ? [] : [`Replaces  ${added.replaced}, which has ended`]),
      `Audit     entry ${added.audit.sequence}, operation ${added.operation}`,
    );
    return added;
  }
}
