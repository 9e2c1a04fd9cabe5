import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { chooseCandidate } from '../../src/cli/choose-candidate.js';
import { holdLines } from '../../src/cli/hold-lines.js';
import { personFlags, personQuery } from '../../src/cli/person-flags.js';
import type { HoldTarget } from '../../src/customer/hold/target.js';
import type { PersonQuery } from '../../src/customer/resolve.js';
import { GdprError } from '../../src/foundation/errors.js';

const { order: _, ...person } = personFlags;

export default class HoldPlace extends BaseCommand {
  static override summary = 'Keep a person, an order or rows from being erased, by an order from outside';

  static override description =
    `While it lasts, the erasure of a person on hold is refused; of an order or rows on hold, these are kept and the rest
goes. An order is held with what hangs on it by the data map, also what comes later. Every hold has a last day; one that
is extended is placed anew. Another operator has to release it.

With --gag-until nothing tells of it: no export, list, letter or refusal, and "hold list" only with --with-gagged.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --order RB-2026-000123 --reference "KPL 191/2026-7" --authority "Valsts policija" --until 2026-04-04',
    {
      description: 'The whole person, of which nobody may be told for a month:',
      command:
        '<%= config.bin %> <%= command.id %> --email anna.berzina@pasts.example --reference "C 12/26" --authority "Rigas tiesa" --until 2026-06-30 --gag-until 2026-04-04',
    },
    '<%= config.bin %> <%= command.id %> --row shop.payments:17 --row shop.refunds:3 --reference "C 12/26" --authority "Rigas tiesa" --until 2026-06-30',
  ];

  static override flags = {
    ...person,
    order: Flags.string({
      description: 'An order by its number, with what hangs on it',
      helpValue: 'NUMBER',
      exclusive: ['row'],
    }),
    row: Flags.string({ description: 'A row; several times for several', helpValue: 'TABLE:KEY', multiple: true }),
    reference: Flags.string({
      description: 'Number of the case or of the letter (no data of people)',
      required: true,
      helpValue: 'TEXT',
    }),
    authority: Flags.string({ description: 'By whose order (no names of people)', required: true, helpValue: 'NAME' }),
    until: Flags.string({ description: 'Its last day (2026-03-01)', required: true, helpValue: 'DATE' }),
    'gag-until': Flags.string({
      description: 'The last day on which nobody uninvolved may be told of it',
      helpValue: 'DATE',
    }),
  };

  async run() {
    const { flags } = await this.parse(HoldPlace);
    const target = targetOf(await personQuery({ ...flags, order: undefined }), flags);
    const { reference, authority, until } = flags;
    const { placeHold } = await import('../../src/customer/hold/place.js');
    const placed = await this.withContext(flags.workspace, (context) =>
      placeHold(context, { target, reference, authority, until, gagUntil: flags['gag-until'] }, chooseCandidate),
    );
    this.print(...holdLines(placed), `Audit      entry ${placed.audit.sequence}, operation ${placed.operation}`);
    return placed;
  }
}

function targetOf(
  query: PersonQuery,
  { order, row }: { order?: string | undefined; row?: string[] | undefined },
): HoldTarget {
  const named = Object.values(query).some((value) => value !== undefined);
  const [first, more] = [named, order !== undefined, row !== undefined].filter(Boolean);
  if (first === undefined || more !== undefined) {
    throw new GdprError('USAGE', 'a hold is placed on one of: a person, an order, rows', {
      hint: 'name the person (--email, --phone, …), or the order with --order, or rows with --row',
    });
  }
  if (order !== undefined) return { scope: 'order', number: order };
  return row === undefined ? { scope: 'person', query } : { scope: 'rows', rows: row };
}
