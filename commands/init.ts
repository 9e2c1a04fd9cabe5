import { BaseCommand } from '../src/cli/base-command.js';

export default class Init extends BaseCommand {
  static override summary = "Make a workspace for your own shop's database server";
  static override description =
    `Writes gdpr.yaml and the beginning of datamap.yaml into this folder, or the one that --workspace names. It connects to
nothing and changes nothing outside that folder.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --workspace /srv/gdpr',
  ];

  async run() {
    const { flags } = await this.parse(Init);
    const { initWorkspace } = await import('../src/workspace/init.js');
    const paths = await initWorkspace(this.surroundings(flags.workspace));
    const inside = flags.workspace === undefined ? [] : [`  cd ${flags.workspace}`];
    this.print(
      `A workspace stands in ${paths.root}.`,
      '',
      'Next:',
      ...inside,
      '  export DATABASE_URL=postgresql://user@host:5432/shop',
      "  gdpr db migrate              makes the tool's own tables, in schema gdpr",
      '  gdpr datamap draft --write   proposes a map of your tables',
      '  (edit datamap.yaml: every "to-decide" is a question to you)',
      '  gdpr datamap check           until map and database agree',
      '  gdpr key init --copy FILE',
    );
    return { root: paths.root, config: paths.config, datamap: paths.datamap };
  }
}
