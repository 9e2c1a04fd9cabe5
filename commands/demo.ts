import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/base-command.js';
import { count } from '../src/cli/table.js';

export default class Demo extends BaseCommand {
  static override summary = 'Make a bookshop to try everything on, and export a customer of it';
  static override description =
    `Makes a workspace with a realistic bookshop on an embedded database, or on the server that DATABASE_URL names (its database
must not hold a schema "shop" yet), exports one customer, verifies the archive and the audit log, and prints what to try
next. Run again, it uses the shop that is there.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --customers 10000 --workspace big',
  ];

  static override flags = {
    customers: Flags.integer({
      description: 'Customers of a new bookshop',
      min: 200,
      max: 1_000_000,
      default: 200,
      helpValue: 'N',
    }),
    seed: Flags.integer({
      description: 'The same seed gives the same shop',
      min: 0,
      max: 2 ** 31 - 1,
      default: 1,
      helpValue: 'N',
    }),
  };

  async run() {
    const { flags } = await this.parse(Demo);
    const root = resolve(flags.workspace ?? 'demo');
    const { makeDemo, runDemo } = await import('../examples/bookshop/demo.js');
    const { prepareMarketing } = await import('../examples/bookshop/marketing.js');
    const { prepareRetention } = await import('../examples/bookshop/retention.js');
    const { prepareAgreements } = await import('../examples/bookshop/agreements.js');
    const surroundings = this.surroundings(root);
    const made = await makeDemo(
      surroundings,
      root,
      { customers: flags.customers, seed: flags.seed },
      (step, done, total) => this.progress.show(step, done, total),
    );
    this.progress.stop();
    this.print(
      made.rows === undefined
        ? `The bookshop in ${root} is there already.`
        : `A bookshop with ${count(made.rows, 'row')} stands in ${root}.`,
      '',
    );
    const result = await this.withContext(root, async (context) => {
      await prepareMarketing(context);
      await prepareRetention(context);
      await prepareAgreements(context);
      return runDemo(context);
    });
    const gdpr = process.env.npm_lifecycle_event === undefined ? 'gdpr' : 'npx gdpr';
    this.print(
      'Anna Bērziņa wrote: "What do you hold on me?" Her export:',
      `  ${count(
        result.export.tables.reduce((sum, table) => sum + table.rows, 0),
        'row',
      )} from ${count(result.export.tables.filter(({ rows }) => rows > 0).length, 'table')}; withheld or redacted, each with its reason: ${count(result.export.withheld.length, 'place')}`,
      `  archive    ${result.export.archive}`,
      `  look       open ${result.page} in a browser`,
      `  signature  ${result.archiveValid ? 'valid' : 'NOT VALID'}`,
      `  audit log  ${result.logValid ? `whole, ${count(result.logSize, 'entry', 'entries')}` : 'NOT WHOLE'}`,
      '',
      `Try next (after: cd ${flags.workspace ?? 'demo'}):`,
      `  ${gdpr} customer find --name "Anna Berzina"            two namesakes: which one is meant?`,
      `  ${gdpr} customer export --email petr.ivanov@pasts.example --verified "known e-mail answered"`,
      `  ${gdpr} consent list --channel email --state unproven     whose yes cannot be proved?`,
      `  ${gdpr} marketing audience --channel email --out list.csv   who may be written to?`,
      `  ${gdpr} retention plan                                 what has to go by now?`,
      `  ${gdpr} disclose --processor OMN-2023/114 --out omniva.csv   what the carrier needs, no more`,
      `  ${gdpr} archive list`,
      `  ${gdpr} audit list`,
      `  ${gdpr} audit verify`,
      `  ${gdpr} datamap check`,
      `  ${gdpr} help`,
    );
    return { workspace: root, ...result };
  }
}
