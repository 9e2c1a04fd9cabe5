import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';

const LETTERS = ['acknowledgement', 'identity', 'extension', 'refusal', 'negative', 'access'] as const;
const GROUNDS = [
  'unidentified',
  'unfounded',
  'excessive',
  'rights-of-others',
  'no-ground-to-erase',
  'legal-duty',
  'legal-claims',
  'accurate',
  'compelling-grounds',
] as const;
const DOUBTS = ['unknown-channel', 'unclear-person', 'representative'] as const;
const PROOFS = [
  'known-email',
  'known-phone',
  'account',
  'order',
  'electronic-signature',
  'visit',
  'authorisation',
] as const;

const ENCLOSED = ['page', 'age', 'archive'] as const;
const WAYS = ['email', 'post', 'sms', 'phone', 'in-person', 'account'] as const;

export default class RequestLetter extends BaseCommand {
  static override summary = 'Write a letter about a request, in Latvian or English, to be printed';
  static override description =
    `An acknowledgement, a question about the identity, a notice of extension or a refusal, from what the register holds: first
record the step, then write its letter. A negative answer, or the cover letter of the copy (access), from the archive of
the last such answer that names the request. The name and address of the person are lines to fill in by hand.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> R-2026-0001 acknowledgement --to letter.html',
    '<%= config.bin %> <%= command.id %> R-2026-0001 extension --because complexity --to letter.html --language en',
    '<%= config.bin %> <%= command.id %> R-2026-0001 refusal --ground unfounded --to letter.html',
    '<%= config.bin %> <%= command.id %> R-2026-0001 access --sent-by email --code-by phone --to letter.html',
  ];

  static override args = {
    number: Args.string({ description: 'Number of the request', required: true }),
    letter: Args.string({ description: 'Which letter', required: true, options: [...LETTERS] }),
  };

  static override flags = {
    to: Flags.string({
      description: 'File to write (HTML); an existing one is never overwritten',
      required: true,
      helpValue: 'FILE',
    }),
    language: Flags.string({ description: 'Language of the letter', options: ['lv', 'en'], default: 'lv' }),
    because: Flags.option({
      description: 'Extension: requests are complex, or many',
      options: ['complexity', 'number'] as const,
      multiple: true,
      default: ['complexity'],
    })(),
    ground: Flags.option({
      description: 'Refusal: its ground; the facts are the reason that was recorded',
      options: GROUNDS,
    })(),
    doubt: Flags.option({
      description: 'Identity: what is in doubt',
      options: DOUBTS,
      multiple: true,
      default: ['unclear-person'],
    })(),
    proof: Flags.option({
      description: 'Identity: what would be enough, each alone',
      options: PROOFS,
      multiple: true,
      default: ['account', 'order'],
    })(),
    enclosed: Flags.option({
      description:
        'Access: what goes to the person, as gdpr archive encrypt writes it: the page that decrypts itself, the file for their age key, or the archive as it is',
      options: ENCLOSED,
      default: 'page',
    })(),
    'sent-by': Flags.option({ description: 'Access: how the file goes to the person', options: WAYS })(),
    'code-by': Flags.option({
      description: 'Access: how the code of the page goes, another way than the file',
      options: WAYS,
    })(),
  };

  async run() {
    const { args, flags } = await this.parse(RequestLetter);
    const kind = LETTERS.find((each) => each === args.letter) ?? 'acknowledgement';
    const { writeLetter } = await import('../../src/request/letter.js');
    const written = await this.withContext(flags.workspace, (context) =>
      writeLetter(context, args.number, {
        kind,
        language: flags.language === 'en' ? 'en' : 'lv',
        because: flags.because,
        ground: flags.ground,
        doubts: flags.doubt,
        proofs: flags.proof,
        sending: { form: flags.enclosed, sentBy: flags['sent-by'], codeBy: flags['code-by'] },
        to: resolve(flags.to),
      }),
    );
    this.print(
      `Letter  ${written.file}`,
      `Audit   entry ${written.audit.sequence}, operation ${written.operation}`,
      '',
      'Open it in a browser, fill in the addressee, and print it.',
    );
    return written;
  }
}
