import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';

export default class DatamapDraft extends BaseCommand {
  static override summary = 'Propose a data map from the live database, to be completed by you';
  static override description =
    `Reads the catalogue, not a single row: foreign keys, names and types of columns. People's tables, the ways that lead to
them, identifiers and secrets are proposed; what only the controller can decide reads "to-decide", and the map is refused
until every one of them has its answer.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --write',
    {
      description: 'A table that has come since:',
      command: '<%= config.bin %> <%= command.id %> --table shop.vouchers',
    },
  ];

  static override flags = {
    write: Flags.boolean({
      description: 'Put it into datamap.yaml, which must still be as "gdpr init" made it',
      exclusive: ['table'],
    }),
    table: Flags.string({
      description: 'Only this table, without the head of the map (may be given several times)',
      multiple: true,
      helpValue: 'SCHEMA.TABLE',
    }),
  };

  async run() {
    const { flags } = await this.parse(DatamapDraft);
    const { draftWorkspaceMap } = await import('../../src/workspace/draft-data-map.js');
    const draft = await draftWorkspaceMap(this.surroundings(flags.workspace), {
      only: flags.table,
      write: flags.write,
    });
    const summary = `${count(draft.tables, 'table')}, ${draft.personal} with people in them; ${count(draft.undecided, 'place')} to decide.`;
    if (draft.file !== undefined)
      this.print(summary, `Written to ${draft.file}; go through it, then run: gdpr datamap check`);
    else {
      this.print(draft.text.trimEnd());
      if (!this.jsonEnabled()) this.logToStderr(summary);
    }
    return draft;
  }
}
