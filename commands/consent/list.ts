import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import { count, textTable } from '../../src/cli/table.js';
import { SUBJECTS } from '../../src/consent/event.js';
import type { ConsentState } from '../../src/consent/fold.js';
import { dayOf } from '../../src/request/day.js';

const STATES = [
  'given',
  'unconfirmed',
  'unproven',
  'expired',
  'withdrawn',
  'objected',
] as const satisfies readonly ConsentState[];

export default class ConsentList extends BaseCommand {
  static override summary = 'List where people stand: who consented to what, now or at a time';
  static override description =
    `Folds what was said in the order in which it was said: the ledger's events, objections, and what the shop's own
columns say by the data map. A shop's yes with a time and a registered wording counts as given, another one is
unproven; a shop's no always counts. People appear by their reference.

Whether somebody may be written to is more than this: "marketing audience" decides it. The first 500 are shown;
--out writes all of them.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --channel email --state unproven',
    '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --at 2025-12-31',
    '<%= config.bin %> <%= command.id %> --out consents.csv',
  ];

  static override flags = {
    ...personFlags,
    at: Flags.string({
      description: 'Where they stood then: a day (its end) or an instant (default: now)',
      helpValue: 'DAY|INSTANT',
    }),
    purpose: Flags.string({ description: 'Only this purpose of the data map', helpValue: 'ID' }),
    channel: Flags.option({ description: 'Only this channel; may be repeated', options: SUBJECTS, multiple: true })(),
    state: Flags.option({ description: 'Only who stands so; may be repeated', options: STATES, multiple: true })(),
    out: Flags.string({ description: 'Write all of them to a new CSV file', helpValue: 'FILE' }),
  };

  async run() {
    const { flags } = await this.parse(ConsentList);
    const { at, purpose, channel = [], state = [], out } = flags;
    const query = await personQuery(flags);
    const { listConsent } = await import('../../src/consent/list.js');
    const asked = { at, query, purpose, channels: channel, states: state, out };
    const { listed, timeZone } = await this.withContext(flags.workspace, async (context) => ({
      listed: await listConsent(context, asked, chooseCandidate),
      timeZone: context.model.map.timeZone,
    }));
    const { rows, total, counts, file } = listed;
    if (file === undefined && rows.length > 0) {
      const several = new Set(rows.map((row) => row.purpose)).size > 1;
      const lines = rows.map((row) => [
        row.subject ?? row.row ?? '',
        ...(several ? [row.purpose] : []),
        row.party === null ? row.channel : `to ${row.party}`,
        row.state,
        row.since === null ? '' : dayOf(new Date(row.since), timeZone),
        row.source,
      ]);
      const head = ['ID', ...(several ? ['PURPOSE'] : []), 'CHANNEL', 'STATE', 'SINCE', 'SOURCE'];
      this.print(...textTable(head, lines), '');
      if (total > rows.length) this.print(`… and ${total - rows.length} more: --out FILE writes all of them.`, '');
    }
    const each = Object.entries(counts).map(([name, n]) => `${n} ${name}`);
    this.print(total === 0 ? 'Nobody.' : `${count(total, 'standing')} at ${listed.at}: ${each.join(', ')}`);
    if (file !== undefined) this.print(`File        ${file.path}`, `SHA-256     ${file.sha256}`);
    return listed;
  }
}
