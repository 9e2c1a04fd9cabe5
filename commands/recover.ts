import { BaseCommand } from '../src/cli/base-command.js';

const WORDS = {
  finished: 'put under its name',
  certified: 'the certificate of an erasure, made now',
  abandoned: 'recorded as abandoned',
  removed: 'left over by an interrupted operation, removed',
  running: 'still runs and was left alone',
  damaged: 'differs from what the log holds; left as it is for you to look at',
} as const;

export default class Recover extends BaseCommand {
  static override summary = 'Finish or roll back what a crash interrupted';
  static override description =
    `Needs to be told nothing. An operation whose outcome is in the log gets its archive under its name; one without an outcome
is recorded as abandoned and its unfinished files are removed. An erasure that was committed gets its proof and its
certificate. Operations that still run are left alone.`;

  static override examples = ['<%= config.bin %> <%= command.id %>'];

  async run() {
    const { flags } = await this.parse(Recover);
    const { recover } = await import('../src/operation/recover.js');
    const { recoverErasures } = await import('../src/customer/erase/recover.js');
    const recovered = await this.withContext(flags.workspace, async (context) => [
      ...(await recover(context)),
      ...(await recoverErasures(context)),
    ]);
    if (recovered.length === 0) this.print('Nothing to recover.');
    for (const { what, operation, file } of recovered)
      this.print(`${file ?? `operation ${operation}`}: ${WORDS[what]}`);
    return { recovered };
  }
}
