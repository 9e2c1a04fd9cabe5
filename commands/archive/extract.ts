import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { count } from '../../src/cli/table.js';
import { trustFlags, trustFrom } from '../../src/cli/trust-flags.js';

export default class ArchiveExtract extends BaseCommand {
  static override summary = 'Take the files out of an archive, after checking it';
  static override description =
    'Refused when the archive is not intact (exit code 5). The folder must be new or empty; its files are readable by you alone.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> archives/export-20260301-abcdefghijklmnop.asice --to look',
  ];
  static override args = { file: Args.string({ description: 'The archive (.asice)', required: true }) };
  static override flags = {
    to: Flags.string({ description: 'Folder to put the files in', required: true, helpValue: 'FOLDER' }),
    ...trustFlags,
  };

  async run() {
    const { args, flags } = await this.parse(ArchiveExtract);
    const { extractArchive } = await import('../../src/archive/extract.js');
    const trust = await trustFrom(flags);
    const result = await extractArchive(resolve(args.file), resolve(flags.to), trust);
    this.print(`${count(result.files.length, 'file')} in ${result.folder}; open ${result.folder}/index.html`);
    return result;
  }
}
