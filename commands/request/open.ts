import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { GdprError } from '../../src/foundation/errors.js';
import { CHANNELS, KINDS } from '../../src/request/request.js';

export default class RequestOpen extends BaseCommand {
  static override summary = "Register a person's request; print its number and its deadline";

  static override description =
    `The deadline is one month from receipt, on the same date of the next month, moved past weekends and public holidays.

The reply address is kept until the request is closed or refused, and shown by nothing but "request show --reveal". A
request for the same by the same person that is open already is not registered twice.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --kind access --email anna.berzina@pasts.example --received 2026-03-05 --channel email',
    {
      description: 'Nobody knows yet who writes, and the reply address is not for the list of processes:',
      command:
        'echo "janis@pasts.example" | <%= config.bin %> <%= command.id %> --kind erasure --unknown --received today --channel form --reply-to -',
    },
  ];

  static override flags = {
    ...personFlags,
    unknown: Flags.boolean({ description: 'It is not known yet who asks', helpGroup: 'PERSON', default: false }),
    kind: Flags.option({ description: 'What is asked for', options: KINDS, required: true })(),
    channel: Flags.option({ description: 'How it came', options: CHANNELS, required: true })(),
    received: Flags.string({
      description: 'Day of receipt (2026-03-01, or: today)',
      required: true,
      helpValue: 'DATE',
    }),
    'reply-to': Flags.string({
      description: 'Where the answer goes, on one line (-: read it from standard input)',
      helpValue: 'ADDRESS',
    }),
    again: Flags.boolean({ description: 'Register it although the same is open already', default: false }),
  };

  async run() {
    const { flags } = await this.parse(RequestOpen);
    const { kind, channel, received, unknown, again } = flags;
    if (flags['reply-to'] === '-' && flags['person-file'] === '-') {
      throw new GdprError('USAGE', '--reply-to and --person-file cannot both read standard input', {
        hint: 'put one of them into a file',
      });
    }
    const query = await personQuery(flags);
    const replyTo = flags['reply-to'] === '-' ? await readStdin() : flags['reply-to'];
    const { openRequest } = await import('../../src/request/open.js');
    const opened = await this.withContext(flags.workspace, (context) =>
      openRequest(context, { kind, channel, received, unknown, again, query, replyTo }, chooseCandidate),
    );
    this.print(
      `Request   ${opened.request} (${kind})`,
      `Due       ${opened.due}${opened.latest === opened.due ? '' : ` (at the very latest ${opened.latest})`}`,
      `Person    ${opened.subject ?? 'not known yet'}`,
      `Audit     entry ${opened.audit.sequence}, operation ${opened.operation}`,
    );
    return opened;
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
