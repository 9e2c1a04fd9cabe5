import { basename, dirname } from 'node:path';
import { BaseCommand } from '../../src/cli/base-command.js';
import { textTable } from '../../src/cli/table.js';

export default class ArchiveList extends BaseCommand {
  static override summary = 'List the archives that operations of this workspace wrote';
  static override description =
    'Each with its operation, and whether the file is still where it was written, with the digest that the log holds.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run() {
    const { flags } = await this.parse(ArchiveList);
    const { listArchives } = await import('../../src/operation/archives.js');
    const archives = await this.withWorkspace(flags.workspace, listArchives);
    if (archives.length === 0) this.print('No archives yet.');
    else {
      const rows = archives.map((a) => [a.ended.slice(0, 10), a.action, a.state, basename(a.archive)]);
      this.print(
        ...textTable(['ENDED (UTC)', 'ACTION', 'STATE', 'FILE'], rows),
        '',
        `in ${dirname(archives[0]?.archive ?? '')}`,
      );
    }
    return { archives };
  }
}
