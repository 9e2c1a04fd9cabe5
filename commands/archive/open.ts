import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../src/cli/base-command.js';
import { checkLine } from '../../src/cli/mark.js';
import { existingPassphrase } from '../../src/cli/prompt.js';
import { trustFlags, trustFrom } from '../../src/cli/trust-flags.js';
import { EXIT } from '../../src/foundation/errors.js';

export default class ArchiveOpen extends BaseCommand {
  static override summary = 'Decrypt what "archive encrypt" wrote, and check the archive in it';

  static override description =
    `Takes an age file or a self-decrypting HTML file. The passphrase is asked for, or GDPR_ARCHIVE_PASSPHRASE. A file that was
cut off or changed leaves nothing behind. Needs no database and no network.

Exit code 0 when the archive in it is intact, 5 when a check does not pass; the archive is kept all the same.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> export-20260301-abcdefghijklmnop.asice.age --identity key.txt --to export.asice',
    '<%= config.bin %> <%= command.id %> export-20260301-abcdefghijklmnop.html --to export.asice --signer sender.pem',
  ];

  static override args = { file: Args.string({ description: 'The encrypted file (.age or .html)', required: true }) };

  static override flags = {
    to: Flags.string({ description: 'Where to write the archive; a new file', required: true, helpValue: 'FILE' }),
    identity: Flags.string({
      description: 'File with the secret key (age-keygen), for a file encrypted to a public key',
      helpValue: 'FILE',
    }),
    ...trustFlags,
  };

  async run() {
    const { args, flags } = await this.parse(ArchiveOpen);
    const { openDelivery } = await import('../../src/delivery/open.js');
    const trust = await trustFrom(flags);
    const opened = await openDelivery(resolve(args.file), {
      to: resolve(flags.to),
      identity: flags.identity === undefined ? undefined : resolve(flags.identity),
      passphrase: () => existingPassphrase('GDPR_ARCHIVE_PASSPHRASE', 'the file'),
      trust,
      onProgress: (done, total) => this.progress.show('MB', Math.round(done / 1e6), Math.round(total / 1e6)),
      signal: this.surroundings(flags.workspace).signal,
    });
    this.progress.stop();
    const { path, sha256, verification } = opened;
    this.print(`File     ${path}`, `SHA-256  ${sha256}`, '');
    if (verification === undefined) this.print('It is not a signed archive, so no signature was checked.');
    else if (verification.valid)
      this.print(
        `The archive is intact: ${verification.files.length} files, signed by ${verification.signer?.subject ?? ''}`,
      );
    else {
      process.exitCode = EXIT.verification;
      this.print(
        ...verification.checks.filter(({ ok }) => !ok).map((check) => checkLine(false, check.title, check.detail)),
      );
      this.print('', 'The archive is NOT valid, or not from a signer that you trust (--signer).');
    }
    return opened;
  }
}
