import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';
import type { ToRedo } from '../../src/customer/restore/redo.js';
import type { Lacking, ReplayPlan, ReplayResult } from '../../src/customer/restore/replay.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class RestoreReplay extends BaseCommand {
  static override summary = 'Bring back from the journal what a restored backup has undone';
  static override description =
    `After a backup was restored every other operation refuses until this is done. Holds, restrictions, objections,
withdrawn consents, suppressed addresses and requests that are newer than the backup are entered again, and people who
were erased since are erased again. The journal and the audit log tell of the break, so that gdpr audit verify passes
afterwards. Run it before the shop is opened again; if it is interrupted, run it once more.

People whose data was corrected after the backup are listed: their corrections are to be made again, since the journal
holds no values. Requests come back with their state and dates, without the address for the answer and without what
operators wrote beside them. A consent that was given after the backup is to be entered again. On a server with roles, run it as a member of both the owner and the operator.

Exit code 3 when a hold stands against an erasure, 5 when the backup is no earlier state of the log, the journal was
tampered with, or an erased person still stands somewhere.`;

  static override examples = ['<%= config.bin %> <%= command.id %> --plan', '<%= config.bin %> <%= command.id %>'];

  static override flags = {
    plan: Flags.boolean({ description: 'Only list what would be brought back' }),
  };

  async run(): Promise<ReplayPlan | ReplayResult> {
    const { flags } = await this.parse(RestoreReplay);
    const { planReplay, replayJournal } = await import('../../src/customer/restore/replay.js');
    return this.withRestored(flags.workspace, async (context): Promise<ReplayPlan | ReplayResult> => {
      if (flags.plan) {
        const plan = await planReplay(context);
        this.print(...lackingLines(plan));
        this.print(...plan.people.map(({ subject, ground }) => `Erase again  ${subject} under ${ground}`));
        this.print(...redoLines(plan));
        return plan;
      }
      const result = await replayJournal(context, (stage, done, total) =>
        this.progress.show(STAGES[stage], done, total),
      );
      this.progress.stop();
      this.print(
        ...lackingLines(result),
        ...result.erased.map(({ subject, ground, certificate, code, clean }) => {
          if (code !== undefined) return `NOT erased   ${subject}: refused; erase them when nothing stands against it`;
          return `Erased again ${subject} under ${ground}${clean ? '' : ', but something of theirs was found'}: ${certificate}`;
        }),
        ...redoLines(result),
        `Audit        entry ${result.audit.sequence}, operation ${result.operation}`,
      );
      if (result.erased.some(({ code, clean }) => code === undefined && !clean)) process.exitCode = EXIT.verification;
      else if (result.erased.some(({ code }) => code !== undefined)) process.exitCode = EXIT.refused;
      return result;
    });
  }
}

const STAGES = {
  log: 'checking the log',
  records: 'entering records',
  erase: 'erasing again',
  end: 'closing the break',
} as const;

const WORDS = {
  alias: undefined,
  superseded: undefined,
  hold: ['hold', 'holds'],
  'hold-released': ['released hold', 'released holds'],
  restriction: ['restriction', 'restrictions'],
  'restriction-lifted': ['lifted restriction', 'lifted restrictions'],
  objection: ['objection', 'objections'],
  withdrawal: ['withdrawn consent', 'withdrawn consents'],
  suppression: ['suppressed address', 'suppressed addresses'],
  rectification: ['correction', 'corrections'],
  agreement: ['agreement', 'agreements'],
  'agreement-end': ['ended agreement', 'ended agreements'],
  request: ['request', 'requests'],
  'request-event': undefined,
  tombstone: ['erasure', 'erasures'],
} as const;

function lackingLines({ log, records }: Lacking): string[] {
  const entered = Object.entries(WORDS).flatMap(([kind, words]) => {
    const number = records[kind as keyof typeof WORDS];
    return words === undefined || number === 0 ? [] : [count(number, words[0], words[1])];
  });
  return [
    `Log          the journal vouches for ${count(log.journal, 'entry', 'entries')}, the backup has ${log.database}`,
    `Journal      ${entered.length === 0 ? 'nothing else is newer' : entered.join(', ')}`,
  ];
}

function redoLines({ rectifications, requests }: ToRedo): string[] {
  return [
    ...rectifications.map(
      ({ subject, id, fields }) =>
        `Correct again ${id === null ? subject : `--id ${id}`}: ${fields.join(', ')}; the journal holds no values`,
    ),
    ...requests.map(
      ({ request, kind, state, due }) =>
        `Look at      ${request}, ${kind}, ${state === 'open' ? `due ${due}` : state}: without the address for the answer`,
    ),
  ];
}
