import { BaseCommand } from '../../../src/cli/base-command.js';
import { textTable } from '../../../src/cli/table.js';
import { dayOf } from '../../../src/request/day.js';

export default class ConsentWordingList extends BaseCommand {
  static override summary = 'List what people were asked, and when';
  static override description = 'With --json the texts, too, each with its SHA-256.';

  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run() {
    const { flags } = await this.parse(ConsentWordingList);
    const { listWordings } = await import('../../../src/consent/add-wording.js');
    const { listed, timeZone } = await this.withContext(flags.workspace, async (context) => ({
      listed: await listWordings(context),
      timeZone: context.model.map.timeZone,
    }));
    const rows = listed.wordings.map((wording) => [
      wording.id,
      wording.kind,
      wording.channels.join(' '),
      wording.language,
      dayOf(new Date(wording.shownFrom), timeZone),
      wording.shownUntil === null ? '' : dayOf(new Date(wording.shownUntil), timeZone),
      String(wording.events),
    ]);
    if (rows.length === 0) this.print('No wordings are registered.');
    else this.print(...textTable(['ID', 'KIND', 'CHANNELS', 'LANG', 'FROM', 'UNTIL', 'EVENTS'], rows));
    return listed;
  }
}
