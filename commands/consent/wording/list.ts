import { BaseCommand } from '../../../src/cli/base-command.js';
import { textTable } from '../../../src/cli/table.js';

export default class ConsentWordingList extends BaseCommand {
  static override summary = 'List what people were asked, and when';
  static override description = 'With --json the texts, too, each with its SHA-256.';

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run() {
    const { flags } = await this.parse(ConsentWordingList);
    const { listWordings } = await import('../../../src/consent/add-wording.js');
    const listed = await this.withContext(flags.workspace, (context) => listWordings(context));
    const rows = listed.wordings.map((wording) => [
      wording.id,
      wording.kind,
      wording.channels.join(' '),
      wording.language,
      wording.shownFrom.slice(0, 10),
      wording.shownUntil?.slice(0, 10) ?? '',
      String(wording.events),
    ]);
    if (rows.length === 0) this.print('No wordings are registered.');
    else this.print(...textTable(['ID', 'KIND', 'CHANNELS', 'LANG', 'FROM', 'UNTIL', 'EVENTS'], rows));
    return listed;
  }
}
